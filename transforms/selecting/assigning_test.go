package selecting

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"maps"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
)

// withTies is a collection in which some images have the vectors of others.
func withTies(n int) []schemas.Latent {
	rows := collection(n)
	for i := 40; i < n; i += 9 {
		copy(rows[i].Embedding, rows[i-21].Embedding)
	}
	return rows
}

// readAssignments reads all assignments files of a selection.
func readAssignments(t *testing.T, m *schemas.SelectionManifest, dir string) (all []schemas.Assignment) {
	t.Helper()
	for _, f := range m.Assignments.Files {
		rows, err := parquet.ReadFile[schemas.Assignment](filepath.Join(dir, f.File))
		check(t, err)
		if int64(len(rows)) != f.Rows {
			t.Errorf("%s has %d rows, the manifest says %d", f.File, len(rows), f.Rows)
		}
		all = append(all, rows...)
	}
	return all
}

// TestAssignmentsEqualBruteForce: in all scopes, by all centers and metrics, the rows are
// those of a reference that compares every image with every pick and every other image,
// and the picks' rows say what the table of picks says, bit for bit.
func TestAssignmentsEqualBruteForce(t *testing.T) {
	rows := withTies(300)
	dir := t.TempDir()
	write(t, dir, rows, 3, "none")
	c := config(dir, scopes...)
	p := &c.Parameters
	p.Centers, p.Metrics, p.Assignments = []string{"mean", "medoid"}, schemas.Metrics, true
	list := filepath.Join(dir, "excluded")
	check(t, os.WriteFile(list, []byte(rows[19].ImageID+"\n"+rows[49].ImageID+"\n"), 0o666))
	c.Exclude = list
	m := mustRun(t, c)
	all := readAssignments(t, m, c.Output)
	vectors := map[string][]float32{}
	for _, r := range rows {
		vectors[r.ImageID] = r.Embedding
	}
	picks := readPicks(t, c.Output)
	var want int64
	for _, s := range m.Scopes {
		want += s.Images * int64(len(p.Centers)*len(p.Metrics))
	}
	if int64(len(all)) != want || m.Assignments.Rows != want || len(m.Assignments.Files) != 3 || want == 0 {
		t.Errorf("%d rows, the manifest says %+v, scopes have %d", len(all), m.Assignments, want)
	}

	type target [4]string
	byTarget := map[target][]schemas.Assignment{}
	for _, a := range all {
		key := target{a.Scope, a.GroupID, a.Center, a.Metric}
		byTarget[key] = append(byTarget[key], a)
	}
	excluded := func(id string) int {
		if id == rows[19].ImageID || id == rows[49].ImageID {
			return 1
		}
		return 0
	}
	ties := 0
	for _, group := range byTarget {
		slices.SortFunc(group, func(a, b schemas.Assignment) int {
			return cmp.Or(cmp.Compare(a.Distance, b.Distance), cmp.Compare(excluded(a.ImageID), excluded(b.ImageID)), strings.Compare(a.ImageID, b.ImageID))
		})
		for i, a := range group {
			if i > 0 && a.Distance == group[i-1].Distance {
				ties++
			}
			if want := 100 * float64(i+1) / float64(len(group)); a.Percentile != want {
				t.Errorf("%+v: the percentile is %v", a, want)
			}
		}
	}
	if ties < 20 {
		t.Errorf("only %d images at the distance of another one", ties)
	}
	images := map[[4]string]int64{} // by nearest pick
	for _, a := range all {
		images[[4]string{a.Scope, a.Center, a.Metric, a.NearestPick}]++
		best, id := math.Inf(1), ""
		for _, p := range picks {
			if p.Scope != a.Scope || p.Center != a.Center || p.Metric != a.Metric {
				continue
			}
			d2 := nearest.SquaredDistance(vectors[a.ImageID], nearest.Widen(vectors[p.ImageID]))
			if d2 < best || d2 == best && p.ImageID < id {
				best, id = d2, p.ImageID
			}
		}
		if a.NearestPick != id || a.NearestDistance != math.Sqrt(best) {
			t.Errorf("%+v: the nearest pick is %q at %v", a, id, math.Sqrt(best))
		}
	}
	found := 0
	for _, p := range picks {
		for _, a := range byTarget[target{p.Scope, p.GroupID, p.Center, p.Metric}] {
			if a.ImageID != p.ImageID {
				continue
			}
			found++
			if a.Distance != p.Distance || a.Percentile != p.Percentile {
				t.Errorf("%+v, the pick has distance %v and percentile %v", a, p.Distance, p.Percentile)
			}
		}
	}
	if found != len(picks) {
		t.Errorf("%d of %d picks have rows", found, len(picks))
	}
	checkWeights(t, m, picks, images)
}

