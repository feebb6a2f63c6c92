package store

import "os"

// MakeFolder makes a local folder and those above it that are missing.
func MakeFolder(dir string) error { return os.MkdirAll(dir, 0o777) }
