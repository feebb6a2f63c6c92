package rows

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/scratch"
)

// TestScratchIsTheFile: batches have the same embeddings and the same other columns
// with and without a scratch copy, while it is made and after, and one that was not read
// to its end is not used.
func TestScratchIsTheFile(t *testing.T) {
	const n, d = 10000, 5
	name := filepath.Join(t.TempDir(), "latents")
	out, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	spec := schemas.LatentsSpec{Dimension: d, Layout: "list", ModelSHA256: "m", Preprocessing: "p", Kernel: "k"}
	w, err := latents.NewWriter(out, spec)
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		row := schemas.Latent{ImageID: fmt.Sprintf("%05d", i), Embedding: make([]float32, d)}
		for j := range row.Embedding {
			row.Embedding[j] = float32(i*d + j)
		}
		if i%3 == 0 {
			row.QCFlags = schemas.QCConstant
		}
		if err := w.Write(&row); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	out.Close()

	file := File{Path: name, Rows: n, Dimension: d, ModelSHA256: "m", Gate: schemas.Gate{Mode: schemas.GateAuto}}
	read := func(limit int) (rows []string) {
		err := EachBatch(context.Background(), file, latents.IDs, func(b *Batch) error {
			x := b.X()
			for i, row := range b.Eligible {
				rows = append(rows, fmt.Sprint(b.ImageID[row], x[i*d:(i+1)*d], b.Latent(row)))
			}
			if len(rows) > limit {
				return os.ErrDeadlineExceeded
			}
			return nil
		})
		if (err != nil) != (len(rows) > limit) {
			t.Fatal(err)
		}
		return rows
	}
	want := read(n)
	file.Scratch = scratch.Place{Run: t.Name(), Dir: t.TempDir()}
	defer file.Scratch.Drop()
	read(0)
	for _, complete := range []bool{false, true, true} {
		if got := file.Scratch.Of(name, n, d).Complete(); got != complete {
			t.Fatalf("the copy is complete: %t, want %t", got, complete)
		}
		if diff := gocmp.Diff(want, read(n)); diff != "" {
			t.Errorf("complete %t: (-without +with scratch)\n%.1000s", complete, diff)
		}
	}
	if len(want) != n-(n+2)/3 {
		t.Fatalf("%d rows are eligible", len(want))
	}
}
