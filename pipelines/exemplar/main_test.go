package main

import (
	"flag"
	"slices"
	"strings"
	"testing"
)

// most is the number of flags that a command may have.
const most = 52

// TestHelp: each command has an example, and each of its flags stands once in a group of
// the help, with a noun, or a choice, for its value; what must be given is missed.
func TestHelp(t *testing.T) {
	for _, c := range program.List {
		fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
		job := c.Setup(fs)
		flags, musts := map[string]int{}, 0
		for _, group := range c.Groups {
			_, names, _ := strings.Cut(group, ":")
			for _, name := range strings.Fields(names) {
				name, must := strings.CutSuffix(name, "*")
				flags[name]++
				if must {
					musts++
				}
			}
		}
		n := 0
		fs.VisitAll(func(f *flag.Flag) {
			n++
			if flags[f.Name] != 1 {
				t.Errorf("%s: --%s stands %d times in the help", c.Name, f.Name, flags[f.Name])
			}
			delete(flags, f.Name)
			if kind, _ := flag.UnquoteUsage(f); slices.Contains([]string{"string", "value", "int", "uint", "float", "duration"}, kind) {
				t.Errorf("%s: --%s has no noun for its value", c.Name, f.Name)
			}
		})
		if len(flags) > 0 {
			t.Errorf("%s: groups name flags that it lacks: %v", c.Name, flags)
		}
		if n > most {
			t.Errorf("%s has %d flags, more than %d: which of them does anybody need?", c.Name, n, most)
		}
		if len(c.Examples) == 0 {
			t.Errorf("%s has no example", c.Name)
		}
		for _, example := range c.Examples {
			for _, arg := range strings.Fields(example) {
				if name, _, _ := strings.Cut(strings.TrimPrefix(arg, "--"), "="); fs.Lookup(name) == nil {
					t.Errorf("%s: its example %s has a flag that it lacks", c.Name, example)
				}
			}
		}
		if err := job.Validate(); (err == nil) != (musts == 0) || err != nil && !strings.Contains(err.Error(), "is missing") {
			t.Errorf("%s without flags: %v, and %d of them must be given", c.Name, err, musts)
		}
	}
}
