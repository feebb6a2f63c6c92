package cli

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"

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
	fs.StringVar(&l.format, "log_format", "", "write a log, a `format` of lines: text (key=value) or json; to stderr, instead of what is there for people, unless --log_file names a file")
	fs.StringVar(&l.file, "log_file", "", "`file` that the log is added to")
}

// open opens the log and begins the record of the run.
func (l *logging) open() error {
	id := runID()
	if err := l.start(id); err != nil {
		return err
	}
	local := isLocal()
	setLogging(local, l.logger)
	runlog.Open(runlog.Program{ID: id, Runner: runnerName(), Local: local, Logger: l.logger, Silent: l.silent})
	return nil
}

// setLogging keeps the local runner quiet: only its errors are of use, and the
// driver reports those itself in one line. Cluster runners keep their log, which
// goes where ours goes.
func setLogging(local bool, logger *slog.Logger) {
	if local {
		beamlog.SetLogger(quiet{})
		slog.SetDefault(slog.New(slog.DiscardHandler))
		return
	}
	if !flagIsTrue("dry_run") {
		beamlog.SetLogger(brief{})
	}
	if logger != nil {
		slog.SetDefault(logger)
	}
}

// start makes the logger.
func (l *logging) start(id string) error {
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
	hidden := &slog.HandlerOptions{ReplaceAttr: redact.Attr}
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

// quiet is a Beam logger that drops everything.
type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

// interrupted is how a run ends that is ended from outside.
func interrupted() error {
	return errors.New("interrupted; what is finished is kept, run the same command again to continue" + jobGoesOn())
}
