package latents

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// libraryFile returns the file that the library writes of rows, of which every value is a parquet.Value, handed over 64
// rows at a time.
func libraryFile(t *testing.T, spec schemas.LatentsSpec, rows []schemas.Latent) []byte {
	t.Helper()
	page := listPage
	if spec.Layout == wide {
		page = widePage
	}
	cols := columnsOf(spec)
	var buf bytes.Buffer
	w := parquet.NewGenericWriter[any](&buf, fileOptions(spec, cols, page)...)
	for first := 0; first < len(rows); first += writeRows {
		values := make([][]parquet.Value, len(cols))
		for _, row := range rows[first:min(first+writeRows, len(rows))] {
			for i, list := range valuesOf(spec, row) {
				for k, v := range list {
					defined := 0
					if !v.IsNull() && (cols[i].nullable || cols[i].size > 0) {
						defined = 1
					}
					values[i] = append(values[i], v.Level(min(k, 1), defined, i))
				}
			}
		}
		for i, c := range w.ColumnWriters() {
			if _, err := c.WriteRowValues(values[i]); err != nil {
				t.Fatal(err)
			}
		}
		if (first+writeRows)%groupRows(spec.Dimension) == 0 {
			if err := w.Flush(); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// valuesOf returns the values of a row, by column.
func valuesOf(spec schemas.LatentsSpec, row schemas.Latent) (values [][]parquet.Value) {
	add := func(v any) { values = append(values, []parquet.Value{parquet.ValueOf(v)}) }
	optional := func(v any, has bool) {
		if !has {
			v = nil
		}
		add(v)
	}
	add(row.ImageID)
	if spec.Layout == wide {
		for _, v := range row.Embedding {
			add(v)
		}
	} else {
		var list []parquet.Value
		for _, v := range row.Embedding {
			list = append(list, parquet.ValueOf(v))
		}
		values = append(values, list)
	}
	add(row.Shard)
	add(row.Record)
	if spec.Source == "" {
		add(row.Offset)
		add(row.SHA256)
		optional(row.MSE, row.HasMSE)
		q := row.Quality
		for _, v := range []float32{q.Mean, q.Max, q.Saturated, q.Foreground, q.Sharpness, q.Border} {
			add(v)
		}
		add(row.QCFlags)
	} else if spec.Rows() && spec.Reconstruct {
		optional(row.MSE, row.HasMSE)
	}
	optional(row.Label, row.HasLabel)
	for _, m := range row.Metadata {
		add(m)
	}
	if spec.ObjectFraction {
		optional(row.Quality.Object, row.HasObject)
	}
	return values
}

// TestWriterIsTheLibrarys: the bytes of a file are those that the library alone writes, in every layout and size of pages
// and row groups, of rows with and without pixels, and of all floats.
func TestWriterIsTheLibrarys(t *testing.T) {
	rowsOfTable, foreign := func(s *schemas.LatentsSpec) { s.Source = schemas.SourceRows }, func(s *schemas.LatentsSpec) { s.Source = "a.npy" }
	for _, layout := range schemas.Layouts {
		for _, c := range []struct {
			n, d int
			as   func(*schemas.LatentsSpec)
		}{
			{0, 3, nil}, {1, 1, nil}, {63, 3, nil}, {64, 3, nil}, {65, 40, rowsOfTable}, {8192, 2, nil}, {8193, 3, foreign}, {20000, 17, nil},
			{700, 1500, nil}, {3, 1, foreign}, {1000, 512, rowsOfTable}, {9000, 33, func(s *schemas.LatentsSpec) { s.ObjectFraction = true }},
		} {
			t.Run(fmt.Sprintf("%s/%dx%d", layout, c.n, c.d), func(t *testing.T) {
				s := spec(c.d, layout)
				if c.as != nil {
					c.as(&s)
				}
				rows := objects(makeRows(c.n, c.d))
				anyFloats(rows)
				want, got := libraryFile(t, s, rows), encode(t, s, rows)
				if !bytes.Equal(want, got) {
					at := 0
					for at < min(len(want), len(got)) && want[at] == got[at] {
						at++
					}
					t.Errorf("files of %d and %d bytes differ from byte %d on", len(want), len(got), at)
				}
			})
		}
	}
}

// anyFloats replaces some embeddings by random bits of finite floats, and others by zeros of both signs.
func anyFloats(rows []schemas.Latent) {
	r := rand.New(rand.NewPCG(3, 4))
	for i := range rows {
		for k := range rows[i].Embedding {
			switch i % 4 {
			case 1:
				for v := float32(math.NaN()); ; v = math.Float32frombits(r.Uint32()) {
					if Finite(v) {
						rows[i].Embedding[k] = v
						break
					}
				}
			case 2:
				rows[i].Embedding[k] = float32(math.Copysign(0, float64(r.IntN(2))-0.5))
			}
		}
	}
}
