//go:build linux || darwin

package scratch

import (
	"os"

	"golang.org/x/sys/unix"
)

// free returns the free bytes of the disk that holds a file, 0 where unknown.
func free(f *os.File) int64 {
	var s unix.Statfs_t
	if err := unix.Fstatfs(int(f.Fd()), &s); err != nil {
		return 0
	}
	return int64(s.Bavail) * int64(s.Bsize)
}
