package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"exemplar/pipelines/internal/enginetest"
)

func TestVerifyPassesTheWorkflow(t *testing.T) {
	r := reference(t)
	for _, step := range steps {
		must(t, nil, "verify", "--input="+r.output(step))
	}
}

// TestSameBytes runs every step under other conditions: the bytes are those of
// the undisturbed run.
func TestSameBytes(t *testing.T) {
	r := reference(t)
	for _, c := range []struct {
		name  string
		env   []string
		flags func(t *testing.T, step string) []string
	}{
		{"one processor", []string{"GOMAXPROCS=1"}, nil},
		{"two processors", []string{"GOMAXPROCS=2"}, nil},
		{"workers in processes", nil, func(t *testing.T, step string) []string {
			return enginetest.NewProcess(t).Flags(t, filepath.Join(bin, step))
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.name == "two processors" && runtime.GOMAXPROCS(0) == 2 {
				t.Skip("the undisturbed run was on two")
			}
			for _, step := range steps {
				output := filepath.Join(t.TempDir(), step)
				args := r.step(step, output)
				if c.flags != nil {
					args = append(args, c.flags(t, step)...)
				}
				must(t, c.env, step, args...)
				sameTree(t, output, r.output(step))
			}
		})
	}
}

// TestHierarchical: a selection of hierarchical k-means has the same bytes on one
// processor, on two and in worker processes, and holds.
func TestHierarchical(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	run := func(env []string, name string, flags ...string) string {
		output := filepath.Join(dir, name)
		must(t, env, "select", append([]string{"--input=" + r.latents, "--shards=" + r.shards, "--output=" + output,
			"--clustering=hierarchical", "--clusters=8", "--sample_size=250"}, flags...)...)
		return output
	}
	one := run([]string{"GOMAXPROCS=1"}, "one")
	sameTree(t, run([]string{"GOMAXPROCS=2"}, "two"), one)
	sameTree(t, run(nil, "process", enginetest.NewProcess(t).Flags(t, filepath.Join(bin, "select"))...), one)
	if out := must(t, nil, "verify", "--input="+one, "--latents="+r.latents); !strings.Contains(out, "8 centers of hierarchical k-means, made again") {
		t.Error(out)
	}
}

// TestKilled kills every step half-way without warning and starts it again: the
// bytes are those of an undisturbed run, and a third start has nothing to do.
func TestKilled(t *testing.T) {
	r := reference(t)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			output := killHalfWay(t, r, step)
			must(t, nil, step, r.step(step, output)...)
			sameTree(t, output, r.output(step))

			before := modTimes(t, output)
			if out := must(t, nil, step, r.step(step, output)...); !strings.Contains(out, "Nothing to do") {
				t.Errorf("third start does not say that there is nothing to do:\n%s", out)
			}
			for name, was := range modTimes(t, output) {
				if !was.Equal(before[name]) {
					t.Errorf("third start wrote %s", name)
				}
			}
		})
	}
}

// firstFile is what shows that a step is half-way: a finished part of its result.
var firstFile = map[string]string{
	"shard":  "_state/images-*.json",
	"encode": "_state/latents-*.json",
	"select": "*",
}

// startHalfWay starts a step and returns when its first file is there, or it has ended.
func startHalfWay(t *testing.T, r workflow, step, output string) (cmd *exec.Cmd, stderr *bytes.Buffer, ended <-chan error) {
	t.Helper()
	cmd, stderr = command(t, nil, filepath.Join(bin, step), r.step(step, output)...), new(bytes.Buffer)
	cmd.Stderr = stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	end := make(chan error, 1)
	go func() { end <- cmd.Wait() }()
	for len(end) == 0 && !exists(t, filepath.Join(output, firstFile[step])) {
		time.Sleep(time.Millisecond)
	}
	return cmd, stderr, end
}

// killHalfWay starts a step and kills it when its first file is there and its
// manifest is not. A step that was faster than the kill is started afresh.
func killHalfWay(t *testing.T, r workflow, step string) (output string) {
	t.Helper()
	for range 10 {
		output = filepath.Join(t.TempDir(), step)
		cmd, stderr, ended := startHalfWay(t, r, step, output)
		_ = cmd.Process.Kill() // where it has ended already, the next line says how
		if err := <-ended; err != nil && cmd.ProcessState.Exited() {
			t.Fatalf("%s: %v\n%s", cmd, err, stderr.String())
		}
		if exists(t, output) && !exists(t, filepath.Join(output, manifests[step])) {
			return output
		}
	}
	t.Fatalf("%s was never caught half-way", step)
	return ""
}

// exists reports whether a file matches the pattern.
func exists(t *testing.T, pattern string) bool {
	t.Helper()
	found, err := filepath.Glob(pattern)
	if err != nil {
		t.Fatal(err)
	}
	return len(found) > 0
}

func modTimes(t *testing.T, dir string) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	for name := range tree(t, dir) {
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		times[name] = info.ModTime()
	}
	return times
}
