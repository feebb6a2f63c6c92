package selecting

import (
	"context"
	"path"

	"exemplar/schemas"
	"exemplar/transforms/clustering"
	"exemplar/transforms/engine"
	"exemplar/transforms/records"
	"exemplar/transforms/store"
)

// resultFile, in the state folder, is selection.json before it is published.
const resultFile = "selection-result.json"

func resultName(output string) string { return store.Join(output, schemas.StateDir, resultFile) }

type writeFn struct{ Options Options }

// ProcessElement writes all files of the selection. Each is atomic, and a second
// call writes the same bytes.
func (f *writeFn) ProcessElement(ctx context.Context, s clustering.Solution, scans []clustering.Scanned, parts []Candidates) (Written, error) {
	w, err := f.write(ctx, s, scans, parts)
	if err != nil {
		return w, engine.Fail(err)
	}
	return w, nil
}

func (f *writeFn) write(ctx context.Context, s clustering.Solution, scans []clustering.Scanned, parts []Candidates) (Written, error) {
	counts, err := clustering.JoinCounts(scans)
	if err != nil {
		return Written{}, err
	}
	r, err := rank(f.Options, s, parts)
	if err != nil {
		return Written{}, err
	}
	files, err := f.writeTables(ctx, r)
	if err != nil {
		return Written{}, err
	}
	if f.Options.Shards != "" {
		images, err := f.writeImages(ctx, r)
		if err != nil {
			return Written{}, err
		}
		files = append(files, images...)
	}
	m := f.manifest(counts, s, r)
	m.Files = files
	if err := engine.WriteJSON(ctx, resultName(f.Options.Output), m); err != nil {
		return Written{}, err
	}
	return Written{Picks: int64(len(r.picks)), Files: int64(len(files))}, nil
}

func (f *writeFn) writeTables(ctx context.Context, r *result) (files []schemas.FileInfo, err error) {
	o := f.Options
	tables := []struct {
		name   string
		render func() ([]byte, error)
	}{
		{schemas.SelectionParquet, func() ([]byte, error) { return writeParquet(r.picks, o.Metadata) }},
		{schemas.SelectionCSV, func() ([]byte, error) { return writeCSV(r.picks, o.Metadata, "", nil) }},
		{schemas.CentersParquet, func() ([]byte, error) { return writeCenters(r.centers) }},
		{schemas.CentersNPZ, func() ([]byte, error) { return writeNPZ(r.centers) }},
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
	names := imageNames(r)
	files := make([]schemas.FileInfo, len(names)+1)
	err := fetch(ctx, f.Options.Shards, r.picks, func(ctx context.Context, i int, im *records.Image) (err error) {
		files[i+1], err = f.put(ctx, path.Join(schemas.ImagesDir, names[i]), encodeTIFF(im))
		return err
	})
	if err != nil {
		return nil, err
	}
	data, err := writeCSV(r.picks, f.Options.Metadata, "file_name", names)
	if err != nil {
		return nil, err
	}
	files[0], err = f.put(ctx, path.Join(schemas.ImagesDir, schemas.MetadataCSV), data)
	return files, err
}

// put writes one file of the output.
func (f *writeFn) put(ctx context.Context, name string, data []byte) (schemas.FileInfo, error) {
	info := schemas.FileInfo{File: name, Bytes: int64(len(data)), SHA256: engine.SHA256(data)}
	return info, store.WriteFile(ctx, store.Join(f.Options.Output, name), data)
}

func (f *writeFn) manifest(c clustering.Counts, s clustering.Solution, r *result) *schemas.SelectionManifest {
	o := f.Options
	m := &schemas.SelectionManifest{
		Format: schemas.SelectionFormat, CodeVersion: schemas.CodeVersion, Fingerprint: o.Fingerprint,
		Latents: o.Latents, ModelSHA256: o.ModelSHA256, Parameters: o.Parameters, Metadata: o.Metadata,
		Rows: c.Rows, Eligible: c.Eligible, Excluded: int64(len(c.Exclusions)),
		Groups: len(r.centers), Picks: int64(len(r.picks)), Images: o.Shards != "",
		Gate: c.Gate, Exclusions: append([]schemas.Exclusion{}, c.Exclusions...),
	}
	m.Gate.Mode = o.Parameters.Gate.Mode
	switch o.Parameters.Scope {
	case scopeLabel:
		m.Unlabelled = c.Unlabelled
	case scopeCluster:
		m.Clustering = &schemas.Clustering{Passes: s.Passes, Converged: s.Converged, Inertia: r.inertia, SampleRows: s.SampleRows}
	}
	return m
}
