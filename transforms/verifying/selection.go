package verifying

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/latents"
	"exemplar/transforms/parallel"
	"exemplar/transforms/progress"
	"exemplar/transforms/store"
)

// checkSelection checks a selection: the hash of every file it lists, that the
// CSV and the Parquet say the same, and, from the latents alone, the exclusions,
// the groups, the centres, and every distance, rank, percentile and margin.
func checkSelection(ctx context.Context, c Config, r *Report) error {
	m, ok := readManifest[schemas.SelectionManifest](ctx, c.Input, schemas.SelectionFile, r)
	if !ok {
		return nil
	}
	if err := m.Validate(); err != nil {
		r.problemf("%s: %v", schemas.SelectionFile, err)
		return nil
	}
	listed := map[string]bool{}
	for _, f := range m.Files {
		listed[f.File] = true
		if _, err := checkFile(ctx, c.Input, f.File, f.Bytes, f.SHA256, r); err != nil {
			return err
		}
	}
	for _, name := range []string{schemas.SelectionParquet, schemas.SelectionCSV, schemas.CentersParquet, schemas.CentersNPZ} {
		if !listed[name] {
			r.problemf("%s: does not list %s", schemas.SelectionFile, name)
		}
	}
	l, err := openLatents(ctx, c, &m, r)
	if err != nil || l == nil {
		return err
	}
	s, ok, err := readSelection(ctx, c, &m, l, r)
	if err != nil || !ok {
		return err
	}
	if err := s.scan(ctx, r); err != nil {
		return err
	}
	s.compare(r)
	r.checkedf("%d files of the selection: sizes and sha256; %s and %s say the same",
		len(m.Files), schemas.SelectionCSV, schemas.SelectionParquet)
	r.checkedf("%s picks of %d groups, recomputed from %s latents in %s: exclusions, groups, centres, distances, ranks, percentiles, margins",
		progress.Count(m.Picks), m.Groups, progress.Count(m.Rows), l.dir)
	return nil
}

// latentsFolder is the folder that a selection was made from.
type latentsFolder struct {
	dir      string
	manifest schemas.LatentsManifest
}

// openLatents finds the latents of a selection. Without them nothing can be
// recomputed, which is an error; other latents are a problem.
func openLatents(ctx context.Context, c Config, m *schemas.SelectionManifest, r *Report) (*latentsFolder, error) {
	dir, err := neighbour(ctx, c.Latents, c.Input, "latents", schemas.LatentsFile)
	if err != nil {
		return nil, err
	}
	if dir == "" {
		return nil, fmt.Errorf("there is no folder latents/ beside %s: name the folder of the latents with --latents", c.Input)
	}
	manifest, data, err := engine.ReadJSON[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s holds no %s: name the folder of the latents with --latents", dir, schemas.LatentsFile)
	}
	if err != nil {
		return nil, err
	}
	if sum := engine.SHA256(data); sum != m.Latents {
		r.problemf("%s: made from latents whose %s has sha256 %s, that of %s has %s",
			schemas.SelectionFile, schemas.LatentsFile, m.Latents, dir, sum)
		return nil, nil
	}
	return &latentsFolder{dir, manifest}, nil
}

// selection is what a selection claims, and what the latents say instead.
type selection struct {
	m       *schemas.SelectionManifest
	latents *latentsFolder
	centers []schemas.Center
	picks   []schemas.Pick
	group   map[string]int // position in centers, by group id

	groups     []groupTally
	exclusions []schemas.Exclusion
	rows       int64
	unlabelled int64
	largest    float64 // largest |coordinate| seen
}

func readSelection(ctx context.Context, c Config, m *schemas.SelectionManifest, l *latentsFolder, r *Report) (*selection, bool, error) {
	s := &selection{m: m, latents: l, group: map[string]int{}}
	var files [3][]byte
	for i, name := range []string{schemas.SelectionParquet, schemas.SelectionCSV, schemas.CentersParquet} {
		data, err := store.ReadFile(ctx, store.Join(c.Input, name))
		if errors.Is(err, fs.ErrNotExist) {
			return nil, false, nil // said by checkFile
		}
		if err != nil {
			return nil, false, err
		}
		files[i] = data
	}
	var err error
	if s.picks, err = readPicks(files[0], m.Metadata); err != nil {
		r.problemf("%s: %v", schemas.SelectionParquet, err)
		return nil, false, nil
	}
	compareCSV(files[1], s.picks, m.Metadata, r)
	if s.centers, err = readCenters(files[2], l.manifest.Spec.Dimension); err != nil {
		r.problemf("%s: %v", schemas.CentersParquet, err)
		return nil, false, nil
	}
	for i, center := range s.centers {
		if center.Scope != m.Parameters.Scope || center.Center != m.Parameters.Center {
			r.problemf("%s: group %s is %s of scope %s, the parameters say %s of scope %s", schemas.CentersParquet,
				center.GroupID, center.Center, center.Scope, m.Parameters.Center, m.Parameters.Scope)
		}
		if _, twice := s.group[center.GroupID]; twice {
			r.problemf("%s: group %s is there twice", schemas.CentersParquet, center.GroupID)
		}
		s.group[center.GroupID] = i
	}
	return s, true, nil
}

// scan reads all latents and tallies them, a file at a time on every core, and
// folds the tallies in the order of the files.
func (s *selection) scan(ctx context.Context, r *Report) error {
	meter := progress.Start(Step, s.latents.manifest.Rows, "rows")
	defer meter.Stop()
	files := func(yield func(schemas.LatentsInfo, error) bool) {
		for _, f := range s.latents.manifest.Files {
			if !yield(f, nil) {
				return
			}
		}
	}
	type result struct {
		t   *tally
		err error
	}
	work := func(ctx context.Context, f schemas.LatentsInfo) (out result) {
		parallel.Compute(func() { out.t, out.err = s.scanFile(ctx, f) })
		return out
	}
	s.groups = make([]groupTally, len(s.centers))
	for out, err := range parallel.Map(ctx, files, 2, work) {
		if err := errors.Join(err, out.err); err != nil {
			return err
		}
		s.fold(out.t)
	}
	slices.SortFunc(s.exclusions, func(a, b schemas.Exclusion) int {
		if a.ImageID < b.ImageID {
			return -1
		}
		return 1
	})
	return nil
}

func (s *selection) scanFile(ctx context.Context, info schemas.LatentsInfo) (*tally, error) {
	in, err := store.OpenAt(ctx, store.Join(s.latents.dir, info.File))
	if err != nil {
		return nil, err
	}
	defer in.Close()
	f, err := latents.Open(in, in.Size(), info.File)
	if err != nil {
		return nil, err
	}
	t := &tally{groups: make([]groupTally, len(s.centers))}
	for b, err := range f.Batches(latents.All) {
		if err != nil {
			return nil, err
		}
		for k := range b.N {
			s.tallyRow(t, b, k)
		}
		progress.Add(Step, int64(b.N))
	}
	return t, nil
}

// close tells whether two recomputed numbers agree: to 1e-9 of the larger one,
// or of scale where they cancel.
func close(a, b, scale float64) bool {
	if math.IsNaN(a) && math.IsNaN(b) {
		return true
	}
	return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), scale)
}
