// Package selectcmd is the command select: its flags, what it tells the user, and how it puts the
// work together.
//
// What never enters: Gorgonia, plots, test helpers, encoding, sharding; the work itself.
package selectcmd

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/cli/runner"
	"exemplar/schemas"
	"exemplar/schemas/visible"
	"exemplar/schemas/words"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

// Command is select.
var Command = cli.Command{
	Name: "select", About: "picks the real images that represent the collection, or the nearest to each center", Setup: runner.On(setup),
	Examples: []string{
		"--input=latents/ --shards=shards/ --output=selection/",
		"--input=latents/ --shards=shards/ --output=selection/ --scope=label --budget=50",
		"--input=features.csv --id_column=image --vector_columns='^(area|mean_)' --space=zscore --output=selection/",
	},
	Groups: []string{
		"Input and output: input* output* shards labels assignments",
		"How many, and of what: where scope budget clusters",
		"Which images: top quota strategy candidates balance centers metrics space min_distance duplicates include exclude extend",
		"How clusters are made: clustering fine_clusters resampling_steps restarts max_passes sample_size seed",
		"Quality gate: gate min_foreground max_saturated max_border min_sharpness max_sharpness max_mse",
		"Vectors of another program: id_column vector_column vector_columns label_column ids",
		"Run: scratch resume overwrite",
	},
	Fields: map[string]string{"Auto": "clusters=auto"},
}

type job struct {
	flags   *flag.FlagSet
	config  selecting.Config
	vectors ingesting.Config // where Given
}

func setup(fs *flag.FlagSet) runner.Job {
	j := &job{flags: fs, config: selecting.DefaultConfig(), vectors: ingesting.DefaultConfig()}
	c := &j.config
	p := &c.Parameters
	fs.StringVar(&c.Input, "input", "", "`folder` of latents that encode wrote; or vectors of another program: Parquet files (a folder, glob or file) with --id_column and --vector_column, CSV tables (the same) with --id_column and --vector_columns, or a .npy matrix with --ids")
	fs.StringVar(&c.Output, "output", "", "`folder` for the selection")
	fs.StringVar(&c.Shards, "shards", "", "`folder` of the image shards, to fetch the picked originals")
	fs.StringVar(&c.Labels, "labels", "", "CSV `file` with labels, in a column label, of images, in a column image_id, file_name or filename: they count instead of those that were encoded, for --scope=label and wherever else labels do")
	fs.BoolVar(&p.Assignments, "assignments", false, "also write, for every eligible image and not only for picks, its groups, its distances and percentiles there, and the pick that is nearest to it: Parquet files beside selection.parquet, one for each file of latents")
	fs.StringVar(&c.Where, "where", "", "`condition`: only images that satisfy it count, as with well=A01 and area>200: comparisons joined by and, with = != < <= > >= or in (A01, A02), of Metadata_ columns (well is short for Metadata_well), label, image_id and quality columns as mse")
	fs.Var((*cli.List)(&p.Scopes), "scope", "`scope`: what a group is: cluster (k-means), global (all images), label, a Metadata_ column, columns crossed (Metadata_drug*Metadata_run: the images of one drug in one run), clusters crossed with columns (cluster*Metadata_drug: the images of one cluster with one drug), or several with commas")
	fs.Var((*cli.List)(&p.Centers), "centers", "`centers` of a group: mean, median, geometric_median, medoid, or several with commas")
	fs.Var((*cli.List)(&p.Metrics), "metrics", "`distances` to a center that rank images: euclidean, cosine, or both with a comma")
	fs.StringVar(&p.Space, "space", p.Space, "`raw|zscore|whiten:K`: the space in which latents are compared: raw, zscore (each dimension centered and divided by its standard deviation) or whiten:K (K principal components, each of variance 1)")
	pickFlags(fs, c)
	fs.Var(clustersFlag{p}, "clusters", "`number` of clusters, for --scope=cluster, crossed too (default 20, or with --strategy=nearest or facility and a budget, that of the budget, but not where they are crossed; with --extend those of that selection), or auto for the one of 2 to 200 with the largest silhouette")
	fs.StringVar(&p.Clustering, "clustering", p.Clustering, "`method`: how clusters are made: kmeans (most centers where most images are), or hierarchical (k-means of the centers of fine clusters, with resampling: centers spread over where images are, and rare kinds get clusters of their own)")
	fs.Var((*cli.Count)(&p.FineClusters), "fine_clusters", "`number` of fine clusters, for --clustering=hierarchical (default: 5 per cluster, fewer of small collections)")
	fs.IntVar(&p.ResamplingSteps, "resampling_steps", p.ResamplingSteps, "`number` of times that hierarchical k-means keeps the fine clusters nearest to each center and makes clusters of these alone: the more, the less it matters how many images there are of a kind")
	fs.Uint64Var(&p.Seed, "seed", p.Seed, "`number` that decides the random choices")
	fs.IntVar(&p.Restarts, "restarts", p.Restarts, "`number` of k-means++ seedings that are tried")
	fs.IntVar(&p.MaxPasses, "max_passes", p.MaxPasses, "`number` of passes over all latents at most; k-means ends earlier when it has converged, and hierarchical k-means makes none")
	fs.IntVar(&p.SampleSize, "sample_size", p.SampleSize, "`number` of images in the seeding sample (default: 20 per cluster, or per fine cluster, at least 10000)")
	gateFlags(fs, &p.Gate)
	vectorFlags(fs, &j.vectors)
	fs.StringVar(&c.Scratch, "scratch", "", "`folder` on the local disk for a copy of the embeddings while the run lasts, off for none (default: the system's folder for large temporary files)")
	fs.BoolVar(&c.Resume, "resume", c.Resume, "finish an interrupted run instead of starting over")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "do all work again")
	return j
}

