package main

import (
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
)

// rate is the learning rate of a training, and idleRate one with which nothing is learned.
var rate = regexp.MustCompile(`--lr=\S+`)

const idleRate = "--lr=1e-30"

// bounded recognizes a command that fails, and prints nothing, where a result misses a bound.
func bounded(command string) bool {
	return strings.HasPrefix(command, "awk ") && strings.Contains(command, "exit 1")
}

// idle returns a command that learns nothing where it would train; principal components are
// found without a rate.
func idle(command string) string {
	if !strings.HasPrefix(command, "exemplar train ") || strings.Contains(command, "--arch=linear ") {
		return command
	}
	if rate.MatchString(command) {
		return rate.ReplaceAllString(command, idleRate)
	}
	return strings.Replace(command, "exemplar train ", "exemplar train "+idleRate+" ", 1)
}

// checkBounds runs a page with trainings that learn nothing. Each bound has to be missed.
func checkBounds(name string, o options) error {
	p, err := read(name)
	if err != nil {
		return err
	}
	dir, err := folder(name, o.data)
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	var wrong []error
	bounds := 0
	for _, c := range p.commands {
		if c.transcript != "" {
			continue
		}
		at := fmt.Sprintf("%s:%d", name, c.line)
		lines, err := run(idle(installed(c.text)), dir, o.bin, at)
		if err != nil {
			return err
		}
		if !bounded(c.text) {
			continue
		}
		bounds++
		if said := strings.Join(lines, " "); !strings.HasPrefix(said, "exit status ") {
			wrong = append(wrong, fmt.Errorf("%s: $ %s\n  held where nothing was learned: %s", at, c.text, said))
		}
	}
	if bounds == 0 {
		wrong = append(wrong, fmt.Errorf("%s: no bound was found", name))
	}
	fmt.Printf("%s: %d bounds, all to be missed where nothing is learned\n", name, bounds)
	return errors.Join(wrong...)
}
