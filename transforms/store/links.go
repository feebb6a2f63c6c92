package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// LinkedFolder returns the first symbolic link to a folder below dir, which
// itself may be one; "" where there is none. A link to a file does no harm: it is
// replaced by what is written under its name. Object stores have no links.
func LinkedFolder(dir string) (link string, err error) {
	if IsRemote(dir) {
		return "", nil
	}
	err = filepath.WalkDir(filepath.Clean(dir)+string(filepath.Separator), func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil
		case err != nil:
			return newError("list", path, err, "")
		case d.Type()&fs.ModeSymlink == 0:
			return nil
		}
		if fi, err := os.Stat(path); err == nil && fi.IsDir() {
			link = path
			return fs.SkipAll
		}
		return nil
	})
	return link, err
}
