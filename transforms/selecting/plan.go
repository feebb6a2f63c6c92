package selecting

import (
	"context"
	"runtime"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/picking"
	"exemplar/transforms/store"
)

// Plan says what Run would do, and refuses what it would refuse. It changes nothing.
func Plan(ctx context.Context, c Config) (*preflight.Plan, error) {
	p, _, done, err := step.Check(ctx, c.output(), func(ctx context.Context) (*plan, *work, error) {
		return makePlan(ctx, c, nil)
	})
	switch {
	case err != nil:
		return nil, err
	case done:
		nothing := c.Output + " already holds this selection."
		if p.strategy != "" {
			nothing += "\n" + p.strategy
		}
		return &preflight.Plan{Nothing: nothing}, nil
	case p.whole:
		text := &preflight.Plan{}
		text.Writing("%s, which is all that an interrupted run left to do, in %s", schemas.SelectionFile, c.Output)
		return text, nil
	}
	text := p.options.describe(c, len(p.files), p.options.picks(1, kmeans.MaxAuto), p.shape)
	if p.strategy != "" {
		text.Note("%s", p.strategy)
	}
	return text, nil
}

// describe puts the plan into words.
func (o *Options) describe(c Config, files int, picks int64, shape schemas.ImageShape) *preflight.Plan {
	p := &preflight.Plan{}
	p.Reading("%s of %s in %s, in %s", words.Plural(o.Rows, "latent vector", "latent vectors"), words.Plural(o.Encoded, "dimension", "dimensions"), words.Plural(files, "file", "files"), c.Input)
	if c.Shards != "" {
		p.Reading("the picked images, of %s, in %s, where these were encoded", shape, c.Shards)
	}
	if l := o.Labeled; l != nil {
		p.Reading("labels of %s of these in %s, which has %s", words.Count(l.Images), c.Labels, words.Plural(l.Rows, "row", "rows"))
	}
	if len(o.Parameters.Where) > 0 {
		p.Reading("only the %s inside Config.Where: %s (%s)", words.Plural(o.Inside, "image", "images"), o.Parameters.Where, o.Parameters.Where.Types())
	}
	if kept, struck := o.earlierPicks(); struck > 0 {
		p.Reading("the earlier selection %s: new picks take the ranks of the %s of its %s that Config.Exclude names, and the others keep theirs", c.Extend, words.Count(struck), words.Plural(kept+struck, "pick", "picks"))
	}
	images := "no images: Config.Shards names where they are"
	if c.Shards != "" {
		images = "as many images of " + shape.String()
	}
	columns := ""
	if len(schemas.ColumnsOf(o.Parameters.Scopes)) > 0 && o.Parameters.Top > 0 {
		columns = ", and as many more for every further value of the columns,"
	}
	most := ""
	if o.Parameters.Auto && o.Parameters.Picking.Budget == 0 {
		most = "up to " // as many clusters as there may be
	}
	p.Writing("%s%s picks%s and %s, about %s, in %s%s", most, progress.Count(picks), columns, images, progress.Bytes(o.need(picks, shape)), c.Output, preflight.Free(c.Output))
	if o.Parameters.Assignments {
		names := schemas.AssignmentsName(0, files)
		if files > 1 {
			names += " to " + schemas.AssignmentsName(files-1, files)
		}
		p.Writing("%s, a row for every eligible image of each scope, center and metric, up to %s in all", names, words.Plural(o.assignments(), "row", "rows"))
	}
	for _, b := range o.Parameters.Picking.Balance {
		p.Note("picks have the values of %s in %s, as nearly as whole numbers allow (Config.Balance); what that costs the run tells", b.Column, b.Shared())
	}
	for _, scope := range o.Parameters.Scopes {
		if schemas.CrossesClusters(scope) {
			p.Note("clusters are found over all images that may be picked, then divided by the values of %s (Config.Scopes=%s)", schemas.ColumnOf(scope), scope)
		}
	}
	if c.Scratch != scratchOff {
		p.Writing("while it lasts a copy of the latents for its passes, %s, on the local disk (Config.Scratch)", progress.Bytes(4*o.Rows*int64(o.Encoded)))
	}
	if o.Parameters.Picking.Middle() {
		p.Note("one more pass over the latents finds which images are in the middle half of their group (Config.Candidates)")
	}
	if o.Parameters.Picking.Strategy == schemas.StrategyRange {
		p.Note("up to %d more passes over the latents find the quartiles of the distances of each group (Config.Strategy)", o.spreadPasses())
	}
	p.Memory = o.memory()
	if o.Parameters.Clustered() && !o.Parameters.Hierarchical() {
		p.Note("the passes over the latents depend on how soon k-means converges: from 2 to %d (Config.MaxPasses)", o.Parameters.MaxPasses)
	}
	return p
}

