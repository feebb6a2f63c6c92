package verifying

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/model/affine"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/store"
)

// tableFiles are the files of every selection, in the order of the manifest.
var tableFiles = []string{schemas.SelectionParquet, schemas.SelectionCSV, schemas.CentersParquet, schemas.CentersNPZ}

// checkSelection checks a selection: the hash of every file it lists, that its
// tables say the same, that the picked images have the pixels that were encoded,
// and, from the latents alone, the exclusions, the groups, the centers, and every
// distance, rank, percentile and margin, and the grade.
func checkSelection(ctx context.Context, c Config, r *Report) error {
	m, data, ok, err := readJSON[schemas.SelectionManifest](ctx, c.Input, schemas.SelectionFile, r)
	if err != nil || !ok {
		return err
	}
	if err := checkSeal(m, r); err != nil {
		return err
	}
	if err := checkResult(ctx, c, data, r); err != nil {
		return err
	}
	complete, err := checkListed(ctx, c, &m, r)
	if err != nil {
		return err
	}
	l, alone, err := openLatents(ctx, c, &m, r)
	switch {
	case err != nil:
		return err
	case alone:
		return checkAlone(ctx, c, &m, complete, r)
	case l == nil:
		return nil
	}
	// Columns that are read as if the latents had them.
	l.manifest.Spec.Metadata = append(l.manifest.Spec.Metadata, schemas.CrossedColumns(m.Parameters.Scopes)...)
	s := &selection{dir: c.Input, m: &m, latents: l, shards: c.Shards}
	if err := s.compareFingerprint(r); err != nil || !complete {
		return err
	}
	for _, step := range []func(context.Context, *Report) (bool, error){s.readAll, s.readLabels, s.checkWhere, s.findSpace, s.findMiddles, s.findSpreads, s.scan} {
		if ok, err := step(ctx, r); err != nil || !ok {
			return err
		}
	}
	if err := s.totalCandidates(ctx, r); err != nil {
		return err
	}
	if err := s.remakeClusters(ctx, r); err != nil {
		return err
	}
	if err := s.weigh(ctx, r); err != nil {
		return err
	}
	if r.Total == 0 { // a grade of other picks or latents would differ
		if err := s.regrade(ctx, r); err != nil {
			return err
		}
	}
	s.compare(r)
	if err := s.checkAssignments(ctx, r); err != nil {
		return err
	}
	s.tellFiles(r)
	r.checkedf("%s of %s, recomputed from %s in %s: the space, the thresholds of the quality gate, exclusions, groups, centers, distances, ranks, percentiles, margins and the grade",
		words.Plural(m.Picks, "pick", "picks"), words.Plural(len(s.pickedClaims()), "group", "groups"), words.Plural(m.Rows, "latent vector", "latent vectors"), l.dir)
	if m.Parameters.Picking.Strategy == schemas.StrategyRange {
		r.checkedf("the positions of picks among the distances of their groups: quartiles, fences, inliers and outliers, from the sorted distances of all images")
	}
	if c := m.Parameters.Where; len(c) > 0 {
		r.checkedf("the condition %s, by the latents: how its columns compare (%s), the %s that satisfy it and the %s that do not",
			c, c.Types(), words.Plural(m.Inside(), "image", "images"), words.Count(m.Outside))
	}
	r.uncheckedf("what is told of the run, %s, and what exemplar report made of the selection: it makes that again", schemas.RunFile)
	return nil
}

// tellFiles says what was checked of the files alone.
func (s *selection) tellFiles(r *Report) {
	same := []string{schemas.SelectionCSV, schemas.CentersNPZ}
	if s.m.Images {
		same = append(same, schemas.MetadataCSV)
	}
	r.checkedf("%s of the selection: sizes and sha256; %s say the same as %s and %s",
		words.Plural(len(s.m.Files), "file", "files"), words.And(same), schemas.SelectionParquet, schemas.CentersParquet)
	if s.m.Images {
		r.checkedf("%s: their pixels are those that were encoded", words.Plural(s.m.Picks, "picked image", "picked images"))
	}
}

