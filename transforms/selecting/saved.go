package selecting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/store"
)

// saved is what the jobs of a selection have found so far: the content of savedFile.
type saved struct {
	Format      string
	Fingerprint string // of the selection
	Counts      clustering.Scanned
	Space       clustering.FoundSpace
	Stats       clustering.Stats
	Clusters    clustering.Solution
	Centers     centering.Encoded // empty before the first pass of the centers
	SHA256      string            // of all the above

	gate schemas.Gate // of Counts
}

// savedFile, in the state folder, is there while a selection is made. Its format names
// the arithmetic as well: what another one began it does not go on with.
const (
	savedFile   = "selection-passes.json"
	savedFormat = "exemplar.selection-passes/1"
)

func (o Options) savedName() string { return store.Join(o.state(), savedFile) }

// found reports whether the centers are begun with.
func (s *saved) found() bool { return s.Centers.Value.File != "" || len(s.Centers.Value.Data) > 0 }

// values are those in files that s needs.
func (s *saved) values() []spill.Value { return []spill.Value{s.Clusters.Centers, s.Centers.Value} }

// seal returns the hash of all else.
func (s saved) seal() (string, error) {
	s.SHA256 = ""
	return outdir.Fingerprint(s)
}

// stages are what a job goes on with.
func (s *saved) stages(scope beam.Scope, files beam.PCollection) stages {
	scope = scope.Scope("selecting.Saved")
	clusters, centers := s.Clusters, s.Centers
	clusters.Saved, centers.Saved = clusters.Centers, centers.Value
	n := stages{files: files, space: beam.Create(scope, s.Space), scans: beam.Create(scope, s.Counts),
		stats: beam.Create(scope, s.Stats), clusters: beam.Create(scope, clusters)}
	if s.found() {
		n.centers = beam.Create(scope, centers)
	}
	return n
}

// save ends a job that is not the last. It returns PCollection<Written> of one element.
func (o Options) save(s beam.Scope, n stages) beam.PCollection {
	s = s.Scope("selecting.Save")
	if !n.centers.IsValid() {
		n.centers = beam.Create(s, centering.Encoded{})
	}
	return beam.ParDo(s, &saveFn{Options: o}, n.clusters, beam.SideInput{Input: n.space}, beam.SideInput{Input: n.scans},
		beam.SideInput{Input: n.stats}, beam.SideInput{Input: n.centers})
}

type saveFn struct{ Options Options }

// ProcessElement writes what the job has found. A second call writes the same bytes.
func (f *saveFn) ProcessElement(ctx context.Context, clusters clustering.Solution, space clustering.FoundSpace, scans []clustering.Scanned, stats clustering.Stats, centers centering.Encoded) (Written, error) {
	if err := f.save(ctx, saved{Space: space, Stats: stats, Clusters: clusters, Centers: centers}, scans); err != nil {
		return Written{}, beamrun.Fail(err)
	}
	return Written{}, nil
}

func (f *saveFn) save(ctx context.Context, s saved, scans []clustering.Scanned) error {
	s.Format, s.Fingerprint = savedFormat, f.Options.Fingerprint
	// Nobody waits for the files of earlier passes any more: they are swept.
	s.Clusters.Stale, s.Centers.Stale = nil, nil
	s.Clusters.Saved, s.Centers.Saved = spill.Value{}, spill.Value{}
	counts, err := clustering.JoinCounts(scans)
	if err != nil {
		return err
	}
	if s.Counts, err = counts.Encode(); err != nil {
		return err
	}
	if s.SHA256, err = s.seal(); err != nil {
		return err
	}
	return outdir.WriteJSON(ctx, f.Options.savedName(), s)
}

// read returns what the job that has just ended has saved.
func (o Options) read(ctx context.Context) (*saved, error) {
	s, _, err := o.resumable(ctx)
	if err == nil && s == nil {
		err = fmt.Errorf("the pipeline ended, but %s does not hold what it found: run the same command again", o.savedName())
	}
	return s, err
}

// resumable returns what an earlier run has saved of the same selection; nil where there
// is nothing, or it is damaged, or not all of it is there: then all is made again.
func (o Options) resumable(ctx context.Context) (at *saved, damaged bool, err error) {
	s, ok, err := outdir.ReadManifest[saved](ctx, o.savedName())
	if err != nil || ok && (s.Fingerprint != o.Fingerprint || s.Format != savedFormat) {
		return nil, false, err
	}
	if ok {
		if ok, err = s.whole(ctx, o); ok && err == nil {
			return &s, false, nil
		}
		return nil, err == nil, err
	}
	if _, err = store.Stat(ctx, o.savedName()); errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	return nil, err == nil, err
}

// whole reports whether s is as it was saved, with the files that it names, and takes the
// gate from its counts.
func (s *saved) whole(ctx context.Context, o Options) (bool, error) {
	if seal, err := s.seal(); err != nil || seal != s.SHA256 {
		return false, err
	}
	counts, err := s.Counts.Decode()
	if err != nil {
		return false, nil
	}
	s.gate = counts.Gate
	for _, v := range s.values() {
		if !v.Whole(ctx, o.state()) {
			return false, ctx.Err()
		}
	}
	name := s.Space.Space.Name
	if name == "" {
		return true, nil
	}
	data, err := store.ReadFile(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && name == clustering.SpaceName(o.state(), data), err
}

// keeps reports whether a file, named relative to the output, is needed to go on.
func (s *saved) keeps(o Options, name string) bool {
	if s == nil || !strings.HasPrefix(name, schemas.StateDir+"/") {
		return false
	}
	name = store.Join(o.Output, name)
	return name == o.savedName() || name == s.Space.Space.Name || slices.Contains(spill.Files(s.values()...), name)
}
