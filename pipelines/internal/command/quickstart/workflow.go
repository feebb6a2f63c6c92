package quickstart

import (
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/encoding"
	"exemplar/transforms/reporting/publish"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
	"exemplar/transforms/store"
	"exemplar/transforms/training"
	"exemplar/transforms/verifying"
)

// workflow is the configuration of every step, each reading what the one before
// wrote.
type workflow struct {
	output    string
	sharding  sharding.Config
	training  training.Config // of the linear autoencoder
	compared  string          // folder of the convolutional one where the linear one is better
	arch      string          // archConv, training.ArchLinear or "", where nobody asked
	epochs    int             // of the former; 0: by the budget
	portable  bool            // the program has no kernels in assembly for this processor
	graceful  *graceful
	generated bool // the images are the sample
	images    int  // of it
	before    bool // the selection is one with the default of before
	encoding  encoding.Config
	selecting selecting.Config
	report    publish.Config
}

// Folders below the output.
const (
	sampleDir    = "sample"
	shardsDir    = "shards"
	modelDir     = "model" // the one that the images are encoded with
	latentsDir   = "latents"
	selectionDir = "selection"
	comparedDir  = "compared/convolutional"
)

func (j *job) workflow() *workflow {
	out := j.output
	inputs := j.inputs()
	if len(inputs) == 0 {
		inputs = []string{store.Join(out, sampleDir)}
	}
	shards, trained, compared := store.Join(out, shardsDir), store.Join(out, modelDir), store.Join(out, comparedDir)
	latents, selection := store.Join(out, latentsDir), store.Join(out, selectionDir)
	shard := j.sharding
	shard.Listing.Inputs = inputs
	shard.Listing.Exclude = []string{shards, trained, compared, latents, selection, store.Join(out, schemas.StateDir)}
	shard.Output, shard.Accept, shard.Overwrite = shards, j.enough, j.overwrite
	encode := encoding.DefaultConfig()
	encode.Shards, encode.Model, encode.Output = shards, trained, latents
	encode.Reconstruct, encode.ModelDerived, encode.Overwrite = true, true, j.overwrite
	train := training.DefaultConfig()
	train.Shards, train.Output, train.Latent, train.Seed = shards, trained, j.latent, j.seed
	train.Overwrite, train.Choices = j.overwrite, j.choices()
	choose := selecting.DefaultConfig()
	choose.Input, choose.Output, choose.Shards, choose.ModelDerived, choose.Overwrite = latents, selection, shards, true, j.overwrite
	choose.Parameters.Clusters, choose.Parameters.Top, choose.Parameters.Picking.Budget, choose.Parameters.Seed = int(j.clusters), int(j.top), int(j.budget), j.seed
	report := publish.DefaultConfig()
	report.Report.Selection, report.Overwrite = selection, j.overwrite
	return &workflow{
		output: out, generated: len(j.inputs()) == 0, images: j.images,
		sharding: shard, training: train, compared: compared, arch: j.arch, epochs: j.epochs, portable: model.Portable(), graceful: &j.training,
		encoding: encode, selecting: choose, report: report,
	}
}

// enough makes sure that so many images can have as many clusters as were asked for.
func (j *job) enough(images int64) error {
	if int64(j.clusters) > images {
		return fmt.Errorf("--clusters=%d is more than the %s: ask for fewer clusters, or leave the flag away", j.clusters, words.Plural(images, "image", "images"))
	}
	return nil
}

// choices are the flags of training that the user chose; all others follow from the
// number and the size of the images.
func (j *job) choices() []string {
	flags := []string{"latent", "seed"}
	if j.arch == training.ArchLinear {
		flags = append(flags, "arch")
	}
	if j.epochs > 0 {
		flags = append(flags, "epochs")
	}
	return flags
}

func (r *workflow) validate() error {
	for _, step := range []interface{ Validate() error }{r.sharding, r.training, r.encoding, r.selecting, r.report} {
		if err := step.Validate(); err != nil {
			return err
		}
	}
	return nil
}

// walk runs the steps in order and tells of each what came of it and how long it
// took. With a sample function it first generates the images.
func (r *workflow) walk(ctx context.Context, run beamrun.Runner, out io.Writer, generate func(ctx context.Context, dir string) (string, error)) error {
	_, err := outdir.Locked(ctx, r.output, "quickstart", func(ctx context.Context) (any, error) { return nil, r.steps(ctx, run, out, generate) })
	return err
}

