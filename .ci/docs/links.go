package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"unicode"
)

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading = regexp.MustCompile(`^#+ +(.*)$`)
)

// checkLinks returns the links of the Markdown files below a folder that lead nowhere:
// to a file that is not there, or a heading that it has not.
func checkLinks(root string) error {
	var wrong []error
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == ".git" || d.Name() == "node_modules" || d.Name() == "exemplar-out") {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".md" {
			return nil
		}
		text, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, found := range link.FindAllStringSubmatch(prose(string(text)), -1) {
			if err := follow(path, found[1]); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: link to %s: %w", path, found[1], err))
			}
		}
		return nil
	})
	return errors.Join(append(wrong, err)...)
}

// follow makes sure that a link of a page leads somewhere; those to the web are not
// followed.
func follow(page, to string) error {
	if strings.Contains(to, "://") || strings.HasPrefix(to, "mailto:") {
		return nil
	}
	file, anchor, _ := strings.Cut(to, "#")
	target := page
	if file != "" {
		target = filepath.Join(filepath.Dir(page), file)
	}
	if _, err := os.Stat(target); err != nil || anchor == "" {
		return err
	}
	text, err := os.ReadFile(target)
	if err != nil {
		return err
	}
	for _, line := range strings.Split(prose(string(text)), "\n") {
		if h := heading.FindStringSubmatch(line); h != nil && slug(h[1]) == anchor {
			return nil
		}
	}
	return fmt.Errorf("%s has no heading #%s", target, anchor)
}

// prose returns a page with its blocks of code emptied.
func prose(text string) string {
	lines := strings.Split(text, "\n")
	inside := false
	for i, line := range lines {
		fence := strings.HasPrefix(line, "```")
		if inside || fence {
			lines[i] = ""
		}
		inside = inside != fence
	}
	return strings.Join(lines, "\n")
}

// slug is the anchor that GitHub gives to a heading.
func slug(heading string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(heading) {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r), r == '-', r == '_':
			b.WriteRune(r)
		case r == ' ':
			b.WriteByte('-')
		}
	}
	return b.String()
}

var testName = regexp.MustCompile("`(Test[A-Za-z0-9]+)`")

// checkTests returns the tests that a page names and that are not there.
func checkTests(page string) error {
	text, err := os.ReadFile(page)
	if err != nil {
		return err
	}
	there := map[string]bool{}
	defined := regexp.MustCompile(`(?m)^func (Test[A-Za-z0-9]+)\(`)
	err = filepath.WalkDir(".", func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		code, err := os.ReadFile(path)
		for _, found := range defined.FindAllSubmatch(code, -1) {
			there[string(found[1])] = true
		}
		return err
	})
	wrong := []error{err}
	for _, found := range testName.FindAllStringSubmatch(string(text), -1) {
		if !there[found[1]] {
			wrong = append(wrong, fmt.Errorf("%s: there is no %s", page, found[1]))
		}
	}
	return errors.Join(wrong...)
}
