package decoding

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"

	"exemplar/model/normal"
	"exemplar/schemas"
	"exemplar/transforms/data/keyed"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/seq"
)

// vector is a latent vector to decode.
type vector struct {
	id   string
	name string // of its file, relative to the folder
	last string // its value in the last column of images.csv, where there is one
	z    []float32
}

// vectors yields those of a part, in order. They may be kept.
func (j *job) vectors(ctx context.Context, part Part) iter.Seq2[vector, error] {
	switch {
	case part.Name != "":
		return j.read(ctx, part)
	case part.From != nil:
		return j.walk(part)
	}
	return j.drawn(part)
}

// read yields the vectors of a file of latents, of the images that are asked for.
func (j *job) read(ctx context.Context, part Part) iter.Seq2[vector, error] {
	return seq.From(func(yield func(vector, error) bool) error {
		if part.Images == 0 {
			return nil
		}
		if err := outdir.CheckFile(ctx, part.Name, schemas.LatentsFile, part.SHA256); err != nil {
			return err
		}
		columns, d := latents.IDs|latents.Embedding, j.Dimension
		if j.MSE {
			columns |= latents.MSE
		}
		for b, err := range latents.Read(ctx, part.Name, columns) {
			if err != nil {
				return err
			}
			for i, id := range b.ImageID {
				if j.ids != nil {
					if _, ok := slices.BinarySearch(j.ids, id); !ok {
						continue
					}
				}
				v := vector{id: id, name: j.names.file(id), z: slices.Clone(b.Embedding[i*d : (i+1)*d])}
				if j.MSE && b.HasMSE[i] {
					v.last = number(b.MSE[i])
				}
				if !yield(v, nil) {
					return nil
				}
			}
		}
		return nil
	})
}

// walk yields vectors from one to another, both ends among them.
func (j *job) walk(part Part) iter.Seq2[vector, error] {
	return seq.From(func(yield func(vector, error) bool) error {
		p := j.Parameters
		for i := range p.Steps {
			v := vector{id: stepID(p.Mode, i), z: between(part.From, part.To, i, p.Steps)}
			v.last = strconv.FormatFloat(float64(i)/float64(p.Steps-1), 'g', -1, 64)
			if p.Dimension != nil {
				v.last = number(v.z[*p.Dimension])
			}
			v.name = j.names.file(v.id)
			if !yield(v, nil) {
				return nil
			}
		}
		return nil
	})
}

// stepID is the id of a step.
func stepID(mode string, i int) string { return fmt.Sprintf("%s-%03d", mode, i) }

// drawID is the id of a draw of n.
func drawID(i, n int) string {
	return fmt.Sprintf("%s-%0*d", schemas.DecodeSample, max(3, len(fmt.Sprint(n-1))), i)
}

// between returns the vector of step i of n, 0 to n-1, from one to another; the first and
// the last are the ends, bit for bit.
func between(from, to []float32, i, n int) []float32 {
	if i == n-1 {
		return slices.Clone(to)
	}
	t, z := float64(i)/float64(n-1), make([]float32, len(from))
	for k := range z {
		a, b := float64(from[k]), float64(to[k])
		z[k] = float32(a + float64((b-a)*t))
	}
	return z
}

// drawn yields draws from the standard normal distribution. A draw depends on the seed and
// its number alone.
func (j *job) drawn(part Part) iter.Seq2[vector, error] {
	return seq.From(func(yield func(vector, error) bool) error {
		for i := range part.Images {
			rng := rand.New(rand.NewPCG(*j.Parameters.Seed, uint64(part.First+i)))
			v := vector{id: drawID(int(part.First+i), j.Parameters.Samples), z: make([]float32, j.Dimension)}
			for k := range v.z {
				v.z[k] = float32(normal.Draw(rng))
			}
			v.name = j.names.file(v.id)
			if !yield(v, nil) {
				return nil
			}
		}
		return nil
	})
}

// number writes a number as the shortest decimal that reads back as the same.
func number(v float32) string { return strconv.FormatFloat(float64(v), 'g', -1, 32) }

// listed is the list of ids of the process: it is read once, whatever the number of DoFn
// instances.
var listed struct {
	sync.Mutex
	name, sha string
	ids       []string
}

// sharedIDs returns the ids of a run, sorted. A list with another hash than the driver saw
// is an error.
func sharedIDs(ctx context.Context, name, sha string) ([]string, error) {
	l := &listed
	l.Lock()
	defer l.Unlock()
	if l.ids != nil && l.name == name && l.sha == sha {
		return l.ids, nil
	}
	ids, err := keyed.IDs(ctx, "Config.IDs", name)
	if err != nil {
		return nil, err
	}
	if sumOf(ids) != sha {
		return nil, fmt.Errorf("Config.IDs=%s: the file changed while the job was running: run the same command again", name)
	}
	l.name, l.sha, l.ids = name, sha, ids
	return ids, nil
}

// sumOf is the sha256 of a list of ids, one a line.
func sumOf(ids []string) string {
	var b []byte
	for _, id := range ids {
		b = append(append(b, id...), '\n')
	}
	return outdir.SHA256(b)
}
