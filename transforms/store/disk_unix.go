//go:build linux || darwin

package store

import "golang.org/x/sys/unix"

// diskLeft returns the bytes and the files that still fit on the disk of a folder:
// -1 where not known, as on disks that count no files.
var diskLeft = func(dir string) (bytes, files int64) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return -1, -1
	}
	bytes, files = int64(s.Bavail)*int64(s.Bsize), -1
	if s.Files > 0 {
		files = int64(s.Ffree)
	}
	return bytes, files
}

// writable asks the system whether files may be made in a folder.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
