package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// elsewhere are commands of a page that are not run: what they do is done before, by
// .ci/run, and they print nothing in the page.
var elsewhere = []*regexp.Regexp{
	regexp.MustCompile(`^git clone `),
	regexp.MustCompile(`^cd exemplar$`),
	regexp.MustCompile(`^go build -o exemplar ./pipelines/exemplar$`),
	regexp.MustCompile(`^go test \./\.\.\.$`),
}

// unread is the exit code of a command whose output was not read to its end, as by head.
const unread = 141

// home stands in a page for the folder of its session, where a path is printed whole.
const home = "/home/you"

// progressLine is what a command that takes long says of itself every 20 seconds.
var progressLine = regexp.MustCompile(`^[a-z]+: [\d,]+ (of [\d,]+ )?[a-z ]+( \(\d+ %\))?, [\d.,]+/s`)

// session runs the commands of a page in order, in an empty folder outside the checkout,
// and returns the lines that each printed, to standard output and standard error. It
// names those that failed: a page may show what a refusal looks like, but an update
// would also write a failure that nobody expected. study, where it is not "", is there as study.
func session(p *page, bin, study string) ([][]string, error) {
	dir, err := os.MkdirTemp("", "docs-")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	if root, err := filepath.Abs("."); err != nil || strings.HasPrefix(dir, root+string(filepath.Separator)) {
		return nil, fmt.Errorf("the folder for the session of %s, %s, is inside the checkout (%v): set TMPDIR", p.name, dir, err)
	}
	if study != "" {
		if study, err = filepath.Abs(study); err == nil {
			err = os.Symlink(study, filepath.Join(dir, "study"))
		}
		if err != nil {
			return nil, err
		}
	}
	env := append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EXEMPLAR_") }),
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	var printed [][]string
	for _, c := range p.commands {
		if slices.ContainsFunc(elsewhere, func(r *regexp.Regexp) bool { return r.MatchString(c.text) }) {
			printed = append(printed, nil)
			continue
		}
		cmd := exec.Command("bash", "-o", "pipefail", "-c", installed(c.text))
		cmd.Dir, cmd.Env = dir, env
		out, err := cmd.CombinedOutput()
		failed, ended := errors.AsType[*exec.ExitError](err)
		if err != nil && !ended {
			return nil, err
		}
		if ended && failed.ExitCode() != unread {
			fmt.Printf("%s:%d: %v, as the page has to show\n", p.name, c.line, err)
		}
		lines := shown(strings.ReplaceAll(string(out), dir, home))
		if ended && failed.ExitCode() != unread && len(lines) == 0 {
			lines = []string{err.Error()} // a failure is never silent
		}
		printed = append(printed, lines)
	}
	return printed, nil
}

// installed returns a command as the built program takes it.
func installed(text string) string {
	return strings.ReplaceAll(text, "go run ./pipelines/", "exemplar ")
}

// shown returns the lines of an output without those of its progress.
func shown(out string) []string {
	if out = strings.TrimSuffix(out, "\n"); out == "" {
		return nil
	}
	return slices.DeleteFunc(strings.Split(out, "\n"), progressLine.MatchString)
}
