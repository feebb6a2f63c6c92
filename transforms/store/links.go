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

// LinkedBelow returns the first symbolic link to a folder among the named folders in
// dir and below them; "" where there is none. What else is in dir does not matter.
func LinkedBelow(dir string, names ...string) (link string, err error) {
	if IsRemote(dir) {
		return "", nil
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		fi, err := os.Lstat(path)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return "", newError("look at", path, err, "")
		}
		if fi.Mode()&fs.ModeSymlink != 0 {
			if fi, err := os.Stat(path); err == nil && fi.IsDir() {
				return path, nil
			}
			continue
		}
		if link, err := LinkedFolder(path); fi.IsDir() && (link != "" || err != nil) {
			return link, err
		}
	}
	return "", nil
}
