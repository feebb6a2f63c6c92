package store

import (
	"os"
	"sync"
)

// partials holds the paths of the temporary files that writers of this process
// have open, for AbortAll.
var partials sync.Map

// IsPartial says whether a name is one of a temporary file of this package, the
// remains of a writer that was killed.
func IsPartial(name string) bool { return isPartial(Base(name)) }

// AbortAll removes the temporary files of every writer of this process that is
// not committed. It is for a program that is about to end: the writers are not
// told.
func AbortAll() {
	partials.Range(func(path, _ any) bool {
		os.Remove(path.(string)) // best effort: the next run removes what is left
		return true
	})
}
