package listing

import (
	"iter"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestGroups: each named group has a line with the name of its column, whether or not
// the group was given that name, and unnamed ones have none.
func TestGroups(t *testing.T) {
	names := func(all ...string) iter.Seq2[string, error] {
		return func(yield func(string, error) bool) {
			for _, name := range all {
				if !yield(name, nil) {
					return
				}
			}
		}
	}
	got, err := Groups(`^(?P<Metadata_run>r\d)/(x)?(?P<well>w\d)?`, names("r1/w2", "r2/xw2", "r1/", "other"))
	if d := cmp.Diff([]string{"Metadata_run: 2 r1, 1 r2, 1 without", "Metadata_well: 2 w2, 2 without"}, got); err != nil || d != "" {
		t.Errorf("%v %s", err, d)
	}
	if _, err := Groups(`(?P<plate>P\d)`, names("a", "b")); err == nil || !strings.Contains(err.Error(), `finds nothing in any of the 2 names, e.g. in "a"`) {
		t.Errorf("nothing found: %v", err)
	}
	if got, err := Groups("", names("a")); len(got) > 0 || err != nil {
		t.Errorf("no pattern: %q, %v", got, err)
	}
	if _, err := Groups(`(?P<plate>P\d)`, names()); err != nil {
		t.Errorf("no names: %v", err)
	}
}
