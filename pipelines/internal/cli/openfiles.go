package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
)

// Files that a run opens: at least, and with room for many processors and requests.
const (
	fewestFiles = 64
	manyFiles   = 1024
)

// enoughFiles checks the limit on open files, -1 for none. With a very low one the
// SDK ends with a stack trace or waits for connections that nobody can accept.
func enoughFiles(limit int64) error {
	if limit >= 0 && limit < fewestFiles {
		return fmt.Errorf("too many open files: this process may open %d, a run needs at least %d: raise the limit (ulimit -n %d)", limit, fewestFiles, manyFiles)
	}
	return nil
}

// ExplainTimeout says what a runner waited for in vain where the limit on open files
// is low: it does not tell.
func ExplainTimeout(err error) error { return explainTimeout(err, openFiles()) }

func explainTimeout(err error, limit int64) error {
	timeout := errors.Is(err, context.DeadlineExceeded) || err != nil && strings.Contains(err.Error(), context.DeadlineExceeded.Error())
	if timeout && limit >= 0 && limit < manyFiles {
		return fmt.Errorf("%w: the runner got no connection within this process, which may open only %d files: raise the limit (ulimit -n %d)", err, limit, manyFiles)
	}
	return err
}