// checkAlone checks what a selection without its latents can be checked by: its seal,
// the hashes of its files, that its tables say the same, and its images.
func checkAlone(ctx context.Context, c Config, m *schemas.SelectionManifest, complete bool, r *Report) error {
	r.Left = fmt.Sprintf("only a part of %s was checked: there is no folder latents/ beside it, which it was made from: name that with Config.Latents", c.Input)
	if !complete {
		return nil
	}
	manifest := schemas.LatentsManifest{Rows: m.Rows, Spec: schemas.LatentsSpec{Metadata: m.Metadata}}
	s := &selection{dir: c.Input, m: m, latents: &latentsFolder{manifest: manifest}}
	if ok, err := s.readAll(ctx, r); err != nil || !ok {
		return err
	}
	s.tellFiles(r)
	more := ""
	if m.Assignments != nil {
		more = ", and what the files of assignments hold"
	}
	r.uncheckedf("everything that follows from the latents: the quality gate, groups, centers, which images are picked, their distances and ranks, and the grade%s", more)
	return nil
}

// checkSeal compares the manifest with the hash of itself that it holds.
func checkSeal(m schemas.SelectionManifest, r *Report) error {
	sum, err := outdir.SealSelection(m)
	switch {
	case err != nil:
		return err
	case m.SHA256 == "":
		r.uncheckedf("%s as a whole: an earlier version wrote it without a hash of itself", schemas.SelectionFile)
	case m.SHA256 != sum:
		r.problemf(schemas.SelectionFile, "sha256 without its line \"sha256\" is %s, that line says %s", sum, m.SHA256)
	}
	return nil
}

// checkResult compares the manifest with the copy that the pipeline left in the
// state folder, if it is still there.
func checkResult(ctx context.Context, c Config, data []byte, r *Report) error {
	file := schemas.StateDir + "/selection-result.json"
	has, err := store.Exists(ctx, store.Join(c.Input, file))
	if err != nil || !has {
		return err
	}
	left, err := store.ReadFileLimit(ctx, store.Join(c.Input, file), maxManifest)
	if err == nil && !bytes.Equal(left, data) {
		r.problemf(schemas.SelectionFile, "differs from %s, which the pipeline left", file)
	}
	return err
}

// checkListed checks the files that the manifest lists, and that there are no
// others. complete is false where one of the tables is missing.
func checkListed(ctx context.Context, c Config, m *schemas.SelectionManifest, r *Report) (complete bool, err error) {
	want := slices.Clone(tableFiles)
	if m.Parameters.Labels != "" {
		want = append(want, schemas.LabelsCSV)
	}
	if m.Images {
		want = append(want, schemas.ImagesDir+"/"+schemas.MetadataCSV)
	}
	complete = len(m.Files) >= len(want)
	for i, name := range want {
		if i < len(m.Files) && m.Files[i].File != name {
			r.problemf(schemas.SelectionFile, "file %d is %q, want %q", i, m.Files[i].File, name)
			complete = false
		}
	}
	assigned := assignmentFiles(m)
	images := int64(len(m.Files) - len(want) - len(assigned))
	for i, name := range assigned {
		if at := len(m.Files) - len(assigned) + i; at < len(want) || m.Files[at].File != name {
			r.problemf(schemas.SelectionFile, "its files do not end with those of the assignments: %q is not in its place", name)
			break
		}
	}
	if m.Images && images != m.Picks || !m.Images && images != 0 {
		r.problemf(schemas.SelectionFile, "%d files beside the tables, with %d picks, originals fetched: %v", images, m.Picks, m.Images)
	}
	listed := map[string]bool{}
	for i, f := range m.Files {
		listed[f.File] = true
		ok, err := checkFile(ctx, c.Input, f.File, f.Bytes, f.SHA256, schemas.SelectionFile, r)
		if err != nil {
			return false, err
		}
		complete = complete && (ok || i >= len(want))
	}
	return complete, checkStrays(ctx, c.Input, schemas.SelectionFile, func(name string) bool {
		return listed[name] || strings.HasPrefix(name, schemas.VectorsDir+"/") || schemas.OfReport(name)
	}, r,
		".parquet", ".csv", ".npz", ".tif")
}

// latentsFolder is the folder that a selection was made from.
type latentsFolder struct {
	dir      string
	manifest schemas.LatentsManifest
}

