package main

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
)

// fullRun stands above a console block whose commands take too long for every change. They
// are run by hand (--full), which keeps what they print in a transcript; the page is held to that.
var fullRun = regexp.MustCompile(`^<!-- full run: (docs/runs/[\w.-]+\.txt) -->$`)

// readTranscript returns what each command of a transcript printed. Its first line says by
// which program and when.
func readTranscript(name string) (map[string][]string, error) {
	text, err := os.ReadFile(name)
	if err != nil {
		return nil, fmt.Errorf("%w: --full makes it", err)
	}
	head, body, _ := strings.Cut(string(text), "\n")
	if !strings.HasPrefix(head, "# ") {
		return nil, fmt.Errorf("%s: the first line does not say which program made it, and when", name)
	}
	t, err := parse(name, "```console\n"+strings.TrimSuffix(body, "\n")+"\n```\n")
	if err != nil {
		return nil, err
	}
	printed := map[string][]string{}
	for _, c := range t.commands {
		printed[c.text] = t.lines[c.begin:c.end]
	}
	return printed, nil
}

// recorded returns what the full runs of a page printed, by transcript and command.
func recorded(p *page) (map[string]map[string][]string, error) {
	all := map[string]map[string][]string{}
	for _, c := range p.commands {
		if c.transcript == "" || all[c.transcript] != nil {
			continue
		}
		printed, err := readTranscript(c.transcript)
		if err != nil {
			return nil, err
		}
		all[c.transcript] = printed
	}
	return all, nil
}

// record writes the transcripts of a page whose commands were all run.
func record(p *page, printed [][]string, by string) error {
	texts, order := map[string]string{}, []string{}
	for i, c := range p.commands {
		if c.transcript == "" {
			continue
		}
		if texts[c.transcript] == "" {
			order = append(order, c.transcript)
			texts[c.transcript] = "# " + by + "\n"
		}
		texts[c.transcript] += "$ " + strings.Join(append([]string{c.text}, printed[i]...), "\n") + "\n"
	}
	for _, name := range order {
		if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(name, []byte(texts[name]), 0o644); err != nil {
			return err
		}
		fmt.Println("written:", name)
	}
	return nil
}
