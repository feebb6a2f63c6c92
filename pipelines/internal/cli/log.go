package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"exemplar/schemas/visible"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/run/runlog"
)

// Formats of the log.
const (
	logText = "text" // key=value, see slog.TextHandler
	logJSON = "json" // one object a line
)

// logging is where the log of a program goes. Without flags there is none: what
// people read are a summary, a meter and one line an error.
type logging struct {
	format string
	file   string

	mu sync.Mutex // a signal may come while the log is opened

	logger *slog.Logger // nil: none
	silent bool         // the log is on stderr, which has nothing else then
}

func (l *logging) register(fs *flag.FlagSet) {
	fs.StringVar(&l.format, "log_format", "", "`text|json`: write a log, its lines text (key=value) or JSON; to stderr, instead of what is there for people, unless --log_file names a file")
	fs.StringVar(&l.file, "log_file", "", "`file` that the log is added to")
}

// open opens the log and begins the record of the run, on the engine if there is one.
func (l *logging) open(engine Engine, said *fields) error {
	id := runID()
	if err := l.start(id, said); err != nil {
		return err
	}
	runner, local := "direct", true
	if engine != nil {
		runner, local = engine.Runner()
		engine.Log()
	}
	setDefault(local, l.logger)
	runlog.Open(runlog.Program{ID: id, Runner: runner, Local: local, Logger: l.logger, Silent: l.silent, Say: said.text})
	return nil
}

// setDefault gives libraries their log: nothing on this machine, where an error is one
// line at the end, and that of the program elsewhere.
func setDefault(local bool, logger *slog.Logger) {
	switch {
	case local:
		slog.SetDefault(slog.New(slog.DiscardHandler))
	case logger != nil:
		slog.SetDefault(logger)
	}
}

// start makes the logger.
func (l *logging) start(id string, said *fields) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.format == "" && l.file == "" {
		return nil
	}
	var out io.Writer = os.Stderr
	if l.file != "" {
		f, err := os.OpenFile(l.file, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o666)
		if err != nil {
			return Usagef("--log_file: %w", err)
		}
		out = f // open until the program ends
	}
	l.silent = l.file == ""
	hidden := &slog.HandlerOptions{ReplaceAttr: said.attr}
	var handler slog.Handler
	switch l.format {
	case logText, "":
		handler = slog.NewTextHandler(out, hidden)
	case logJSON:
		handler = slog.NewJSONHandler(out, hidden)
	default:
		return Usagef("--log_format=%s: must be %s or %s", l.format, logText, logJSON)
	}
	l.logger = slog.New(handler).With("run", id)
	return nil
}

// runID returns 16 random hexadecimal digits.
func runID() string {
	var b [8]byte
	rand.Read(b[:]) // never fails
	return hex.EncodeToString(b[:])
}

// tell says one line, to a person or to the log, without credentials.
func (l *logging) tell(name, message string, level slog.Level) {
	message = redact.Line(message)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.logger != nil {
		l.logger.Log(context.Background(), level, message)
	}
	if !l.silent {
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, visible.Text(message))
	}
}

func (l *logging) isSilent() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.silent
}
