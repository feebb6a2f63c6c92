package selecting

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/schemas/words"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

// options reads what is selected from and checks it.
func options(ctx context.Context, c Config) (Options, []rows.File, error) {
	if err := c.checkScratch(); err != nil {
		return Options{}, nil, err
	}
	m, data, err := outdir.ReadFinished[schemas.LatentsManifest](ctx, c.Input, schemas.LatentsFile,
		"name a folder that encode has finished, or the columns of another program's vectors with ingesting.Config.IDColumn and ingesting.Config.VectorColumn")
	if err != nil {
		return Options{}, nil, err
	}
	if err := m.Validate(); err != nil {
		return Options{}, nil, fmt.Errorf("%s: %w", store.Join(c.Input, schemas.LatentsFile), err)
	}
	kind, d, err := spaces.Parse(c.space(), m.Spec.Dimension)
	if err != nil {
		return Options{}, nil, err
	}
	if c, err = c.balanced(&m.Spec); err != nil {
		return Options{}, nil, err
	}
	if c.Parameters.Picking.Duplicates == "" && m.Spec.Source != "" { // without pixels nothing says what looks alike
		c.Parameters.Picking.Duplicates = schemas.DuplicatesEqual
	}
	o := Options{
		Input: named(c.Input, &m), Output: c.Output, Shards: c.Shards, Scratch: c.Scratch, Latents: outdir.SHA256(data), ModelSHA256: m.Spec.ModelSHA256,
		Space: kind, Dimension: d, Encoded: m.Spec.Dimension, Rows: m.Rows, Inside: m.Rows, Metadata: m.Spec.Metadata, Channels: m.Spec.Channels,
		Parameters: c.parameters(m.Rows, d), Learned: m.Learned(),
		Foreign: m.Spec.Source != "", Columns: m.Columns, limits: c.CheckLimits(&m.Spec),
	}
	if err := o.enough(c.Input); err != nil {
		return o, nil, err
	}
	condition, err := c.resolve(&m.Spec)
	if err != nil {
		return o, nil, err
	}
	if err := c.checkScopes(&m.Spec); err != nil {
		return o, nil, err
	}
	o.Metadata = append(slices.Clone(m.Spec.Metadata), schemas.CrossedColumns(o.Parameters.Scopes)...)
	if err := o.readShards(ctx, c, &m); err != nil {
		return o, nil, err
	}
	shards := ""
	if c.Shards != "" {
		shards = m.Shards
	}
	files, err := checkFiles(ctx, c.Input, &m)
	for i := range files {
		files[i].Scopes = o.Parameters.Scopes
	}
	if err == nil {
		err = c.readLabels(ctx, &o, files)
	}
	if err == nil && len(condition) > 0 {
		err = c.restrict(ctx, &o, condition, files)
	}
	if err == nil {
		err = c.readLists(ctx, &o, files)
	}
	for i := range files {
		files[i].NaN = o.keepsNaN()
	}
	if err == nil {
		o.Fingerprint, o.Before, err = o.fingerprint(shards)
	}
	return o, files, err
}

// named returns what errors call latents: the file of another program that all are from, or
// their folder.
func named(in string, m *schemas.LatentsManifest) string {
	if m.Spec.Source == "" || len(m.Files) == 0 || slices.ContainsFunc(m.Files, func(f schemas.LatentsInfo) bool { return f.Shard != m.Files[0].Shard }) {
		return in
	}
	return m.Files[0].Shard
}

// keepsNaN reports whether the selection that is extended has picks of a group NaN, which earlier
// versions made of the images without a number: they keep their group.
func (o *Options) keepsNaN() bool {
	e := o.Parameters.Picking.Extend
	return e != nil && slices.ContainsFunc(e.Targets, func(t schemas.KeptTargets) bool { return schemas.OfNaN(t.Scope, t.GroupID) })
}

// CheckSpec refuses latents, by what is said of them, that no selection like this can be made
// of: with too few dimensions, or without a column that it names.
func (c Config) CheckSpec(spec *schemas.LatentsSpec) error {
	if _, _, err := spaces.Parse(c.space(), spec.Dimension); err != nil {
		return err
	}
	if _, err := c.balanced(spec); err != nil {
		return err
	}
	if _, err := c.resolve(spec); err != nil {
		return err
	}
	return c.checkScopes(spec)
}

