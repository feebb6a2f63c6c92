package runlog

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// open begins the record of a program for one test and returns its log.
func open(t *testing.T) *bytes.Buffer {
	t.Helper()
	var log bytes.Buffer
	Open(Program{ID: "0123456789abcdef", Runner: "prism", Local: true, Silent: true,
		Logger: slog.New(slog.NewJSONHandler(&log, nil)).With("run", "0123456789abcdef"),
		Say:    func(text string) string { return strings.ReplaceAll(text, "Config.Top", "--top") }})
	t.Cleanup(func() {
		opened.program, opened.steps = nil, nil
		progress.Observe(nil, false)
	})
	return &log
}

func read(t *testing.T, name string) schemas.Run {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	var r schemas.Run
	if err := dec.Decode(&r); err != nil {
		t.Fatal(err)
	}
	return r
}

func TestRecord(t *testing.T) {
	log := open(t)
	dir := t.TempDir()
	file := filepath.Join(dir, schemas.RunFile)
	if err := os.WriteFile(file, []byte("of an earlier run"), 0o666); err != nil {
		t.Fatal(err)
	}
	ctx, step := Begin(t.Context(), "shard")
	if From(ctx) != step {
		t.Error("From does not find the step")
	}
	if err := step.Into(ctx, dir, schemas.RunFile); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the record of an earlier run is there while a new one works: %v", err)
	}
	meter := progress.Start("journal-test", 7, "images")
	progress.Add("journal-test", 5)
	meter.Stop()
	if err := store.WriteFile(ctx, filepath.Join(dir, "x"), make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	step.Count("written", 5)
	step.Rejected(map[string]int64{"too_large": 2})
	Failed(errors.New("Config.Top, once"))
	if err := step.End(ctx, schemas.RunFailed, errors.New("two\nlines of Config.Top")); err != nil {
		t.Fatal(err)
	}

	r := read(t, file)
	if r.Format != schemas.RunFormat || r.Run != "0123456789abcdef" || r.Step != "shard" || r.State != schemas.RunFailed || r.Error != "two lines of --top" {
		t.Errorf("record %+v", r)
	}
	if r.Counts["written"] != 5 || r.Rejected["too_large"] != 2 || !slices.Equal(r.Failures, []string{"--top, once"}) || r.BytesWritten != 1000 {
		t.Errorf("counts %v, rejected %v, failures %v, written %d bytes", r.Counts, r.Rejected, r.Failures, r.BytesWritten)
	}
	if len(r.Phases) != 1 || r.Phases[0].Done != 5 || r.Phases[0].Total != 7 || r.Phases[0].Unit != "images" {
		t.Errorf("phases %+v", r.Phases)
	}
	if r.End.Before(r.Start) || r.Cores < 1 || r.GoVersion == "" {
		t.Errorf("record %+v", r)
	}
	for line := range strings.Lines(log.String()) {
		var entry map[string]any
		if err := json.Unmarshal([]byte(line), &entry); err != nil || entry["run"] != "0123456789abcdef" {
			t.Errorf("line of the log without the run: %s (%v)", line, err)
		}
	}
	for _, want := range []string{"step begins", "work begins", "phase begins", "phase ends", "a worker failed", "step ends"} {
		if !strings.Contains(log.String(), `"msg":"`+want+`"`) {
			t.Errorf("the log has no line %q:\n%s", want, log)
		}
	}
}

// A step that finds everything done leaves what is there alone.
func TestNothingDone(t *testing.T) {
	open(t)
	dir := t.TempDir()
	ctx, step := Begin(t.Context(), "shard")
	if err := step.End(ctx, schemas.RunComplete, nil); err != nil {
		t.Fatal(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

// Steps within steps are told apart, and an interrupt ends all of them, with what
// was counted until then.
func TestInterrupt(t *testing.T) {
	open(t)
	dir := t.TempDir()
	outer, step := Begin(t.Context(), "select")
	if err := step.Into(outer, dir, schemas.RunFile); err != nil {
		t.Fatal(err)
	}
	inner, within := Begin(outer, "vectors")
	if err := within.Into(inner, dir, schemas.LatentsRunFile); err != nil {
		t.Fatal(err)
	}
	meter := progress.Start("journal-interrupt", 0, "rows")
	defer meter.Stop()
	progress.Add("journal-interrupt", 3)
	Interrupt(errors.New("interrupted"))
	if r := read(t, filepath.Join(dir, schemas.LatentsRunFile)); r.State != schemas.RunInterrupted || r.Step != "vectors" || len(r.Phases) != 1 || r.Phases[0].Done != 3 {
		t.Errorf("inner step: %+v", r)
	}
	if r := read(t, filepath.Join(dir, schemas.RunFile)); r.State != schemas.RunInterrupted || r.Step != "select" || len(r.Phases) != 0 {
		t.Errorf("outer step: %+v", r)
	}
	before, err := os.ReadFile(filepath.Join(dir, schemas.RunFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := step.End(outer, schemas.RunComplete, nil); err != nil { // too late
		t.Fatal(err)
	}
	if after, err := os.ReadFile(filepath.Join(dir, schemas.RunFile)); err != nil || !bytes.Equal(before, after) {
		t.Errorf("an interrupted step was ended again: %v\n%s", err, after)
	}
}

// A step writes the record into each folder that it gives up, as it was then, and
// nothing more there: another run may be at work in it.
func TestLeave(t *testing.T) {
	log := open(t)
	ctx, step := Begin(t.Context(), "train")
	dirs := []string{t.TempDir(), t.TempDir()}
	for i, dir := range dirs {
		step.Count("epochs", int64(i))
		err := errors.Join(step.Into(ctx, dir, schemas.RunFile), step.Leave(ctx, "elsewhere", schemas.RunFailed, nil), step.Leave(ctx, dir, schemas.RunComplete, nil))
		if r := read(t, filepath.Join(dir, schemas.RunFile)); err != nil || r.State != schemas.RunComplete || r.Counts["epochs"] != int64(i) {
			t.Errorf("record %+v, error %v", r, err)
		}
	}
	for _, dir := range dirs {
		if err := os.Remove(filepath.Join(dir, schemas.RunFile)); err != nil {
			t.Fatal(err)
		}
	}
	if err := step.End(ctx, schemas.RunFailed, errors.New("later")); err != nil {
		t.Fatal(err)
	}
	for _, dir := range dirs {
		if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
			t.Errorf("a folder that was given up: %v, %v", files, err)
		}
	}
	if !strings.Contains(log.String(), `"state":"failed"`) || !strings.Contains(log.String(), `"changed":true`) {
		t.Errorf("the log does not tell how the step ended:\n%s", log)
	}
}

// Without Open nothing is kept and nothing fails.
func TestClosed(t *testing.T) {
	ctx, step := Begin(context.Background(), "shard")
	dir := t.TempDir()
	step.Count("written", 1)
	step.Rejected(nil)
	Failed(errors.New("once"))
	Log(ctx, "a shard", "images", 3)
	if err := errors.Join(step.Into(ctx, dir, schemas.RunFile), step.Leave(ctx, dir, schemas.RunComplete, nil), step.End(ctx, schemas.RunComplete, nil)); err != nil {
		t.Error(err)
	}
	if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
		t.Errorf("%v, %v", files, err)
	}
}

func TestWorkerLine(t *testing.T) {
	if got, want := line("ab", "shard written", []any{"file", "x y", "images", 3}), "shard written run=ab file=\"x y\" images=3"; got != want {
		t.Errorf("line = %q, want %q", got, want)
	}
}
