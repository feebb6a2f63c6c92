package verifying

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"sync"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

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
	if in := m.Arch.Input; a.m.Image != in.Shape() {
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
	c.Latents = given
	dir, err := latentsOf(ctx, c, "decode", a.m.Latents)
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
