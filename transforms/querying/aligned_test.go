package querying

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/sharding"
)

// TestFileIsAligned: a file of an aligned collection is turned as the collection's images were, so that its
// vector is that of the latents, to the bit; also where the shards that say so are gone.
func TestFileIsAligned(t *testing.T) {
	c := newCollection(t, "pad", "keep", func(s *sharding.Config) { s.Align = schemas.AlignMoments })
	at := map[string][]byte{}
	files, err := filepath.Glob(c.at("latents/*.parquet"))
	check(t, err)
	for _, name := range files {
		for b, err := range latents.Read(t.Context(), name, latents.IDs|latents.Embedding) {
			check(t, err)
			for k := range b.N {
				at[string([]byte(b.ImageID[k]))] = raw(append([]float32(nil), b.Embedding[k*4:(k+1)*4]...))
			}
		}
	}
	ask := func(i int) {
		t.Helper()
		q := c.query(t, c.at("images/"+c.names[i]))
		must(t, q)
		if got := tree(t, q.Output)[schemas.QueryVector]; !bytes.Equal(floats(got, 4), at[c.names[i]]) {
			t.Errorf("%s: the vector is not that of the latents", c.names[i])
		}
	}
	for i := range 6 {
		ask(i)
	}
	check(t, os.Rename(c.at("shards"), c.at("elsewhere")))
	for i := 0; i < 6; i += 2 { // those that have the shape of the model
		ask(i)
	}
}
