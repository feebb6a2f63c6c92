package step_test

import (
	"errors"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/run/lock"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store/storetest"
)

// TestConformance holds every step to the life that package step describes. Stopped at
// any change of its folder, by a kill or a full disk, a step leaves nothing that passes
// for finished and is not; the next run makes the bytes of an undisturbed one, and the
// one after that has nothing to do. Of two runs at once one is refused, finished work of
// another choice is replaced whole or not at all, and a folder with files of somebody
// else is left alone.
func TestConformance(t *testing.T) {
	w := makeWorkflow(t)
	var hooks sync.Map // by the folder
	storetest.Disk(t, func(call, name string) (err error) {
		hooks.Range(func(dir, h any) bool {
			if name == dir || strings.HasPrefix(name, dir.(string)+string(filepath.Separator)) {
				err = h.(hook)(call, name)
			}
			return true
		})
		return err
	})
	var pipelines sync.Mutex // a process knows only the first error of its pipelines
	for _, s := range subjects {
		t.Run(s.name, func(t *testing.T) {
			t.Parallel()
			if s.pipeline {
				pipelines.Lock()
				defer pipelines.Unlock()
			}
			c := newTrial(t, w, s, &hooks)
			t.Run("killed", c.killed)
			t.Run("full disk", c.fullDisk)
			t.Run("killed while it replaces", c.replacing)
			t.Run("other choice", c.otherChoice)
			t.Run("two at once", c.twoAtOnce)
			t.Run("foreign files", c.foreign)
		})
	}
}

// TestDryRun: where all parts are made and the manifest is not, a run whose job would
// only be printed says so and changes nothing.
func TestDryRun(t *testing.T) {
	w := makeWorkflow(t)
	for _, s := range subjects {
		if !s.pipeline {
			continue
		}
		c := &trial{subject: s, made: w, output: w.path("dry", s.name)}
		c.must(t, 0, false)
		check(t, os.Remove(filepath.Join(c.output, s.manifest)))
		before := c.tree(t)
		_, err := s.run(outdir.WithDryRun(t.Context()), w, c.output, 0, false)
		if !errors.Is(err, outdir.ErrDryRun) || !strings.Contains(err.Error(), "no job is needed") {
			t.Errorf("%s: %v", s.name, err)
		}
		if !maps.Equal(before, c.tree(t)) {
			t.Errorf("%s: the folder was changed", s.name)
		}
		if c.must(t, 0, false); !exists(filepath.Join(c.output, s.manifest)) {
			t.Errorf("%s: the run after that did not finish it", s.name)
		}
	}
}

// trial is the test of one step.
type trial struct {
	subject
	made    workflow
	output  string
	want    [2]map[string]string // the folders of both choices, undisturbed
	changes int                  // of the folder in an undisturbed run of the first one
	hooks   *sync.Map
}

// hook is asked before each change of the folder; its error is that of the change.
type hook func(call, name string) error

// newTrial makes the undisturbed folders.
func newTrial(t *testing.T, w workflow, s subject, hooks *sync.Map) *trial {
	t.Helper()
	c := &trial{subject: s, made: w, output: w.path("trial", s.name), hooks: hooks}
	for choice := range c.want {
		var changes atomic.Int64
		c.clear(t)
		made, err := c.runWith(t, choice, false, func(string, string) error { changes.Add(1); return nil })
		if err != nil || !made {
			t.Fatalf("undisturbed: made %v, %v", made, err)
		}
		c.want[choice] = c.tree(t)
		if choice == 0 {
			c.changes = int(changes.Load())
		}
	}
	if maps.Equal(c.want[0], c.want[1]) {
		t.Fatal("both choices give the same bytes")
	}
	return c
}

// runWith runs the step with a hook.
func (c *trial) runWith(t *testing.T, choice int, overwrite bool, h hook) (made bool, err error) {
	var changes hook = func(call, name string) error {
		if call == storetest.Sync || call == storetest.SyncFolder { // changes nothing that is seen
			return nil
		}
		return h(call, name)
	}
	c.hooks.Store(c.output, changes)
	defer c.hooks.Delete(c.output)
	return c.run(t.Context(), c.made, c.output, choice, overwrite)
}

