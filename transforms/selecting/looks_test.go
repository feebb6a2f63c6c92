package selecting

import (
	"path/filepath"
	"slices"
	"testing"

	"exemplar/schemas"
)

// TestPixelsAreGraded: with shards the grade looks at the pixels, and not at those of
// compressed ones, which would be read whole.
func TestPixelsAreGraded(t *testing.T) {
	for compression, want := range map[string]bool{"none": true, "gzip": false} {
		dir := t.TempDir()
		write(t, dir, collection(400), 3, compression)
		c := config(dir, "cluster")
		c.Shards = filepath.Join(dir, "shards")
		m := mustRun(t, c)
		in := slices.ContainsFunc(m.Grade.Sets[0].Spaces, func(s schemas.SpaceGrade) bool { return s.Space == schemas.SpacePixels })
		if p := m.Grade.Pixels; (p != nil) != want || in != want {
			t.Fatalf("%s: %+v, in the spaces: %v", compression, p, in)
		} else if want && (p.Evaluated != int(m.Eligible)/2 || p.Evaluated+p.Pool != int(m.Eligible) || p.Numbers != 6) {
			t.Errorf("%+v of %d images of 2x3", p, m.Eligible)
		}
	}
}
