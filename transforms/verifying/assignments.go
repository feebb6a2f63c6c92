package verifying

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/store"
)

// assignmentFiles returns the names of the assignments files.
func assignmentFiles(m *schemas.SelectionManifest) (names []string) {
	if m.Assignments != nil {
		for _, f := range m.Assignments.Files {
			names = append(names, f.File)
		}
	}
	return names
}

// assigning is what the rows of the assignments files are held against.
type assigning struct {
	*selection
	report *Report
	sets   []*nearPicks // by scope, center and metric, each by id
}

// tiedRow is a row whose image is at the distance of others of its group. Its percentile
// is compared when all of them are known.
type tiedRow struct {
	claim, target int
	distance      float64
	excluded      bool // by the user
	id            string
	percentile    float64 // that is claimed
	file          string
	row           int64
}

// checkAssignments compares every row of the assignments files with what the latents give.
// Where groups, centers or picks do not hold, all rows would differ for that.
func (s *selection) checkAssignments(ctx context.Context, r *Report) error {
	a := s.m.Assignments
	if a == nil {
		return nil
	}
	if n, want := len(a.Files), len(s.latents.manifest.Files); n != want {
		r.problemf(schemas.SelectionFile, "%s, for %s", words.Plural(n, "assignments file", "assignments files"), words.Plural(want, "latents file", "latents files"))
		return nil
	}
	if s.want == nil || r.names(schemas.SelectionFile, schemas.SelectionParquet, schemas.CentersParquet) {
		r.uncheckedf("the assignments: groups, centers or picks, by which images are assigned, do not hold")
		return nil
	}
	for g := range s.groups {
		for _, list := range s.groups[g].distances {
			slices.Sort(list)
		}
	}
	check := &assigning{selection: s, report: r, sets: s.nearPicks()}
	differences := map[string]*rowDifferences{}
	var tied []tiedRow
	if _, err := eachFile(ctx, s, r, check.file, func(f *assignmentsCheck) {
		if f != nil {
			differences[f.name] = &f.differences
			tied = append(tied, f.tied...)
		}
	}); err != nil {
		return err
	}
	check.ties(tied, differences)
	for _, name := range assignmentFiles(s.m) {
		differences[name].tell(name, r)
	}
	r.checkedf("%s of %s: groups, distances, percentiles, nearest picks and the distances to them, recomputed",
		words.Plural(a.Rows, "assignment", "assignments"), words.Plural(s.m.Eligible, "eligible image", "eligible images"))
	return nil
}

// rowDifferences are those of one file: the first ones, and how many there are.
type rowDifferences struct {
	first []rowDifference
	count int
}

type rowDifference struct {
	row  int64
	text string
}

func (d *rowDifferences) add(row int64, format string, args ...any) {
	d.count++
	if n := len(d.first); n == perFile && row >= d.first[n-1].row {
		return
	}
	d.first = append(d.first, rowDifference{row, fmt.Sprintf(format, args...)})
	slices.SortStableFunc(d.first, func(a, b rowDifference) int { return cmp.Compare(a.row, b.row) })
	d.first = d.first[:min(len(d.first), perFile)]
}

// tell makes problems of them. d may be nil.
func (d *rowDifferences) tell(file string, r *Report) {
	if d == nil {
		return
	}
	for _, one := range d.first {
		r.problemf(file, "row %d, %s", one.row, one.text)
	}
	r.count(file, d.count-len(d.first))
}

// nearPicks returns the picks that the latents give, with their vectors.
func (s *selection) nearPicks() []*nearPicks {
	p := &s.m.Parameters
	sets := make([][]nearPick, len(p.Scopes)*len(p.Centers)*len(p.Metrics))
	vectors := newVectors(s)
	for _, pick := range s.want {
		scope := slices.Index(p.Scopes, pick.Scope)
		target := slices.Index(p.Centers, pick.Center)*len(p.Metrics) + slices.Index(p.Metrics, pick.Metric)
		if x, ok := vectors.of(scope, target, &pick); ok {
			set := &sets[scope*len(p.Centers)*len(p.Metrics)+target]
			*set = append(*set, nearPick{pick.ImageID, x})
		}
	}
	near := make([]*nearPicks, len(sets))
	for i, set := range sets {
		slices.SortFunc(set, func(a, b nearPick) int { return strings.Compare(a.id, b.id) })
		near[i] = newNearPicks(set)
	}
	return near
}