// needless refuses flags of clusters, and of the way they are made, where there are none.
func (j *job) needless() error {
	p := &j.config.Parameters
	if !p.Clustered() {
		if name := cli.FirstGiven(j.flags, "clusters", "clustering", "fine_clusters", "resampling_steps", "restarts", "max_passes", "sample_size"); name != "" {
			return fmt.Errorf("%s: none of the scopes is %s, so there are no clusters to make", name, schemas.ScopeCluster)
		}
		return nil
	}
	if name := cli.FirstGiven(j.flags, "resampling_steps"); name != "" && !p.Hierarchical() {
		return fmt.Errorf("%s: only --clustering=%s has a use for it", name, schemas.ClusteringHierarchical)
	}
	if name := cli.FirstGiven(j.flags, "max_passes"); name != "" && p.Hierarchical() {
		return fmt.Errorf("%s: --clustering=%s makes none", name, schemas.ClusteringHierarchical)
	}
	return nil
}

// clustersFlag is the number of clusters, or auto.
type clustersFlag struct{ *schemas.SelectionParameters }

func (f clustersFlag) String() string {
	if f.SelectionParameters == nil {
		return ""
	}
	if f.Auto {
		return "auto"
	}
	if f.Clusters == 0 {
		return ""
	}
	return strconv.Itoa(f.Clusters)
}

func (f clustersFlag) Set(s string) (err error) {
	if f.Auto = s == "auto"; f.Auto {
		f.Clusters = 0
		return nil
	}
	if f.Clusters, err = strconv.Atoi(s); err != nil || f.Clusters < 1 {
		return fmt.Errorf("must be a number from 1 on, or auto")
	}
	return nil
}

// Validate checks all flags. Vectors of another program become latents below the
// output, from which the selection is made.
func (j *job) Validate() error {
	if err := j.needless(); err != nil {
		return err
	}
	c, v := &j.config, &j.vectors
	if v.Input = c.Input; v.Given() {
		if c.Shards != "" {
			return fmt.Errorf("--shards: vectors of another program have no image shards; leave it out")
		}
		v.Output = c.Output
		if err := v.Validate(); err != nil {
			return err
		}
		v.Output, v.Resume, v.Overwrite = store.Join(c.Output, schemas.VectorsDir), c.Resume, c.Overwrite
		c.Input = v.Output
	}
	return c.Validate()
}

// Places are what the workers read and write.
func (j *job) Places() map[string][]string {
	return map[string][]string{"input": {j.vectors.Input}, "ids": {j.vectors.IDs}, "shards": {j.config.Shards}, "labels": {j.config.Labels}, "output": {j.config.Output}}
}

func (j *job) Plan(ctx context.Context) (*preflight.Plan, error) {
	if j.vectors.Given() {
		if err := j.ready(ctx); err != nil {
			return nil, err
		}
		p, err := ingesting.Plan(ctx, j.vectors)
		if err != nil || p.Nothing == "" {
			return p, err
		}
	}
	return selecting.Plan(ctx, j.config)
}

