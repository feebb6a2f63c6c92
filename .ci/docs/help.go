package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// helpFolder holds a page for every command, and nothing else.
const helpFolder = "docs/commands"

// checkHelp holds the pages of the commands to what --help prints.
func checkHelp(bin string, update bool) error {
	commands, err := commandNames()
	if err != nil {
		return err
	}
	pages := map[string]string{}
	index := "# Commands\n\nThe flags of each, as `exemplar COMMAND --help` prints them. [The guide](../guide.md) shows them at work.\n\n"
	for _, name := range commands {
		out, err := exec.Command(filepath.Join(bin, "exemplar"), name, "--help").CombinedOutput()
		if err != nil {
			return fmt.Errorf("exemplar %s --help: %w: %s", name, err, out)
		}
		help := strings.TrimSpace(string(out))
		first, _, _ := strings.Cut(help, "\n")
		_, does, ok := strings.Cut(first, ": ")
		if !ok {
			return fmt.Errorf("exemplar %s --help begins with %q, and not with what it does", name, first)
		}
		pages[name+".md"] = fmt.Sprintf("# exemplar %s\n\n```text\n%s\n```\n", name, help)
		index += fmt.Sprintf("- [%s](%s.md) %s\n", name, name, strings.TrimSuffix(does, "."))
	}
	pages["README.md"] = index + "\nThese pages are written by `UPDATE=1 .ci/run docs`.\n"
	return samePages(pages, update)
}

// commandNames returns the names of the commands, those of their folders.
func commandNames() ([]string, error) {
	mains, err := filepath.Glob("pipelines/*/main.go")
	var names []string
	for _, main := range mains {
		if name := filepath.Base(filepath.Dir(main)); name != "exemplar" {
			names = append(names, name)
		}
	}
	if err == nil && len(names) == 0 {
		err = errors.New("no command was found below pipelines")
	}
	return names, err
}

// samePages compares the help pages with the folder, or writes it anew.
func samePages(pages map[string]string, update bool) error {
	var wrong []error
	for name, text := range pages {
		at := filepath.Join(helpFolder, name)
		if update {
			wrong = append(wrong, writeIfChanged(at, text))
		} else if old, err := os.ReadFile(at); err != nil || string(old) != text {
			wrong = append(wrong, fmt.Errorf("%s is not what --help prints: UPDATE=1 .ci/run docs writes it", at))
		}
	}
	there, err := os.ReadDir(helpFolder)
	for _, entry := range there {
		if _, ok := pages[entry.Name()]; !ok {
			wrong = append(wrong, fmt.Errorf("%s/%s is the page of no command", helpFolder, entry.Name()))
		}
	}
	return errors.Join(append(wrong, err)...)
}
