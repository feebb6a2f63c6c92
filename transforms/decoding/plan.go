package decoding

import (
	"context"
	"iter"
	"runtime"
	"time"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/run/step"
)

// fileBytes is about what a file has beside its pixels, and in the tables.
const fileBytes = 400

// need returns about how many bytes the images of the given parts will have: at most, of
// PNG.
func (p *plan) need(parts []Part) (bytes int64) {
	images := p.images(parts)
	return images*int64(p.options.Image.Bytes()+fileBytes) + sheetBytes(p.options.Image, images)
}

func (p *plan) images(parts []Part) (n int64) {
	for _, part := range parts {
		n += part.Images
	}
	return n
}

// Plan says what Run would do, from a sample of the vectors, and refuses what it would
// refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, parts, done, err := step.Check(ctx, c.output(), func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, nil)
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		return &preflight.Plan{Nothing: c.Output + " already holds these images."}, nil
	}
	time, written, err := p.try(ctx, parts)
	if err != nil {
		return nil, err
	}
	text := &preflight.Plan{}
	images := p.images(parts)
	switch q := p.options.Parameters; q.Mode {
	case schemas.DecodeLatents:
		text.Reading("%s of %s, in %s", words.Plural(images, "vector", "vectors"), words.Plural(p.options.Dimension, "number", "numbers"), c.latents())
	case schemas.DecodeBetween:
		text.Reading("the vectors of %q and %q, in %s", q.Between[0], q.Between[1], c.latents())
	case schemas.DecodeTraverse:
		text.Reading("%s of %s, for their means, in %s", words.Plural(p.latents.Rows, "vector", "vectors"), words.Plural(p.options.Dimension, "number", "numbers"), c.latents())
	case schemas.DecodeSample:
		text.Reading("no latents: %s of %s", words.Plural(images, "draw", "draws"), words.Plural(p.options.Dimension, "number", "numbers"))
	}
	text.Reading("the model %s (%.12s), which makes images of %s", c.Model, p.options.ModelSHA256, p.options.Image)
	total := written * images / max(1, time.Items())
	text.Writing("%s, %s, about %s, and a contact sheet, in %s%s", words.Plural(images, "image", "images"), p.options.Parameters.Format, progress.Bytes(total), c.Output, preflight.Free(c.Output))
	text.Tried("%s, the first of each file: %.0f/s, without writing them", words.Plural(time.Items(), "vector", "vectors"), time.PerSecond())
	text.Memory = runlog.PeakMemory() + otherBytes
	text.Time = preflight.Startup().Plus(time.For(images)).Plus(preflight.Writing(c.Output, total, int(images)))
	return text, nil
}

// otherBytes is what the engine and the images in the making take beside what a sample
// does.
const otherBytes = 64 << 20

// try decodes the first vectors of each part, and throws the images away.
func (p *plan) try(ctx context.Context, parts []Part) (t preflight.Timing, bytes int64, err error) {
	f := &decodeFn{Options: p.options}
	j, err := f.newJob(ctx)
	if err != nil {
		return t, 0, err
	}
	j.names.shared = p.shared
	enough := preflight.SampleSize(p.images(parts))
	began := time.Now()
	last := began
	for done, err := range parallel.Map(ctx, j.firsts(ctx, parts, enough), runtime.GOMAXPROCS(0), func(_ context.Context, batch []vector) (decoded, error) {
		return j.decode(batch), nil
	}) {
		if err != nil {
			return t, 0, err
		}
		for _, file := range done.files {
			bytes += int64(len(file))
		}
		now := time.Now()
		t.Add(int64(len(done.lines)+len(done.rejected)), now.Sub(last))
		if last = now; now.Sub(began) > preflight.SampleTime {
			break
		}
	}
	return t, bytes, nil
}

// firsts yields batches of the first vectors of each part, until there are enough.
func (j *job) firsts(ctx context.Context, parts []Part, enough int64) iter.Seq2[[]vector, error] {
	return seq.From(func(yield func([]vector, error) bool) error {
		each, n := max(1, enough/int64(max(1, len(parts)))), int64(0)
		for _, part := range parts {
			of := int64(0)
			for batch, err := range j.batches(ctx, part) {
				if err != nil {
					return err
				}
				if !yield(batch, nil) {
					return nil
				}
				of += int64(len(batch))
				if n += int64(len(batch)); of >= each || n >= enough {
					break
				}
			}
			if n >= enough {
				break
			}
		}
		return nil
	})
}