func (j *job) Run(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	result, err := selecting.Hold(ctx, j.config, func(ctx context.Context) (*selecting.Result, error) {
		if err := j.convert(ctx, run, out); err != nil {
			return nil, err
		}
		return selecting.Run(ctx, j.config, run)
	})
	if err != nil {
		return err
	}
	summarize(out, j.config.Output, result, j.vectors.Given())
	return nil
}

// convert writes the vectors of another program as latents, if it is to select from
// such.
func (j *job) convert(ctx context.Context, run beamrun.Runner, out io.Writer) error {
	if !j.vectors.Given() {
		return nil
	}
	if err := j.ready(ctx); err != nil {
		return err
	}
	ctx, end := outdir.Step(ctx, "vectors")
	result, err := ingesting.Run(ctx, j.vectors, run)
	if err := end(err); err != nil {
		return err
	}
	summarizeVectors(out, j.vectors.Output, result)
	return nil
}

// ready looks, before vectors of another program are converted, at what else the
// selection is made of, and has those kept that a finished selection was made of, and those
// refused that lack what it names.
func (j *job) ready(ctx context.Context) error {
	if err := j.config.CheckBefore(ctx); err != nil {
		return err
	}
	var err error
	j.vectors.Kept, err = store.Exists(ctx, store.Join(j.config.Output, schemas.SelectionFile))
	j.vectors.Accepts = func(spec *schemas.LatentsSpec) error {
		if err := j.config.CheckSpec(spec); err != nil || j.vectors.Kept && !j.config.Overwrite {
			return err
		}
		return j.config.CheckLimits(spec)
	}
	return err
}

// summarize prints how many images stand for how many, what was left out and
// why, and where the files are.
func summarize(out io.Writer, dir string, r *selecting.Result, foreign bool) {
	m := r.Manifest
	if !r.Made {
		fmt.Fprintf(out, "Nothing to do: %s already holds this selection.\n", dir)
	}
	if r.Strategy != "" {
		fmt.Fprintln(out, r.Strategy)
	}
	if r.Damaged {
		fmt.Fprintln(out, "what an interrupted run had found was damaged: the selection was begun again")
	}
	summarizeLabels(out, m)
	summarizeWhere(out, m)
	summarizeGate(out, m)
	for _, s := range m.Scopes {
		fmt.Fprintf(out, "scope %s: %s of %s", s.Scope, groups(s.Groups), words.Plural(s.Images, "image", "images"))
		if s.Ungrouped > 0 {
			fmt.Fprintf(out, "; %s in none", words.Plural(s.Ungrouped, "eligible image without a value is", "eligible images without a value are"))
		}
		fmt.Fprintln(out)
		summarizeEmpty(out, &s)
	}
	summarizeSpace(out, m)
	if c := m.Clustering; c != nil {
		summarizeClustering(out, m, c)
	}
	summarizeCentering(out, m.Centering)
	summarizePicks(out, m, r.Unpicked)
	summarizeGrade(out, m)
	fmt.Fprintf(out, "table: %s\n", store.Join(dir, schemas.SelectionCSV))
	summarizeAssignments(out, dir, m.Assignments)
	switch {
	case m.Images:
		fmt.Fprintf(out, "images: %s\n", store.Join(dir, schemas.ImagesDir))
	case !foreign:
		fmt.Fprintf(out, "images: not written; name the image shards with --shards to fetch the originals\n")
	}
	if w := r.Warning(); w != "" {
		fmt.Fprintln(out, w)
	}
}

// emptyNamed bounds the groups without images that are printed.
const emptyNamed = 10

// summarizeEmpty names the pairs of a cluster and a value that no image has.
func summarizeEmpty(out io.Writer, s *schemas.ScopeSummary) {
	n := len(s.Empty)
	if n == 0 {
		return
	}
	names := visible.Text(strings.Join(s.Empty[:min(n, emptyNamed)], ", "))
	if n > emptyNamed {
		names += ", … (all in " + schemas.SelectionFile + ")"
	}
	fmt.Fprintf(out, "no image, and so no pick, is in %s of %s: %s\n", words.Count(n), words.Plural(s.Groups+n, "such group", "such groups"), names)
}

// summarizeLabels says which images a table of labels names, and which of its rows name none.
func summarizeLabels(out io.Writer, m *schemas.SelectionManifest) {
	l := m.Labels
	if l == nil {
		return
	}
	fmt.Fprintf(out, "labels by --labels: of %s of %s", words.Count(l.Images), words.Plural(m.Rows, "image", "images"))
	if without := m.Rows - l.Images; without > 0 {
		fmt.Fprintf(out, "; %s no row there, and so no label", words.Plural(without, "image has", "images have"))
	}
	if l.Empty > 0 {
		fmt.Fprintf(out, "; %s an empty one", words.Plural(l.Empty, "image has", "images have"))
	}
	fmt.Fprintln(out)
	if l.Strays > 0 {
		fmt.Fprintf(out, "warning: %s of its %s %s %s\n", words.Count(l.Strays), words.Plural(l.Rows, "row", "rows"), words.Noun(l.Strays, "names no image in the latents:", "name no image in the latents, the first"), visible.Text(l.Stray))
	}
}

