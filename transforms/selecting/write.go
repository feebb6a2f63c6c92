package selecting

import (
	"context"
	"encoding/gob"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/grading"
	"exemplar/transforms/selection/grading/gathering"
	"exemplar/transforms/selection/grading/looks"
	"exemplar/transforms/selection/weighing"
	"exemplar/transforms/store"
)

// resultFile, in the state folder, is selection.json before it is published.
const resultFile = "selection-result.json"

func resultName(output string) string { return store.Join(output, schemas.StateDir, resultFile) }

// result is a finished selection, before it is written.
type result struct {
	state   *centering.State
	groups  []group
	centers []schemas.Center
	choice
}

// newResult names the groups that images were chosen of.
func newResult(ctx context.Context, o *Options, centers centering.Encoded, chosen Chosen) (*result, error) {
	s, err := centers.State(ctx)
	if err != nil {
		return nil, err
	}
	r := &result{state: s, groups: listGroups(s)}
	r.centers = listCenters(o, r.groups, s)
	return r, chosen.Choice.Read(ctx, func(in io.Reader) error { return gob.NewDecoder(in).Decode(&r.choice) })
}

// nothingPicked says why there are no picks at all.
func (o *Options) nothingPicked(eligible int64) error {
	text := fmt.Sprintf("nothing is picked: none of the %s may be", words.Plural(eligible, "eligible image", "eligible images"))
	if n := len(o.Parameters.Picking.Exclude); n > 0 {
		text += fmt.Sprintf(", Config.Exclude names %s: take some off that list", words.Count(n))
	}
	return errors.New(text)
}

// selection returns the result as it is graded.
func (r *result) selection(o *Options) *grading.Selection {
	s := &grading.Selection{Parameters: o.Parameters, Metadata: o.Metadata, Channels: schemas.ChannelLabels(o.Channels), Encoded: o.Encoded, Space: o.Space,
		Eligible: r.state.Eligible, Picks: r.Picks, Centers: r.centers}
	if o.Pixels {
		s.Pixels = func(ctx context.Context, images []grading.Image) (*grading.Looks, error) {
			return looks.Read(ctx, o.Shards, images)
		}
	}
	return s
}

// requestFn says what the grade of the picks needs, and between which picks the images
// are shared out.
type requestFn struct{ Options Options }

// ProcessElement asks for it.
func (f *requestFn) ProcessElement(ctx context.Context, centers centering.Encoded, chosen Chosen) (gathering.Request, error) {
	o := &f.Options
	r, err := newResult(ctx, o, centers, chosen)
	if err != nil {
		return gathering.Request{}, beamrun.Fail(err)
	}
	return gathering.Request{Grade: r.selection(o).Request(), Picks: chosen.Vectors, Metadata: o.Metadata, Dir: o.state()}, nil
}

// weigh sets the weights of the picks.
func (r *result) weigh(ctx context.Context, o *Options, parts []gathering.Counts) error {
	counts, err := gathering.Join(ctx, parts)
	if err != nil {
		return err
	}
	return weighing.Weigh(r.Picks, counts, o.setOf, func(scope string) (images int64) {
		for _, g := range r.groups {
			if g.scope == scope {
				images += g.size
			}
		}
		return images
	})
}

type writeFn struct{ Options Options }

// ProcessElement writes all files of the selection. Each is atomic, and a second
// call writes the same bytes.
func (f *writeFn) ProcessElement(ctx context.Context, clusters clustering.Solution, space clustering.FoundSpace, scans []clustering.Scanned, centers centering.Encoded, chosen Chosen, blocks []grading.Block, counts []gathering.Counts, assigned []Assigned) (Written, error) {
	w, err := f.write(ctx, clusters, space, scans, centers, chosen, blocks, counts, assigned)
	return w, beamrun.Fail(err)
}

func (f *writeFn) write(ctx context.Context, clusters clustering.Solution, space clustering.FoundSpace, scans []clustering.Scanned, centers centering.Encoded, chosen Chosen, blocks []grading.Block, weights []gathering.Counts, assigned []Assigned) (Written, error) {
	counts, err := clustering.JoinCounts(scans)
	if err != nil {
		return Written{}, err
	}
	r, err := newResult(ctx, &f.Options, centers, chosen)
	if err != nil {
		return Written{}, err
	}
	if err := r.weigh(ctx, &f.Options, weights); err != nil {
		return Written{}, err
	}
	selection := r.selection(&f.Options)
	if selection.Map, err = space.Space.Open(ctx); err != nil {
		return Written{}, err
	}
	grade, err := selection.Grade(ctx, blocks)
	if err != nil {
		return Written{}, err
	}
	files, err := f.writeTables(ctx, r)
	if err != nil {
		return Written{}, err
	}
	if f.Options.Labels.Path != "" {
		info, err := f.Options.writeLabels(ctx)
		if err != nil {
			return Written{}, err
		}
		files = append(files, info)
	}
	if f.Options.Shards != "" {
		images, err := f.writeImages(ctx, r)
		if err != nil {
			return Written{}, err
		}
		files = append(files, images...)
	}
	m := f.manifest(counts, clusters, space, r)
	m.Grade = grade
	m.Assignments, m.Files = f.Options.listAssigned(assigned, files)
	if m.SHA256, err = outdir.SealSelection(*m); err != nil {
		return Written{}, fmt.Errorf("%s: %w", f.Options.Input, err)
	}
	if err := outdir.WriteJSON(ctx, resultName(f.Options.Output), m); err != nil {
		return Written{}, err
	}
	return Written{Picks: int64(len(r.Picks)), Files: int64(len(files))}, nil
}

