package verifying

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"iter"
	"math"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"

	"exemplar/model"
	"exemplar/model/normal"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// decodedVector is a vector that an image was decoded of, with what the last column of
// images.csv says of it.
type decodedVector struct {
	id, last string
	z        []float32
}

// decodedAgain has the vectors of decoded images, and decodes some of them again. Which it
// takes follows from the hash of decode.json.
type decodedAgain struct {
	m      *schemas.DecodedManifest
	report *Report

	latents *schemas.LatentsManifest // nil where they are not at hand, or not needed
	dir     string                   // of the latents
	d       int                      // dimension
	why     string                   // the vectors are not known

	plan    *model.Plan // nil: nothing is decoded again
	whyNot  string
	runners sync.Pool
	seed    uint64
	share   float64
	done    atomic.Int64
}

// newDecodedAgain looks for latents and model.
func newDecodedAgain(ctx context.Context, c Config, m *schemas.DecodedManifest, manifest []byte, r *Report) (*decodedAgain, error) {
	a := &decodedAgain{m: m, report: r, share: 1}
	sum := sha256.Sum256(manifest)
	a.seed = binary.BigEndian.Uint64(sum[:])
	if c.Embeddings == "" || c.Embeddings == EmbeddingsSample {
		a.share = float64(sampled) / float64(max(1, m.Images))
	}
	if err := a.findModel(ctx, c, r); err != nil {
		return nil, err
	}
	return a, a.findLatents(ctx, c, r)
}

// findModel finds the model that decoded.
func (a *decodedAgain) findModel(ctx context.Context, c Config, r *Report) error {
	dir, err := neighbor(ctx, c.Model, c.Input, "model", schemas.ModelFile)
	if err != nil || dir == "" {
		a.whyNot = "the model is not at hand (Config.Model)"
		return err
	}
	m, ok, err := readModel(ctx, dir, dir, r)
	if err != nil || !ok {
		a.whyNot = "the model is damaged"
		return err
	}
	compareModel(m, a.m.ModelSHA256, store.Join(dir, schemas.ModelFile), c.Input, r)
	switch {
	case m.SHA256() != a.m.ModelSHA256:
		a.whyNot = "the model is another one"
		return nil
	case len(m.Decoder) == 0:
		r.problemf(schemas.DecodedFile, "the model in %s has no decoder", dir)
		a.whyNot = "the model has no decoder"
		return nil
	}
	if in := m.Arch.Input; a.m.Image != (schemas.ImageShape{Height: in.Height, Width: in.Width, Channels: in.Channels, Bits: in.Bits}) {
		r.problemf(schemas.DecodedFile, "image is %s, the model in %s makes others", a.m.Image, dir)
		a.whyNot = "the model makes other images"
		return nil
	}
	a.d = m.Arch.Latent
	plan, err := model.Compile(m)
	switch {
	case err != nil:
		a.whyNot = err.Error()
	case plan.Kernel() != a.m.Kernel:
		a.whyNot = fmt.Sprintf("they were computed by the numerics %s, this version has %s", a.m.Kernel, plan.Kernel())
	case c.Embeddings == EmbeddingsOff:
		a.whyNot = "Config.Embeddings=off"
	default:
		a.plan = plan
		a.runners.New = func() any { return plan.NewRunner(1) }
	}
	return nil
}

// findLatents finds the latents that were decoded: below the images, where these are of
// shards, or beside them.
func (a *decodedAgain) findLatents(ctx context.Context, c Config, r *Report) error {
	if a.m.Parameters.Mode == schemas.DecodeSample {
		if a.m.Latents != "" || a.m.Shards != "" {
			r.problemf(schemas.DecodedFile, "draws from a prior are of no latents")
		}
		if a.d == 0 {
			a.why = a.whyNot
		}
		return nil
	}
	given := c.Latents
	if below := store.Join(c.Input, schemas.LatentsDir); given == "" && a.m.Parameters.Images != "" {
		there, err := store.Exists(ctx, store.Join(below, schemas.LatentsFile))
		if err != nil {
			return err
		}
		if there {
			given = below
		}
	}
	dir, err := neighbor(ctx, given, c.Input, "latents", schemas.LatentsFile)
	if err != nil || dir == "" {
		a.why = "the latents are not at hand (Config.Latents)"
		return err
	}
	m, data, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("%s: %w", store.Join(dir, schemas.LatentsFile), err)
	}
	if got := outdir.SHA256(data); got != a.m.Latents {
		r.problemf(schemas.DecodedFile, "the images are of latents %s, those in %s are %s: they were made again since, or are others", a.m.Latents, dir, got)
		a.why = "the latents are others"
		return nil
	}
	if m.Shards != a.m.Shards || m.Spec.ModelSHA256 != a.m.ModelSHA256 {
		r.problemf(schemas.DecodedFile, "shards or model_sha256 are not as %s in %s says", schemas.LatentsFile, dir)
	}
	for _, f := range m.Files {
		if ok, err := checkFile(ctx, dir, f.File, f.Bytes, f.SHA256, schemas.LatentsFile, r); err != nil || !ok {
			a.why = "a file of the latents is missing"
			return err
		}
	}
	a.latents, a.dir, a.d = &m, dir, m.Spec.Dimension
	return nil
}