// CheckLimits refuses limits of the quality gate, where no finished selection stands, for latents
// that do not have the columns that they are of.
func (c Config) CheckLimits(spec *schemas.LatentsSpec) error {
	for _, f := range c.Parameters.Gate.Flags() {
		switch {
		case !f.Bound.Given && !f.Bound.Off:
		case spec.Source != "":
			return fmt.Errorf("%s=%v: %s have no such column to judge: leave it out", f.Field, f.Bound, spec.Vectors())
		case f.Reason == schemas.ReasonMSE && f.Bound.Given && !spec.Reconstruct:
			return fmt.Errorf("%s=%v: the latents in %s have no column mse to judge: encode with encoding.Config.Reconstruct, or leave it out", f.Field, f.Bound, c.Input)
		}
	}
	return nil
}

// checkScopes makes sure that latents have what groups and their candidates are made by.
func (c Config) checkScopes(spec *schemas.LatentsSpec) error {
	for _, scope := range c.Parameters.Scopes {
		for column := range strings.SplitSeq(schemas.ColumnOf(scope), schemas.Cross) {
			if column == "" || column == schemas.ScopeLabel || slices.Contains(spec.Metadata, column) {
				continue
			}
			such := "such column"
			if column != scope {
				such = "column " + column
			}
			return fmt.Errorf("Config.Scopes=%s: the latents in %s have no %s: their columns of that kind are %v", scope, c.Input, such, spec.Metadata)
		}
	}
	if candidates := c.Parameters.Picking.Candidates; c.Parameters.Picking.Middle() && spec.Source != "" {
		return fmt.Errorf("Config.Candidates=%s: the vectors in %s are %s, without pixels and columns of quality: leave Config.Candidates out", candidates, c.Input, spec.Whose())
	}
	return nil
}

// enough makes sure that there are images for the clusters that are asked for.
func (o *Options) enough(in string) error {
	images := words.Plural(o.Inside, "image", "images")
	if o.Inside < o.Rows {
		images += " inside Config.Where"
	}
	if int64(o.Parameters.Clusters) > o.Inside {
		return fmt.Errorf("Config.Clusters=%d is more than the %s in %s: ask for fewer clusters", o.Parameters.Clusters, images, in)
	}
	if int64(o.Parameters.FineClusters) > o.Inside {
		return fmt.Errorf("Config.FineClusters=%d is more than the %s in %s: ask for fewer", o.Parameters.FineClusters, images, in)
	}
	return nil
}

// readShards makes sure that the folder of shards is the one that was encoded, and says
// whether a sample of its images can be read without reading all, and what their channels are.
func (o *Options) readShards(ctx context.Context, c Config, m *schemas.LatentsManifest) error {
	if c.Shards == "" {
		return nil
	}
	shards, data, err := outdir.ReadFinished[schemas.ShardsManifest](ctx, c.Shards, schemas.ShardsFile, "name the folder of the shards that were encoded")
	if err != nil {
		return err
	}
	if outdir.SHA256(data) != m.Shards {
		return fmt.Errorf("%s is not the one that %s was encoded from: name the folder of those shards, or encode again", store.Join(c.Shards, schemas.ShardsFile), c.Input)
	}
	o.Pixels = shards.Parameters.Compression != schemas.CompressionGzip
	o.Described = imagefile.Described{Channels: shards.Channels, FullScale: shards.FullScale, MicronsPerPixel: shards.MicronsPerPixel}
	return nil
}

// filesAtOnce is the number of footers that are read at the same time.
const filesAtOnce = 16

// checkFiles looks at the footer of every latents file.
func checkFiles(ctx context.Context, dir string, m *schemas.LatentsManifest) ([]rows.File, error) {
	files := make([]rows.File, len(m.Files))
	errs := make([]error, len(m.Files))
	group, _ := caught.NewTasks(ctx, filesAtOnce)
	for i, info := range m.Files {
		files[i] = rows.File{Path: store.Join(dir, info.File), Rows: info.Rows,
			Dimension: m.Spec.Dimension, ModelSHA256: m.Spec.ModelSHA256, SHA256: info.SHA256}
		group.Go(func() error {
			_, closer, err := rows.OpenFile(ctx, files[i])
			if err == nil {
				err = closer.Close()
			}
			errs[i] = err
			return nil
		})
	}
	group.Wait() // its functions keep their errors in errs, so that the first file is named
	for _, err := range errs {
		if err != nil {
			return nil, err
		}
	}
	return files, nil
}
