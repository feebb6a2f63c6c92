package verifying

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/querying"
	"exemplar/transforms/run/outdir"
)

// queries adds to a workflow a query of an image of the latents, of a file and of both ends
// of the errors, and returns their folders.
func queries(t *testing.T, dir string) []string {
	t.Helper()
	c := querying.DefaultConfig()
	c.Input, c.Shards, c.Top, c.Metrics = filepath.Join(dir, "latents"), filepath.Join(dir, "shards"), 9, schemas.Metrics
	input := filepath.Join(dir, "a.png")
	data, err := os.ReadFile(filepath.Join(made, "input", "run0", "cell 08.png"))
	check(t, err)
	check(t, os.WriteFile(input, data, 0o666))
	for folder, what := range map[string][2]string{"by-id": {"run0/cell 08.png", ""}, "by-file": {input, ""}, "tails": {"", schemas.TailsMSE}} {
		c.Image, c.Tails, c.Output = what[0], what[1], filepath.Join(dir, folder)
		if folder == "tails" {
			c.Shards = ""
		} else {
			c.Shards = filepath.Join(dir, "shards")
		}
		_, err := querying.Run(t.Context(), c)
		check(t, err)
	}
	return []string{"by-id", "by-file", "tails"}
}

// TestQueryHolds: what a query wrote holds, and every bit that is flipped in its files, or in
// the latents, is reported.
func TestQueryHolds(t *testing.T) {
	dir := workflow(t)
	rng := rand.New(rand.NewPCG(1, 2))
	for _, folder := range queries(t, dir) {
		r, err := Run(t.Context(), Config{Input: filepath.Join(dir, folder)})
		check(t, err)
		if len(r.Problems) > 0 || len(r.Checked) != 2 {
			t.Errorf("%s: %q, %q", folder, r.Problems, r.Checked)
		}
		for _, name := range filesOf(t, filepath.Join(dir, folder)) {
			if base := filepath.Base(name); base == schemas.RunFile || strings.HasPrefix(base, ".") {
				continue
			}
			data, err := os.ReadFile(name)
			check(t, err)
			for range 3 {
				bit := rng.IntN(8 * len(data))
				changed := bytes.Clone(data)
				changed[bit/8] ^= 1 << (bit % 8)
				check(t, os.WriteFile(name, changed, 0o666))
				if problems := strings.Join(verify(t, dir, folder), "\n"); !strings.Contains(problems, filepath.Base(name)) {
					t.Errorf("%s: bit %d was flipped, and what was said is %q", name, bit, problems)
				}
			}
			check(t, os.WriteFile(name, data, 0o666))
		}
	}
	latents := filepath.Join(dir, "latents", schemas.LatentsName(1, 3))
	data, err := os.ReadFile(latents)
	check(t, err)
	data[len(data)/2] ^= 1
	check(t, os.WriteFile(latents, data, 0o666))
	if problems := strings.Join(verify(t, dir, "by-id"), "\n"); !strings.Contains(problems, schemas.LatentsName(1, 3)) {
		t.Errorf("other latents: %q", problems)
	}
}

