package store

import (
	"cmp"
	"errors"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"exemplar/transforms/store/internal/disk"
)

// syncTree syncs the file system that dir lies on, in one call however many files
// there are; where it has no such call, file by file.
func syncTree(dir string) error {
	if err := disk.SyncNames(filepath.Dir(dir)); errors.Is(err, unix.EIO) {
		return err
	}
	f, err := os.Open(dir)
	if err != nil {
		return err
	}
	err = cmp.Or(unix.Syncfs(int(f.Fd())), f.Close())
	if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EINVAL) || errors.Is(err, unix.ENOTSUP) {
		return syncEach(dir)
	}
	return err
}
