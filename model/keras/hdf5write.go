package keras

import (
	"errors"
	"os"
	"path"
	"path/filepath"

	"github.com/scigolib/hdf5"
)

// writeHDF5 returns an HDF5 file with arrays under their names, which are paths,
// in their order. The library writes files by name, so the bytes go through a
// temporary one.
func writeHDF5(arrays []array) (data []byte, err error) {
	dir, err := os.MkdirTemp("", "exemplar-*")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	name := filepath.Join(dir, kerasWeights)
	h, err := hdf5.CreateForWrite(name, hdf5.CreateTruncate)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(writeArrays(h, arrays), h.Close()); err != nil {
		return nil, err
	}
	return os.ReadFile(name)
}

func writeArrays(h *hdf5.FileWriter, arrays []array) error {
	made := map[string]bool{"/": true}
	var folder func(name string) error
	folder = func(name string) error {
		if made[name] {
			return nil
		}
		made[name] = true
		if err := folder(path.Dir(name)); err != nil {
			return err
		}
		_, err := h.CreateGroup(name)
		return err
	}
	for _, a := range arrays {
		if err := folder(path.Dir(a.name)); err != nil {
			return err
		}
		shape := make([]uint64, len(a.shape))
		for i, d := range a.shape {
			shape[i] = uint64(d)
		}
		d, err := h.CreateDataset(a.name, hdf5.Float32, shape)
		if err != nil {
			return err
		}
		if err := d.Write(a.data); err != nil {
			return err
		}
	}
	return nil
}
