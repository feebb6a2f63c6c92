package outdir

import (
	"os"
	"path/filepath"
	"testing"
)

// TestAFileIsNoFolder: it is said what the file is, and what to do.
func TestAFileIsNoFolder(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		needed Needed
		want   string
	}{
		"X.CSV":       {ShardsFolder, " is a file (a table), where a folder of image shards is needed: exemplar shard makes one of images; a table of vectors goes to exemplar select"},
		"x.h5":        {ModelFolder, " is a file (HDF5, as Keras writes weights), where the folder of a model is needed: exemplar train makes one, and exemplar import of weights that Keras wrote (.h5)"},
		"x.parquet":   {AnyFolder, " is a file (a table), where a folder is needed: name one that a step of these pipelines wrote"},
		"x.npz":       {ShardsFolder, " is a file (arrays of NumPy), where a folder of image shards is needed: exemplar shard makes one of images; a table of vectors goes to exemplar select"},
		"x.what":      {ModelFolder, " is a file, where the folder of a model is needed: exemplar train makes one, and exemplar import of weights that Keras wrote (.h5)"},
		"model.json":  {ModelFolder, " is a file, where the folder of a model is needed: name the folder that it is in"},
		"a.tfrecords": {ShardsFolder, " is a file, where a folder of image shards is needed: name the folder that it is in"},
	} {
		name = filepath.Join(dir, name)
		if err := os.WriteFile(name, []byte("text"), 0o666); err != nil {
			t.Fatal(err)
		}
		if err := c.needed.Is(t.Context(), name); err == nil || err.Error() != name+c.want {
			t.Errorf("%v, want %s%s", err, name, c.want)
		}
	}
	for _, name := range []string{dir, filepath.Join(dir, "none"), "", "s3://bucket/x.csv"} {
		if err := ModelFolder.Is(t.Context(), name); err != nil {
			t.Error(err)
		}
	}
}
