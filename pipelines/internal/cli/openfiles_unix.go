//go:build linux || darwin

package cli

import "golang.org/x/sys/unix"

// openFiles returns the number of files that this process may open, which Go has
// raised to the hard limit; -1 where not known.
func openFiles() int64 {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil || limit.Cur > 1<<30 {
		return -1
	}
	return int64(limit.Cur)
}
