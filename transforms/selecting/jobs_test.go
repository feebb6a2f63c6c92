package selecting

import (
	"context"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/store"
)

// jobsEnd sets jobEnds for a test.
func jobsEnd(t *testing.T, ends ...int) {
	before := jobEnds
	jobEnds = ends
	t.Cleanup(func() { jobEnds = before })
}

// passesOf runs the jobs of a selection on the direct runner, and lists the passes of
// k-means and of the centers that each has saved; hit, where it is not nil, runs job i
// instead.
func passesOf(t *testing.T, ctx context.Context, c Config, hit func(i int, run func(context.Context) error) error) (passes [][2]int, err error) {
	t.Helper()
	n := 0
	_, err = Run(ctx, c, func(ctx context.Context, p *beam.Pipeline) error {
		n++
		run := func(ctx context.Context) error { return runner(ctx, p) }
		var err error
		if hit != nil {
			err = hit(n, run)
		} else {
			err = run(ctx)
		}
		s, ok, _ := outdir.ReadManifest[saved](ctx, Options{Output: c.Output}.savedName())
		if ok && err == nil {
			passes = append(passes, [2]int{s.Clusters.Passes, s.Centers.Passes})
		}
		return err
	})
	return passes, err
}

// swept makes sure that nothing is left in the state folder of what passes have found.
func swept(t *testing.T, c Config) {
	t.Helper()
	o := Options{Output: c.Output}
	for name := range tree(t, o.state()) {
		if name == savedFile || strings.HasSuffix(name, ".bulk") {
			t.Errorf("%s is left in the state folder", name)
		}
	}
}

// TestJobsGiveTheSameBytes: a selection has the same files whether every pass is a job,
// or some are, or all are one, and nothing more is left in its folder.
func TestJobsGiveTheSameBytes(t *testing.T) {
	for _, space := range []string{"raw", "whiten:3"} {
		dir := t.TempDir()
		write(t, dir, collection(400), 5, "none")
		c := config(dir, scopes...)
		c.Shards, c.Parameters.Space = filepath.Join(dir, "shards"), space
		c.Parameters.Centers, c.Parameters.MaxPasses, c.Parameters.SampleSize = schemas.Centers, 40, 20
		one, err := passesOf(t, beamrun.WithOneJob(t.Context()), c, nil)
		check(t, err)
		if len(one) > 0 {
			t.Errorf("one job has saved %v", one)
		}
		want := tree(t, c.Output)
		m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(c.Output, schemas.SelectionFile))
		check(t, err)
		every := make([]int, 200)
		for i := range every {
			every[i] = i + 1
		}
		schedules := [][]int{jobEnds, every}
		if space != "raw" || testing.Short() {
			schedules = schedules[:1]
		}
		for _, ends := range schedules {
			jobsEnd(t, ends...)
			c.Output = filepath.Join(t.TempDir(), "again")
			passes, err := passesOf(t, t.Context(), c, nil)
			check(t, err)
			if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
				t.Errorf("%s: jobs that end after %v passes change the output:\n%s", space, ends[:3], diff)
			}
			swept(t, c)
			last := passes[len(passes)-1]
			if last != [2]int{m.Clustering.Passes, m.Centering.Passes} || len(passes) < 4 {
				t.Errorf("%s: jobs with %v passes, the manifest has %d and %d", space, passes, m.Clustering.Passes, m.Centering.Passes)
			}
		}
	}
}

// slow is a selection whose k-means takes some passes.
func slow(t *testing.T) Config {
	dir := t.TempDir()
	list, rng := collection(1200), rand.New(rand.NewPCG(1, 2))
	for i := range list {
		for j := range dim {
			list[i].Embedding[j] = float32(rng.NormFloat64())
		}
	}
	write(t, dir, list, 5, "none")
	c := config(dir, "cluster")
	c.Parameters.Clusters, c.Parameters.SampleSize, c.Parameters.Restarts, c.Parameters.MaxPasses = 25, 25, 1, 50
	return c
}

