//go:build !linux

package store

import (
	"errors"
	"os"
)

// nameless fails: there are no files without a name here.
func nameless(string) (*os.File, error) { return nil, errors.ErrUnsupported }
