package kernel

import (
	"os"
	"strings"
	"testing"
)

// TestChoose: a name forces its implementation; one that is not there is an error that
// names those that are.
func TestChoose(t *testing.T) {
	sets := []*Set{{name: "wide"}, {name: "narrow"}, generic}
	for _, s := range sets {
		if got, err := choose(s.name, sets); got != s || err != nil {
			t.Errorf("%s: %v, %v", s.name, got, err)
		}
	}
	if got, err := choose("", sets); got != sets[0] || err != nil {
		t.Errorf("none named: %v, %v", got, err)
	}
	for _, name := range []string{"wider", "WIDE", " wide", "generic"} {
		got, err := choose(name, sets)
		if got != sets[0] || err == nil || !strings.Contains(err.Error(), "wide or narrow or portable") {
			t.Errorf("%q: %v, %v", name, got, err)
		}
	}
}

// TestForced: the variable names what this program has; what else would be tested is not
// what was asked for.
func TestForced(t *testing.T) {
	if err := Err(); err != nil {
		t.Fatal(err)
	}
	// Asked for again, so that Go's cache of results knows of it.
	if name := os.Getenv(Variable); name != "" && Best().Name() != name {
		t.Fatalf("%s computes, not %s", Best().Name(), name)
	}
}
