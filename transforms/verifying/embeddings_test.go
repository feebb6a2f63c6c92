package verifying

import (
	"fmt"
	"math"
	"strings"
	"testing"

	"exemplar/model"
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
	dir := workflow(t)
	if r := run(dir, EmbeddingsAll); len(r.Problems) > 0 || !says(r.Checked, "embeddings, errors of their reconstructions: all 140 images encoded again") {
		t.Errorf("%q %q", r.Problems, r.Checked)
	}
	if r := run(dir, ""); len(r.Problems) > 0 || !says(r.Checked, " of 140 images encoded again, with the same bits") ||
		!says(r.Unchecked, "only hashes cover them. Were one row forged, hashes included, this would miss it with a chance of ") {
		t.Errorf("%q %q", r.Problems, r.Checked)
	}
	f := forger{t, dir}
	f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) { rows[3].Embedding[2] += 1e-3 })
	if r := run(dir, EmbeddingsAll); r.Total != 1 || !says(r.Problems, "dimension 2 of the embedding is ") {
		t.Errorf("one embedding forged: %q", r.Problems)
	}
	if r := run(dir, EmbeddingsOff); len(r.Problems) > 0 || !says(r.Unchecked, "embeddings, errors of their reconstructions: Config.Embeddings=off; only hashes cover them") {
		t.Errorf("off: %q %q", r.Problems, r.Unchecked)
	}

	f = forger{t, workflow(t)}
	f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) {
		for i := range rows {
			rows[i].MSE *= 0.5
		}
	})
	if r := run(f.dir, EmbeddingsOff); !says(r.Problems, "the reconstructions are said to have mean squared error ") || says(r.Problems, "{") {
		t.Errorf("errors forged, not their mean: %q", r.Problems)
	}
	edit(f, func(m *schemas.LatentsManifest) { m.Reconstructed = nil }, "latents", schemas.LatentsFile)
	if r := run(f.dir, EmbeddingsSample); !says(r.Problems, "mse is ") {
		t.Errorf("errors forged: %q", r.Problems)
	}
}

// TestForgedShares: of forged rows 1 % and 10 % are found as often as is said.
func TestForgedShares(t *testing.T) {
	const all, trials = 2000, 400
	e := embeddings{share: float64(sampled) / all, plan: new(model.Plan)}
	for _, forged := range []int64{1, all / 100, all / 10} {
		unfound, said := 0.0, 0.0
		for trial := range uint64(trials) {
			e.seed = trial
			n, found := int64(0), false
			for i := range int64(all) {
				if e.takes(fmt.Sprintf("cell_%04d.tif", i)) {
					n, found = n+1, found || i < forged
				}
			}
			said += missed(n, all, forged)
			if !found {
				unfound++
			}
		}
		// The number of trials without a find is binomial: six standard deviations.
		if limit := 6 * math.Sqrt(said*(1-said/trials)+1); !(math.Abs(unfound-said) <= limit) {
			t.Errorf("%d of %d forged: not found in %v of %d trials, %.1f were said", forged, all, unfound, trials, said)
		}
	}
	for p, want := range map[float64]string{0: "less than 0.0001 %", 0.99995: "more than 99.99 %", 0.99872: "99.87 %", 0.2779: "28 %", 3e-6: "0.0003 %"} {
		if got := chance(p); got != want {
			t.Errorf("chance %v is written %q, want %q", p, got, want)
		}
	}
	f := forger{t, workflow(t)}
	f.rows(1, func(_ *schemas.LatentsSpec, rows []schemas.Latent) {
		for i := 0; i < len(rows); i += 10 {
			rows[i].Embedding[0] += 1e-3
		}
	})
	if problems := verify(t, f.dir, "latents"); len(problems) == 0 {
		t.Error("a tenth of the rows of a file was forged, and nothing said")
	}
}