// must runs the step, undisturbed.
func (c *trial) must(t *testing.T, choice int, overwrite bool) (made bool) {
	t.Helper()
	made, err := c.run(t.Context(), c.made, c.output, choice, overwrite)
	check(t, err)
	return made
}

func (c *trial) clear(t *testing.T) {
	t.Helper()
	check(t, os.RemoveAll(c.output))
}

// tree returns the files of the folder with what they hold, but those of the lock.
func (c *trial) tree(t *testing.T) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(c.output, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			if errors.Is(err, fs.ErrNotExist) {
				err = nil
			}
			return err
		}
		data, err := os.ReadFile(path)
		if name, _ := filepath.Rel(c.output, path); !lock.Owns(filepath.ToSlash(name)) {
			files[filepath.ToSlash(name)] = string(data)
		}
		return err
	}))
	return files
}

// times returns when the files were changed.
func (c *trial) times(t *testing.T) map[string]time.Time {
	t.Helper()
	times := map[string]time.Time{}
	for name := range c.tree(t) {
		info, err := os.Stat(filepath.Join(c.output, name))
		check(t, err)
		times[name] = info.ModTime()
	}
	return times
}

// same fails the test where the folder is not that of a choice.
func (c *trial) same(t *testing.T, choice int, when string) {
	t.Helper()
	got, want := c.tree(t), c.want[choice]
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if data, ok := got[name]; !ok || data != want[name] {
			t.Errorf("%s: %s is there: %v, and not as undisturbed", when, name, ok)
		}
	}
	for name := range got {
		if _, ok := want[name]; !ok {
			t.Errorf("%s: %s is there as well", when, name)
		}
	}
	if t.Failed() {
		t.FailNow()
	}
}

// stops are the changes at which the step is stopped: all, or some from the first to
// the last.
func (c *trial) stops() (at []int) {
	n := c.changes
	if c.points > 0 {
		n = min(n, c.points)
	}
	if testing.Short() { // the race detector has seen a step go on after some
		n = min(n, 4)
	}
	for i := range n {
		at = append(at, i*(c.changes-1)/max(1, n-1))
	}
	return slices.Compact(at)
}

var errKilled = errors.New("killed")

// kill lets the step change nothing more from a change on, as if it had been killed, and
// leaves what a killed process leaves beside it.
func (c *trial) kill(t *testing.T, at, choice int, overwrite bool) error {
	t.Helper()
	var n atomic.Int64
	_, err := c.runWith(t, choice, overwrite, func(string, string) error {
		if n.Add(1) > int64(at) {
			return errKilled
		}
		return nil
	})
	if state := filepath.Join(c.output, schemas.StateDir); exists(state) {
		check(t, os.WriteFile(filepath.Join(c.output, "."+c.manifest+".0123456789abcdef.partial"), []byte("half"), 0o666))
		check(t, os.WriteFile(filepath.Join(c.output, lock.File), nil, 0o666))
	}
	return err
}

func exists(name string) bool {
	_, err := os.Stat(name)
	return err == nil
}

// sound fails the test where a run that was stopped left a manifest of a folder that is not whole,
// or a half-written file.
func (c *trial) sound(t *testing.T, at int, choices ...int) {
	t.Helper()
	got := c.tree(t)
	result := func(name string) bool {
		return !strings.HasPrefix(name, schemas.StateDir+"/") && !strings.HasPrefix(name, ".")
	}
	for name, data := range got {
		if result(name) && !slices.ContainsFunc(choices, func(i int) bool { return c.want[i][name] == data }) {
			t.Fatalf("stopped at change %d: %s is left and holds something else", at, name)
		}
	}
	if _, finished := got[c.manifest]; finished && !slices.ContainsFunc(choices, func(i int) bool {
		for name, data := range c.want[i] {
			if result(name) && got[name] != data {
				return false
			}
		}
		return true
	}) {
		t.Fatalf("stopped at change %d: %s is there, and files are missing", at, c.manifest)
	}
}