// known reports whether the vectors are.
func (a *decodedAgain) known() bool { return a.why == "" }

// columns reports whether images.csv has the columns that it is to have.
func (a *decodedAgain) columns(head []string) bool {
	fits := func(mse bool) bool {
		want := slices.Clone(schemas.DecodedColumns)
		if last := a.m.Parameters.Column(mse); last != "" {
			want = append(want, last)
		}
		return slices.Equal(head, want)
	}
	if a.latents != nil {
		return fits(a.latents.Spec.Reconstruct)
	}
	return fits(true) || fits(false)
}

// vectors yields the vectors that were decoded, but for those that were rejected.
func (a *decodedAgain) vectors(ctx context.Context, rejected []schemas.ErrorRow) iter.Seq2[decodedVector, error] {
	without := map[string]bool{}
	for _, row := range rejected {
		without[row.Name] = true
	}
	return seq.From(func(yield func(decodedVector, error) bool) error {
		if !a.known() {
			return nil
		}
		each := func(v decodedVector) bool { return without[v.id] || yield(v, nil) }
		switch p := a.m.Parameters; p.Mode {
		case schemas.DecodeLatents:
			return a.read(ctx, each)
		case schemas.DecodeSample:
			a.draws(each)
			return nil
		default:
			from, to, err := a.ends(ctx)
			if err == nil && from != nil && to != nil {
				a.walk(from, to, each)
			}
			return err
		}
	})
}

// read calls each with the rows of the latents.
func (a *decodedAgain) read(ctx context.Context, each func(decodedVector) bool) error {
	for _, f := range a.latents.Files {
		for b, err := range latents.Read(ctx, store.Join(a.dir, f.File), latents.IDs|latents.Embedding|latents.MSE) {
			if err != nil {
				return err
			}
			for i, id := range b.ImageID {
				v := decodedVector{id: id, z: slices.Clone(b.Embedding[i*a.d : (i+1)*a.d])}
				if b.HasMSE[i] {
					v.last = strconv.FormatFloat(float64(b.MSE[i]), 'g', -1, 32)
				}
				if !each(v) {
					return nil
				}
			}
		}
	}
	return nil
}

// draws calls each with the draws from the prior.
func (a *decodedAgain) draws(each func(decodedVector) bool) {
	n := a.m.Parameters.Samples
	for i := range n {
		rng := rand.New(rand.NewPCG(*a.m.Parameters.Seed, uint64(i)))
		v := decodedVector{id: fmt.Sprintf("sample-%0*d", max(3, len(strconv.Itoa(n-1))), i)}
		for range a.d {
			v.z = append(v.z, float32(normal.Draw(rng)))
		}
		if !each(v) {
			return
		}
	}
}

