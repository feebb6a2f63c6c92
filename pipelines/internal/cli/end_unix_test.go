//go:build unix

package cli

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
)

// TestMain is the program itself where a test starts it as one.
func TestMain(m *testing.M) {
	if what := os.Getenv("EXEMPLAR_TEST_STEP"); what != "" {
		Main(Command{Name: "step", About: "is a test", Setup: func(*flag.FlagSet) Job {
			if what == "early" {
				raise(syscall.SIGTERM)
				select {}
			}
			return &endJob{what: what, stopped: make(chan bool)}
		}})
	}
	os.Exit(m.Run())
}

func raise(s syscall.Signal) { _ = syscall.Kill(os.Getpid(), s) }

// endJob is a job that something happens to.
type endJob struct {
	what    string
	stopped chan bool
	stops   atomic.Int32
}

func (j *endJob) Validate() error { return nil }

func (j *endJob) Plan(context.Context) (*preflight.Plan, error) {
	return &preflight.Plan{Nothing: "nothing"}, nil
}

func (j *endJob) Run(_ context.Context, out io.Writer) error {
	switch j.what {
	case "write":
		fmt.Fprintln(out, "text")
	case "wait", "save":
		fmt.Fprintln(out, "ready")
		if j.what == "save" {
			<-j.stopped
			return fmt.Errorf("%w and saved", outdir.ErrInterrupted)
		}
		select {}
	case "hang up":
		raise(syscall.SIGHUP)
		time.Sleep(50 * time.Millisecond) // in which the program would end
		fmt.Fprintln(out, "goes on")
	}
	return nil
}

func (j *endJob) Stop() bool {
	if j.what != "save" {
		return false
	}
	if j.stops.Add(1) == 1 {
		close(j.stopped)
	}
	return true
}

// step is this test as a program, named like one.
func step(t *testing.T, what string, args ...string) (cmd *exec.Cmd, stderr *bytes.Buffer) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	cmd, stderr = exec.CommandContext(ctx, self), new(bytes.Buffer)
	cmd.Args = append([]string{"step"}, args...)
	cmd.Env = append(os.Environ(), "EXEMPLAR_TEST_STEP="+what)
	cmd.Stderr = stderr
	return cmd, stderr
}

// ends runs it and compares how it ends.
func ends(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, code int, line string) {
	t.Helper()
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	is(t, cmd, stderr, code, line)
}

func is(t *testing.T, cmd *exec.Cmd, stderr *bytes.Buffer, code int, line string) {
	t.Helper()
	got := strings.TrimSpace(stderr.String())
	if cmd.ProcessState.ExitCode() != code || strings.Contains(got, "\n") || !strings.Contains(got, line) || line == "" && got != "" {
		t.Errorf("%v: %v, want exit code %d and a line with %q:\n%s", cmd.Args, cmd.ProcessState, code, line, got)
	}
}

// TestSignals: each signal that ends programs, at any time, ends this one in one
// line and exit code 130, or saves.
func TestSignals(t *testing.T) {
	cmd, stderr := step(t, "early")
	ends(t, cmd, stderr, exitInterrupted, "step: interrupted")
	for what, line := range map[string]string{"wait": "step: interrupted; what is finished is kept", "save": "interrupted and saved"} {
		for _, s := range []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP} {
			cmd, stderr := step(t, what)
			out, err := cmd.StdoutPipe()
			if err == nil {
				err = cmd.Start()
			}
			if err != nil {
				t.Fatal(err)
			}
			if _, err := bufio.NewReader(out).ReadString('\n'); err != nil {
				t.Fatal(err, stderr)
			}
			_ = cmd.Process.Signal(s)
			_ = cmd.Wait()
			if what == "save" {
				// The line before it, that it is saving, may come too late to be seen.
				lines := strings.Split(strings.TrimSpace(stderr.String()), "\n")
				stderr = bytes.NewBufferString(lines[len(lines)-1])
				if len(lines) > 2 || !strings.Contains(stderr.String(), line) {
					stderr = bytes.NewBufferString(lines[0])
				}
			}
			is(t, cmd, stderr, exitInterrupted, line)
		}
	}
}

// TestHangUpIgnored: under nohup a lost terminal ends nothing.
func TestHangUpIgnored(t *testing.T) {
	cmd, stderr := step(t, "hang up")
	ends(t, cmd, stderr, exitInterrupted, "step: interrupted")
	cmd, stderr = step(t, "hang up")
	shell, err := exec.LookPath("sh")
	if err != nil {
		t.Skip(err)
	}
	link := filepath.Join(t.TempDir(), "step") // what a program is called decides
	if err := os.Symlink(cmd.Path, link); err != nil {
		t.Fatal(err)
	}
	cmd.Path, cmd.Args = shell, []string{"sh", "-c", `trap "" HUP; exec "$0"`, link}
	var out bytes.Buffer
	cmd.Stdout = &out
	ends(t, cmd, stderr, exitDone, "")
	if out.String() != "goes on\n" {
		t.Errorf("%q", &out)
	}
}

// TestOutputFails: what cannot be said is a failure, whatever says it; a reader who
// had enough is told by the exit code alone.
func TestOutputFails(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip(err)
	}
	defer full.Close()
	for _, args := range [][]string{nil, {"--help"}, {"--version"}, {"--plan"}} {
		cmd, stderr := step(t, "write", args...)
		cmd.Stdout = full
		ends(t, cmd, stderr, exitFailed, "step: standard output cannot be written")

		r, w, err := os.Pipe()
		if err != nil {
			t.Fatal(err)
		}
		r.Close()
		cmd, stderr = step(t, "write", args...)
		cmd.Stdout = w
		ends(t, cmd, stderr, exitUnread, "")
		w.Close()
	}
}
