// Command layers compares the packages of this module with what their docs say.
//
//	go run ./.ci/layers
//
// The doc of every package holds a sentence such as
//
//	What never enters: Beam, Parquet, picking; how a center is found, and output files.
//
// Before the semicolon are words that this program knows (see known), or packages of the
// house: the package must neither be one of these nor be built from one. Behind it are
// words for people. "What never enters here or below" speaks of all packages below as
// well, and "Gorgonia but in training" of all but those in that folder. A package that
// links no Beam or no Gorgonia has to say so: whoever links it changes a doc.
//
// transforms/doc.go is the map of the house: a line for each package, with its path and
// its door, the declaration to read first. Both have to exist.
//
// What never enters: Beam, Gorgonia, other modules, transforms; what a package does.
package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
)

func main() {
	tools, err := filepath.Glob(".ci/*/main.go") // which "./..." leaves out
	patterns := []string{"./..."}
	for _, name := range tools {
		patterns = append(patterns, "./"+filepath.Dir(name))
	}
	var h *house
	if err == nil {
		h, err = load(patterns...)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "layers:", err)
		os.Exit(1)
	}
	problems := append(h.signs(), h.doors()...)
	slices.Sort(problems)
	for _, p := range problems {
		fmt.Fprintln(os.Stderr, p)
	}
	if len(problems) > 0 {
		os.Exit(1)
	}
	fmt.Printf("%d packages link what their docs say\n", len(h.packages))
}