// TestKilledInKMeans: a run that is killed between two jobs, or within one, goes on with
// what the last whole one has found, and gives the same bytes.
func TestKilledInKMeans(t *testing.T) {
	jobsEnd(t, 1, 3, 6)
	c := slow(t)
	whole, err := passesOf(t, t.Context(), c, nil)
	check(t, err)
	want := tree(t, c.Output)
	if len(whole) != 4 || whole[1][0] != 3 || whole[2][0] != 6 {
		t.Fatalf("passes %v are no test", whole)
	}
	killed := errors.New("killed")
	for name, c := range map[string]struct {
		kill func(i int, run func(context.Context) error) error
		goes [][2]int
	}{
		"between": {func(i int, run func(context.Context) error) error {
			if i == 3 {
				return killed
			}
			return run(t.Context())
		}, whole[2:]},
		"within": {func(i int, run func(context.Context) error) error {
			ctx, cancel := context.WithCancel(t.Context())
			if i == 3 {
				cancel()
			}
			defer cancel()
			return run(ctx)
		}, whole[2:]},
		"after": {func(i int, run func(context.Context) error) error {
			if err := run(t.Context()); err != nil || i == 3 {
				return errors.Join(err, killed)
			}
			return nil
		}, whole[3:]},
	} {
		sel := slow(t)
		if _, err := passesOf(t, t.Context(), sel, c.kill); err == nil {
			t.Fatalf("%s: no error", name)
		}
		check(t, Claim(t.Context(), sel))
		got, err := passesOf(t, t.Context(), sel, nil)
		check(t, err)
		if diff := cmp.Diff(c.goes, got); diff != "" {
			t.Errorf("%s: passes of the second run (-want +got)\n%s", name, diff)
		}
		if diff := cmp.Diff(want, tree(t, sel.Output)); diff != "" {
			t.Errorf("%s: the output differs:\n%.1000s", name, diff)
		}
		swept(t, sel)
	}
}

// TestDamagedPassesAreMadeAgain: what is saved is not gone on with where it is damaged or
// of another selection, whose centers are in files; nor where all is to be made again.
func TestDamagedPassesAreMadeAgain(t *testing.T) {
	jobsEnd(t, 1, 2)
	dir := t.TempDir()
	writeMany(t, dir, 608, 64)
	c := config(dir, "cluster")
	c.Parameters.Clusters, c.Parameters.Restarts, c.Parameters.SampleSize = 600, 1, 600
	c.Parameters.Space = "zscore"
	third := func(i int, run func(context.Context) error) error {
		if i == 3 {
			return errors.New("killed")
		}
		return run(t.Context())
	}
	_, err := passesOf(t, t.Context(), c, third)
	if err == nil || err.Error() != "killed" {
		t.Fatal(err)
	}
	o, _, err := options(t.Context(), c)
	check(t, err)
	state := tree(t, o.state())
	kinds := map[string]string{} // the one file of each
	for name := range state {
		kind, _, _ := strings.Cut(name, "-")
		kinds[kind] = name
	}
	change := func(name, from, to string) func() {
		return func() {
			if !strings.Contains(state[name], from) {
				t.Fatalf("%s does not hold %q", name, from)
			}
			check(t, os.WriteFile(filepath.Join(o.state(), name), []byte(strings.Replace(state[name], from, to, 1)), 0o666))
		}
	}
	remove := func(name string) func() { return func() { check(t, os.Remove(filepath.Join(o.state(), name))) } }
	whole := func() {}
	for what, damage := range map[string]func(){
		"whole":             whole,
		"cut":               change(savedFile, "}", ""),
		"changed":           change(savedFile, `"Groups": `, `"Groups": 1`),
		"another selection": change(savedFile, `"Fingerprint": "`, `"Fingerprint": "0`),
		"another format":    change(savedFile, savedFormat, "exemplar.selection-passes/0"),
		"gone":              remove(savedFile),
		"centers gone":      remove(kinds["centers"]),
		"centers changed":   change(kinds["centers"], "\x00\x00", "\x00\x01"),
		"space gone":        remove(kinds["space"]),
		"space changed":     change(kinds["space"], "0", "1"),
	} {
		for name := range state {
			change(name, "", "")()
		}
		damage()
		s, damaged, err := o.resumable(t.Context())
		check(t, err)
		whole, none := what == "whole", what == "gone" || strings.HasPrefix(what, "another ")
		if (s != nil) != whole || damaged == (whole || none) {
			t.Errorf("%s: goes on with %v, damaged: %v", what, s, damaged)
		}
	}
	// Where all is made again, it begins at the beginning, and otherwise where it was.
	for name := range state {
		change(name, "", "")()
	}
	for _, overwrite := range []bool{true, false} {
		c.Overwrite = overwrite
		jobs := 0
		_, err := passesOf(t, t.Context(), c, func(i int, run func(context.Context) error) error {
			jobs = i
			return third(i, run)
		})
		if overwrite && (jobs != 3 || err == nil) || !overwrite && (jobs != 1 || err != nil) {
			t.Errorf("overwrite %t: %d jobs, %v", overwrite, jobs, err)
		}
	}
	swept(t, c)
}

