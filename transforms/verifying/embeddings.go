package verifying

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"
	"strings"
	"sync/atomic"

	"exemplar/model"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
)

// Values of Config.Embeddings: which images are encoded again.
const (
	EmbeddingsSample = "sample" // about sampled of them; the default
	EmbeddingsAll    = "all"
	EmbeddingsOff    = "off"
)

// Embeddings are the values that a user may choose from.
var Embeddings = []string{EmbeddingsSample, EmbeddingsAll, EmbeddingsOff}

// sampled is about the number of images that are encoded again of any collection.
const sampled = 128

// embeddings encodes images again and compares the bits, which are the same on every
// machine. Which images it takes follows from the hash of _latents.json: whoever
// changes an embedding cannot choose one that is left out without knowing the others.
type embeddings struct {
	choice  string
	seed    uint64
	share   float64     // of the images that are drawn
	plan    *model.Plan // nil: there is no model to encode with, why says so
	why     string
	decodes bool
	done    atomic.Int64
}

// newEmbeddings returns what encodes images of latents again; m is the model that
// made them, nil where it is not at hand.
func newEmbeddings(choice string, manifest []byte, l *latentsCheck, m *model.Model) *embeddings {
	e := &embeddings{choice: choice, share: 1}
	sum := sha256.Sum256(manifest)
	e.seed = binary.BigEndian.Uint64(sum[:])
	if choice == "" || choice == EmbeddingsSample {
		e.share = float64(sampled) / float64(max(1, l.m.Rows))
	}
	switch {
	case choice == EmbeddingsOff:
		e.why = "Config.Embeddings=off"
	case l.m.Spec.Rows():
		e.why = "the table that they were made of is not read"
	case l.m.Spec.Source != "":
		e.why = "another program computed them"
	case m == nil:
		e.why = "the model that made them is not at hand (Config.Model)"
	case l.shards == nil:
		e.why = "the images that they were made from are not at hand (Config.Shards)"
	case l.m.Spec.Reconstruct && len(m.Decoder) == 0:
		e.why = "the model has no decoder"
	default:
		plan, err := model.Compile(m)
		if err != nil {
			e.why = err.Error()
			return e
		}
		if plan.Kernel() != l.m.Spec.Kernel {
			e.why = fmt.Sprintf("they were computed by the numerics %s, this version has %s", l.m.Spec.Kernel, plan.Kernel())
			return e
		}
		e.plan, e.decodes = plan, l.m.Spec.Reconstruct
	}
	return e
}

// takes reports whether an image is encoded again.
func (e *embeddings) takes(id string) bool {
	return e.plan != nil && (e.share >= 1 || draw.Uniform(e.seed, id) < e.share)
}

// checkEmbedding encodes the image of a row again.
func (c *rowCheck) checkEmbedding(b *latents.Batch, k int, im records.Image, problem func(string, ...any)) {
	e := c.again
	if e == nil || !e.takes(b.ImageID[k]) {
		return
	}
	in := e.plan.Input()
	if want := in.Shape(); im.Shape() != want {
		problem("the image is %s, the model takes %s", im.Shape(), want)
		return
	}
	d := len(b.Embedding) / b.N
	if d != e.plan.Latent() {
		return // the footer says so
	}
	z, mse := make([]float32, d), make([]float64, 1)
	if c.runner == nil {
		c.runner = e.plan.NewRunner(1)
	}
	c.runner.Encode(z, [][]byte{im.Pixels})
	if e.decodes {
		c.runner.MSE(mse, z, [][]byte{im.Pixels})
	}
	e.done.Add(1)
	for j, says := range b.Embedding[k*d : (k+1)*d] {
		if math.Float32bits(z[j]) != math.Float32bits(says) {
			problem("dimension %d of the embedding is %v, the model gives %v", j, says, z[j])
			return
		}
	}
	if e.decodes && b.HasMSE[k] && math.Float32bits(float32(mse[0])) != math.Float32bits(b.MSE[k]) {
		problem("mse is %v, the model gives %v", b.MSE[k], float32(mse[0]))
	}
}

// summary says how many embeddings were computed again, or why none.
func (e *embeddings) summary(l *latentsCheck) {
	what := []string{"embeddings"}
	if l.m.Spec.Reconstruct {
		what = append(what, "errors of their reconstructions")
	}
	n, r := e.done.Load(), l.report
	switch {
	case e.plan == nil:
		r.uncheckedf("%s: %s; only hashes cover them", strings.Join(what, ", "), e.why)
	case n == l.m.Rows:
		r.checkedf("%s: all %s encoded again, with the same bits", strings.Join(what, ", "), words.Plural(n, "image", "images"))
	default:
		r.checkedf("%s: %s of %s encoded again, with the same bits", strings.Join(what, ", "),
			words.Count(n), words.Plural(l.m.Rows, "image", "images"))
		one, hundredth, tenth := missed(n, l.m.Rows, 1), missed(n, l.m.Rows, (l.m.Rows+99)/100), missed(n, l.m.Rows, (l.m.Rows+9)/10)
		others := "the other image"
		if l.m.Rows-n > 1 {
			others = "the other " + words.Plural(l.m.Rows-n, "image", "images")
		}
		r.uncheckedf("%s of %s: only hashes cover them. Were one row forged, hashes included, this would miss it with a chance of %s; were 1 %% of the rows, %s; 10 %%, %s. Config.Embeddings=all misses none",
			words.And(what), others, chance(one), chance(hundredth), chance(tenth))
	}
}

// missed is the chance that none of so many forged rows is among n of all that are
// encoded again.
func missed(n, all, forged int64) float64 {
	p := 1.0
	for i := range forged {
		if p *= float64(all-n-i) / float64(all-i); !(p > 1e-9) {
			return max(0, p)
		}
	}
	return p
}

// chance writes a chance in percent, never one that is none as 0 or 100 %.
func chance(p float64) string {
	switch {
	case p < 1e-6:
		return "less than 0.0001 %"
	case p > 0.9999:
		return "more than 99.99 %"
	case p > 0.99:
		return words.Percent(p, 4)
	}
	return words.Percent(p, 2)
}
