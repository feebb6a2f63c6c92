package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os/exec"
	"path/filepath"
	"strings"
)

// house is the packages of the module.
type house struct {
	module   string
	packages map[string]*pkg // by their paths within the module
}

// pkg is a package as go list and its files say it.
type pkg struct {
	path  string          // within the module
	links map[string]bool // import paths of all that it is built from
	doc   string          // of all its files
	files []*ast.File
}

// listed is what go list prints of a package.
type listed struct {
	ImportPath, Dir string
	Module          *struct{ Path string }
	GoFiles         []string
	TestGoFiles     []string
	XTestGoFiles    []string
	Deps            []string
	TestImports     []string
}

// load reads the packages that match the patterns.
func load(patterns ...string) (*house, error) {
	cmd := exec.Command("go", append([]string{"list", "-json"}, patterns...)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w: %s", err, strings.TrimSpace(stderr.String()))
	}
	h := &house{packages: map[string]*pkg{}}
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var l listed
		err := dec.Decode(&l)
		if errors.Is(err, io.EOF) {
			return h, nil
		}
		if err == nil {
			err = h.add(&l)
		}
		if err != nil {
			return nil, err
		}
	}
}

// add parses a package. One that holds nothing but tests is those.
func (h *house) add(l *listed) error {
	h.module = l.Module.Path
	p := &pkg{path: strings.TrimPrefix(strings.TrimPrefix(l.ImportPath, h.module), "/"), links: map[string]bool{l.ImportPath: true}}
	names, deps := l.GoFiles, l.Deps
	if len(names) == 0 {
		names, deps = append(l.TestGoFiles, l.XTestGoFiles...), l.TestImports
	}
	for _, path := range deps {
		p.links[path] = true
	}
	for _, name := range names {
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(l.Dir, name), nil, parser.ParseComments)
		if err != nil {
			return err
		}
		p.files = append(p.files, f)
		p.doc += f.Doc.Text() + "\n"
	}
	h.packages[p.path] = p
	return nil
}

// named returns the folder of the house that a word names: its path in the module, or
// below transforms, or in a wing there.
func (h *house) named(word string) (path string, ok bool) {
	for _, wing := range []string{"", "transforms/", "transforms/data/", "transforms/run/", "transforms/selection/"} {
		for path := range h.packages {
			if within(path, wing+word) {
				return wing + word, true
			}
		}
	}
	return "", false
}

// within reports whether a path is a folder or below it.
func within(path, folder string) bool {
	return path == folder || strings.HasPrefix(path, folder+"/")
}