// summarizeAssignments says where the rows of all images are.
func summarizeAssignments(out io.Writer, dir string, a *schemas.Assignments) {
	if a == nil || len(a.Files) == 0 {
		return
	}
	names := store.Join(dir, a.Files[0].File)
	if n := len(a.Files); n > 1 {
		names += " to " + a.Files[n-1].File
	}
	fmt.Fprintf(out, "assignments: %s in %s\n", words.Plural(a.Rows, "row", "rows"), names)
}

// summarizeSpace says what the space keeps, and warns where one dimension decides
// cosine distances.
func summarizeSpace(out io.Writer, m *schemas.SelectionManifest) {
	s := m.Space
	switch s.Kind {
	case spaces.ZScore:
		fmt.Fprintf(out, "space zscore: found from %s images\n", progress.Count(int64(s.Rows)))
	case spaces.Whiten:
		fmt.Fprintf(out, "space whiten:%d: %.1f %% of the variance, found from %s images\n", s.Dimension, 100*s.Variance, progress.Count(int64(s.Rows)))
	}
	if d, ok := s.Dominant(); ok && slices.Contains(m.Parameters.Metrics, schemas.MetricCosine) {
		advice := "; --space=zscore or whiten:K weighs dimensions alike"
		switch {
		case s.Dimension == 1:
			advice = ": of one number they tell only the sign"
		case s.Kind == spaces.ZScore:
			advice = "; --space=whiten:K weighs dimensions alike"
		case s.Kind == spaces.Whiten:
			advice = ""
		}
		fmt.Fprintf(out, "warning: dimension %d holds %.0f %% of the squared norm, so cosine distances compare little else%s\n", d.Dimension, 100*d.Share, advice)
	}
}

func summarizeClustering(out io.Writer, m *schemas.SelectionManifest, c *schemas.Clustering) {
	for _, v := range c.Curve {
		if v.Clusters == c.Clusters {
			fmt.Fprintf(out, "%d clusters: of the %d numbers tried from %d to %d the one with the largest silhouette, %.3f; two halves of the sample agree to %.2f\n",
				v.Clusters, len(c.Curve), c.Curve[0].Clusters, c.Curve[len(c.Curve)-1].Clusters, v.Silhouette, v.Stability)
		}
	}
	if len(c.Levels) > 0 {
		fine, upper := c.Levels[0], c.Levels[len(c.Levels)-1]
		fmt.Fprintf(out, "hierarchical k-means of %s: %s, and %s of %s after %s", words.Plural(fine.Rows, "image", "images"), words.Plural(fine.Clusters, "fine cluster", "fine clusters"),
			words.Plural(upper.Clusters, "cluster", "clusters"), words.Noun(fine.Clusters, "its center", "their centers"), words.Plural(upper.Steps, "resampling step", "resampling steps"))
	} else if c.Converged {
		fmt.Fprintf(out, "k-means converged in %s over the latents", words.Plural(c.Passes, "full pass", "full passes"))
	} else {
		fmt.Fprintf(out, "k-means had not converged after %s over the latents (--max_passes)", words.Plural(c.Passes, "full pass", "full passes"))
	}
	fmt.Fprintf(out, ", inertia %.6g\n", c.Inertia)
	for _, s := range m.Scopes {
		if s.Scope == schemas.ScopeCluster && s.Groups < c.Clusters {
			fmt.Fprintf(out, "only %s: there are not %d different latents to tell apart\n", groups(s.Groups), c.Clusters)
		}
	}
}

// summarizeCentering warns of centers that are not as exact as they should be.
func summarizeCentering(out io.Writer, c schemas.Centering) {
	if g := c.GeometricMedian; g != nil && g.Unfinished > 0 {
		fmt.Fprintf(out, "%s: the geometric median was not exact to %g after %d passes; the largest residual is %.3g\n",
			groups(g.Unfinished), g.Tolerance, c.Passes, g.LargestResidual)
	}
}

func groups(n int) string { return words.Plural(n, "group", "groups") }
