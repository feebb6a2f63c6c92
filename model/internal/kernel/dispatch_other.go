//go:build (!amd64 && !arm64) || noasm

package kernel

// accelerated returns no implementation: the one in Go is the only one.
func accelerated() []*Set { return nil }
