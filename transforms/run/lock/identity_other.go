//go:build !linux

package lock

// identity cannot tell machines and processes apart here: a lock in a store is
// waited for.
func identity(int) (machine, start string) { return "", "" }
