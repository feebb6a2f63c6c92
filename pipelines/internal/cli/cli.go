// Package cli is the frame of every pipeline's main: flags, their validation
// before any work, the runner, signals, exit codes and one line an error.
//
// Exit codes: 0 success, 1 the work failed or something does not hold, 2 wrong
// flags, 130 interrupted.
//
// What never enters: anything that a step computes.
package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/bulk"
	"exemplar/transforms/engine"
	"exemplar/transforms/store"
)

// Job is one run of a pipeline, its fields filled from flags.
type Job interface {
	// Validate checks the flags before any work starts. Its error is a usage error.
	Validate() error
	// Run does the work and writes its summary for the user to out.
	Run(ctx context.Context, run engine.Runner, out io.Writer) error
}

// Stopper is a job that can end in good order when it is interrupted. Stop asks
// for that: Run then returns an error that is engine.ErrInterrupted. It returns
// false where the job cannot, and the program ends at once.
type Stopper interface{ Stop() bool }

// usageError is a mistake in the flags.
type usageError struct{ error }

// Usagef makes an error that ends the program with exit code 2.
func Usagef(format string, args ...any) error {
	return usageError{fmt.Errorf(format, args...)}
}

// Main runs a pipeline's main function: setup registers the flags and returns
// the job that they fill. Main does not return.
func Main(name, synopsis string, setup func(fs *flag.FlagSet) Job) {
	fs := flag.NewFlagSet(name, flag.ContinueOnError)
	job := setup(fs)
	own := map[string]bool{}
	fs.VisitAll(func(f *flag.Flag) { own[f.Name] = true })
	adoptBeamFlags(fs, own)
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	flag.CommandLine = fs
	err := fs.Parse(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		_, clustered := job.(Clustered)
		printHelp(os.Stdout, name, synopsis, own, clustered)
		os.Exit(0)
	}
	if err != nil {
		exit(name, Usagef("%s (--help lists the flags)", doubleDashes(err.Error())))
	}

	if flagIsTrue("worker") || !slices.Contains(localRunners, runnerName()) {
		bulk.Keep()
	}
	beam.Init() // on a worker this serves the runner and never returns
	setLogging()

	if flag.NArg() > 0 {
		exit(name, Usagef("unexpected argument %q: every input is a flag (--help lists them)", flag.Arg(0)))
	}
	if err := job.Validate(); err != nil {
		exit(name, usageError{err})
	}
	ctx := context.Background()
	if err := validateRunner(ctx, name, job); err != nil {
		exit(name, err)
	}
	if flagIsTrue("dry_run") {
		ctx = engine.WithDryRun(ctx)
	}
	onInterrupt(name, job)
	exit(name, job.Run(ctx, run, os.Stdout))
}

// adoptBeamFlags takes the flags that the Beam SDK registered globally into fs.
// Where a pipeline has a flag of the same name, the SDK's gets "beam_" before it:
// --labels is our label file, --beam_labels are the labels of a Dataflow job.
func adoptBeamFlags(fs *flag.FlagSet, own map[string]bool) {
	flag.CommandLine.VisitAll(func(f *flag.Flag) {
		name := f.Name
		if own[name] {
			name = "beam_" + name
		}
		fs.Var(f.Value, name, f.Usage)
	})
}

// exit ends the program with the code that err stands for and its one line.
func exit(name string, err error) {
	var usage usageError
	switch {
	case err == nil:
		os.Exit(0)
	case errors.Is(err, engine.ErrDryRun):
		os.Exit(0)
	case errors.Is(err, engine.ErrInterrupted):
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, oneLine(err))
		os.Exit(130)
	case errors.Is(err, engine.ErrDetached):
		fmt.Fprintf(os.Stderr, "%s: %v; when it has ended, run the same command again to check and finish its output\n", name, engine.ErrDetached)
		os.Exit(0)
	case errors.As(err, &usage):
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, oneLine(err))
		os.Exit(2)
	default:
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, oneLine(err))
		os.Exit(1)
	}
}

// onInterrupt ends the program at Ctrl-C or SIGTERM: finished files stay,
// unfinished ones are removed. The runner is not cancelled, it would panic. A
// Stopper ends by itself, or at once when it is interrupted again.
func onInterrupt(name string, job Job) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		if s, ok := job.(Stopper); ok && s.Stop() {
			fmt.Fprintf(os.Stderr, "\n%s: interrupted; finishing the step and saving (interrupt again to end at once)\n", name)
			// Some programs that end others send the signal twice, to the process and
			// to its group; people take longer.
			for began := time.Now(); time.Since(began) < time.Second; {
				<-signals
			}
		}
		store.AbortAll()
		fmt.Fprintf(os.Stderr, "\n%s: interrupted; what is finished is kept, run the same command again to continue%s\n", name, jobGoesOn())
		os.Exit(130)
	}()
}

// oneLine folds an error that a library spread over several lines.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}

// doubleDashes writes the flag in a message of package flag as users type it.
func doubleDashes(message string) string {
	for _, before := range []string{"not defined: -", "for flag -", "argument: -", "for -"} {
		message = strings.Replace(message, before, before+"-", 1)
	}
	return message
}

// printHelp lists the pipeline's own flags, then says where the runner's are if it
// has any.
func printHelp(w io.Writer, name, synopsis string, own map[string]bool, clustered bool) {
	fmt.Fprintf(w, "%s: %s\n\nUsage: go run ./pipelines/%s [flags]\n\n", name, synopsis, name)
	flag.VisitAll(func(f *flag.Flag) {
		if !own[f.Name] {
			return
		}
		kind, usage := flag.UnquoteUsage(f)
		head := "  --" + f.Name
		if kind != "" {
			head += "=" + strings.ToUpper(kind)
		}
		if f.DefValue != "" && f.DefValue != "false" && f.DefValue != "0" {
			usage += fmt.Sprintf(" (default %s)", f.DefValue)
		}
		fmt.Fprintf(w, "%s\n        %s\n", head, strings.ReplaceAll(usage, "\n", "\n        "))
	})
	if !clustered {
		return
	}
	fmt.Fprint(w, `
  --runner=NAME
        prism (default: this machine), dataflow, flink, or any runner of the
        Beam Go SDK; its flags (--project, --region, --staging_location,
        --dry_run, --endpoint, --environment_type, …) are taken as they are, and
        one that has the name of a flag above with beam_ before it
`)
}
