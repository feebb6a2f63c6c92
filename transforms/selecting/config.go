package selecting

import (
	"cmp"
	"fmt"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/defaults"
	"exemplar/transforms/selection/spaces"
)

// Config is what a user chooses for one run.
type Config struct {
	Input  string // folder of latents
	Output string // folder for the selection
	Shards string // folder of the image shards; "" leaves the picked originals unread

	// Scratch is the folder for a copy of the embeddings that passes read faster
	// than the latents, on every machine that works on the run. It is gone when the
	// run ends. "" takes the system's folder for large temporary files, scratchOff makes none.
	Scratch string

	// Parameters are the choices that decide the picks. What is 0 in them is found from
	// the data, or from the rest: Picking.Strategy, Picking.Duplicates, Clusters, and with neither Top nor Picking.Budget that budget, by
	// DefaultBudget and DefaultClusters; SampleSize by kmeans.DefaultSampleSize;
	// FineClusters by kmeans.DefaultFine.
	Parameters schemas.SelectionParameters

	// Where says which images the selection is of, as schemas.ParseCondition reads it: the
	// others count for nothing, as if the latents did not hold them. "" for all. What it
	// comes to with the columns of the latents is in Parameters.Where, which stays empty
	// here.
	Where string

	// Balance names the columns of which picks have the values in fixed shares, as
	// schemas.ParseBalance reads them. "" for none. With the names of the latents they are
	// in Parameters.Picking.Balance, which stays empty here.
	Balance string

	// Labels is a CSV file with labels of images, as package labels reads it, that count
	// instead of those of the latents. "" for these. Its hash is in Parameters.Labels, which
	// stays empty here.
	Labels string

	// Include and Exclude are files with image ids, one per line or in the column
	// image_id of a CSV, that are picked in any case and never; Extend is the folder
	// of an earlier selection, whose picks keep their ranks, or their order where
	// the collection has grown since. "" for none.
	Include, Exclude, Extend string

	// ModelDerived says that the model follows from the data, and not from a choice: a
	// finished selection by another one is made again.
	ModelDerived bool

	earlierSearch bool // for representative picks: that of the finished selection in Output (decided)
	earlierScores bool // for z-scores: the deviation of the finished selection in Output (decided)

	// Resume, the default, finishes an interrupted run with the same inputs and
	// parameters; Overwrite does all work again.
	Resume, Overwrite bool
}

// DefaultConfig returns the configuration of a selection of the images that represent all
// clusters together. Input and Output have no default.
func DefaultConfig() Config {
	return Config{Resume: true, Parameters: defaults.Parameters()}
}

// Validate reports the first wrong field, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return fmt.Errorf("Config.Input is missing: name the folder of latents that encode wrote")
	case c.Output == "":
		return fmt.Errorf("Config.Output is missing: name the folder for the selection")
	case c.Parameters.SampleSize < 0:
		return fmt.Errorf("Config.SampleSize=%d: must be at least Config.Clusters, or 0 for the default", c.Parameters.SampleSize)
	case c.Parameters.Hierarchical() && !c.Parameters.Clustered():
		return fmt.Errorf("Config.Clustering=%s: none of the scopes is %s", c.Parameters.Clustering, schemas.ScopeCluster)
	}
	if _, _, err := spaces.Parse(c.space(), math.MaxInt); err != nil {
		return err
	}
	if _, err := c.condition(); err != nil {
		return err
	}
	if _, err := c.balancing(); err != nil {
		return err
	}
	p := c.parameters(math.MaxInt64, 1)
	return p.Validate()
}

// choices returns what the user chose, and what the data decided instead.
func (c Config) choices(p schemas.SelectionParameters) []outdir.Parameter {
	given, pick := c.Parameters, p.Picking
	clusters := outdir.Chosen("clusters", p.Clusters)
	if p.Auto {
		clusters.Value = "auto"
	}
	list := []outdir.Parameter{
		outdir.Chosen("scope", p.Scopes).Of("Config.Scopes"), outdir.Chosen("centers", p.Centers), outdir.Chosen("metrics", p.Metrics), outdir.Chosen("space", p.Space),
		clusters.DerivedIf(given.Clusters == 0 && !given.Auto), outdir.Chosen("clustering", p.Clustering),
		outdir.Chosen("fine_clusters", p.FineClusters).DerivedIf(given.FineClusters == 0), outdir.Chosen("resampling_steps", p.ResamplingSteps),
		outdir.Chosen("top", p.Top), outdir.Chosen("budget", pick.Budget).DerivedIf(given.Picking.Budget == 0),
		outdir.Chosen("quota", pick.Quota), outdir.Chosen("strategy", pick.Strategy),
		outdir.Chosen("candidates", cmp.Or(pick.Candidates, schemas.CandidatesAll)), outdir.Chosen("min_distance", pick.MinDistance),
		outdir.Chosen("duplicates", pick.Duplicates).DerivedIf(given.Picking.Duplicates == ""), outdir.Given("include", c.Include), outdir.Given("exclude", c.Exclude),
		outdir.Given("extend", c.Extend), outdir.Given("shards", c.Shards),
		outdir.Chosen("seed", p.Seed), outdir.Chosen("restarts", p.Restarts), outdir.Chosen("max_passes", p.MaxPasses),
		outdir.Chosen("sample_size", p.SampleSize).DerivedIf(given.SampleSize == 0),
		outdir.Chosen("gate", p.Gate.Mode).Of("Config.Gate.Mode"),
	}
	for _, f := range p.Gate.Flags() {
		list = append(list, outdir.Chosen(f.Name, f.Bound))
	}
	list = append(list, outdir.Chosen("assignments", p.Assignments))
	if len(p.Where) > 0 {
		list = append(list, outdir.Chosen("where", p.Where))
	}
	if p.Labels != "" {
		list = append(list, outdir.Chosen("labels", fmt.Sprintf("a table of sha256 %.12s", p.Labels)))
	}
	if len(pick.Balance) > 0 {
		list = append(list, outdir.Chosen("balance", pick.Balance))
	}
	return list
}

// space returns Parameters.Space, raw where it is not given.
func (c Config) space() string { return cmp.Or(c.Parameters.Space, spaces.Raw) }

// Defaults of how many images are picked, and of how many groups.
const (
	DefaultBudget   = defaults.Budget
	DefaultClusters = defaults.Clusters
)

// parameters returns the parameters as the manifest records them: defaults
// filled in, for latents of which so many rows of d dimensions satisfy the condition, and
// those left out that decide nothing.
func (c Config) parameters(rows int64, d int) schemas.SelectionParameters {
	p := c.Parameters
	if p.Space = c.space(); p.Space == spaces.ZScore && !c.earlierScores {
		p.Deviation = schemas.DeviationPopulation
	}
	p.Picking.Balance, _ = c.balancing() // Validate has looked at it
	return defaults.Fill(p, rows, d, c.earlierSearch)
}

// scratchOff is the value of Config.Scratch for no copy.
const scratchOff = "off"
