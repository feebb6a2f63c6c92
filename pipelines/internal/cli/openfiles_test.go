package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestOpenFiles(t *testing.T) {
	for limit, few := range map[int64]bool{-1: false, 10: true, 20: true, 63: true, 64: false, 1024: false} {
		if err := enoughFiles(limit); (err != nil) != few || few && !strings.Contains(err.Error(), "ulimit -n 1024") {
			t.Errorf("%d: %v", limit, err)
		}
	}
	late := fmt.Errorf("waiting: %w", context.DeadlineExceeded)
	for _, c := range []struct {
		err   error
		limit int64
		hint  bool
	}{{late, 80, true}, {errors.New("rpc error: context deadline exceeded"), 80, true}, {late, 4096, false}, {late, -1, false}, {errors.New("x"), 80, false}, {nil, 80, false}} {
		err := explainTimeout(c.err, c.limit)
		if hint := err != nil && strings.Contains(err.Error(), "may open only 80 files"); hint != c.hint || (err == nil) != (c.err == nil) {
			t.Errorf("%v with %d: %v", c.err, c.limit, err)
		}
	}
}
