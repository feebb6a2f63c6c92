// Package cli is the frame of every program's main: flags, their validation
// before any work, the log, signals, exit codes and one line an error. A program that
// runs pipelines of Beam gives it a job of package runner.
//
// Exit codes: 0 success, also of a job that was submitted and not awaited, 1 the
// work failed, something does not hold, or standard output could not be written, 2
// wrong flags, 130 interrupted (Ctrl-C, SIGTERM, and SIGHUP unless it is ignored),
// 141 the work succeeded and nobody read what it said to the end, as in "| head".
//
// What never enters: Beam, Parquet, Gorgonia, test helpers; anything that a step
// computes; of Beam's flags it knows the names alone.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync/atomic"

	"exemplar/schemas/caught"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/redact"
)

// Job is one run of a step, its fields filled from flags.
type Job interface {
	// Validate checks the flags before any work starts. Its error is a usage error.
	Validate() error
	// Plan says what Run would do, and returns the error that Run would end with
	// before any work. It changes nothing.
	Plan(ctx context.Context) (*preflight.Plan, error)
	// Run does the work and writes its summary for the user to out.
	Run(ctx context.Context, out io.Writer) error
}

// Stopper is a job that can end in good order when it is interrupted. Stop asks
// for that: Run then returns an error that is outdir.ErrInterrupted. It returns
// false where the job cannot, and the program ends at once.
type Stopper interface{ Stop() bool }

// Engine is a job that brings something along on which it runs, maybe on other machines.
type Engine interface {
	// Flags are those of the engine, which the program takes beside its own; nil for none.
	Flags() *flag.FlagSet
	// Drives returns the job itself, whose fields the program's own flags fill.
	Drives() any
	// Start checks the flags of the engine and makes it ready. It does not return where
	// an engine has started this program as one of its workers.
	Start(p Program) error
	// Log sets up what the engine itself says, whose lines go to the default of slog.
	Log()
	// Runner returns the name of what the job runs on, and whether that is this process.
	Runner() (name string, local bool)
	// GoesOn is what a user who interrupts the program has to know about a job that it
	// submitted, or "". WorksOn names the runner that goes on with a job of this process
	// when it ends, or is "". A signal may ask both at any time.
	GoesOn() string
	WorksOn() string
}

// Program is what an engine may know of the program that it works for.
type Program struct {
	Flags   *Flags
	Planned bool // the job is only asked for its plan
	// Tell says one line, to a person or to the log.
	Tell func(message string, level slog.Level)
}

// usageError is a mistake in the flags.
type usageError struct{ error }

// Usagef makes an error that ends the program with exit code 2.
func Usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// Command is a program, or one of the commands of a program.
type Command struct {
	Name  string
	About string // what it does, in half a sentence
	// Examples are flags to call it with.
	Examples []string
	// Groups are its flags as the help shows them, "Title: name name", the most needed
	// first. A star behind a name says that the flag must be given.
	Groups []string
	// Setup registers the flags and returns the job that they fill.
	Setup func(fs *flag.FlagSet) Job
	// Fields names, for messages, the flags of fields that no flag fills directly, because
	// their values are converted ("Buffer": "shuffle_mib"), and those of other steps whose
	// flags have other names ("encoding.Config.Shards": "input").
	Fields map[string]string
}

// Words is a text as the command prints it, with its flags where the text names fields.
func (c Command) Words(text string) string {
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	job := c.Setup(fs)
	return newFields(job, NewFlags(fs, nil).own, c.Fields).text(text)
}

// Main is the main function of a program that is one command. It does not return.
func Main(c Command) { c.main("go run ./pipelines/"+c.Name, os.Args[1:]) }

// main runs the command, which its user called by typing typed, and ends the program.
// The others are the commands beside it.
func (c Command) main(typed string, args []string, others ...Command) {
	p := newProgram(c.Name)
	fs := flag.NewFlagSet(c.Name, flag.ContinueOnError)
	job := c.Setup(fs)
	if s, ok := job.(Stopper); ok {
		p.stopper.Store(&s)
	}
	p.log.register(fs)
	planned, version := false, false
	fs.BoolVar(&version, "version", false, "say which version this is")
	fs.BoolVar(&planned, "plan", false, "say what would be read, written and spent, from a sample, and whether it would start; write nothing")
	engine, _ := job.(Engine)
	var brought *flag.FlagSet
	if engine != nil {
		p.engine.Store(&engine)
		brought = engine.Flags()
	}
	flags := NewFlags(fs, brought)
	flags.others = others
	p.said.Store(newFields(job, flags.own, c.Fields))
	flag.CommandLine = fs
	err := flags.Parse(args)
	switch {
	case errors.Is(err, flag.ErrHelp):
		flags.help(p.out, c, typed)
		p.exit(nil)
	case err == nil && version:
		p.version()
	}
	if err == nil {
		err = checkKernels()
	}
	if err == nil {
		err = enoughFiles(openFiles())
	}
	if err == nil && engine != nil {
		err = engine.Start(Program{flags, planned, p.tell})
	}
	if err == nil { // the engine may set a log up as it starts
		err = p.log.open(engine, p.said.Load())
	}
	if err != nil {
		p.exit(err)
	}
	p.work(job, planned)
}

// work does what the flags ask for and ends the program.
func (p *program) work(job Job, planned bool) {
	if err := caught.Guarded(job.Validate); err != nil {
		p.exit(usageError{err})
	}
	ctx := context.Background()
	if planned {
		p.exit(caught.Guarded(func() error { return plan(ctx, job, p.out) }))
	}
	ctx, end := outdir.Step(ctx, p.name)
	p.exit(end(caught.Guarded(func() error { return job.Run(ctx, p.out) })))
}

// plan prints what a job would do.
func plan(ctx context.Context, job Job, out io.Writer) error {
	planned, err := job.Plan(ctx)
	if err != nil {
		return err
	}
	planned.Print(out)
	if planned.Nothing == "" {
		fmt.Fprintln(out, "Nothing was written. The same command without --plan starts.")
	}
	return nil
}

// program is a program that runs.
type program struct {
	name    string
	log     logging
	out     *output
	stopper atomic.Pointer[Stopper] // the job, if it is one
	engine  atomic.Pointer[Engine]
	said    atomic.Pointer[fields] // what messages name, once there are flags
}

// tell says one line, to a person or to the log.
func (p *program) tell(message string, level slog.Level) {
	p.log.tell(p.name, p.said.Load().text(message), level)
}

// newProgram returns the program, which signals end from here on.
func newProgram(name string) *program {
	p := &program{name: name}
	p.out = &output{to: redact.Writer(os.Stdout), said: &p.said}
	p.onInterrupt()
	return p
}