// picks returns about how many picks there will be, with so many values of a label
// or a column, and of clusters whose number follows from the data: what there are is only
// known when they are read.
func (o *Options) picks(values, auto int64) int64 {
	p := o.Parameters
	sets := int64(len(p.Centers) * len(p.Metrics))
	if p.Picking.Budget > 0 {
		return min(int64(p.Picking.Budget), o.Inside) * sets * int64(len(p.Scopes))
	}
	groups, clusters := int64(0), int64(p.Clusters)
	if p.Auto {
		clusters = auto
	}
	for _, scope := range p.Scopes {
		switch {
		case scope == schemas.ScopeCluster:
			groups += clusters
		case scope == schemas.ScopeGlobal:
			groups++
		case schemas.CrossesClusters(scope):
			groups += clusters * values
		default:
			groups += values
		}
	}
	top := int64(p.Top)
	if p.Picking.Strategy == schemas.StrategyRange {
		top *= int64(len(schemas.Positions))
	}
	return min(top*groups, o.Inside*int64(len(p.Scopes))) * sets
}

// assignments returns how many rows the assignments files have, where all images are
// eligible, and in a group of each scope.
func (o *Options) assignments() int64 {
	if !o.Parameters.Assignments {
		return 0
	}
	return o.Inside * int64(o.set(len(o.Parameters.Scopes), 0, 0))
}

const (
	pickBytes       = 600 // about what a pick takes in tables and manifest
	assignmentBytes = 40  // and a row of the assignments files
)

// need returns about how many bytes a selection of so many picks has.
func (o *Options) need(picks int64, shape schemas.ImageShape) int64 {
	bytes := picks*pickBytes + o.assignments()*assignmentBytes + 1<<20
	if o.Shards != "" {
		bytes += picks * int64(shape.Bytes()+512)
	}
	return bytes
}

// shape returns the shape of the images in the shards, all of which must be there; zero
// without shards.
func (o *Options) shape(ctx context.Context) (schemas.ImageShape, error) {
	if o.Shards == "" {
		return schemas.ImageShape{}, nil
	}
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(o.Shards, schemas.ShardsFile))
	if err == nil {
		err = outdir.ShardsThere(ctx, o.Shards)
	}
	return m.Image, err
}

const (
	gradedRows  = 20000 // on which a selection is graded, as many as it is compared with
	engineBytes = 48 << 20
)

// memory makes the peak out of what is held: the rows that are graded, with their
// copies in other spaces, the sample of k-means, a little for every row, and the distances
// that assignments are ranked by, on their way twice.
func (o *Options) memory() int64 {
	d, rows := int64(o.Encoded), o.Rows
	counters := int64(0)
	if o.Parameters.Picking.Strategy == schemas.StrategyRange {
		counters = spreadBytes * int64(runtime.GOMAXPROCS(0)+1)
	}
	return runlog.Memory() + counters + engineBytes + 4*d*(6*min(rows, 2*gradedRows)+3*min(rows, int64(o.Parameters.SampleSize))) + 100*rows + o.labelBytes() + 16*o.assignments() + picking.Memory(&o.Parameters, rows)
}

// labelBytes returns about what the table of labels takes in memory.
func (o *Options) labelBytes() int64 {
	if o.Labeled == nil {
		return 0
	}
	return 200 * o.Labeled.Rows
}
