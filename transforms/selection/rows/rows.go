package rows

import (
	"context"
	"fmt"
	"io"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/scratch"
	"exemplar/transforms/selection/gating"
	"exemplar/transforms/selection/where"
	"exemplar/transforms/store"
)

// Counter names the progress counter of what reads rows: how many, over all passes.
const Counter = "select"

// File is one latents file of a finished set: the element of every pass.
type File struct {
	Path        string // as package store opens it
	Rows        int64
	Dimension   int
	ModelSHA256 string
	SHA256      string      // of its bytes
	Labels      labels.File // of its images, instead of its own
	Scopes      []string    // of which those that cross columns are more of these
	Where       schemas.Condition
	Gate        schemas.Gate // says, of the rows that satisfy Where, which are eligible
	Scratch     scratch.Place
	Space       Space // in which its rows are compared
	NaN         bool  // NaN is a value as others, as in earlier versions
}

// D returns the dimensions of the rows that passes get.
func (f File) D() int {
	if f.Space.Name == "" {
		return f.Dimension
	}
	return f.Space.Dimension
}

// OpenFile opens a latents file and checks that it is the one the manifest
// speaks of. Its error is one line that names the file.
func OpenFile(ctx context.Context, file File) (*latents.File, io.Closer, error) {
	r, err := store.OpenAt(ctx, file.Path)
	if err != nil {
		return nil, nil, err
	}
	f, err := latents.Open(r, r.Size(), file.Path)
	if err == nil {
		err = file.check(f)
	}
	if err == nil && file.Labels.Path != "" {
		var t *labels.Table
		if t, err = file.Labels.Open(ctx); err == nil {
			f.Relabel(t.Of)
		}
	}
	if err == nil {
		f.Cross(file.Scopes)
	}
	if err != nil {
		r.Close()
		return nil, nil, err
	}
	return f, r, nil
}

func (file File) check(f *latents.File) error {
	spec := f.Spec()
	switch {
	case spec.ModelSHA256 != file.ModelSHA256:
		return fmt.Errorf("%s holds latents of another model (%.12s) than %s says (%.12s): encode again into a folder of its own",
			file.Path, spec.ModelSHA256, schemas.LatentsFile, file.ModelSHA256)
	case spec.Dimension != file.Dimension:
		return fmt.Errorf("%s holds latents of %d dimensions, %s says %d: encode again into a folder of its own",
			file.Path, spec.Dimension, schemas.LatentsFile, file.Dimension)
	case f.Rows() != file.Rows:
		return fmt.Errorf("%s holds %d rows, %s says %d: encode again", file.Path, f.Rows(), schemas.LatentsFile, file.Rows)
	}
	return nil
}

// CheckSum compares the bytes of the file with the manifest. They are read once
// more, since the columns of a pass are not all that it holds.
func (file File) CheckSum(ctx context.Context) error {
	return outdir.CheckFile(ctx, file.Path, schemas.LatentsFile, file.SHA256)
}

// Batch is a batch of a latents file and which of its rows are eligible.
type Batch struct {
	*latents.Batch
	Eligible []int // positions in the batch, ascending
	D        int
	Encoded  []float32 // the embeddings as they were encoded, N x File.Dimension

	gate  *schemas.Gate
	where where.Test
	nan   bool     // File.NaN
	cross []string // the columns that Scopes cross, which follow those of the file
	x     []float32
}

// Latent returns the embedding of the row at position i of the batch.
func (b *Batch) Latent(i int) []float32 { return b.Embedding[i*b.D : (i+1)*b.D] }

// Judgment says whether a row is eligible, and why it is not.
type Judgment struct {
	Outside          bool   // it does not satisfy File.Where
	Reason           string // for which the gate excludes it, or ""
	Channel          string // whose figure decided, or ""
	Value, Threshold float64
}

