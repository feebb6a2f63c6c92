package kernel

import (
	"fmt"
	"os"
	"strings"
)

// Variable is the environment variable that forces an implementation, by its name.
// It is for tests: all of them give the same bits.
const Variable = "EXEMPLAR_KERNEL"

// Best returns the fastest implementation, or the one that Variable names.
func Best() *Set { return best }

// Err says what is wrong with Variable: it names what this program cannot run. Best is
// then as if it were not set.
func Err() error { return errForced }

var best, errForced = choose(os.Getenv(Variable), All())

// choose returns the first of some implementations, or the one of a name, "" for none.
func choose(name string, sets []*Set) (*Set, error) {
	var names []string
	for _, s := range sets {
		if s.name == name {
			return s, nil
		}
		names = append(names, s.name)
	}
	if name == "" {
		return sets[0], nil
	}
	return sets[0], fmt.Errorf("%s=%s is not a path that this program has on this processor: use %s, or unset it",
		Variable, name, strings.Join(names, " or "))
}
