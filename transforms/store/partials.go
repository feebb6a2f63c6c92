package store

import (
	"os"
	"sync"
)

// partials holds the paths of the temporary files that writers of this process
// have open, for AbortAll.
var partials sync.Map

// ending is held by writers while they make a temporary file, and by AbortAll when
// no more are to be made.
var ending sync.RWMutex

// IsPartial reports whether a name is one of a temporary file of this package, the
// remains of a writer that was killed.
func IsPartial(name string) bool { return isPartial(Base(name)) }

// PartialOf returns the name of the file whose temporary file has this name, "" where
// it is none. Of a long name it returns the beginning.
func PartialOf(name string) string {
	base := Base(name)
	if !isPartial(base) {
		return ""
	}
	return base[1 : len(base)-len(".0123456789abcdef.partial")]
}

// AbortAll removes the temporary files of every writer of this process that is
// not committed. It is for a program that is about to end: the writers are not
// told, and who wants a new file waits for the end.
func AbortAll() {
	ending.Lock()
	partials.Range(func(path, _ any) bool {
		os.Remove(path.(string)) // best effort: the next run removes what is left
		return true
	})
}
