package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// elision stands in a page for lines that it leaves out.
const elision = "…"

// page is a text whose console blocks are commands, after "$ ", and what they print.
type page struct {
	name     string
	lines    []string
	commands []command
}

// command is one command of a page.
type command struct {
	line       int    // number of its first line, from 1
	text       string // what the shell gets
	begin, end int    // lines of what it prints, from 0, the end not included
	transcript string // file of what it printed, where it is not run each time
}

// parse finds the commands of a page.
func parse(name, text string) (*page, error) {
	p := &page{name: name, lines: strings.Split(text, "\n")}
	inside, transcript := false, ""
	for i := 0; i < len(p.lines); i++ {
		line := p.lines[i]
		switch {
		case strings.HasPrefix(line, "```"):
			inside, transcript = line == "```console", ""
			if above := p.lines[max(0, i-1)]; inside && fullRun.MatchString(above) {
				transcript = fullRun.FindStringSubmatch(above)[1]
			}
			if inside && (i+1 == len(p.lines) || !strings.HasPrefix(p.lines[i+1], "$ ")) {
				return nil, fmt.Errorf("%s:%d: a console block begins with a command after \"$ \"", name, i+2)
			}
			if !inside && line != "```" {
				i = p.close(i) // a block of another kind
			}
		case inside && strings.HasPrefix(line, "$ "):
			c := command{line: i + 1, text: strings.TrimPrefix(line, "$ "), transcript: transcript}
			for strings.HasSuffix(p.lines[i], `\`) && i+1 < len(p.lines) {
				i++
				c.text += "\n" + p.lines[i]
			}
			c.begin = i + 1
			c.end = c.begin
			for c.end < len(p.lines) && !strings.HasPrefix(p.lines[c.end], "$ ") && p.lines[c.end] != "```" {
				c.end++
			}
			if n := count(p.lines[c.begin:c.end], elision); n > 1 {
				return nil, fmt.Errorf("%s:%d: more than one line %s below a command", name, c.line, elision)
			}
			i = c.end - 1
			p.commands = append(p.commands, c)
		}
	}
	if len(p.commands) == 0 {
		return nil, fmt.Errorf("%s: no console block was found", name)
	}
	return p, nil
}

// close returns the last line of the block that begins at a line.
func (p *page) close(i int) int {
	for i++; i < len(p.lines) && p.lines[i] != "```"; i++ {
	}
	return i
}

// compare holds what the commands printed against the page. It returns how many digits
// the page prints that were compared and that were masked, and all differences.
func (p *page) compare(printed [][]string) (compared, masked int, wrong error) {
	var all []error
	for i, c := range p.commands {
		says := p.lines[c.begin:c.end]
		if d := difference(says, printed[i]); d != "" {
			all = append(all, fmt.Errorf("%s:%d: $ %s\n%s", p.name, c.line, c.text, d))
			continue
		}
		n, m, err := noticed(says, printed[i])
		if err != nil {
			all = append(all, fmt.Errorf("%s:%d: $ %s: %w", p.name, c.line, c.text, err))
		}
		compared, masked = compared+n, masked+m
	}
	return compared, masked, errors.Join(all...)
}

// difference compares lines of a page with printed ones, up to what is masked, and
// returns the first that differ, or "".
func difference(says, printed []string) string {
	if at := slices.Index(says, elision); at >= 0 {
		head, tail := says[:at], says[at+1:]
		if len(head)+len(tail) > len(printed) {
			return fmt.Sprintf("  the page shows %d lines and leaves some out, printed were %d", len(head)+len(tail), len(printed))
		}
		return difference(append(slices.Clone(head), tail...),
			append(slices.Clone(printed[:len(head)]), printed[len(printed)-len(tail):]...))
	}
	for i := range max(len(says), len(printed)) {
		switch {
		case i == len(says):
			return "  not on the page: " + printed[i]
		case i == len(printed):
			return "  not printed: " + says[i]
		case mask(says[i]) != mask(printed[i]):
			return "  page:    " + says[i] + "\n  printed: " + printed[i]
		}
	}
	return ""
}

// noticed changes every digit of the page by itself and makes sure that the comparison
// fails, unless the digit is masked. It returns how many were compared and masked.
func noticed(says, printed []string) (compared, masked int, err error) {
	changed := slices.Clone(says)
	for i, line := range says {
		hidden := maskedBytes(line)
		for j := range len(line) {
			if line[j] < '0' || line[j] > '9' {
				continue
			}
			if hidden[j] {
				masked++
				continue
			}
			compared++
			changed[i] = line[:j] + string('0'+(line[j]-'0'+1)%10) + line[j+1:]
			if difference(changed, printed) == "" {
				return compared, masked, fmt.Errorf("that %q became %q was not noticed", line, changed[i])
			}
		}
		changed[i] = line
	}
	return compared, masked, nil
}

// with returns the page with what was printed, where that differs from what it says.
// A page that leaves lines out still shows as many of the first and of the last.
func (p *page) with(printed [][]string) string {
	var lines []string
	end := 0
	for i, c := range p.commands {
		lines = append(lines, p.lines[end:c.begin]...)
		end = c.end
		says := p.lines[c.begin:c.end]
		at := slices.Index(says, elision)
		switch {
		case difference(says, printed[i]) == "":
			lines = append(lines, says...)
		case at >= 0 && len(says)-1 <= len(printed[i]):
			lines = append(lines, printed[i][:at]...)
			lines = append(lines, elision)
			lines = append(lines, printed[i][len(printed[i])-(len(says)-1-at):]...)
		default:
			lines = append(lines, printed[i]...)
		}
	}
	return strings.Join(append(lines, p.lines[end:]...), "\n")
}

// count returns how many lines are the given one.
func count(lines []string, line string) int {
	n := 0
	for _, l := range lines {
		if l == line {
			n++
		}
	}
	return n
}