// checkWeights: the weight of a pick is the share of the images of its scope's groups that
// have it as their nearest pick, and those of a set sum to all of them.
func checkWeights(t *testing.T, m *schemas.SelectionManifest, picks []schemas.Pick, images map[[4]string]int64) {
	t.Helper()
	total, empty := map[string]int64{}, 0
	for _, s := range m.Scopes {
		total[s.Scope] = s.Images
	}
	counted := map[[3]string]int64{}
	for _, p := range picks {
		n := images[[4]string{p.Scope, p.Center, p.Metric, p.ImageID}]
		if want := float64(n) / float64(total[p.Scope]); p.Weight != want {
			t.Errorf("%s of %s by %s %s has weight %v, %d images of %d have it as their nearest pick", p.ImageID, p.Scope, p.Center, p.Metric, p.Weight, n, total[p.Scope])
		}
		if n == 0 {
			empty++
		}
		counted[[3]string{p.Scope, p.Center, p.Metric}] += n
	}
	for set, n := range counted {
		if n != total[set[0]] {
			t.Errorf("the weights of %q are of %d images, the scope has %d", set, n, total[set[0]])
		}
	}
	if len(counted) != len(m.Sets) || empty == len(picks) {
		t.Errorf("weights of %d sets, want %d; %d of %d are 0", len(counted), len(m.Sets), empty, len(picks))
	}
}

// TestAssignmentsLeaveTheRest: files that are asked for beside change no byte of the
// others, and have the same bytes for any number of processors and order of the files.
func TestAssignmentsLeaveTheRest(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, withTies(300), 5, "none")
	read := func(procs int, assignments bool, duplicates string) map[string][]byte {
		defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(procs))
		c := config(dir, scopes...)
		c.Output = t.TempDir()
		c.Parameters.Assignments, c.Parameters.Picking.Duplicates = assignments, duplicates
		m := mustRun(t, c)
		files := map[string][]byte{}
		for _, f := range m.Files {
			data, err := os.ReadFile(filepath.Join(c.Output, f.File))
			check(t, err)
			if f.Bytes != int64(len(data)) || f.SHA256 != outdir.SHA256(data) {
				t.Errorf("%s has %d bytes and sha256 %s, the manifest says %+v", f.File, len(data), outdir.SHA256(data), f)
			}
			files[f.File] = data
		}
		return files
	}
	for _, duplicates := range []string{schemas.DuplicatesSkip, schemas.DuplicatesAllow} {
		without, with := read(2, false, duplicates), read(1, true, duplicates)
		if more := read(4, true, duplicates); !maps.EqualFunc(with, more, bytes.Equal) {
			t.Error("other processors give other bytes")
		}
		if len(with) != len(without)+5 {
			t.Errorf("%d files, %d without assignments", len(with), len(without))
		}
		for name, data := range without {
			if !bytes.Equal(data, with[name]) {
				t.Errorf("%s changes with assignments", name)
			}
		}
	}
}

