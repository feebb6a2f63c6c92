// Package disk holds the calls by which package store changes a local file system
// and makes the change durable, in one place, so that a test can see their order
// and let any of them fail.
//
// What never enters: Beam, flags, printing, other modules; decisions. It has no caller
// but package store and its tests.
package disk

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"runtime"
	"sync/atomic"
	"syscall"
)

// Names of the calls, as a Hook gets them.
const (
	Mkdir      = "mkdir"
	Rename     = "rename" // the name is the new one
	Remove     = "remove"
	Sync       = "sync"
	SyncFolder = "sync folder"
)

// Hook is called before each call; where it returns an error, the call fails with
// it and does nothing. It is for tests.
type Hook func(call, name string) error

var hook atomic.Pointer[Hook]

// SetHook puts a hook in the place of the one before, which it returns; nil is none.
func SetHook(h *Hook) (before *Hook) { return hook.Swap(h) }

func ask(call, name string) error {
	if h := hook.Load(); h != nil {
		if err := (*h)(call, name); err != nil {
			return &fs.PathError{Op: call, Path: name, Err: err}
		}
	}
	return nil
}

// MakeFolder makes one folder.
func MakeFolder(name string) error {
	if err := ask(Mkdir, name); err != nil {
		return err
	}
	return os.Mkdir(name, 0o777)
}

// RenameFile renames a file.
func RenameFile(from, to string) error {
	if err := ask(Rename, to); err != nil {
		return err
	}
	return os.Rename(from, to)
}

// RemoveFile removes a file.
func RemoveFile(name string) error {
	if err := ask(Remove, name); err != nil {
		return err
	}
	return os.Remove(name)
}

// SyncFile makes the content of an open file durable.
func SyncFile(f *os.File) error {
	if err := ask(Sync, f.Name()); err != nil {
		return err
	}
	return f.Sync()
}

// SyncNames makes the names in a folder durable. File systems that cannot sync a
// folder say EINVAL or ENOTSUP, and Windows has no such call: there is nothing more
// to do on them.
func SyncNames(dir string) error {
	if err := ask(SyncFolder, dir); err != nil {
		return err
	}
	if runtime.GOOS == "windows" {
		return nil
	}
	d, err := os.Open(dir)
	if err != nil {
		if errors.Is(err, fs.ErrPermission) { // a folder may be writable but not readable
			return nil
		}
		return err
	}
	err = cmp.Or(d.Sync(), d.Close())
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
		return nil
	}
	return err
}
