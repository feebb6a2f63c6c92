//go:build !amd64 || noasm

package kernel

// accelerated returns no implementation: generic is the only one.
func accelerated() []*Set { return nil }