// steps runs the steps in order.
func (r *workflow) steps(ctx context.Context, run beamrun.Runner, out io.Writer, generate func(ctx context.Context, dir string) (string, error)) error {
	steps := []step{
		{"shard", func(ctx context.Context) (string, error) { return r.shard(ctx, run) }},
		{"train", func(ctx context.Context) (string, error) { return r.train(ctx, &indented{out}) }},
		{"encode", func(ctx context.Context) (string, error) { return r.encode(ctx, run) }},
		{"select", func(ctx context.Context) (string, error) { return r.choose(ctx, run) }},
		{"verify", r.verify},
		{"report", r.publish},
	}
	if generate != nil {
		first := step{"sample", func(ctx context.Context) (string, error) { return generate(ctx, store.Join(r.output, sampleDir)) }}
		steps = append([]step{first}, steps...)
	}
	if err := r.keepsSample(ctx); err != nil {
		return err
	}
	if err := r.claim(ctx); err != nil {
		return err
	}
	began := time.Now()
	for _, s := range steps {
		start := time.Now()
		within, end := outdir.Step(ctx, s.name)
		line, err := s.do(within)
		if err := end(err); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		line = strings.ReplaceAll(line, "\n", "\n"+indent)
		fmt.Fprintf(out, "%-7s %7s  %s\n", s.name, time.Since(start).Round(10*time.Millisecond), line)
	}
	fmt.Fprintf(out, "%-7s %7s\n\n", "all", time.Since(began).Round(10*time.Millisecond))
	r.directions(out)
	return nil
}

// claim makes sure, before the first step changes anything, that no step finds files of
// somebody else in its folder.
func (r *workflow) claim(ctx context.Context) error {
	for _, step := range []struct {
		name  string
		claim func() error
	}{
		{"shard", func() error { return sharding.Claim(ctx, r.sharding) }},
		{"train", func() error { return training.Claim(ctx, r.training) }},
		{"train", func() error { return training.Claim(ctx, r.trainingIn(r.compared)) }},
		{"encode", func() error { return encoding.Claim(ctx, r.encoding) }},
		{"select", func() error { return selecting.Claim(ctx, r.selecting) }},
		{"report", func() error { return publish.Claim(ctx, r.report) }},
	} {
		if err := step.claim(); err != nil {
			return fmt.Errorf("%s: %w", step.name, err)
		}
	}
	return r.standing(ctx)
}

// standing refuses, before the first step changes anything, what the flags of later steps
// would replace.
func (r *workflow) standing(ctx context.Context) error {
	if r.selecting.Overwrite {
		return nil
	}
	m, ok, err := outdir.ReadManifest[schemas.SelectionManifest](ctx, store.Join(r.selecting.Output, schemas.SelectionFile))
	if err != nil {
		return fmt.Errorf("select: %w", err)
	}
	finished := ok && m.Validate() == nil
	if finished {
		r.asBefore(&m)
	}
	linear := r.arch == training.ArchLinear
	if r.smaller() {
		there, ok, err := modeldir.ReadHead(ctx, r.training.Output)
		if err != nil {
			return fmt.Errorf("train: %w", err)
		}
		linear = ok && there.Architecture.Family == model.FamilyLinear
	}
	if linear {
		if err := training.Standing(ctx, r.training); err != nil {
			return fmt.Errorf("train: %w", err)
		}
	}
	if !finished {
		return nil
	}
	here := r.selecting.Parameters
	chosen := func(p schemas.SelectionParameters) []outdir.Parameter {
		return []outdir.Parameter{outdir.Chosen("clusters", p.Clusters).DerivedIf(here.Clusters == 0), outdir.Chosen("top", p.Top),
			outdir.Chosen("budget", p.Picking.Budget).DerivedIf(here.Picking.Budget == 0 && here.Top == 0), outdir.Chosen("seed", p.Seed)}
	}
	out := outdir.Output{Dir: r.selecting.Output, Parameters: chosen(here)}
	if err := out.Refuse(out.Differs(chosen(m.Parameters))); err != nil {
		return fmt.Errorf("select: %w", err)
	}
	return nil
}

// topBefore is how many images of each cluster, the nearest to its center, quickstart picked
// where nothing was said, before representative ones became the default.
const topBefore = 5

// asBefore has a selection that was finished with the default of then stay as it is.
func (r *workflow) asBefore(m *schemas.SelectionManifest) {
	p := &r.selecting.Parameters
	if p.Top == 0 && p.Picking.Budget == 0 && m.Parameters.Top == topBefore {
		p.Top, r.before = topBefore, true
	}
}

// step is one step of the workflow; do returns what came of it in one line.
type step struct {
	name string
	do   func(ctx context.Context) (string, error)
}

