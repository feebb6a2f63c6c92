package selecting

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestMagnitudes selects from latents of all magnitudes that float32 holds: the picks do not
// depend on it, and what cannot be told apart ends in one line that names the latents.
func TestMagnitudes(t *testing.T) {
	selected := func(rows []schemas.Latent, space string) (picks string, input string, err error) {
		dir := t.TempDir()
		write(t, dir, rows, 2, "none")
		c := config(dir, "cluster", "global")
		c.Parameters.Space, c.Parameters.Gate.Mode = space, schemas.GateOff
		c.Parameters.Clusters = min(c.Parameters.Clusters, len(rows))
		check(t, c.Validate())
		if _, err := Run(t.Context(), c, runner); err != nil {
			return "", c.Input, err
		}
		for _, p := range readPicks(t, filepath.Join(dir, "selection")) {
			picks += fmt.Sprintln(p.Scope, p.Rank, p.ImageID)
		}
		return picks, c.Input, nil
	}
	times := func(rows []schemas.Latent, factor float64) []schemas.Latent {
		for i := range rows {
			for j, v := range rows[i].Embedding {
				rows[i].Embedding[j] = float32(float64(v) * factor)
			}
		}
		return rows
	}
	want, _, err := selected(collection(120), "raw")
	check(t, err)
	for _, factor := range []float64{0x1p-117, 0x1p-80, 0x1p60, 0x1p110} { // powers of two: no digit changes
		if got, _, err := selected(times(collection(120), factor), "raw"); err != nil || got != want {
			t.Errorf("times %g: %v\n%s, want\n%s", factor, err, got, want)
		}
	}
	large := collection(120)
	times(large[33:34], 1e30)
	for _, c := range []struct {
		what  string
		rows  []schemas.Latent
		space string
		want  string // of the error; "" for none
	}{
		{"near 1e-40", times(collection(120), 1e-40), "raw", "multiply all numbers"},
		{"one of 1e30", large, "raw", fmt.Sprintf("the latent of %q has numbers up to", large[33].ImageID)},
		{"all equal", times(collection(120), 0), "raw", ""},
		{"two images", collection(2), "raw", ""},
		{"two equal images", times(collection(2), 0), "raw", ""},
		{"all equal, z-scores", times(collection(120), 0), "zscore", "use Config.Space=raw"},
		{"two images, whitened", collection(2), "whiten:2", "vary in 1 direction only"},
	} {
		_, input, err := selected(c.rows, c.space)
		switch {
		case (err == nil) != (c.want == ""):
			t.Errorf("%s: %v", c.what, err)
		case err != nil && (!strings.HasPrefix(err.Error(), input+": ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")):
			t.Errorf("%s: %v\nis not one line that names %s and says %q", c.what, err, input, c.want)
		}
	}
}