// ends returns the vectors that steps go between: of two images, or three standard
// deviations about the mean of a dimension, the others at their means.
func (a *decodedAgain) ends(ctx context.Context) (from, to []float32, err error) {
	p := a.m.Parameters
	if p.Mode == schemas.DecodeBetween {
		err := a.read(ctx, func(v decodedVector) bool {
			if v.id == p.Between[0] {
				from = v.z
			}
			if v.id == p.Between[1] {
				to = v.z
			}
			return true
		})
		return from, to, err
	}
	at, t := *p.Dimension, a.m.Traversed
	if at >= a.d {
		a.report.problemf(schemas.DecodedFile, "dimension %d is traversed, the latents have %d", at, a.d)
		return nil, nil, nil
	}
	means, variance, rows := make([]float64, a.d), 0.0, float64(a.latents.Rows)
	for pass := range 2 { // file by file, in the order in which the sums were taken
		for _, f := range a.latents.Files {
			sums, square := make([]float64, a.d), 0.0
			for b, err := range latents.Read(ctx, store.Join(a.dir, f.File), latents.Embedding) {
				if err != nil {
					return nil, nil, err
				}
				for i, v := range b.Embedding {
					switch {
					case pass == 0:
						sums[i%a.d] += float64(v)
					case i%a.d == at:
						x := float64(v) - means[at]
						square += float64(x * x)
					}
				}
			}
			for i, s := range sums {
				means[i] += s
			}
			variance += square
		}
		for i := range means {
			if pass == 0 {
				means[i] /= rows
			}
		}
	}
	if deviation := math.Sqrt(variance / rows); means[at] != t.Mean || deviation != t.Deviation || means[at]-float64(3*deviation) != t.Low || means[at]+float64(3*deviation) != t.High {
		a.report.problemf(schemas.DecodedFile, "dimension %d has the mean %v and the standard deviation %v, it says %+v", at, means[at], deviation, *t)
		return nil, nil, nil
	}
	for _, v := range means {
		from = append(from, float32(v))
	}
	to = slices.Clone(from)
	from[at], to[at] = float32(t.Low), float32(t.High)
	return from, to, nil
}

// walk calls each with the steps.
func (a *decodedAgain) walk(from, to []float32, each func(decodedVector) bool) {
	p := a.m.Parameters
	for i := range p.Steps {
		t := float64(i) / float64(p.Steps-1)
		v := decodedVector{id: fmt.Sprintf("%s-%03d", p.Mode, i), last: strconv.FormatFloat(t, 'g', -1, 64), z: slices.Clone(to)}
		for k := range v.z {
			if i < p.Steps-1 {
				v.z[k] = float32(float64(from[k]) + float64((float64(to[k])-float64(from[k]))*t))
			}
		}
		if p.Dimension != nil {
			v.last = strconv.FormatFloat(float64(v.z[*p.Dimension]), 'g', -1, 32)
		}
		if !each(v) {
			return
		}
	}
}

// compare decodes a vector again, if it is drawn, and compares the pixels.
func (a *decodedAgain) compare(file string, v *decodedVector, pixels []byte, r *Report) {
	if a.plan == nil || a.share < 1 && draw.Uniform(a.seed, v.id) >= a.share || len(v.z) != a.plan.Latent() {
		return
	}
	in := a.plan.Input()
	x := make([]float32, in.Values())
	runner := a.runners.Get().(*model.Runner)
	runner.Decode(x, v.z)
	a.runners.Put(runner)
	a.done.Add(1)
	white := math.Exp2(float64(in.Bits)) - 1
	for i, value := range x {
		got := uint16(pixels[i*in.Bits/8])
		if in.Bits == 16 {
			got |= uint16(pixels[2*i+1]) << 8
		}
		if want := math.Floor(min(1, max(0, float64(value)))*white + 0.5); !(want == float64(got)) {
			r.problemf(file, "value %d is %d, the model gives %g of black 0 and white 1", i, got, value)
			return
		}
	}
}

// summary says what was compared, or why not.
func (a *decodedAgain) summary(r *Report) {
	switch n := a.done.Load(); {
	case !a.known():
		r.uncheckedf("that the images are of the vectors that they are named for: %s; only hashes cover them", a.why)
	case a.plan == nil:
		r.checkedf("the vectors: those that %s names, in their order", schemas.DecodedCSV)
		r.uncheckedf("that the images are what the model makes of the vectors: %s; only hashes cover them", a.whyNot)
	case n == a.m.Images:
		r.checkedf("the vectors: those that %s names, in their order; all %s decoded again, with the same pixels", schemas.DecodedCSV, words.Plural(n, "image", "images"))
	default:
		r.checkedf("the vectors: those that %s names, in their order; %s of %s decoded again, with the same pixels", schemas.DecodedCSV, words.Count(n), words.Plural(a.m.Images, "image", "images"))
		r.uncheckedf("the pixels of the other %s: only hashes cover them. Config.Embeddings=all decodes all again", words.Plural(a.m.Images-n, "image", "images"))
	}
}
