package latents

import (
	"runtime"
	"strings"
	"testing"

	"exemplar/schemas"
)

// FuzzOpen: any bytes are rows of the dimension that the footer states, or an
// error of one line that names the file, with bounded memory.
func FuzzOpen(f *testing.F) {
	for _, layout := range schemas.Layouts {
		f.Add(encode(f, spec(3, layout), makeRows(20, 3)))
		f.Add(encode(f, withObject(spec(3, layout)), objects(makeRows(20, 3))))
	}
	f.Add(encode(f, schemas.LatentsSpec{Dimension: 2, Layout: "list", ModelSHA256: strings.Repeat("cd", 32), Source: "vectors"}, makeVectors(5)))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		_, err := decode(data)
		runtime.ReadMemStats(&after)
		if got := after.TotalAlloc - before.TotalAlloc; got > 256<<20 {
			t.Errorf("%d bytes allocated for %d bytes of data", got, len(data))
		}
		if err != nil && (!strings.HasPrefix(err.Error(), "x.parquet: ") || strings.Contains(err.Error(), "\n")) {
			t.Errorf("the error is not one line that names the file: %q", err)
		}
	})
}

// makeVectors returns rows as another program's vectors have them.
func makeVectors(n int) (rows []schemas.Latent) {
	for i, row := range makeRows(n, 2) {
		rows = append(rows, schemas.Latent{ImageID: row.ImageID, Embedding: row.Embedding, Record: int64(i)})
	}
	return rows
}
