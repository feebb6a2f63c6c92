// Package early takes the signals that end a program from its first moments on,
// while other packages are still being initialized, which takes some milliseconds:
// it depends on next to nothing, so that it comes first.
//
// What never enters: Beam, Gorgonia, files, flags, printing, other modules; what is done
// about a signal.
package early

import (
	"os"
	"os/signal"
	"strings"
	"syscall"
)

// Signals gets those that end a program: Ctrl-C, SIGTERM, and SIGHUP, which comes
// when a terminal or a connection is lost, unless it is ignored, as nohup does.
var Signals = make(chan os.Signal, 1)

func init() {
	if strings.HasSuffix(os.Args[0], ".test") || strings.HasSuffix(os.Args[0], ".test.exe") {
		return // tests have nobody who listens
	}
	signal.Notify(Signals, os.Interrupt, syscall.SIGTERM)
	if !signal.Ignored(syscall.SIGHUP) {
		signal.Notify(Signals, syscall.SIGHUP)
	}
	// Nobody reads these: with a handler, a write to a pipe that nobody reads is an
	// error and not the end of the program. A lost connection takes standard error
	// with it, and a training has to be saved nevertheless.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
}

// Leave gives the signals their usual effect again.
func Leave() { signal.Reset() }