// openLatents finds the latents of a selection. Without them, where it is alone, nothing
// can be recomputed; other latents are a problem.
func openLatents(ctx context.Context, c Config, m *schemas.SelectionManifest, r *Report) (l *latentsFolder, alone bool, err error) {
	dir := store.Join(c.Input, schemas.VectorsDir)
	own, err := store.Exists(ctx, store.Join(dir, schemas.LatentsFile))
	if err == nil && (c.Latents != "" || !own) {
		dir, err = latentsOf(ctx, c, "select", m.Latents)
	}
	if err != nil {
		return nil, false, err
	}
	if dir == "" {
		return nil, true, nil
	}
	manifest, data, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil {
		return nil, false, err
	}
	if sum := outdir.SHA256(data); sum != m.Latents {
		r.problemf(schemas.SelectionFile, "made from latents whose %s has sha256 %s, that in %s has %s: they were made again since, or changed",
			schemas.LatentsFile, m.Latents, dir, sum)
		return nil, false, nil
	}
	if err := manifest.Validate(); err != nil {
		return nil, false, fmt.Errorf("%s: %w", store.Join(dir, schemas.LatentsFile), err)
	}
	return &latentsFolder{dir, manifest}, false, nil
}

// selection is what a selection claims, and what the latents say instead.
type selection struct {
	dir     string
	shards  string // that was given; "" for the folder beside dir
	m       *schemas.SelectionManifest
	latents *latentsFolder
	mapper  *affine.Map // into the space of the selection; nil for raw
	centers []schemas.Center
	picks   []schemas.Pick
	claims  []claim           // the groups of centers
	scopes  []scopeIndex      // where in claims those of each scope are
	fixed   map[string]bool   // images that are picked in any case
	labels  *labels.Table     // instead of those of the latents; nil where there is none
	where   condition         // that images satisfy, as the manifest has it
	middles []*schemas.Middle // of the scopes; nil where all images may be picked

	tally                  // of all files
	weights []float64      // that the latents give for picks; see weigh
	ranked  []schemas.Pick // picks with the rank intervals that the latents give
	want    []schemas.Pick // picks that the latents give; nil before, and where there are none
}

// readAll reads the tables, and checks the images that they name.
func (s *selection) readAll(ctx context.Context, r *Report) (ok bool, err error) {
	if ok, err = s.read(ctx, r); err == nil && ok {
		err = s.checkImages(ctx, r)
	}
	return ok, err
}

// read reads the tables and compares those that say the same. ok is false where
// there is nothing to recompute.
func (s *selection) read(ctx context.Context, r *Report) (ok bool, err error) {
	files := map[string][]byte{}
	for _, name := range tableFiles {
		if files[name], err = store.ReadFile(ctx, store.Join(s.dir, name)); err != nil {
			return false, err
		}
	}
	if s.picks, err = tables.Picks(files[schemas.SelectionParquet], s.m); err != nil {
		r.problemf(schemas.SelectionParquet, "%v", err)
		return false, nil
	}
	compareCSV(schemas.SelectionCSV, files[schemas.SelectionCSV], s.picks, s.m.Metadata, nil, r)
	if s.centers, err = tables.Centers(files[schemas.CentersParquet], s.m, s.m.Space.Dimension); err != nil {
		r.problemf(schemas.CentersParquet, "%v", err)
		return false, nil
	}
	if err := s.claimGroups(); err != nil {
		r.problemf(schemas.CentersParquet, "%v", err)
		return false, nil
	}
	s.limitCandidates()
	s.fixed = picking.Fixed(&s.m.Parameters)
	if err := compareNPZ(files[schemas.CentersNPZ], s.centers, &s.m.Parameters); err != nil {
		r.problemf(schemas.CentersNPZ, "%v", err)
	}
	return true, nil
}

// close reports whether two recomputed numbers agree: to 1e-9 of the larger one,
// or of scale where they cancel.
func close(a, b, scale float64) bool {
	if math.IsNaN(a) && math.IsNaN(b) {
		return true
	}
	return math.Abs(a-b) <= 1e-9*max(math.Abs(a), math.Abs(b), scale)
}