// query changes the rows of a query, or its vector, and adapts tables and manifest.
func (f forger) query(folder string, rows func(list []schemas.Neighbour) []schemas.Neighbour, vector func(x []byte)) {
	edit(f, func(m *schemas.QueryManifest) {
		list, err := parquet.Read[schemas.Neighbour](bytes.NewReader(f.read(folder, schemas.NeighboursParquet)), int64(len(f.read(folder, schemas.NeighboursParquet))))
		check(f.t, err)
		if rows != nil {
			list = rows(list)
		}
		var b bytes.Buffer
		w := parquet.NewGenericWriter[schemas.Neighbour](&b, parquet.Compression(&parquet.Zstd), parquet.KeyValueMetadata(schemas.FooterFormat, schemas.QueryFormat),
			parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
		_, err = w.Write(list)
		check(f.t, err)
		check(f.t, w.Close())
		f.write(b.Bytes(), folder, schemas.NeighboursParquet)
		text, err := csvOf(tables.NeighbourLines(m, list))
		check(f.t, err)
		f.write(text, folder, schemas.NeighboursCSV)
		x := f.read(folder, schemas.QueryVector)
		if vector != nil {
			vector(x[len(x)-4*m.Dimension:])
		}
		f.write(x, folder, schemas.QueryVector)
		for i, file := range m.Files {
			data := f.read(folder, file.File)
			m.Files[i] = schemas.FileInfo{File: file.File, Bytes: int64(len(data)), SHA256: outdir.SHA256(data)}
		}
		m.Found = int64(len(list))
		m.SHA256, err = outdir.SealQuery(*m)
		check(f.t, err)
	}, folder, schemas.QueryFile)
}

// TestForgedQueriesAreNamed: a table that was changed with all hashes is found out by the
// latents.
func TestForgedQueriesAreNamed(t *testing.T) {
	dir := workflow(t)
	queries(t, dir)
	f := forger{t, dir}
	f.query("by-id", nil, nil)
	if problems := verify(t, dir, "by-id"); len(problems) > 0 {
		t.Fatalf("written again, and unchanged: %q", problems)
	}
	for want, forge := range map[string]func(l []schemas.Neighbour) []schemas.Neighbour{
		"the latents give":             func(l []schemas.Neighbour) []schemas.Neighbour { l[8].Distance *= 1.001; return l },
		"does not come after":          func(l []schemas.Neighbour) []schemas.Neighbour { l[1].Distance = -1; return l },
		"has the rank 4":               func(l []schemas.Neighbour) []schemas.Neighbour { l[2].Rank = 4; return l },
		"is its own neighbor":          func(l []schemas.Neighbour) []schemas.Neighbour { l[0].ImageID = "run0/cell 08.png"; return l },
		"of its 9 images are in":       func(l []schemas.Neighbour) []schemas.Neighbour { l[3].ImageID = "nobody"; return l },
		"is not there, and comes":      func(l []schemas.Neighbour) []schemas.Neighbour { return farther(l) },
		"has 8 rows of 8 images":       func(l []schemas.Neighbour) []schemas.Neighbour { return slices.Delete(l, 8, 9) },
		"is none of euclidean, cosine": func(l []schemas.Neighbour) []schemas.Neighbour { l[17].Metric = "other"; return l },
	} {
		before := copyFolder(t, dir, "by-id")
		f.query("by-id", forge, nil)
		if problems := strings.Join(verify(t, dir, "by-id"), "\n"); !strings.Contains(problems, want) {
			t.Errorf("%q is not said, but %q", want, problems)
		}
		restore(t, before, dir, "by-id")
	}
	double := func(x []byte) { binary.LittleEndian.PutUint32(x, binary.LittleEndian.Uint32(x)+1) }
	f.query("by-id", nil, double)
	if problems := strings.Join(verify(t, dir, "by-id"), "\n"); !strings.Contains(problems, "is not the vector that") {
		t.Errorf("another vector: %q", problems)
	}
}

// farther leaves out the second image, and gives the others its rank.
func farther(l []schemas.Neighbour) []schemas.Neighbour {
	far := l[8]
	l = slices.Delete(l, 1, 2)
	far.ImageID, far.Distance = "run0/cell 08.png/none", far.Distance+1
	l = slices.Insert(l, 8, far)
	for i := range 9 {
		l[i].Rank = int64(i + 1)
	}
	return l
}

func copyFolder(t *testing.T, dir, folder string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), folder)
	check(t, os.CopyFS(to, os.DirFS(filepath.Join(dir, folder))))
	return to
}

func restore(t *testing.T, from, dir, folder string) {
	t.Helper()
	check(t, os.RemoveAll(filepath.Join(dir, folder)))
	check(t, os.CopyFS(filepath.Join(dir, folder), os.DirFS(from)))
}