// file compares the assignments file of one latents file; nil where it is not there.
func (a *assigning) file(ctx context.Context, info schemas.LatentsInfo) (*assignmentsCheck, error) {
	i := slices.IndexFunc(a.latents.manifest.Files, func(f schemas.LatentsInfo) bool { return f.File == info.File })
	claimed := a.m.Assignments.Files[i]
	in, err := store.OpenAt(ctx, store.Join(a.dir, claimed.File))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // which is a problem already
	}
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f := &assignmentsCheck{assigning: a, name: claimed.File}
	if f.in, err = tables.OpenAssignments(in, in.Size(), a.m); err != nil {
		return nil, &damage{claimed.File, err}
	}
	cols := a.eligibleColumns() | latents.Labels | latents.Metadata
	if err := a.eachBatch(ctx, info, cols, f.batch); err != nil {
		return nil, err
	}
	if f.err == nil {
		f.end(claimed)
	}
	if f.err != nil {
		return nil, &damage{claimed.File, f.err}
	}
	return f, nil
}

// assignmentsCheck goes through one assignments file.
type assignmentsCheck struct {
	*assigning
	differences rowDifferences
	tied        []tiedRow

	name   string
	in     *tables.Assignments
	images int64 // eligible ones
	row    int64 // of the file
	short  bool  // it has ended
	err    error // it cannot be read on
}

// batch compares the rows of a batch's images.
func (f *assignmentsCheck) batch(b *latents.Batch) {
	d := len(b.Embedding) / b.N
	for k := range b.N {
		if !f.mayBePicked(b, k) {
			continue
		}
		f.images++
		x := b.Embedding[k*d : (k+1)*d]
		for scope := range f.picked() {
			if g, _, ok := f.groupOf(&f.scopes[scope], x, b, k); ok {
				f.image(scope, g, x, b.ImageID[k])
			}
		}
	}
}

// image compares the rows of an image in one group.
func (f *assignmentsCheck) image(scope, g int, x []float32, id string) {
	p, c := &f.m.Parameters, &f.claims[g]
	for i, center := range p.Centers {
		for j, metric := range p.Metrics {
			target := i*len(p.Metrics) + j
			want := schemas.Assignment{ImageID: id, Scope: c.scope, GroupID: c.id, Center: center, Metric: metric, Distance: distance(metric, x, c.centers[center])}
			got, ok := f.next()
			if !ok {
				return
			}
			want.NearestPick, want.NearestDistance = nearestPick(f.sets[scope*len(p.Centers)*len(p.Metrics)+target], x, got.NearestPick)
			want.Percentile = f.percentile(g, target, want, got)
			for _, what := range assignmentDifferences(got, want) {
				f.differences.add(f.row, "%q by %s %s in scope %s: %s", id, center, metric, c.scope, what)
			}
			f.row++
		}
	}
}

// next returns the next row that is claimed.
func (f *assignmentsCheck) next() (schemas.Assignment, bool) {
	if f.short || f.err != nil {
		f.row++
		return schemas.Assignment{}, false
	}
	row, err := f.in.Next()
	if f.short = err == io.EOF; !f.short {
		f.err = err
	} else {
		f.differences.add(f.row, "where it ends: the latents give more")
	}
	return row, err == nil
}

// percentile returns what the latents give for a row; what is claimed where that is
// compared later, since images are tied.
func (f *assignmentsCheck) percentile(g, target int, want, got schemas.Assignment) float64 {
	list := f.groups[g].distances[target]
	nearer, _ := slices.BinarySearch(list, want.Distance)
	if nearer+1 < len(list) && list[nearer+1] == want.Distance {
		_, excluded := slices.BinarySearch(f.m.Parameters.Picking.Exclude, want.ImageID)
		f.tied = append(f.tied, tiedRow{claim: g, target: target, distance: want.Distance, excluded: excluded, id: strings.Clone(want.ImageID),
			percentile: got.Percentile, file: f.name, row: f.row})
		return got.Percentile
	}
	return 100 * float64(nearer+1) / float64(len(list))
}