// TestLatentsDamagedMeanwhile: the files are compared with the manifest again by a run
// that goes on.
func TestLatentsDamagedMeanwhile(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "cluster")
	c.Parameters.SampleSize = 7
	name := filepath.Join(c.Input, schemas.LatentsName(1, 2))
	m, _, err := outdir.ReadJSON[schemas.LatentsManifest](t.Context(), filepath.Join(c.Input, schemas.LatentsFile))
	check(t, err)
	for i := range m.Files {
		m.Files[i].SHA256, err = store.FileSHA256(t.Context(), filepath.Join(c.Input, m.Files[i].File))
		check(t, err)
	}
	check(t, outdir.WriteJSON(t.Context(), filepath.Join(c.Input, schemas.LatentsFile), m))
	_, err = passesOf(t, t.Context(), c, func(i int, run func(context.Context) error) error {
		if i == 2 {
			return errors.New("killed")
		}
		return run(t.Context())
	})
	if err == nil || err.Error() != "killed" {
		t.Fatal(err)
	}
	data, err := os.ReadFile(name)
	check(t, err)
	data[len(data)/3] ^= 1
	check(t, os.WriteFile(name, data, 0o666))
	if _, err := passesOf(t, t.Context(), c, nil); err == nil || !strings.Contains(err.Error(), name) {
		t.Errorf("damaged latents: %v", err)
	}
}

// TestNextJob: k-means ends before the centers begin, and what is done is not done again.
func TestNextJob(t *testing.T) {
	p := schemas.SelectionParameters{MaxPasses: 50, Scopes: []string{"cluster"}, Centers: []string{"medoid"}, Clusters: 3}
	o := Options{Parameters: p}
	most := o.centering().Passes()
	at := func(refined int, converged bool, found int, done bool) *saved {
		s := &saved{Clusters: clustering.Solution{Passes: refined, Converged: converged}}
		if found > 0 {
			s.Centers = centering.Encoded{Passes: found, Done: done}
			s.Centers.Value.Data = []byte{1}
		}
		return s
	}
	for i, c := range []struct {
		ends []int
		at   *saved
		want job
	}{
		{jobEnds, nil, job{begin: true, refine: 2}},
		{jobEnds, at(2, false, 0, false), job{refine: 8}},
		{jobEnds, at(10, false, 0, false), job{refine: 40, centers: true, find: 2}},
		{jobEnds, at(7, true, 0, false), job{centers: true, find: 2}},
		{jobEnds, at(50, false, 2, false), job{find: 8}},
		{jobEnds, at(7, true, 50, false), job{find: most - 50, finish: true}},
		{jobEnds, at(7, true, 30, true), job{finish: true}},
		{nil, nil, job{begin: true, refine: 50, centers: true, find: most, finish: true}},
		{nil, at(3, false, 0, false), job{refine: 47, centers: true, find: most, finish: true}},
	} {
		if got := o.next(c.ends, c.at); got != c.want {
			t.Errorf("%d: %+v, want %+v", i, got, c.want)
		}
	}
	o.Parameters.MaxPasses, o.Parameters.Centers = 0, []string{"mean"}
	if got, want := o.next(jobEnds, nil), (job{begin: true, centers: true, find: 1, finish: true}); got != want {
		t.Errorf("without k-means: %+v, want %+v", got, want)
	}
	if !slices.IsSorted(jobEnds) {
		t.Error("jobs end in disorder")
	}
}
