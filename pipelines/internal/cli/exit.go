package cli

import (
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"exemplar/pipelines/internal/cli/early"
	"exemplar/transforms/run/lock"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitInterrupted = 130 // as shells say it of Ctrl-C
	exitUnread      = 141 // as shells say it of a program whose output nobody reads
)

// ending is set when a signal ends the program: the work goes on beside it, and
// what becomes of that has nothing more to say.
var ending atomic.Bool

// exit ends the program with the code that err stands for and its one line.
func (p *program) exit(err error) {
	if ending.Load() {
		select {}
	}
	var usage usageError
	switch {
	case errors.Is(err, outdir.ErrNoJob):
		p.tell(oneLine(err)+"; without --dry_run the same command finishes the output", slog.LevelInfo)
		p.done()
	case errors.Is(err, outdir.ErrDryRun):
		p.tell(oneLine(err), slog.LevelInfo)
		p.done()
	case err == nil:
		p.done()
	case errors.Is(err, outdir.ErrInterrupted):
		p.tell(oneLine(err), slog.LevelWarn)
		os.Exit(exitInterrupted)
	case errors.Is(err, outdir.ErrDetached):
		p.tell(fmt.Sprintf("%v; when it has ended, run the same command again to check and finish its output", outdir.ErrDetached), slog.LevelInfo)
		p.done()
	case errors.As(err, &usage):
		p.tell(oneLine(err), slog.LevelError)
		os.Exit(exitUsage)
	default:
		p.tell(oneLine(err), slog.LevelError)
		os.Exit(exitFailed)
	}
}

// done ends a program whose work succeeded.
func (p *program) done() {
	switch err := p.out.failed(); {
	case err == nil:
		os.Exit(exitDone)
	case errors.Is(err, syscall.EPIPE): // who read it had enough
		os.Exit(exitUnread)
	default:
		p.tell("standard output cannot be written, so that what stood there is not whole: "+oneLine(err), slog.LevelError)
		os.Exit(exitFailed)
	}
}

// onInterrupt ends the program at a signal of package early, at any time: finished
// files stay, unfinished ones are removed. The runner is not canceled, it would
// panic. A Stopper ends by itself, or at once when it is interrupted again.
func (p *program) onInterrupt() {
	go func() {
		<-early.Signals
		if s := p.stopper.Load(); s != nil && (*s).Stop() {
			p.newline()
			p.tell("interrupted; finishing the step and saving (interrupt again to end at once)", slog.LevelWarn)
			// Some programs that end others send the signal twice, to the process and
			// to its group; people take longer.
			for began := time.Now(); time.Since(began) < time.Second; {
				<-early.Signals
			}
		}
		ending.Store(true)
		goesOn, worksOn := "", ""
		if e := p.engine.Load(); e != nil {
			goesOn, worksOn = (*e).GoesOn(), (*e).WorksOn()
		}
		interrupted := errors.New("interrupted; what is finished is kept, run the same command again to continue" + goesOn)
		runlog.Interrupt(interrupted)
		store.AbortAll()
		lock.ReleaseAll(worksOn)
		p.newline()
		p.tell(interrupted.Error(), slog.LevelWarn)
		os.Exit(exitInterrupted)
	}()
}

// newline leaves the line that a terminal shows ^C in.
func (p *program) newline() {
	if !p.log.isSilent() {
		fmt.Fprintln(os.Stderr)
	}
}

// oneLine folds an error that a library spread over several lines.
func oneLine(err error) string {
	return strings.Join(strings.FieldsFunc(err.Error(), func(r rune) bool { return r == '\n' || r == '\r' }), " ")
}