// goesOn runs the step after it was stopped, and once more.
func (c *trial) goesOn(t *testing.T, overwrite bool) {
	t.Helper()
	c.must(t, 0, overwrite)
	c.same(t, 0, "the run after that")
	before := c.times(t)
	if c.must(t, 0, false) {
		t.Fatal("the third run did something")
	}
	if !maps.Equal(before, c.times(t)) {
		t.Fatal("the third run wrote something")
	}
}

func (c *trial) killed(t *testing.T) {
	for _, at := range c.stops() {
		c.clear(t)
		if err := c.kill(t, at, 0, false); err == nil {
			t.Fatalf("killed at change %d of %d: no error", at, c.changes)
		}
		c.sound(t, at, 0)
		c.goesOn(t, false)
	}
}

func (c *trial) fullDisk(t *testing.T) {
	for _, at := range c.stops() {
		c.clear(t)
		var n atomic.Int64
		_, err := c.runWith(t, 0, false, func(call, _ string) error {
			if n.Add(1) > int64(at) && call != storetest.Remove {
				return syscall.ENOSPC
			}
			return nil
		})
		if err != nil && (!errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "\n")) {
			t.Fatalf("full at change %d of %d: %v", at, c.changes, err)
		}
		c.sound(t, at, 0)
		c.goesOn(t, false)
	}
}

// replacing kills the step while it replaces finished work of the other choice.
func (c *trial) replacing(t *testing.T) {
	for _, at := range c.stops() {
		c.clear(t)
		c.must(t, 1, false)
		_ = c.kill(t, at, 0, true) // nil where it has more changes than that
		c.sound(t, at, 0, 1)
		c.goesOn(t, true)
	}
}

// otherChoice leaves finished work of another choice as it is, or replaces it whole.
func (c *trial) otherChoice(t *testing.T) {
	c.clear(t)
	c.must(t, 1, false)
	if _, err := c.run(t.Context(), c.made, c.output, 0, false); err != nil {
		if !strings.Contains(err.Error(), c.output) || !strings.Contains(err.Error(), "Config.Overwrite") {
			t.Errorf("not refused to replace: %v", err)
		}
		c.same(t, 1, "refused to replace")
		return
	}
	c.goesOn(t, false)
}

// twoAtOnce stops a run at its first change behind the lock, and starts another.
func (c *trial) twoAtOnce(t *testing.T) {
	c.clear(t)
	reached, goOn := make(chan bool), make(chan bool)
	var once sync.Once
	var h hook = func(call, _ string) error {
		if call == storetest.Rename {
			once.Do(func() { reached <- true; <-goOn })
		}
		return nil
	}
	ended := make(chan error, 1)
	go func() {
		_, err := c.runWith(t, 0, false, h)
		ended <- err
	}()
	select {
	case err := <-ended:
		t.Fatalf("the first run ended at once: %v", err)
	case <-reached:
	}
	before := c.tree(t)
	if _, err := c.run(t.Context(), c.made, c.output, 0, false); !errors.Is(err, lock.ErrHeld) {
		t.Errorf("the second run is not refused: %v", err)
	}
	if !maps.Equal(before, c.tree(t)) {
		t.Error("the second run changed the folder")
	}
	goOn <- true
	check(t, <-ended)
	c.goesOn(t, false)
}

// foreign puts a file of somebody else into the folder, before the step and behind it.
func (c *trial) foreign(t *testing.T) {
	for _, finished := range []bool{false, true} {
		c.clear(t)
		name := "thesis.doc"
		switch {
		case c.shares && finished:
			continue // its own files are known by their names
		case c.shares:
			name = c.manifest
		case finished:
			c.must(t, 1, false)
		}
		check(t, os.MkdirAll(c.output, 0o777))
		check(t, os.WriteFile(filepath.Join(c.output, name), []byte("years of work"), 0o666))
		before := c.tree(t)
		_, err := c.run(t.Context(), c.made, c.output, 0, true)
		if err == nil || !strings.Contains(err.Error(), name) {
			t.Fatalf("finished: %v; the file of somebody else is not named: %v", finished, err)
		}
		if !maps.Equal(before, c.tree(t)) {
			t.Error("a folder with a file of somebody else was changed")
		}
	}
}