// end compares the counts of the file.
func (f *assignmentsCheck) end(claimed schemas.AssignmentsInfo) {
	if claimed.Images != f.images {
		f.report.problemf(schemas.SelectionFile, "%s is of %d eligible images, the latents give %d", f.name, claimed.Images, f.images)
	}
	if f.short {
		return
	}
	rows := f.row
	for {
		_, err := f.in.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			f.err = err
			return
		}
		rows++
	}
	if rows > f.row {
		f.report.problemf(f.name, "%s, the latents give %d", words.Plural(rows, "row", "rows"), f.row)
	}
	if claimed.Rows != rows {
		f.report.problemf(schemas.SelectionFile, "%s has %s, %s says %d", f.name, words.Plural(rows, "row", "rows"), schemas.SelectionFile, claimed.Rows)
	}
}

// ties compares the percentiles of images that are at one distance.
func (a *assigning) ties(rows []tiedRow, differences map[string]*rowDifferences) {
	slices.SortFunc(rows, func(a, b tiedRow) int {
		last := func(excluded bool) int {
			if excluded {
				return 1
			}
			return 0
		}
		return cmp.Or(cmp.Compare(a.claim, b.claim), cmp.Compare(a.target, b.target), cmp.Compare(a.distance, b.distance),
			cmp.Compare(last(a.excluded), last(b.excluded)), strings.Compare(a.id, b.id))
	})
	for i, place := 0, 0; i < len(rows); i++ {
		t := rows[i]
		if place++; i == 0 || t.claim != rows[i-1].claim || t.target != rows[i-1].target || t.distance != rows[i-1].distance {
			place = 1
		}
		list := a.groups[t.claim].distances[t.target]
		nearer, _ := slices.BinarySearch(list, t.distance)
		if want := 100 * float64(nearer+place) / float64(len(list)); !close(t.percentile, want, 0) {
			p, c := &a.m.Parameters, &a.claims[t.claim]
			differences[t.file].add(t.row, "%q by %s %s in scope %s: column percentile is %v, the latents give %v",
				t.id, p.Centers[t.target/len(p.Metrics)], p.Metrics[t.target%len(p.Metrics)], c.scope, t.percentile, want)
		}
	}
}

// assignmentDifferences says how a row differs from the recomputed one, column by column.
func assignmentDifferences(got, want schemas.Assignment) (list []string) {
	text := func(column, got, want string) {
		if got != want {
			list = append(list, fmt.Sprintf("column %s is %q, the latents give %q", column, got, want))
		}
	}
	number := func(column string, got, want float64) {
		if !close(got, want, 0) {
			list = append(list, fmt.Sprintf("column %s is %v, the latents give %v", column, got, want))
		}
	}
	text("image_id", got.ImageID, want.ImageID)
	text("scope", got.Scope, want.Scope)
	text("group_id", got.GroupID, want.GroupID)
	text("center", got.Center, want.Center)
	text("metric", got.Metric, want.Metric)
	number("distance", got.Distance, want.Distance)
	number("percentile", got.Percentile, want.Percentile)
	text("nearest_pick", got.NearestPick, want.NearestPick)
	number("nearest_distance", got.NearestDistance, want.NearestDistance)
	return list
}

// nearestPick returns the pick that is nearest to a vector, of equal ones the first, and
// its distance. The pick that is claimed is looked at first, so that most of the others
// are soon known to be farther away.
func nearestPick(picks *nearPicks, x []float32, claimed string) (id string, distance float64) {
	if len(picks.list) == 0 {
		return "", math.NaN()
	}
	first, ok := slices.BinarySearchFunc(picks.list, claimed, func(p nearPick, id string) int { return strings.Compare(p.id, id) })
	if !ok {
		first = 0
	}
	best, least := picks.nearest(x, first)
	return picks.list[best].id, math.Sqrt(least)
}
