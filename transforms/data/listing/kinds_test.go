package listing

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestWhatIsNoImage: a file that is no image is told by what it is, with what to do;
// no other flag is named that would not take it.
func TestWhatIsNoImage(t *testing.T) {
	dir := t.TempDir()
	for name, want := range map[string]string{
		"single_cells.h5": "write its crops as TIFF or PNG", "a.h5ad": "exemplar select reads its vectors", "bloodmnist.npz": "write them as TIFF or PNG",
		"x.npy": "vectors in .npy go to exemplar select", "web.tar": "unpack it, and name the folder", "a.tar.gz": "unpack it, and name the folder", "a.ZIP": "unpack it",
		"t.parquet": "images inside a table are not read", "cells.csv": "given as Config.InputList", "cells.csv.gz": "given as Config.InputList", "a.tfrecord.gz": "take its folder as encoding.Config.Shards",
		"plate.czi": "export the images as TIFF, OME-TIFF where they have several channels", "a.bmp": "convert it to PNG or TIFF", "a.tif.gz": "unpack it", "t10k-labels-idx1-ubyte.gz": "this one as Config.Labels",
		"a.tsv": "one path per line", "what.ever": "the extensions read are .tif",
	} {
		file := filepath.Join(dir, name)
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		_, err := List(t.Context(), Config{Inputs: []string{file}})
		if err == nil || !strings.HasPrefix(err.Error(), "Config.Inputs="+file+" is not an image by its name: ") || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", name, err, want)
		}
	}
	for folder, want := range map[string]string{"only/a.h5": "found only 1 .h5; images inside HDF5", "cells.zarr/0/0.0": "images inside HDF5 and Zarr are not read"} {
		file := filepath.Join(dir, "f", folder)
		if err := os.MkdirAll(filepath.Dir(file), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte("x"), 0o666); err != nil {
			t.Fatal(err)
		}
		top, _, _ := strings.Cut(folder, "/")
		if _, err := List(t.Context(), Config{Inputs: []string{filepath.Join(dir, "f", top)}}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", top, err, want)
		}
	}
}
