package cli

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
)

// Flags are those of a program. No value given to one is swallowed: one that is given
// twice, without a value, or to a flag that the program does not have, is a mistake.
type Flags struct {
	*flag.FlagSet
	program string
	others  []Command             // of the program that this is a command of
	own     map[string]flag.Value // the program's own, as it registered them
	brought map[string]string     // those of its engine by their names here; nil: it has none
	mistake error                 // that a value met, in words of ours
	worker  bool                  // a runner wrote the arguments
}

// NewFlags takes the flags that a program has registered, and those of its engine; nil
// where it has none. Where both have one of the same name, the engine's gets "beam_"
// before it: --labels is our label file, --beam_labels are the labels of a Dataflow job.
func NewFlags(fs, engine *flag.FlagSet) *Flags {
	f := &Flags{FlagSet: fs, program: fs.Name(), own: map[string]flag.Value{}}
	fs.VisitAll(func(of *flag.Flag) { f.own[of.Name] = of.Value })
	if engine != nil {
		f.brought = map[string]string{}
		engine.VisitAll(func(of *flag.Flag) {
			here := f.Named(of.Name)
			f.Var(of.Value, here, of.Usage)
			f.brought[here] = of.Name
		})
	}
	fs.VisitAll(func(of *flag.Flag) { of.Value = &given{Value: of.Value, name: of.Name, flags: f} })
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	return f
}

// Named is the name here of a flag of the engine.
func (f *Flags) Named(flag string) string {
	if f.own[flag] != nil {
		return "beam_" + flag
	}
	return flag
}

// Brought returns the flags of the engine that were given, by its names.
func (f *Flags) Brought() map[string]string {
	set := map[string]string{}
	f.Visit(func(of *flag.Flag) {
		if name, ok := f.brought[of.Name]; ok {
			set[name] = of.Value.String()
		}
	})
	return set
}

// Parse reads the arguments. Its error is flag.ErrHelp or one line for the user.
func (f *Flags) Parse(args []string) error {
	f.worker = f.brought != nil && slices.ContainsFunc(args, startsWorker)
	err := f.FlagSet.Parse(args)
	if err == nil && f.NArg() > 0 {
		return f.leftOver(args)
	}
	if err == nil || errors.Is(err, flag.ErrHelp) {
		return err
	}
	if f.mistake != nil {
		return Usagef("%w", f.mistake)
	}
	message := err.Error()
	if name, ok := strings.CutPrefix(message, "flag provided but not defined: -"); ok {
		return f.unknown(name)
	}
	if name, ok := strings.CutPrefix(message, "flag needs an argument: -"); ok {
		return Usagef("--%s: needs a value (--help lists the flags)", name)
	}
	if _, flag, ok := strings.Cut(message, "for -"); ok { // package flag sets "true" and the like itself
		name, _, _ := strings.Cut(flag, ":")
		return Usagef("--%s: must be true or false", name)
	}
	return Usagef("%s (--help lists the flags)", message)
}

// leftOver is the error of an argument that belongs to no flag.
func (f *Flags) leftOver(args []string) error {
	if before := len(args) - f.NArg() - 1; before >= 0 {
		name := strings.TrimLeft(args[before], "-")
		if of := f.Lookup(name); of != nil && name != args[before] && isSwitch(of.Value) {
			return Usagef("unexpected argument %q: the value of --%s is written behind a sign of equality, --%[2]s=%[1]s", f.Arg(0), name)
		}
	}
	return Usagef("unexpected argument %q: every input is a flag (--help lists them)", f.Arg(0))
}

// given is the value of a flag that notices what it is given.
type given struct {
	flag.Value
	name  string
	flags *Flags
	text  *string // nil: nothing yet
}

// IsBoolFlag reports whether the flag may stand without a value.
func (g *given) IsBoolFlag() bool { return isSwitch(g.Value) }

// Set takes a value.
func (g *given) Set(text string) error {
	err := g.check(text)
	if err == nil {
		if err = g.Value.Set(text); err != nil {
			err = fmt.Errorf("--%s=%s: %w", g.name, text, plainly(g.Value, err))
		}
	}
	if err != nil && g.flags.mistake == nil {
		g.flags.mistake = err
	}
	g.text = &text
	return err
}

// check finds values that were not meant.
func (g *given) check(text string) error {
	if g.flags.worker {
		return nil
	}
	if name, ok := strings.CutPrefix(text, "-"); ok {
		name, _, _ = strings.Cut(strings.TrimPrefix(name, "-"), "=")
		if g.flags.Lookup(name) != nil {
			return fmt.Errorf("--%s: needs a value, and --%s is the next flag", g.name, name)
		}
	}
	for name, v := range g.flags.own {
		if other, ok := g.flags.Lookup(name).Value.(*given); ok && v == g.Value && other != g && other.text != nil {
			return fmt.Errorf("--%s and --%s are two names of one flag: give one of them", min(name, g.name), max(name, g.name))
		}
	}
	switch {
	case text == "":
		return fmt.Errorf("--%s is given without a value: name one, or leave the flag away", g.name)
	case g.text == nil || repeatable(g.Value):
		return nil
	case *g.text == text || g.flags.own[g.name] == nil: // those of Beam may hold a secret
		return fmt.Errorf("--%s is given twice: give it once", g.name)
	default:
		return fmt.Errorf("--%s is given twice, as %s and as %s: only one value has a meaning", g.name, *g.text, text)
	}
}

// repeatable reports whether a flag may be given several times.
func repeatable(v flag.Value) bool {
	_, ours := v.(*Strings)
	return ours || fmt.Sprintf("%T", v) == "*jobopts.stringSlice"
}

// isSwitch reports whether a flag may stand without a value.
func isSwitch(v flag.Value) bool {
	b, ok := v.(interface{ IsBoolFlag() bool })
	return ok && b.IsBoolFlag()
}

// plainly says what is wrong with a value where package flag only says that it is.
func plainly(v flag.Value, err error) error {
	got, ok := v.(flag.Getter)
	if !ok || err.Error() != "parse error" && err.Error() != "value out of range" {
		return err
	}
	switch got.Get().(type) {
	case bool:
		return errors.New("must be true or false")
	case int, int64:
		return errors.New("must be a whole number" + tooLarge(err))
	case uint, uint64:
		return errors.New("must be a whole number, not below 0" + tooLarge(err))
	case float64:
		return errors.New("must be a number" + tooLarge(err))
	case interface{ Minutes() float64 }:
		return errors.New("must be a time as 90s, 5m or 1h30m")
	}
	return err
}

func tooLarge(err error) string {
	if err.Error() == strconv.ErrRange.Error() {
		return " that a computer can hold"
	}
	return ""
}

func sorted(values map[string]flag.Value) (names []string) {
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
