package outdir

import (
	"context"
	"fmt"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// What a step may need a folder of, with what to do about a file.
var (
	ShardsFolder = Needed{"a folder of image shards", "exemplar shard makes one of images; a table of vectors goes to exemplar select"}
	ModelFolder  = Needed{"the folder of a model", "exemplar train makes one, and exemplar import of weights that Keras wrote (.h5)"}
	AnyFolder    = Needed{"a folder", "name one that a step of these pipelines wrote"}
)

// Needed is what a step needs a folder of.
type Needed struct{ what, advice string }

// fileKinds are files by the ends of their names; the first that fits counts.
var fileKinds = []struct{ ends, is string }{
	{".csv .csv.gz .tsv .parquet .xlsx .feather .arrow", "a table"},
	{".h5 .hdf5 .keras", "HDF5, as Keras writes weights"},
	{".npy .npz", "arrays of NumPy"},
	{".tif .tiff .png .jpg .jpeg", "an image"},
	{".zip .tar .tgz .tar.gz .7z", "an archive"},
}

// Is returns an error where a local name is that of a file. Of a store nothing is asked:
// what lies below a name there does not depend on it.
func (n Needed) Is(ctx context.Context, name string) error {
	if name == "" || store.IsRemote(name) {
		return nil
	}
	if _, err := store.Stat(ctx, name); err != nil {
		return nil // a folder or nothing; what reads it says so
	}
	base := strings.ToLower(store.Base(name))
	plain := strings.TrimSuffix(base, ".gz")
	switch {
	case base == schemas.ShardsFile || base == schemas.ModelFile || base == schemas.LatentsFile || base == schemas.SelectionFile || base == schemas.QueryFile || base == schemas.CompareFile,
		strings.HasSuffix(plain, ".tfrecord") || strings.HasSuffix(plain, ".tfrecords"):
		return fmt.Errorf("%s is a file, where %s is needed: name the folder that it is in", name, n.what)
	}
	for _, k := range fileKinds {
		for _, end := range strings.Fields(k.ends) {
			if strings.HasSuffix(base, end) {
				return fmt.Errorf("%s is a file (%s), where %s is needed: %s", name, k.is, n.what, n.advice)
			}
		}
	}
	return fmt.Errorf("%s is a file, where %s is needed: %s", name, n.what, n.advice)
}
