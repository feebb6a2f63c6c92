//go:build linux || darwin

package store

import "golang.org/x/sys/unix"

// free returns the bytes that a user may still write to the disk of a folder, -1
// where not known.
func free(dir string) int64 {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return -1
	}
	return int64(s.Bavail) * int64(s.Bsize)
}

// writable asks the system whether files may be made in a folder.
func writable(dir string) error { return unix.Access(dir, unix.W_OK|unix.X_OK) }
