package cli

import (
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// Commands is one program of several commands.
type Commands struct {
	Name, About string
	List        []Command // in the order of the help
	// Worker sets up the job of a program that a runner has started as a worker.
	Worker func(fs *flag.FlagSet) Job
}

// Main is its main function: the first argument names the command. It does not return.
func (m Commands) Main() {
	args := os.Args[1:]
	if slices.ContainsFunc(args, startsWorker) && strings.HasPrefix(args[0], "-") {
		Command{Name: m.Name, Setup: m.Worker}.main(m.Name, args)
	}
	first, rest := "", args
	if len(args) > 0 {
		first, rest = args[0], args[1:]
	}
	if isHelp(first) && len(rest) > 0 {
		first, rest = rest[0], append([]string{"--help"}, rest[1:]...)
	}
	if c := m.command(first); c != nil {
		if len(rest) > 1 && isHelp(args[0]) {
			newProgram(m.Name).exit(Usagef("unexpected argument %q: %s help takes the name of one command", rest[1], m.Name))
		}
		c.main(m.Name+" "+c.Name, rest, m.List...)
	}
	p := newProgram(m.Name)
	switch {
	case first == "":
		m.help(os.Stderr)
		os.Exit(exitUsage)
	case isHelp(first):
		m.help(p.out)
		p.exit(nil)
	case isVersion(first) && len(rest) > 0 && !isHelp(args[0]):
		p.exit(Usagef("unexpected argument %q: %s %s takes none", rest[0], m.Name, first))
	case isVersion(first):
		p.version()
	}
	p.exit(m.unknown(first))
}

// isHelp reports whether an argument asks for help: as a command, or as a flag.
func isHelp(arg string) bool {
	name := strings.TrimLeft(arg, "-")
	return name == "help" || name == "h" && name != arg
}

// isVersion reports whether an argument asks for the version.
func isVersion(arg string) bool { return strings.TrimLeft(arg, "-") == "version" }

// startsWorker reports whether an argument is that of a runner which starts a worker.
// There is no command before it: a worker serves the steps of all.
func startsWorker(arg string) bool { return strings.TrimLeft(arg, "-") == "worker=true" }

// command returns the command of a name, or nil.
func (m Commands) command(name string) *Command {
	if i := slices.IndexFunc(m.List, func(c Command) bool { return c.Name == name }); i >= 0 {
		return &m.List[i]
	}
	return nil
}

// help lists the commands.
func (m Commands) help(w io.Writer) {
	width := 0
	for _, c := range m.List {
		width = max(width, len(c.Name))
	}
	fmt.Fprintf(w, "%s: %s\n\nUsage: %[1]s COMMAND [flags]\n\n", m.Name, m.About)
	for _, c := range m.List {
		fmt.Fprintf(w, "  %-*s  %s\n", width, c.Name, c.About)
	}
	fmt.Fprintf(w, "\n%s COMMAND --help lists the flags of a command, %[1]s --version says which version this is.\n", m.Name)
}

// unknown is the error of a first argument that names no command.
func (m Commands) unknown(first string) error {
	if strings.HasPrefix(first, "-") {
		return Usagef("%s: a command comes before all flags, as in %s %s (%[2]s help lists them)", first, m.Name, m.List[0].Name)
	}
	near := ""
	if n := m.nearest(first); n != "" {
		near = fmt.Sprintf("; did you mean %s %s?", m.Name, n)
	}
	return Usagef("there is no command %q%s (%s help lists them)", first, near, m.Name)
}

// nearest returns the command whose name is most like an unknown one, or "".
func (m Commands) nearest(name string) (nearest string) {
	name = strings.ToLower(name)
	least := farthest(name)
	for _, c := range m.List {
		if d := changes(name, c.Name); d < least {
			least, nearest = d, c.Name
		}
	}
	for _, c := range m.List {
		if nearest == "" && len(name) > 1 && (strings.HasPrefix(c.Name, name) || strings.HasPrefix(name, c.Name)) {
			nearest = c.Name // shortened, or with an ending
		}
	}
	return nearest
}
