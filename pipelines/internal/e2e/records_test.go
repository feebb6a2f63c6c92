//go:build unix

package e2e

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"exemplar/schemas"
)

// writer is a program with flags, all but that of its output.
type writer struct {
	program string
	args    []string
	page    string // its output, in the folder
	record  string // name of the file that tells of the run
}

// into returns its flags with an output below dir.
func (w writer) into(dir string) []string {
	return append(slices.Clone(w.args), "--output="+filepath.Join(dir, w.page))
}

// writers returns every program that writes, each on a workflow.
func writers(t *testing.T, r workflow) map[string]writer {
	t.Helper()
	dir := t.TempDir()
	arch, sweep := filepath.Join(dir, "arch.json"), filepath.Join(dir, "sweep.json")
	for name, data := range map[string][]byte{arch: architecture(t, r.model), sweep: []byte(`{"grid": {"batch": [16, 40]}}`)} {
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	npz := filepath.Join(dir, "npz")
	must(t, nil, "export", "--format=npz", "--model="+r.model, "--output="+npz)
	all := map[string]writer{
		"train, linear":   {program: "train", args: []string{"--arch=linear", "--input=" + r.shards}},
		"train, gradient": {program: "train", args: r.gradient("", "--epochs=1", "--limit=40")},
		"train, sweep":    {program: "train", args: r.gradient("", "--epochs=1", "--limit=40", "--sweep="+sweep)},
		"decode":          {program: "decode", args: []string{"--input=" + r.latents, "--model=" + r.model}},
		"export":          {program: "export", args: []string{"--format=npz", "--model=" + r.model}},
		"import":          {program: "import", args: []string{"--arch=" + arch, "--encoder=" + npz + "/encoder.npz", "--decoder=" + npz + "/decoder.npz"}},
		"query":           {program: "query", args: []string{"--input=" + r.latents, "--shards=" + r.shards, "--image=" + cropName(3)}},
		"compare":         {program: "compare", args: []string{"--input=" + r.shards, "--models=" + r.model}},
		"report":          {program: "report", args: []string{"--selection=" + r.selection, "--embedding=none"}, page: "a.html", record: "a." + schemas.RunFile},
	}
	for _, step := range steps {
		all[step] = writer{program: step, args: r.step(step, ""), record: schemas.RunFileBeside(manifests[step])}
	}
	for name, w := range all {
		w.args = slices.DeleteFunc(w.args, func(arg string) bool { return strings.HasPrefix(arg, "--output=") })
		if w.record == "" {
			w.record = schemas.RunFile
		}
		all[name] = w
	}
	return all
}

// TestRecordOfEveryRun: each program that writes leaves a record of a run that ended
// well and of one that failed; the latter goes on to the bytes of the former, and
// nothing temporary is left.
func TestRecordOfEveryRun(t *testing.T) {
	r := reference(t)
	all := writers(t, r)
	for _, name := range slices.Sorted(maps.Keys(all)) {
		w := all[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			good, bad := filepath.Join(dir, "good"), filepath.Join(dir, "bad")
			must(t, nil, w.program, w.into(good)...)
			w.tells(t, good, schemas.RunComplete)

			// No file may be larger than 4 KiB.
			shell := []string{"-c", `ulimit -f 8; exec "$@"`, "sh", filepath.Join(bin, w.program)}
			got := finish(t, command(t, nil, "sh", append(shell, w.into(bad)...)...))
			if got.code != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "file too large") {
				t.Errorf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			w.tells(t, bad, schemas.RunFailed)
			must(t, nil, w.program, w.into(bad)...)
			w.tells(t, bad, schemas.RunComplete)
			sameTree(t, bad, good)
		})
	}
}

// TestRecordOfAnInterruptedTraining: what saved says that it was interrupted.
func TestRecordOfAnInterruptedTraining(t *testing.T) {
	r := reference(t)
	for _, signal := range []os.Signal{syscall.SIGTERM, syscall.SIGHUP} {
		output, code, messages := trainUntil(t, r, signal)
		if code != 130 {
			t.Errorf("%v: exit code %d\n%s", signal, code, messages)
		}
		writer{program: "train", record: schemas.RunFile}.tells(t, output, schemas.RunInterrupted)
	}
}

// tells makes sure that the record in a folder is that of a run that ended so.
func (w writer) tells(t *testing.T, dir, state string) {
	t.Helper()
	var run schemas.Run
	readJSON(t, filepath.Join(dir, w.record), &run)
	if run.Format != schemas.RunFormat || run.Step != w.program || run.State != state || (run.Error == "") != (state == schemas.RunComplete) {
		t.Errorf("%s: %s", w.record, fmt.Sprintf("%+v", run))
	}
}
