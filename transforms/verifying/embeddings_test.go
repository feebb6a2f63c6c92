package verifying

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestForgedEmbeddings: embeddings and errors that were changed, with all hashes, are
// found where their images are encoded again; where none is, that is said.
func TestForgedEmbeddings(t *testing.T) {
	run := func(dir, choice string) *Report {
		r, err := Run(t.Context(), Config{Input: dir + "/latents", Embeddings: choice})
		check(t, err)
		return r
	}
	says := func(list []string, part string) bool { return strings.Contains(strings.Join(list, "\n"), part) }
	dir := road(t)
	if r := run(dir, EmbeddingsAll); len(r.Problems) > 0 || !says(r.Checked, "embeddings, errors of their reconstructions: all 140 images encoded again") {
		t.Errorf("%q %q", r.Problems, r.Checked)
	}
	if r := run(dir, ""); len(r.Problems) > 0 || !says(r.Checked, " of 140 images encoded again, with the same bits; hashes cover the others") {
		t.Errorf("%q %q", r.Problems, r.Checked)
	}
	f := forger{t, dir}
	f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[3].Embedding[2] += 1e-3 })
	if r := run(dir, EmbeddingsAll); r.Total != 1 || !says(r.Problems, "dimension 2 of the embedding is ") {
		t.Errorf("one embedding forged: %q", r.Problems)
	}
	if r := run(dir, EmbeddingsOff); len(r.Problems) > 0 || !says(r.Unchecked, "embeddings, errors of their reconstructions: --embeddings=off; only hashes cover them") {
		t.Errorf("off: %q %q", r.Problems, r.Unchecked)
	}

	f = forger{t, road(t)}
	f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) {
		for i := range rows {
			rows[i].MSE *= 0.5
		}
	})
	edit(f, func(m *schemas.LatentsManifest) { m.Reconstructed = nil }, "latents", schemas.LatentsFile)
	if r := run(f.dir, EmbeddingsSample); !says(r.Problems, "mse is ") {
		t.Errorf("errors forged: %q", r.Problems)
	}
}
