package store

import (
	"os"

	"golang.org/x/sys/unix"
)

// nameless makes a file without a name on the disk of a folder, which it does not
// change.
func nameless(dir string) (*os.File, error) {
	return os.OpenFile(dir, unix.O_TMPFILE|os.O_WRONLY, 0o600)
}
