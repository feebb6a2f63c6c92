package verifying

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// comparisonAgain holds a comparison against its images, and reconstructs some of them again.
// Which it takes follows from the hash of compare.json.
type comparisonAgain struct {
	*comparisonCheck
	at    map[string]int // of the images
	plans []*model.Plan  // nil of a model that is not at hand
	seed  uint64
	share float64

	seen, others atomic.Int64 // images of the comparison, and records that are none
	done         atomic.Int64 // images that were reconstructed again
	pixels       *variance.Sums
}

// checkAgain reads the images, where they are at hand.
func (k *comparisonCheck) checkAgain(ctx context.Context, c Config) error {
	dir, err := neighbor(ctx, c.Shards, c.Input, "shards", schemas.ShardsFile)
	if err != nil {
		return err
	}
	if dir == "" {
		k.report.uncheckedf("which images these are, and their errors: no folder shards/ beside %s; name it with Config.Shards", k.dir)
		return nil
	}
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if err != nil {
		return err
	}
	if sum, err := outdir.Content(&m); err != nil {
		return err
	} else if sum != k.m.Shards || m.Image != k.m.Image {
		k.report.problemf(schemas.CompareFile, "made from shards of the content %s (%s), those in %s are %s (%s): they were made again since, or changed", k.m.Shards, k.m.Image, dir, sum, m.Image)
		return nil
	}
	a := &comparisonAgain{comparisonCheck: k, at: map[string]int{}, share: 1, pixels: variance.New(m.Image.Bytes(), m.Image.Bits, schemas.FullScale(k.m.FullScale, m.Image.Bits))}
	for i, id := range k.ids {
		a.at[id] = i
	}
	sum := sha256.Sum256(k.data)
	if a.seed = binary.BigEndian.Uint64(sum[:]); c.Embeddings == "" || c.Embeddings == EmbeddingsSample {
		a.share = float64(sampled) / float64(k.m.Images)
	}
	again, err := a.findModels(ctx, c)
	if err != nil {
		return err
	}
	if err := forEach(ctx, len(m.Shards), func(ctx context.Context, i int) error { return a.shard(ctx, dir, m.Shards[i]) }); err != nil {
		return err
	}
	a.conclude(dir, again)
	return nil
}

// findModels finds those that are at hand, where they were given or beside the comparison.
func (a *comparisonAgain) findModels(ctx context.Context, c Config) (found int, err error) {
	a.plans = make([]*model.Plan, len(a.m.Models))
	var missing []string
	for i, of := range a.m.Models {
		why := ""
		if a.plans[i], why, err = a.findModel(ctx, c, of); err != nil {
			return 0, err
		}
		if a.plans[i] == nil {
			missing = append(missing, of.Folder+" ("+why+")")
			continue
		}
		found++
	}
	if len(missing) > 0 {
		a.report.uncheckedf("the errors by %s", strings.Join(missing, ", "))
	}
	return found, nil
}

