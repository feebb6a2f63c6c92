package caught

import (
	"errors"
	"strings"
	"testing"
)

// TestGuarded: a panic, also of another goroutine, is one line with its place; an
// error is returned as it is.
func TestGuarded(t *testing.T) {
	err := errors.New("as it is")
	if got := Guarded(func() error { return err }); got != err {
		t.Errorf("error %v", got)
	}
	none := []int{}
	for what, f := range map[string]func() error{
		"here": func() error { return errors.New(strings.Repeat("x", none[3])) },
		"in a group": func() error {
			var g Group
			g.Go(func() { none[3]++ })
			g.Wait()
			return nil
		},
	} {
		got := Guarded(f)
		if got == nil || strings.Contains(got.Error(), "\n") || strings.Contains(got.Error(), "goroutine") ||
			!strings.HasPrefix(got.Error(), "a mistake of this program, please report it: runtime error: index out of range [3] with length 0 at ") || !strings.Contains(got.Error(), "schemas/caught/line_test.go:") {
			t.Errorf("%s: %v", what, got)
		}
	}
}