// TestAssignmentsStand: a finished selection is known by its assignments files, one that
// lacks one is made again, and to the same bytes, and one with them is replaced by none
// without, nor the other way round, unless that is asked for.
func TestAssignmentsStand(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, withTies(200), 2, "none")
	c := config(dir, "global", "label")
	c.Parameters.Assignments = true
	first := mustRun(t, c)
	name := filepath.Join(c.Output, schemas.AssignmentsName(1, 2))
	data, err := os.ReadFile(name)
	check(t, err)
	run := func(c Config) (*Result, error) { return Run(context.Background(), c, runner) }
	if r, err := run(c); err != nil || r.Made {
		t.Errorf("a finished selection was made again, or %v", err)
	}
	for what, damage := range map[string]func() error{
		"gone":    func() error { return os.Remove(name) },
		"shorter": func() error { return os.Truncate(name, int64(len(data)-1)) },
	} {
		check(t, damage())
		r, err := run(c)
		check(t, err)
		again, err := os.ReadFile(name)
		check(t, err)
		if !r.Made || !bytes.Equal(again, data) || r.Manifest.SHA256 != first.SHA256 {
			t.Errorf("a file that was %s: made again: %v, same bytes: %v", what, r.Made, bytes.Equal(again, data))
		}
	}
	without := c
	without.Parameters.Assignments = false
	if _, err := run(without); err == nil || !strings.Contains(err.Error(), "Config.Assignments is not given here and was true there") {
		t.Errorf("without assignments: %v", err)
	}
	without.Overwrite = true
	r, err := run(without)
	check(t, err)
	if _, err := os.Stat(name); !os.IsNotExist(err) || r.Manifest.Assignments != nil {
		t.Errorf("assignments of an earlier selection are left: %v", err)
	}
	if _, err := run(c); err == nil || !strings.Contains(err.Error(), "Config.Assignments is true here and was not given there") {
		t.Errorf("with assignments: %v", err)
	}
	// An earlier selection may have them or not.
	c.Extend, c.Output, c.Parameters.Top = without.Output, filepath.Join(dir, "longer"), 5
	mustRun(t, c)
	c.Extend, c.Output, c.Parameters.Assignments = c.Output, filepath.Join(dir, "longest"), false
	mustRun(t, c)
	// They are known as files of this step.
	if owns(schemas.AssignmentsName(1, 2)+".bak") || owns("assignments.parquet") || !owns(schemas.AssignmentsName(1, 2)) {
		t.Error("the names of assignments files are not told from others")
	}
}

// TestAssignmentsOfNothing: a file of latents none of whose images is eligible has a file
// without rows, and images of a scope without picks have no nearest one.
func TestAssignmentsOfNothing(t *testing.T) {
	rows := collection(60)
	var named []string
	for i := range rows {
		rows[i].HasLabel = i == 3 || i == 13
		if rows[i].HasLabel {
			named = append(named, rows[i].ImageID)
		}
		if i%3 == 2 { // all of the last file
			rows[i].QCFlags = schemas.QCConstant
		}
	}
	dir := t.TempDir()
	write(t, dir, rows, 3, "none")
	c := config(dir, "global", "label")
	c.Parameters.Assignments = true
	c.Exclude = filepath.Join(dir, "excluded")
	check(t, os.WriteFile(c.Exclude, []byte(strings.Join(named, "\n")), 0o666))
	m := mustRun(t, c)
	all := readAssignments(t, m, c.Output)
	if last := m.Assignments.Files[2]; last.Rows != 0 || last.Images != 0 || m.Assignments.Rows != m.Eligible+2 {
		t.Errorf("%+v", m.Assignments)
	}
	data, err := os.ReadFile(filepath.Join(c.Output, schemas.AssignmentsName(2, 3)))
	check(t, err)
	f, err := tables.OpenAssignments(bytes.NewReader(data), int64(len(data)), m)
	check(t, err)
	if row, err := f.Next(); err != io.EOF {
		t.Errorf("a row %+v, or %v", row, err)
	}
	labeled := 0
	for _, a := range all {
		if none := a.NearestPick == "" && math.IsNaN(a.NearestDistance); none != (a.Scope == "label") {
			t.Errorf("%+v", a)
		} else if none {
			labeled++
		}
	}
	if labeled != 2 {
		t.Errorf("%d images have a label", labeled)
	}
}