// Judge judges the row at position i of the batch. Eligible are the rows that this
// leaves: nothing else decides which these are.
func (b *Batch) Judge(i int) (j Judgment) {
	if j.Outside = !b.where.Inside(b.Batch, i); !j.Outside {
		e := gating.Excludes(b.gate, b.QCFlags[i], b.Quality[i], b.MSE[i], b.HasMSE[i], b.ChannelsOf(i)...)
		j.Reason, j.Channel, j.Value, j.Threshold = e.Reason, e.Channel, e.Value, e.Threshold
	}
	return j
}

// X returns the embeddings of the eligible rows, len(Eligible) x D. It is reused
// by the next batch.
func (b *Batch) X() []float32 {
	if len(b.Eligible) == b.N {
		return b.Embedding
	}
	b.x = b.x[:0]
	for _, i := range b.Eligible {
		b.x = append(b.x, b.Latent(i)...)
	}
	return b.x
}

// Value returns the value that the row at position i of the batch has in a
// Metadata_ column, or its label where column is negative; ok is false where it
// has none, an empty one, or NaN.
func (b *Batch) Value(column, i int) (value string, ok bool) {
	name := schemas.ScopeLabel
	if column < 0 {
		value, ok = b.Label[i], b.HasLabel[i]
	} else {
		value = b.Metadata[column][i]
		ok = value != ""
		if crossed := column - (len(b.Metadata) - len(b.cross)); crossed >= 0 {
			name = b.cross[crossed]
		}
	}
	return value, ok && (b.nan || !schemas.OfNaN(name, value))
}

// Test returns which rows of the opened file satisfy Where.
func (file File) Test(f *latents.File) (where.Test, error) {
	t, err := where.New(file.Where, f.Spec().Metadata)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: encode again", file.Path, err)
	}
	return t, nil
}

// EachBatch reads a file, embeddings, quality and the further columns that are
// asked for, applies the file's condition and gate, and calls f for every batch.
func EachBatch(ctx context.Context, file File, cols latents.Columns, f func(*Batch) error) error {
	lf, closer, err := OpenFile(ctx, file)
	if err != nil {
		return err
	}
	defer closer.Close()
	kept := file.Scratch.Of(file.Path, file.Rows, file.Dimension)
	cols |= latents.Quality | latents.MSE | where.Columns(file.Where)
	var filler *scratch.Filler
	if !kept.Complete() {
		kept, filler = nil, kept.Fill()
		cols |= latents.Embedding
	}
	all := false
	defer func() { filler.Close(all) }()
	mapper, err := file.Space.Open(ctx)
	if err != nil {
		return err
	}
	b := &Batch{D: file.D(), gate: &file.Gate, nan: file.NaN, cross: schemas.CrossedColumns(file.Scopes)}
	if b.where, err = file.Test(lf); err != nil {
		return err
	}
	var x, mapped []float32
	for raw, err := range lf.Batches(cols) {
		if err != nil {
			return err
		}
		if kept != nil {
			x = slices.Grow(x[:0], raw.N*file.Dimension)[:raw.N*file.Dimension]
			raw.Embedding = x
			if err := kept.Read(x, raw.First); err != nil {
				return fmt.Errorf("the scratch copy of %s: %w", file.Path, err)
			}
		}
		filler.Write(raw.Embedding, raw.First)
		b.Encoded = raw.Embedding
		if mapper != nil {
			mapped = slices.Grow(mapped[:0], raw.N*b.D)[:raw.N*b.D]
			mapper.Apply(mapped, raw.Embedding)
			batch := *raw // the reader goes on with its own embedding
			batch.Embedding = mapped
			raw = &batch
		}
		b.Batch, b.Eligible = raw, b.Eligible[:0]
		for i := range raw.N {
			if b.Judge(i) == (Judgment{}) {
				b.Eligible = append(b.Eligible, i)
			}
		}
		if err := f(b); err != nil {
			return err
		}
	}
	all = true
	return nil
}
