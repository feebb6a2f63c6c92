package store

import (
	"errors"
	"fmt"
	"strings"
	"syscall"
	"testing"
)

// A disk, a quota and a store that take no more are one line that says what to do.
func TestFull(t *testing.T) {
	for _, c := range []struct {
		err  error
		want string
	}{
		{syscall.ENOSPC, "the disk is full: free some space"},
		{syscall.EDQUOT, "your quota of this disk is used up, in bytes or in files"},
		{errors.New("googleapi: Error 403: Quota exceeded for quota metric\n 'Write requests'"), "the store takes no more"},
		{errors.New("api error QuotaExceeded: bucket quota exceeded"), "the store takes no more"},
		{errors.New("api error XMinioStorageFull: Storage backend has reached its minimum free drive threshold."), "the store takes no more"},
	} {
		line := newError("write", "gs://b/a", fmt.Errorf("uploading: %w", c.err), "").Error()
		if !strings.Contains(line, c.want) || strings.Contains(line, "\n") {
			t.Errorf("%v: %s", c.err, line)
		}
	}
	if line := newError("read", "gs://b/a", errors.New("api error QuotaExceeded"), "").Error(); strings.Contains(line, "takes no more") {
		t.Errorf("reading: %s", line)
	}
}