// findModel returns a model ready, or why it is not.
func (a *comparisonAgain) findModel(ctx context.Context, c Config, of schemas.ComparedModel) (plan *model.Plan, why string, err error) {
	why = "it is neither where it was nor beside the comparison"
	for _, dir := range []string{c.Model, of.Folder, store.Join(store.Dir(store.Join(a.dir)), store.Base(of.Folder))} {
		if dir == "" {
			continue
		}
		if there, err := store.Exists(ctx, store.Join(dir, schemas.ModelFile)); err != nil || !there {
			continue // what was recorded may be a place that is not there any more
		}
		m, ok, err := readModel(ctx, dir, dir, &Report{})
		switch {
		case err != nil:
			return nil, "", err
		case !ok || m.SHA256() != of.SHA256:
			why = "the one there is damaged, or another"
			continue
		case len(m.Decoder) == 0:
			return nil, "it has no decoder", nil
		}
		encoder, decoder := m.Arch.Parameters()
		if encoder != of.Encoder || decoder != of.Decoder || m.Arch.Latent != of.Dimensions {
			a.report.problemf(schemas.CompareFile, "%s has %d dimensions and %d and %d parameters, not %d, %d and %d", of.Folder, m.Arch.Latent, encoder, decoder, of.Dimensions, of.Encoder, of.Decoder)
			return nil, "it is another", nil
		}
		a.checkKind(m, of)
		if c.Embeddings == EmbeddingsOff {
			return nil, "Config.Embeddings=off", nil
		}
		plan, err = model.Compile(m)
		switch {
		case err != nil:
			return nil, err.Error(), nil
		case m.Arch.Input.Bytes() != a.m.Image.Bytes():
			a.report.problemf(schemas.CompareFile, "%s takes no images of %s", of.Folder, a.m.Image)
			return nil, "it takes other images", nil
		case plan.Kernel() != of.Kernel:
			return nil, fmt.Sprintf("computed by the numerics %s, this version has %s", of.Kernel, plan.Kernel()), nil
		}
		return plan, "", nil
	}
	return nil, why, nil
}

// checkKind holds the kind of a model against what it says of its layers and its training.
func (a *comparisonAgain) checkKind(m *model.Model, of schemas.ComparedModel) {
	is := map[string]bool{"convolutional": m.Arch.Family == model.FamilyConv}
	if t := m.Training; t != nil {
		noise, _ := t.Parameters["noise"].(float64)
		l1, _ := t.Parameters["l1"].(float64)
		is["denoising"], is["sparse"] = noise > 0, l1 > 0
		is["variational"], _ = t.Parameters["variational"].(bool)
		if t.Images != of.Images {
			a.report.problemf(schemas.CompareFile, "%s was trained on %d images, not %d", of.Folder, t.Images, of.Images)
		}
	}
	layers := append(m.Arch.EncoderLayers(), m.Arch.DecoderLayers()...)
	weights, plain := 0, true
	for _, l := range layers {
		if l.KernelShape() != nil {
			weights++
			plain = plain && l.Activation == model.ActLinear
		}
	}
	is["linear"] = weights == 2 && plain
	is["vanilla"] = !is["linear"] && !is["convolutional"] && !is["denoising"] && !is["sparse"] && !is["variational"]
	says := strings.Fields(of.Kind)
	for kind, so := range is {
		if so != slices.Contains(says, kind) {
			a.report.problemf(schemas.CompareFile, "the kind of %s is %q, of its layers and its training it is otherwise: %s", of.Folder, of.Kind, kind)
		}
	}
}

// shard reads the images of a shard.
func (a *comparisonAgain) shard(ctx context.Context, dir string, info schemas.ShardInfo) error {
	ok, err := checkFile(ctx, dir, info.File, info.Bytes, info.SHA256, store.Join(dir, schemas.ShardsFile), a.report)
	if err != nil || !ok {
		return err
	}
	in, err := records.Open(ctx, store.Join(dir, info.File), records.Fields{})
	if err != nil {
		return err
	}
	defer in.Close() // only read
	for {
		im, _, _, err := in.Next()
		var bad *records.BadRecord
		switch {
		case err == io.EOF:
			return nil
		case errors.As(err, &bad):
			a.others.Add(1)
			continue
		case err != nil:
			a.report.problemf(info.File, "%v", err)
			return nil
		}
		progress.Add(Step, 1)
		i, compared := a.at[im.Filename]
		if !compared || im.Shape() != a.m.Image {
			a.others.Add(1)
			continue
		}
		a.seen.Add(1)
		a.pixels.Add(im.Pixels)
		if im.HasLabel != a.has[i] || im.Label != a.labels[i] {
			a.report.problemf(schemas.ErrorsParquet, "%q has the label %q, the shards say %q", im.Filename, a.labels[i], im.Label)
		}
		if a.share >= 1 || draw.Uniform(a.seed, im.Filename) < a.share {
			a.image(i, im)
		}
	}
}