func (r *workflow) shard(ctx context.Context, run beamrun.Runner) (string, error) {
	result, err := sharding.Run(ctx, r.sharding, run)
	if err != nil {
		return "", err
	}
	m := result.Manifest
	line := fmt.Sprintf("%s listed = %s written + %s rejected; %s of %s images", words.Plural(m.Listed, "image", "images"),
		progress.Count(m.Written), progress.Count(m.Rejected), words.Plural(len(m.Shards), "shard", "shards"), m.Image)
	for _, reason := range slices.Sorted(maps.Keys(m.RejectedByReason)) {
		line += fmt.Sprintf("\nrejected, %s: %s", strings.ReplaceAll(reason, "_", " "), progress.Count(m.RejectedByReason[reason]))
	}
	for _, note := range result.Notes {
		if r.generated && (strings.Contains(note, "is what Exemplar wrote") || note == "no images by their name: 1 .json") {
			continue // its own sample, and what says so
		}
		line += "\n" + note
	}
	return line, nil
}

func (r *workflow) encode(ctx context.Context, run beamrun.Runner) (string, error) {
	result, err := encoding.Run(ctx, r.encoding, run)
	if err != nil {
		return "", err
	}
	m := result.Manifest
	line := fmt.Sprintf("%s = %s encoded + %s rejected; %s",
		words.Plural(m.Records, "image", "images"), progress.Count(m.Rows), progress.Count(m.Rejected), words.Plural(len(m.Files), "Parquet file", "Parquet files"))
	if m.Rejected > 0 {
		line += fmt.Sprintf("\neach one rejected is a line of %s", store.Join(r.encoding.Output, schemas.LatentsErrorsFile))
	}
	return line, nil
}

func (r *workflow) choose(ctx context.Context, run beamrun.Runner) (string, error) {
	result, err := selecting.Run(ctx, r.selecting, run)
	if err != nil {
		return "", err
	}
	m := result.Manifest
	line := fmt.Sprintf("%s from %s of %s; %s gated out", words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Scopes[0].Groups, "cluster", "clusters"),
		words.Plural(m.Eligible, "image", "images"), progress.Count(m.Excluded))
	if n := m.Parameters.Clusters; r.selecting.Parameters.Clusters == 0 && n < selecting.DefaultClusters {
		line += fmt.Sprintf("\n%s because the collection is small, one for every ten images (--clusters)", words.Plural(n, "cluster", "clusters"))
	}
	if c := m.Clustering; c != nil && !c.Converged {
		line += fmt.Sprintf("\nk-means had not converged after %s over the latents", words.Plural(c.Passes, "full pass", "full passes"))
	}
	if c := m.Clustering; c != nil && m.Scopes[0].Groups < c.Clusters {
		line += fmt.Sprintf("\nonly %s: there are not %s different latents to tell apart", words.Plural(m.Scopes[0].Groups, "cluster", "clusters"), words.Count(c.Clusters))
	}
	if r.before {
		line += fmt.Sprintf("\nthe %d nearest to the center of each cluster, the default when %s was made; --overwrite makes it with today's, representative images", topBefore, r.selecting.Output)
	}
	v := verdict.Of(m)
	for _, s := range v.Sets {
		line += "\n" + s.Sentence
	}
	for _, said := range v.Lines() {
		line += "\n" + said
	}
	if w := result.Warning(); w != "" {
		line += "\n" + w
	}
	return line, nil
}

// verify checks the three folders that hold data.
func (r *workflow) verify(ctx context.Context) (string, error) {
	for _, dir := range []string{r.sharding.Output, r.encoding.Output, r.selecting.Output} {
		report, err := verifying.Run(ctx, verifying.Config{Input: dir})
		if err != nil {
			return "", err
		}
		if report.Total > 0 {
			return "", fmt.Errorf("%s: %d of its claims do not hold, the first: %s", dir, report.Total, report.Problems[0])
		}
	}
	return "every checksum, count, distance and rank recomputed: all hold", nil
}

// publish makes the report.
func (r *workflow) publish(ctx context.Context) (string, error) {
	result, err := publish.Run(ctx, r.report)
	if err != nil {
		return "", err
	}
	if result.Report == nil {
		return "the page is there already", nil
	}
	return fmt.Sprintf("one page of %s with %s pictures", progress.Bytes(result.Bytes), progress.Count(int64(len(result.Report.Pictures)))), nil
}

// directions says where to look.
func (r *workflow) directions(out io.Writer) {
	for _, line := range [][2]string{
		{"the report, for a browser", store.Join(r.selecting.Output, schemas.ReportPage)},
		{"a figure for a paper", store.Join(r.selecting.Output, schemas.FigurePNG)},
		{"the picked images", store.Join(r.selecting.Output, schemas.ImagesDir)},
		{"the manifest for a paper", store.Join(r.selecting.Output, schemas.SelectionCSV)},
		{"the model", r.training.Output},
		{"the latents", store.Join(r.encoding.Output, "latents-*.parquet")},
		{"what was rejected", store.Join(r.sharding.Output, schemas.ErrorsFile)},
	} {
		fmt.Fprintf(out, "  %-26s %s\n", line[0], line[1])
	}
}
