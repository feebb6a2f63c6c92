package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// runOf returns the record of the latest run in the output of a step.
func runOf(t *testing.T, step, output string) schemas.Run {
	t.Helper()
	var r schemas.Run
	readJSON(t, filepath.Join(output, schemas.RunFileBeside(manifests[step])), &r)
	if r.Format != schemas.RunFormat || r.Step != step || len(r.Run) != 16 || r.Start.IsZero() || r.End.Before(r.Start) {
		t.Errorf("%s: record %+v", step, r)
	}
	return r
}

func readJSON(t *testing.T, name string, v any) {
	t.Helper()
	data, err := os.ReadFile(name)
	if err == nil {
		err = json.Unmarshal(data, v)
	}
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
}

// TestRecordsReconcile: the counts of every run.json are those of the manifest
// beside it, and of the bytes that are there.
func TestRecordsReconcile(t *testing.T) {
	r := reference(t)
	var shards schemas.ShardsManifest
	var latents schemas.LatentsManifest
	var selection schemas.SelectionManifest
	readJSON(t, filepath.Join(r.shards, "shards.json"), &shards)
	readJSON(t, filepath.Join(r.latents, "_latents.json"), &latents)
	readJSON(t, filepath.Join(r.selection, "selection.json"), &selection)
	for step, want := range map[string]map[string]int64{
		"shard": {"listed": shards.Listed, "written": shards.Written, "rejected": shards.Rejected, "shards_made": 20, "shards_resumed": 0},
		"encode": {"records": latents.Records, "encoded": latents.Rows, "rejected": latents.Rejected,
			"files_made": int64(len(latents.Files)), "files_resumed": 0},
		"select": {"images": selection.Rows, "eligible": selection.Eligible, "excluded": selection.Excluded, "picks": selection.Picks,
			"images_picked": selection.Picked, "files": int64(len(selection.Files))},
	} {
		run := runOf(t, step, r.output(step))
		if run.State != schemas.RunComplete || run.Error != "" || len(run.Failures) > 0 {
			t.Errorf("%s: %+v", step, run)
		}
		for name, n := range want {
			if got, ok := run.Counts[name]; !ok || got != n {
				t.Errorf("%s: %s = %d, the manifest says %d", step, name, got, n)
			}
		}
	}
	run := runOf(t, "shard", r.shards)
	if run.BytesWritten < shards.Bytes || run.BytesWritten > shards.Bytes+1<<20 || run.PeakMemory < 1<<20 {
		t.Errorf("%d bytes written, the shards have %d; peak memory %d", run.BytesWritten, shards.Bytes, run.PeakMemory)
	}
	if last := run.Phases[len(run.Phases)-1]; last.Name != "shard" || last.Done != 400 || last.Total != 400 || !(last.PerSecond > 0) {
		t.Errorf("last phase %+v", last)
	}
}

// TestRecordOfNothing: a run that finds everything done leaves the record alone.
func TestRecordOfNothing(t *testing.T) {
	r := reference(t)
	for _, step := range steps {
		before := runOf(t, step, r.output(step))
		must(t, nil, step, r.step(step, r.output(step))...)
		if after := runOf(t, step, r.output(step)); after.Run != before.Run {
			t.Errorf("%s: the record of run %s was replaced by one of run %s that did nothing", step, before.Run, after.Run)
		}
	}
}

// TestInterrupted sends Ctrl-C half-way: the program says how to go on, with exit
// code 130; only whole files are left, and a record that says so; the rerun says
// what it found.
func TestInterrupted(t *testing.T) {
	r := reference(t)
	for _, step := range []string{"shard", "encode"} {
		t.Run(step, func(t *testing.T) {
			output, stderr := interruptHalfWay(t, r, step)
			if want := step + ": interrupted; what is finished is kept, run the same command again to continue\n"; strings.TrimPrefix(stderr, "\n") != want {
				t.Errorf("stderr %q, want %q", stderr, want)
			}
			if run := runOf(t, step, output); run.State != schemas.RunInterrupted || !strings.HasPrefix(run.Error, "interrupted") {
				t.Errorf("record %+v", run)
			}
			whole := tree(t, r.output(step))
			left := tree(t, output)
			if intent := schemas.StateDir + "/parameters.json"; left[intent] == "" {
				t.Errorf("what the run intended is not in %s", intent)
			} else {
				delete(left, intent)
			}
			for name, sum := range left {
				if sum != whole[name] {
					t.Errorf("%s is left, and is not as in the undisturbed run", name)
				}
			}
			found, err := filepath.Glob(filepath.Join(output, firstFile[step]))
			if err != nil {
				t.Fatal(err)
			}
			must(t, nil, step, r.step(step, output)...)
			sameTree(t, output, r.output(step))
			run := runOf(t, step, output)
			resumed := run.Counts["shards_resumed"] + run.Counts["files_resumed"]
			if run.State != schemas.RunComplete || resumed != int64(len(found)) || resumed+run.Counts["shards_made"]+run.Counts["files_made"] != 20 {
				t.Errorf("%d of 20 were finished; the rerun's record: %+v", len(found), run)
			}
		})
	}
}

