package storetest

import (
	"sync/atomic"
	"testing"

	"exemplar/transforms/store/internal/disk"
)

// Calls by which package store changes a local disk, as a hook of Disk gets them.
const (
	Mkdir      = disk.Mkdir
	Rename     = disk.Rename
	Remove     = disk.Remove
	Sync       = disk.Sync
	SyncFolder = disk.SyncFolder
)

// Disk calls hook before each change of a local disk by this process, until the test
// ends; where it returns an error, the change fails with it and does not happen.
func Disk(t testing.TB, hook func(call, name string) error) {
	h := disk.Hook(hook)
	before := disk.SetHook(&h)
	t.Cleanup(func() { disk.SetHook(before) })
}

// FailDisk lets the n-th of such changes fail, from 0, and tells how many there were.
func FailDisk(t testing.TB, n int64, err error) (changes *atomic.Int64) {
	changes = new(atomic.Int64)
	Disk(t, func(string, string) error {
		if changes.Add(1) == n+1 {
			return err
		}
		return nil
	})
	return changes
}