// image reconstructs an image by every model that is at hand.
func (a *comparisonAgain) image(i int, im records.Image) {
	for at, plan := range a.plans {
		if plan == nil || len(a.ranges) <= at {
			continue
		}
		of, e := a.m.Models[at], a.models[at]
		r := plan.NewRunner(1)
		z, x := make([]float32, plan.Latent()), make([]float32, plan.Input().Values())
		r.Encode(z, [][]byte{im.Pixels})
		r.Decode(x, z)
		mse, mae := differencesOf(x, im.Pixels, plan.Input())
		for d, v := range z {
			low, high := a.ranges[at][d][0], a.ranges[at][d][1]
			if float64(v) < low || float64(v) > high {
				a.report.problemf(schemas.CodesCSV, "dimension %d of %s reaches from %v to %v, that of %q is %v", d, of.Folder, low, high, im.Filename, v)
			}
			if z[d] = float32(low); high > low {
				z[d] = float32(low + math.Round((float64(v)-low)/(high-low)*255)/255*(high-low))
			}
		}
		r.Decode(x, z)
		mse8, mae8 := differencesOf(x, im.Pixels, plan.Input())
		for _, c := range []struct {
			column string
			says   float32
			is     float64
		}{{"mse", e.mse[i], mse}, {"mae", e.mae[i], mae}, {"mse_8bit", e.mse8[i], mse8}, {"mae_8bit", e.mae8[i], mae8}} {
			if !(math.Abs(float64(c.says)-c.is) <= 1e-6*c.is) {
				a.report.problemf(schemas.ErrorsParquet, "%s of %q by %s is %v, the model gives %v", c.column, im.Filename, of.Folder, c.says, float32(c.is))
			}
		}
	}
	a.done.Add(1)
}

// differencesOf returns the mean squared and absolute differences of decoded numbers and raw pixels.
func differencesOf(x []float32, pixels []byte, in model.Input) (mse, mae float64) {
	n, full := float64(len(x)), float32(in.Full())
	for i, v := range x {
		want := float32(0)
		if in.Bits == 8 {
			want = float32(pixels[i]) / full
		} else {
			want = float32(binary.LittleEndian.Uint16(pixels[2*i:])) / full
		}
		d := math.Abs(float64(v) - float64(want))
		mse, mae = mse+d*d/n, mae+d/n
	}
	return mse, mae
}

// conclude compares the counts, and says what was checked.
func (a *comparisonAgain) conclude(dir string, models int) {
	m, r := &a.m, a.report
	drawn := m.DrawnFrom > 0
	switch all := a.seen.Load() + a.others.Load(); {
	case a.seen.Load() != m.Images:
		r.problemf(schemas.ErrorsParquet, "%d of its %d images are in the shards in %s", a.seen.Load(), m.Images, dir)
		return
	case drawn && all != m.DrawnFrom:
		r.problemf(schemas.CompareFile, "drawn from %d records, the shards in %s have %d", m.DrawnFrom, dir, all)
	case !drawn && a.others.Load() != m.Rejected:
		r.problemf(schemas.CompareFile, "%d records without a usable image, the shards in %s have %d", m.Rejected, dir, a.others.Load())
	}
	if got := a.pixels.Within() / float64(m.Images); math.Abs(got-m.Variance) > 1e-9*got {
		r.problemf(schemas.CompareFile, "variance is %v, the images give %v", m.Variance, got)
	}
	r.checkedf("%s in %s: they and their labels are those of %s, and their variance", words.Plural(m.Images, "image", "images"), dir, schemas.ErrorsParquet)
	if drawn {
		r.uncheckedf("which of %s records were drawn, and how many of these were no usable images (%d)", words.Count(m.DrawnFrom), m.Rejected)
	}
	if models > 0 {
		r.checkedf("%s reconstructed again by %s: every error", words.Plural(a.done.Load(), "image", "images"), words.Plural(models, "model", "models"))
	}
}
