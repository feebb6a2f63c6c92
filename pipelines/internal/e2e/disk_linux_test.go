package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// diskNeed returns how many bytes of a disk the files below a folder take.
func diskNeed(t *testing.T, dir string) (need int64) {
	t.Helper()
	for name := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		need += (info.Size() + 4095) / 4096 * 4096
	}
	return need
}

// smallDisk mounts a small disk, where that is permitted.
func smallDisk(t *testing.T, dir, options string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, options); err != nil {
		t.Skipf("no small file system can be mounted: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, syscall.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// largeDisk gives that disk room.
func largeDisk(t *testing.T, dir string) {
	t.Helper()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", syscall.MS_REMOUNT, "size=1g,nr_inodes=100000"); err != nil {
		t.Fatal(err)
	}
}
