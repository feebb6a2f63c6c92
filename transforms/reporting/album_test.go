package reporting

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/training/pictures"
)

// TestAlbum reads back what train draws: every pixel, of gray and of colors, of 8 bits and
// of the upper 8 of 16.
func TestAlbum(t *testing.T) {
	for _, in := range []model.Input{
		{Height: 5, Width: 7, Channels: 1, Bits: 8}, {Height: 6, Width: 4, Channels: 3, Bits: 8},
		{Height: 4, Width: 4, Channels: 1, Bits: 16}, {Height: 130, Width: 100, Channels: 1, Bits: 8},
	} {
		for _, noise := range []bool{false, true} {
			dir := t.TempDir()
			check(t, os.Mkdir(filepath.Join(dir, schemas.ReconstructionsDir), 0o777))
			const images = 3
			pixel := func(row, i, k int) uint8 { return uint8(row*50 + i*31 + k*7) }
			raw := func(row int) (list [][]byte) {
				for i := range images {
					var p []byte
					for k := range in.Values() {
						if in.Bits == 16 {
							p = append(p, byte(k)) // the lower bits
						}
						p = append(p, pixel(row, i, k))
					}
					list = append(list, p)
				}
				return list
			}
			var noisy [][]byte
			rows := []int{0, 2}
			if noise {
				noisy, rows = raw(1), []int{0, 1, 2}
			}
			var decoded []float32
			for i := range images {
				for k := range in.Values() {
					decoded = append(decoded, float32(pixel(2, i, k))/255)
				}
			}
			data, err := pictures.Reconstructions(in, raw(0), noisy, decoded)
			check(t, err)
			for _, epoch := range []int{1, 2, 1000} {
				check(t, os.WriteFile(filepath.Join(dir, filepath.FromSlash(schemas.ReconstructionsName(epoch))), data, 0o666))
			}
			check(t, os.WriteFile(filepath.Join(dir, schemas.ReconstructionsDir, "epoch-0003.png"), nil, 0o666)) // no name of train's
			files := &inputs{modelDir: dir, model: &model.Model{Arch: model.Arch{Input: in}, Training: &model.Training{Metrics: map[string]float64{"best_epoch": 2}}}}
			a, err := files.openAlbum(t.Context())
			check(t, err)
			if a == nil || !slices.Equal(a.epochs, []int{1, 2, 1000}) || a.kept != 2 {
				t.Fatalf("%+v: %+v, %v", in, a, files.notes)
			}
			got, err := a.page(t.Context(), 1000)
			check(t, err)
			if len(got) != len(rows) {
				t.Fatalf("%d rows, want %d", len(got), len(rows))
			}
			unit := 1.0
			if in.Bits == 16 {
				unit = 257
			}
			for r, row := range rows {
				for i := range images {
					for k := range in.Values() {
						if want := unit * float64(pixel(row, i, k)); got[r][i].V[k] != want {
							t.Fatalf("%+v: row %d, image %d, value %d is %g, want %g", in, r, i, k, got[r][i].V[k], want)
						}
					}
				}
			}
		}
	}
}

// TestThin keeps the first epoch, the last, and that of the model.
func TestThin(t *testing.T) {
	a := &album{kept: 37}
	for e := range 100 {
		a.epochs = append(a.epochs, e+1)
	}
	for n, want := range map[int][]int{-5: {1, 37, 100}, 0: {1, 37, 100}, 3: {1, 37, 50, 100}, 100: a.epochs, 500: a.epochs} {
		if got := a.thin(n); !slices.Equal(got, want) {
			t.Errorf("%d: %v, want %v", n, got, want)
		}
	}
}
