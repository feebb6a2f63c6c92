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
	return linkAt(filepath.Clean(dir) + string(filepath.Separator))
}

// linkAt returns the first symbolic link to a folder from a path on, which may be
// missing.
func linkAt(path string) (link string, err error) {
	err = filepath.WalkDir(path, func(path string, d fs.DirEntry, err error) error {
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

// LinkedBelow returns the first symbolic link to a folder among the named folders in
// dir and below them; "" where there is none. What else is in dir does not matter.
func LinkedBelow(dir string, names ...string) (link string, err error) {
	if IsRemote(dir) {
		return "", nil
	}
	for _, name := range names {
		if link, err := linkAt(filepath.Join(dir, name)); link != "" || err != nil {
			return link, err
		}
	}
	return "", nil
}
