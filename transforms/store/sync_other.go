//go:build !linux

package store

func syncTree(dir string) error { return syncEach(dir) }
