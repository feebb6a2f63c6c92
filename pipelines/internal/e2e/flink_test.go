package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"exemplar/pipelines/internal/enginetest"
)

// flink is the cluster of deploy/flink, whose folder EXEMPLAR_FLINK names.
type flink struct{ folder string }

// newFlink starts the cluster; it stops with the test.
func newFlink(t *testing.T) flink {
	folder := os.Getenv("EXEMPLAR_FLINK")
	if folder == "" {
		t.Skip("EXEMPLAR_FLINK not set: the folder of \"deploy/flink/cluster fetch\"")
	}
	f := flink{folder}
	f.cluster(t, "up")
	t.Cleanup(func() { f.cluster(t, "down") })
	return f
}

func (f flink) cluster(t *testing.T, verb string) {
	t.Helper()
	cmd := exec.Command("../../../deploy/flink/cluster", verb, f.folder)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", cmd, err, out)
	}
}

// killTaskManager kills one of the two TaskManagers, without warning.
func (f flink) killTaskManager(t *testing.T) {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(f.folder, "taskmanager-1.pid"))
	if err != nil {
		t.Fatal(err)
	}
	id, err := strconv.Atoi(strings.TrimSpace(string(data)))
	if err == nil {
		err = kill(id)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// kill ends a process without warning.
func kill(id int) error {
	p, err := os.FindProcess(id)
	if err != nil {
		return err
	}
	return p.Kill()
}

// get reads an answer of Flink's REST interface.
func (f flink) get(t *testing.T, path string, v any) {
	t.Helper()
	response, err := http.Get("http://localhost:8081/" + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if err := json.NewDecoder(response.Body).Decode(v); err != nil {
		t.Fatal(err)
	}
}

// failures returns how often something failed under the job that came last.
func (f flink) failures(t *testing.T) int {
	t.Helper()
	var overview struct {
		Jobs []struct {
			ID    string `json:"jid"`
			Start int64  `json:"start-time"`
		} `json:"jobs"`
	}
	f.get(t, "jobs/overview", &overview)
	id, start := "", int64(0)
	for _, j := range overview.Jobs {
		if j.Start > start {
			id, start = j.ID, j.Start
		}
	}
	var exceptions struct {
		History struct {
			Entries []json.RawMessage `json:"entries"`
		} `json:"exceptionHistory"`
	}
	f.get(t, "jobs/"+id+"/exceptions", &exceptions)
	return len(exceptions.History.Entries)
}

// start starts a step on the cluster.
func (f flink) start(t *testing.T, r workflow, step, output string, environment ...string) (wait func()) {
	t.Helper()
	return f.run(t, append([]string{filepath.Join(bin, step)}, append(r.step(step, output), environment...)...))
}

// run starts a command on the cluster.
func (f flink) run(t *testing.T, command []string) (wait func()) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Minute)
	cmd := exec.CommandContext(ctx, command[0], append(command[1:], "--runner=flink", "--endpoint=localhost:8099")...)
	cmd.WaitDelay = time.Second
	var log bytes.Buffer
	cmd.Stdout, cmd.Stderr = &log, &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	return func() {
		t.Helper()
		defer cancel()
		if err := cmd.Wait(); err != nil {
			t.Fatalf("%s: %v\n%s", cmd, err, log.String())
		}
	}
}

// TestFlink runs every step on a real Flink cluster of two TaskManagers: the
// bytes are those of the local runner.
func TestFlink(t *testing.T) {
	f := newFlink(t)
	r := reference(t)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), step)
			f.start(t, r, step, output, "--environment_type=LOOPBACK")()
			sameTree(t, output, r.output(step))
		})
	}
}

// TestFlinkOneProgram runs the steps as commands of exemplar, with the same program as
// their workers, in processes: these start without a command.
func TestFlinkOneProgram(t *testing.T) {
	f := newFlink(t)
	r := reference(t)
	exemplar := filepath.Join(bin, "exemplar")
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			output := filepath.Join(t.TempDir(), step)
			args := append(r.step(step, output), enginetest.NewProcess(t).Environment(t, exemplar)...)
			f.run(t, append([]string{exemplar, step}, args...))()
			sameTree(t, output, r.output(step))
		})
	}
}

// TestFlinkLosesProcesses kills a TaskManager, or a worker, in the middle of a
// step: the job goes on, and its bytes, those of the manifests that count the
// images among them, are those of an undisturbed run.
func TestFlinkLosesProcesses(t *testing.T) {
	f := newFlink(t)
	r := reference(t)
	for _, step := range steps {
		t.Run(step+" without a TaskManager", func(t *testing.T) {
			f.disturb(t, r, step, func(enginetest.Process) { f.killTaskManager(t) })
		})
		t.Run(step+" without a worker", func(t *testing.T) {
			f.disturb(t, r, step, func(p enginetest.Process) {
				for _, id := range p.Workers(t)[:1] {
					if err := kill(id); err != nil && !errors.Is(err, os.ErrProcessDone) {
						t.Fatal(err)
					}
				}
			})
		})
	}
}

// disturb runs a step with its workers in processes, and does the damage when its
// first file is there. A step that was faster is started afresh.
func (f flink) disturb(t *testing.T, r workflow, step string, damage func(enginetest.Process)) {
	t.Helper()
	for range 5 {
		f.cluster(t, "up")
		output := filepath.Join(t.TempDir(), step)
		p := enginetest.NewProcess(t)
		wait := f.start(t, r, step, output, p.Environment(t, filepath.Join(bin, step))...)
		for deadline := time.Now().Add(4 * time.Minute); !exists(t, filepath.Join(output, firstFile[step])) && time.Now().Before(deadline); {
			time.Sleep(time.Millisecond)
		}
		damage(p)
		wait()
		sameTree(t, output, r.output(step))
		if n := f.failures(t); n > 0 {
			t.Logf("Flink reports %d failures that the job outlived", n)
			return
		}
	}
	t.Fatalf("%s was never caught half-way", step)
}
