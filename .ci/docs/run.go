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
	"time"
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
var progressLine = regexp.MustCompile(`^[A-Za-z-]+: [\d,]+ (of [\d,]+ )?[a-z, ]+( \(\d+ %\))?, [\d.,]+/s`)

// session runs the commands of a page in order, in its folder, and returns the lines that each printed, to standard output and standard error; those of
// full runs, unless these are asked for, are what their transcripts say. It
// names those that failed: a page may show what a refusal looks like, but an update
// would also write a failure that nobody expected.
func session(p *page, o options, dir string) (printed [][]string, err error) {
	recorded, err := recorded(p)
	if err != nil && !o.full {
		return nil, err
	}
	for _, c := range p.commands {
		var lines []string
		if known, ok := recorded[c.transcript][c.text]; c.transcript != "" && !o.full {
			if !ok {
				return nil, fmt.Errorf("%s:%d: %s has no command %q: --full makes it anew", p.name, c.line, c.transcript, c.text)
			}
			lines = known
		} else if !slices.ContainsFunc(elsewhere, func(r *regexp.Regexp) bool { return r.MatchString(c.text) }) {
			if lines, err = run(installed(c.text), dir, o.bin, fmt.Sprintf("%s:%d", p.name, c.line)); err != nil {
				return nil, err
			}
		}
		printed = append(printed, lines)
	}
	return printed, nil
}

// folder makes the empty folder in which the commands of a page run, with links to the
// folders of the data, if there is any, and to the checks by other programs.
func folder(page, data string) (string, error) {
	dir, err := os.MkdirTemp("", "docs-")
	if err != nil {
		return "", err
	}
	if root, err := filepath.Abs("."); err != nil || strings.HasPrefix(dir, root+string(filepath.Separator)) {
		return "", fmt.Errorf("the folder for the session of %s, %s, is inside the checkout (%v): set TMPDIR", page, dir, err)
	}
	if data == "" {
		return dir, nil
	}
	entries, err := os.ReadDir(data)
	if at, absErr := filepath.Abs(".ci/interop"); err == nil {
		err = errors.Join(absErr, os.Symlink(at, filepath.Join(dir, "interop")))
	}
	for _, e := range entries {
		if at, absErr := filepath.Abs(filepath.Join(data, e.Name())); e.IsDir() {
			err = errors.Join(err, absErr, os.Symlink(at, filepath.Join(dir, e.Name())))
		}
	}
	return dir, err
}

// run runs a command and returns the lines that it printed. That it failed is said, and is a
// line where it printed none.
func run(command, dir, bin, at string) ([]string, error) {
	cmd := exec.Command("bash", "-o", "pipefail", "-c", command)
	cmd.Dir = dir
	cmd.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "EXEMPLAR_") }),
		"PATH="+bin+string(filepath.ListSeparator)+os.Getenv("PATH"))
	out, err := cmd.CombinedOutput()
	failed, ended := errors.AsType[*exec.ExitError](err)
	if err != nil && !ended {
		return nil, err
	}
	lines := shown(strings.ReplaceAll(string(out), dir, home))
	if ended && failed.ExitCode() != unread {
		fmt.Printf("%s: %v, as the page has to show\n", at, err)
		if len(lines) == 0 {
			lines = []string{err.Error()} // a failure is never silent
		}
	}
	return lines, nil
}

// programOf says which program ran, and when.
func programOf(bin string) (string, error) {
	out, err := exec.Command(filepath.Join(bin, "exemplar"), "--version").Output()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return strings.Join(lines, ", ") + ", " + time.Now().UTC().Format(time.DateOnly), err
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
