package store

import (
	"cmp"
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"syscall"

	"exemplar/transforms/store/internal/disk"
)

// folders are the local folders that this process knows to be durable: each is
// synced in its parent.
var folders struct {
	sync.Mutex
	known sync.Map // by path
}

// MakeFolder makes a local folder and those above it that are missing. When it
// returns, they are durable: each was synced in its parent before the next one
// below it was made. That of one that was there already is synced once, too, for
// the run that made it may have been killed before it was.
func MakeFolder(dir string) error {
	dir = filepath.Clean(dir)
	if _, ok := folders.known.Load(dir); ok && isDir(dir) {
		return nil
	}
	folders.Lock()
	defer folders.Unlock()
	return makeFolder(dir)
}

// makeFolder does that while folders is held.
func makeFolder(dir string) error {
	parent := filepath.Dir(dir)
	if isDir(dir) {
		if _, ok := folders.known.Load(dir); !ok && parent != dir {
			// Best effort, but for a disk that fails: the parent may be anybody's.
			if err := disk.SyncNames(parent); errors.Is(err, syscall.EIO) {
				return err
			}
		}
		folders.known.Store(dir, nil)
		return nil
	}
	if parent != dir {
		if err := makeFolder(parent); err != nil {
			return err
		}
	}
	err := disk.MakeFolder(dir)
	if errors.Is(err, fs.ErrExist) {
		err = nil
		if !isDir(dir) { // as the system says it of what lies below a file
			err = &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
	}
	if err != nil {
		return err
	}
	if err := disk.SyncNames(parent); err != nil {
		return err
	}
	folders.known.Store(dir, nil)
	return nil
}

func isDir(dir string) bool {
	fi, err := os.Stat(dir)
	return err == nil && fi.IsDir()
}

// removals are the local folders in which files were removed and that were not
// synced since.
var removals struct {
	sync.Mutex
	in map[string]bool
}

// removedIn notes that a file of a folder was removed.
func removedIn(dir string) {
	removals.Lock()
	defer removals.Unlock()
	if removals.in == nil {
		removals.in = map[string]bool{}
	}
	removals.in[dir] = true
}

// SettleRemovals makes durable what this process has removed from local folders.
// Every Commit does so before its file appears: an old manifest never stands beside
// what was written after its removal, also not after a power cut. It is for those
// who remove, and leave the writing to another process.
func SettleRemovals() error {
	removals.Lock()
	defer removals.Unlock()
	for _, dir := range slices.Sorted(maps.Keys(removals.in)) {
		if err := disk.SyncNames(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return newError("remove files in", dir, err, "")
		}
		delete(removals.in, dir)
	}
	return nil
}

// SyncAll makes durable all files in a local folder and below, and their names: for
// many small files that were not written by this package. Remote ones are durable
// when they are written.
func SyncAll(dir string) error {
	if IsRemote(dir) {
		return nil
	}
	if err := cmp.Or(SettleRemovals(), syncTree(dir)); err != nil {
		return newError("write", dir, err, "")
	}
	return nil
}

// syncEach syncs every file and folder below dir.
func syncEach(dir string) error {
	return filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return disk.SyncNames(path)
		case !d.Type().IsRegular():
			return nil
		}
		f, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return cmp.Or(disk.SyncFile(f), f.Close())
	})
}