// interruptHalfWay is killHalfWay with a warning.
func interruptHalfWay(t *testing.T, r workflow, step string) (output, stderr string) {
	t.Helper()
	for range 20 {
		output = filepath.Join(t.TempDir(), step)
		cmd, messages, ended := startHalfWay(t, r, step, output)
		_ = cmd.Process.Signal(os.Interrupt) // where it has ended already, its exit code says so
		<-ended
		if code := cmd.ProcessState.ExitCode(); code != 0 {
			if code != 130 {
				t.Fatalf("%s: exit code %d\n%s", step, code, messages.String())
			}
			return output, messages.String()
		}
	}
	t.Fatalf("%s was never caught half-way", step)
	return "", ""
}

// fullDisk mounts a small disk that takes so many files, where that is permitted.
func fullDisk(t *testing.T, options string) string {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.Command("mount", "-t", "tmpfs", "-o", options, "tmpfs", dir).CombinedOutput(); err != nil {
		t.Skipf("mounting a small disk: %v: %s", err, out)
	}
	t.Cleanup(func() {
		if out, err := exec.Command("umount", dir).CombinedOutput(); err != nil {
			t.Errorf("%v: %s", err, out)
		}
	})
	return dir
}

// TestFullDisk fills the disk half-way: each step ends in one line that says so,
// and goes on, to the same bytes, when there is room.
func TestFullDisk(t *testing.T) {
	r := reference(t)
	for step, files := range map[string]int{"shard": 50, "encode": 25, "select": 12} {
		t.Run(step, func(t *testing.T) {
			// What is full is the number of files, which no program asks for beforehand.
			disk := fullDisk(t, fmt.Sprintf("size=64m,nr_inodes=%d", files))
			output := filepath.Join(disk, step)
			got := start(t, nil, step, r.step(step, output)...)
			if got.code != 1 || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, "the disk has room but no inodes left") {
				t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			whole := tree(t, r.output(step))
			for name, sum := range tree(t, output) {
				if sum != whole[name] && !strings.HasPrefix(name, schemas.StateDir+"/") {
					t.Errorf("%s is left, and is not as in the undisturbed run", name)
				}
			}
			if out, err := exec.Command("mount", "-o", "remount,nr_inodes=10000", disk).CombinedOutput(); err != nil {
				t.Fatalf("%v: %s", err, out)
			}
			must(t, nil, step, r.step(step, output)...)
			sameTree(t, output, r.output(step))
			if run := runOf(t, step, output); run.State != schemas.RunComplete {
				t.Errorf("record of the rerun: %+v", run)
			}
		})
	}
}

// TestLog: every line of the log is JSON with the id of the run that the record has;
// stderr holds nothing else, and of an error too.
func TestLog(t *testing.T) {
	r := reference(t)
	output := filepath.Join(t.TempDir(), "shards")
	got := start(t, nil, "shard", append(r.step("shard", output), "--log_format=json")...)
	run := runOf(t, "shard", output)
	messages := linesOfLog(t, got.stderr, run.Run)
	if got.code != 0 || messages["shard written"] != 20 || messages["step ends"] != 1 {
		t.Errorf("exit code %d, log %v", got.code, messages)
	}

	log := filepath.Join(t.TempDir(), "log")
	bad := start(t, nil, "shard", "--input="+filepath.Join(t.TempDir(), "none"), "--output="+output+"2", "--log_file="+log, "--log_format=json")
	if bad.code != 1 || strings.Count(bad.stderr, "\n") != 1 {
		t.Errorf("exit code %d\n%s", bad.code, bad.stderr)
	}
	data, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	if line := strings.TrimSpace(strings.TrimPrefix(bad.stderr, "shard: ")); linesOfLog(t, string(data), "")[line] != 1 {
		t.Errorf("the log does not say %q:\n%s", line, data)
	}
}

// linesOfLog counts the messages of a log, each of which must be of the run.
func linesOfLog(t *testing.T, log, run string) map[string]int {
	t.Helper()
	messages := map[string]int{}
	for line := range strings.Lines(log) {
		var entry struct{ Msg, Run, Level, Time string }
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry.Run == "" || run != "" && entry.Run != run || entry.Level == "" || entry.Time == "" {
			t.Errorf("line of the log: %s (%v)", line, err)
		}
		messages[entry.Msg]++
	}
	return messages
}