func (f *writeFn) writeTables(ctx context.Context, r *result) (files []schemas.FileInfo, err error) {
	o := f.Options
	tables := []struct {
		name   string
		render func() ([]byte, error)
	}{
		{schemas.SelectionParquet, func() ([]byte, error) { return writeParquet(r.Picks, o.Metadata) }},
		{schemas.SelectionCSV, func() ([]byte, error) { return writeCSV(r.Picks, o.Metadata, nil) }},
		{schemas.CentersParquet, func() ([]byte, error) { return writeCenters(r.centers) }},
		{schemas.CentersNPZ, func() ([]byte, error) { return writeNPZ(&o.Parameters, r.centers) }},
	}
	for _, t := range tables {
		data, err := t.render()
		if err != nil {
			return nil, err
		}
		info, err := f.put(ctx, t.name, data)
		if err != nil {
			return nil, err
		}
		files = append(files, info)
	}
	return files, nil
}

// writeImages writes the picked originals, and the table that makes them an
// ImageFolder.
func (f *writeFn) writeImages(ctx context.Context, r *result) ([]schemas.FileInfo, error) {
	names := imageNames(r.groups, r.Picks)
	files := make([]schemas.FileInfo, len(names)+1)
	places := make([]records.Place, len(r.Picks))
	for i := range r.Picks {
		places[i] = records.PlaceOf(&r.Picks[i])
	}
	err := records.Fetch(ctx, f.Options.Shards, places, func(ctx context.Context, i int, im *records.Image) (err error) {
		files[i+1], err = f.put(ctx, path.Join(schemas.ImagesDir, names[i]), imagefile.Original(im.Shape(), im.Pixels, f.Options.Described))
		return err
	})
	if err != nil {
		return nil, err
	}
	data, err := writeCSV(r.Picks, f.Options.Metadata, names)
	if err != nil {
		return nil, err
	}
	files[0], err = f.put(ctx, path.Join(schemas.ImagesDir, schemas.MetadataCSV), data)
	return files, err
}

// listAssigned counts the assignments files, and adds them to the others.
func (o *Options) listAssigned(assigned []Assigned, files []schemas.FileInfo) (*schemas.Assignments, []schemas.FileInfo) {
	if !o.Parameters.Assignments {
		return nil, files
	}
	counts := &schemas.Assignments{}
	slices.SortFunc(assigned, func(a, b Assigned) int { return strings.Compare(a.File, b.File) })
	for _, a := range assigned {
		files = append(files, a.FileInfo)
		counts.Rows += a.Rows
		counts.Files = append(counts.Files, schemas.AssignmentsInfo{File: a.File, Images: a.Images, Rows: a.Rows})
	}
	return counts, files
}

// put writes one file of the output.
func (f *writeFn) put(ctx context.Context, name string, data []byte) (schemas.FileInfo, error) {
	info := schemas.FileInfo{File: name, Bytes: int64(len(data)), SHA256: outdir.SHA256(data)}
	return info, store.WriteFile(ctx, store.Join(f.Options.Output, name), data)
}

func (f *writeFn) manifest(c clustering.Counts, clusters clustering.Solution, space clustering.FoundSpace, r *result) *schemas.SelectionManifest {
	o := f.Options
	picked := map[string]bool{}
	for _, p := range r.Picks {
		picked[p.ImageID] = true
	}
	m := &schemas.SelectionManifest{
		Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Fingerprint: o.Fingerprint,
		Latents: o.Latents, ModelSHA256: o.ModelSHA256, Parameters: o.Parameters, Metadata: o.Metadata,
		Rows: c.Rows, Eligible: c.Eligible, Excluded: int64(len(c.Exclusions)), Outside: c.Outside,
		Scopes: summarize(r.groups, r.state), Picks: int64(len(r.Picks)), Picked: int64(len(picked)), Images: o.Shards != "",
		Sets:         r.Sets,
		Centering:    r.state.Summary(),
		Space:        schemas.Space{Kind: o.Space, Dimension: o.Dimension, Rows: space.Rows, Variance: space.Variance, Shares: space.Shares},
		Learned:      o.Learned,
		Labels:       o.Labeled,
		EarlierHands: o.Hands,
		Gate:         c.Gate, Exclusions: append([]schemas.Exclusion{}, c.Exclusions...),
	}
	m.Gate.Mode = o.Parameters.Gate.Mode
	if o.Parameters.Clustered() {
		m.Clustering = &schemas.Clustering{Clusters: clusters.K, Curve: clusters.Curve, Levels: clusters.Levels, Passes: clusters.Passes, Converged: clusters.Converged,
			Inertia: r.Inertia, SampleRows: clusters.SampleRows}
	}
	return m
}
