package cli

import (
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"
)

// group is a part of the help: flags that belong together. See Command.Groups.
type group struct {
	title string
	flags []string // with a star behind those that must be given
}

// parseGroups reads groups as a command writes them.
func parseGroups(lines []string) (groups []group) {
	for _, line := range lines {
		title, flags, _ := strings.Cut(line, ":")
		groups = append(groups, group{title, strings.Fields(flags)})
	}
	return groups
}

// running are the flags of every command; they follow those of its last group.
var running = []string{"plan", "log_format", "log_file", "version"}

// help says what a command does, how it is called, and what each of its own flags means,
// then where the runner's are if it has any.
func (f *Flags) help(w io.Writer, c Command, typed string) {
	fmt.Fprintf(w, "%s: %s\n\nUsage: %s", c.Name, c.About, typed)
	for _, name := range required(parseGroups(c.Groups)) {
		fmt.Fprintf(w, " --%s=%s", name, f.placeholder(name))
	}
	fmt.Fprintln(w, " [flags]")
	if len(c.Examples) > 0 {
		fmt.Fprintln(w, "\nFor example:")
	}
	for _, example := range c.Examples {
		fmt.Fprintln(w, strings.TrimRight("  "+typed+" "+example, " "))
	}
	for _, g := range f.grouped(parseGroups(c.Groups)) {
		fmt.Fprintf(w, "\n%s:\n", g.title)
		for _, name := range g.flags {
			name, must := strings.CutSuffix(name, "*")
			f.describe(w, name, must)
		}
	}
	if f.brought == nil {
		return
	}
	fmt.Fprint(w, `
Runner:
  --runner=NAME
        direct (default: this program, no port), prism (a server on this machine's
        loopback), dataflow, flink, or any runner of the Beam Go SDK; its flags
        (--project, --region, --staging_location, --dry_run, --endpoint,
        --environment_type, …) are taken where the runner follows them, and refused
        otherwise; one that has the name of a flag above has beam_ before it
`)
}

// required returns the names of the flags that must be given.
func required(groups []group) (names []string) {
	for _, g := range groups {
		for _, name := range g.flags {
			if name, must := strings.CutSuffix(name, "*"); must {
				names = append(names, name)
			}
		}
	}
	return names
}

// grouped returns the groups, the last of them with the program's own flags that are in
// none.
func (f *Flags) grouped(groups []group) []group {
	if len(groups) == 0 {
		groups = []group{{title: "Run"}}
	}
	known := slices.Clone(running)
	for _, g := range groups {
		for _, name := range g.flags {
			known = append(known, strings.TrimSuffix(name, "*"))
		}
	}
	last := &groups[len(groups)-1]
	for _, name := range sorted(f.own) {
		if !slices.Contains(known, name) {
			last.flags = append(last.flags, name)
		}
	}
	for _, name := range running {
		if f.own[name] != nil {
			last.flags = append(last.flags, name)
		}
	}
	return groups
}

// describe writes what one flag takes, means, and is without being given.
func (f *Flags) describe(w io.Writer, name string, must bool) {
	_, usage := f.usage(name)
	if of := f.Lookup(name); of.DefValue != "" && of.DefValue != "false" && of.DefValue != "0" {
		usage += fmt.Sprintf(" (default %s)", of.DefValue)
	}
	head := "  --" + name
	if kind := f.placeholder(name); kind != "" {
		head += "=" + kind
	}
	if must {
		head += "  (required)"
	}
	fmt.Fprintf(w, "%s\n%s", head, wrapped(usage))
}

// placeholder is the noun that stands for the value of a flag, or its values.
func (f *Flags) placeholder(name string) string {
	kind, _ := f.usage(name)
	if strings.Contains(kind, "|") { // a choice of values
		return kind
	}
	return strings.ReplaceAll(strings.ToUpper(kind), "HEIGHTXWIDTH", "HEIGHTxWIDTH")
}

// usage splits the text of a flag into the name of its value and the meaning, in which
// that name does not stand again where a colon follows it.
func (f *Flags) usage(name string) (kind, usage string) {
	of := f.Lookup(name)
	kind, usage = flag.UnquoteUsage(&flag.Flag{Name: name, Usage: of.Usage, Value: f.own[name], DefValue: of.DefValue})
	return kind, strings.TrimPrefix(usage, kind+": ")
}

// wrapped breaks a text into indented lines.
func wrapped(text string) string {
	const indent, width = "        ", 88
	var b strings.Builder
	for paragraph := range strings.SplitSeq(text, "\n") {
		line := indent
		for word := range strings.FieldsSeq(paragraph) {
			if line != indent && utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width {
				b.WriteString(line + "\n")
				line = indent
			}
			if line != indent {
				line += " "
			}
			line += word
		}
		b.WriteString(line + "\n")
	}
	return b.String()
}
