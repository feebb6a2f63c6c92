package reporting

import (
	"fmt"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/redact"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/store"
)

// command is one command line under construction: the page shows it to those who run the
// programs, with their flags.
type command []string

// run begins the command line of a step.
func run(step string) *command { return &command{"exemplar " + step} }

// flag adds a flag unless its value is the default. Credentials are hidden.
func (c *command) flag(name string, value any, usual any) {
	if v := fmt.Sprint(value); v != fmt.Sprint(usual) {
		*c = append(*c, redact.Args([]string{"--" + name + "=" + quote(v)})[0])
	}
}

func (c *command) on(name string, is bool) {
	if is {
		*c = append(*c, "--"+name)
	}
}

func (c *command) String() string { return strings.Join(*c, " ") }

// quote quotes a value for a POSIX shell where it has to be.
func quote(s string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:=@%+", r)
	}
	if s != "" && strings.IndexFunc(s, func(r rune) bool { return !plain(r) }) < 0 {
		return s
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// commands are those that make the same selection from the same images.
func (g *gatherer) commands() []string {
	shards := orName(g.shardsDir, "SHARDS")
	modelDir := orName(g.modelDir, "MODEL")
	var list []string
	if g.latents.Spec.Source == "" {
		if g.collection != nil {
			list = append(list, g.shardCommand(shards))
		}
		if g.model != nil {
			list = append(list, modelCommand(g.model, shards, modelDir))
		}
		list = append(list, g.encodeCommand(shards, modelDir))
	}
	if g.latents.Spec.Rows() {
		list = append(list, g.encodeRowsCommand())
	}
	list = append(list, g.selectCommand(shards))
	verify := run("verify")
	verify.flag("input", g.Selection, "")
	verify.flag("latents", g.verifyLatents(), "")
	report := run("report")
	report.flag("selection", g.Selection, "")
	report.flag("latents", g.Latents, "")
	report.flag("shards", g.Shards, "")
	report.flag("model", g.Model, "")
	report.flag("embedding", g.Embedding, EmbeddingNone)
	if g.Embedding == EmbeddingUMAP || g.Embedding == EmbeddingTSNE {
		report.flag("seed", g.Seed, 1)
	}
	report.flag("title", g.Title, "")
	report.on("link", g.Link != "")
	return append(list, verify.String(), report.String())
}

// verifyLatents is the folder that verify has to be told of, "" where it finds it.
func (g *gatherer) verifyLatents() string {
	if g.latents.Spec.Foreign() || g.latentsDir == g.Beside("latents") {
		return ""
	}
	return g.latentsDir
}

// encodeRowsCommand makes the latents of a table, whose name nothing tells.
func (g *gatherer) encodeRowsCommand() string {
	c := run("encode")
	c.flag("input", "TABLE.csv", "")
	c.flag("model", "MODEL", "")
	c.flag("output", g.latentsDir, "")
	c.flag("layout", g.latents.Spec.Layout, "list")
	c.on("reconstruct", g.latents.Spec.Reconstruct)
	return c.String()
}

func orName(dir, name string) string {
	if dir == "" {
		return name
	}
	return dir
}

// inputIsRoot reports whether the only input is the folder that names are relative to,
// as it is without --root; it may have been given relative to another folder.
func (g *gatherer) inputIsRoot() bool {
	if len(g.collection.Inputs) != 1 {
		return slices.Contains(g.collection.Inputs, g.collection.Root)
	}
	input, root := filepath.ToSlash(filepath.Clean(g.collection.Inputs[0])), filepath.ToSlash(g.collection.Root)
	return g.collection.Inputs[0] == g.collection.Root || root == input || strings.HasSuffix(root, "/"+input)
}

// inputFlag returns the flag that names an input: a list, by its name, or images.
func inputFlag(input string) string {
	for _, ext := range []string{".csv", ".csv.gz", ".parquet", ".txt"} {
		if strings.HasSuffix(strings.ToLower(input), ext) {
			return "input_list"
		}
	}
	return "input"
}

func (g *gatherer) shardCommand(shards string) string {
	c, p := run("shard"), &g.shards.Parameters
	for _, input := range g.collection.Inputs {
		c.flag(inputFlag(input), input, "")
	}
	if !g.inputIsRoot() {
		c.flag("root", g.collection.Root, "")
	}
	c.flag("output", shards, "")
	c.flag("shards", p.Shards, "")
	c.flag("size", fmt.Sprintf("%dx%d", p.Height, p.Width), "")
	c.flag("fit", p.Fit, "reject")
	c.flag("bits", p.BitsMode, "keep")
	c.flag("align", p.Align, "")
	c.flag("compression", p.Compression, schemas.CompressionNone)
	c.flag("max_pixels", p.MaxPixels, 100_000_000)
	c.flag("channel_pattern", p.ChannelPattern, "")
	c.flag("channels", p.Channels, "")
	c.flag("label_pattern", p.LabelPattern, "")
	c.flag("metadata_pattern", p.MetadataPattern, "")
	if p.Labels != "" {
		c.flag("labels", "LABELS", "")
	}
	return c.String()
}

// modelCommand trains or imports the model again.
func modelCommand(m *model.Model, shards, dir string) string {
	if m.Training == nil || m.Provenance.Tool != "train" {
		c := run("import")
		for i, f := range m.Provenance.Sources {
			c.flag([]string{"encoder", "decoder"}[min(i, 1)], f.File, "")
		}
		c.flag("output", dir, "")
		return c.String()
	}
	a, t := m.Arch, m.Training
	c := run("train")
	c.flag("input", shards, "")
	c.flag("output", dir, "")
	switch a.Family {
	case model.FamilyLinear:
		c.flag("arch", "linear", "")
		c.flag("working_size", max(a.Working.Height, a.Working.Width), 32)
		if passes, _ := t.Parameters["passes"].(float64); passes > 2 { // fewer where one is exact
			c.flag("passes", int(passes)-1, 4)
		}
	case model.FamilyConv:
		c.flag("arch", "ae1m", "")
		c.flag("filters", words.Joined(a.Filters, ","), "16,32,64,128")
		c.flag("convs_per_stage", a.ConvsPerStage, 2)
	default:
		if in := a.Input; in.Height == 28 && in.Width == 28 && in.Channels == 1 && in.Bits == 8 { // of the presets
			c.flag("arch", "dense-784-100-20", "")
			c.flag("widths", words.Joined(a.Widths, ","), "100")
			break
		}
		c.flag("arch", "ARCHITECTURE.json", "")
	}
	c.flag("latent", a.Latent, "")
	if a.Family != model.FamilyLinear {
		c.flag("hidden_activation", a.Activations.Hidden, "")
		c.flag("latent_activation", a.Activations.Latent, "")
		if m.Head == nil {
			c.flag("output_activation", a.Activations.Output, "")
		}
		if a.Input.Scale != model.ScaleUnit {
			c.flag("input_range", model.RangeText(a.Input.Scale), "")
		}
		for _, name := range []string{"batch", "epochs", "steps", "lr", "schedule", "optimizer", "momentum", "init", "loss", "noise", "l1", "dropout", "dropout_input", "beta", "clip_norm", "patience", "validation", "limit"} {
			v, ok := t.Parameters[name]
			_, elsewhere := t.Parameters["validation_data"]
			if ok && !(name == "loss" && m.Head != nil) && !(name == "validation" && elsewhere) {
				c.flag(name, v, "")
			}
		}
		if _, ok := t.Parameters["validation_data"]; ok {
			c.flag("validation_input", "VALIDATION", "")
		}
		if v, ok := t.Parameters["shuffle_bytes"].(float64); ok {
			c.flag("shuffle_mib", int64(v)>>20, 256)
		}
		if _, ok := t.Parameters["from"]; ok {
			c.flag("from", "MODEL_BEFORE", "")
		}
		c.on("variational", t.Parameters["variational"] == true)
		if v, ok := t.Parameters["head"]; ok {
			c.flag("head", v, "")
		}
		c.on("freeze", t.Parameters["freeze"] == true)
		c.on("curve", measured(m))
	} else if v, ok := t.Parameters["limit"]; ok {
		c.flag("limit", v, "")
	}
	if v, ok := t.Parameters["where"]; ok {
		c.flag("where", v, "")
	}
	c.flag("seed", t.Seed, "")
	return c.String()
}

func (g *gatherer) encodeCommand(shards, modelDir string) string {
	m := &g.latents
	c := run("encode")
	c.flag("input", shards, "")
	c.flag("model", modelDir, "")
	c.flag("output", g.latentsDir, "")
	c.flag("layout", m.Spec.Layout, "list")
	c.on("reconstruct", m.Spec.Reconstruct)
	if g.shardsDir == "" || m.MetadataPattern != g.shards.Parameters.MetadataPattern {
		c.flag("metadata_pattern", m.MetadataPattern, "")
	}
	if m.MetadataCSV != "" {
		c.flag("metadata_csv", "METADATA.csv", "")
	}
	c.flag("image_feature", m.ImageFeature, "")
	c.flag("name_feature", m.NameFeature, "")
	return c.String()
}

func (g *gatherer) selectCommand(shards string) string {
	m := &g.selection
	p := &m.Parameters
	c := run("select")
	switch source := g.latents.Spec.Source; {
	case source == "", g.latents.Spec.Rows():
		c.flag("input", g.latentsDir, "")
	case strings.HasPrefix(source, "CSV columns "):
		c.flag("input", "VECTORS.csv", "")
		c.flag("vector_columns", strings.TrimPrefix(source, "CSV columns "), "")
	case strings.HasPrefix(source, "Parquet columns "):
		c.flag("input", "VECTORS", "")
		c.flag("vector_columns", strings.TrimPrefix(source, "Parquet columns "), "")
	case strings.HasPrefix(source, "Parquet column "):
		c.flag("input", "VECTORS", "")
		c.flag("vector_column", strings.TrimPrefix(source, "Parquet column "), "")
	default:
		c.flag("input", "VECTORS.npy", "")
		c.flag("ids", "IDS.csv", "")
	}
	if m.Images {
		c.flag("shards", shards, "")
	}
	c.flag("output", g.Selection, "")
	if p.Labels != "" {
		c.flag("labels", store.Join(g.Selection, schemas.LabelsCSV), "")
	}
	c.on("assignments", p.Assignments)
	c.flag("where", p.Where.String(), "")
	c.flag("scope", strings.Join(p.Scopes, ","), schemas.ScopeCluster)
	c.flag("centers", strings.Join(p.Centers, ","), schemas.CenterMean)
	c.flag("metrics", strings.Join(p.Metrics, ","), schemas.MetricEuclidean)
	c.flag("space", p.Space, "raw")
	pick := &p.Picking
	c.flag("top", p.Top, 0)
	c.flag("budget", pick.Budget, 0)
	c.flag("quota", pick.Quota, "")
	c.flag("strategy", pick.Strategy, "") // the default is not that of every version
	c.flag("balance", pick.Balance.String(), "")
	c.flag("candidates", pick.Candidates, "")
	c.flag("min_distance", pick.MinDistance, 0)
	like := schemas.DuplicatesSkip
	if g.latents.Spec.Source != "" {
		like = schemas.DuplicatesEqual
	}
	c.flag("duplicates", pick.Duplicates, like)
	for _, list := range []struct {
		flag string
		ids  []string
	}{{"include", pick.Include}, {"exclude", pick.Exclude}} {
		if len(list.ids) > 0 {
			c.flag(list.flag, list.flag+".txt", "")
		}
	}
	if pick.Extend != nil {
		c.flag("extend", "EARLIER", "")
	}
	if p.Clustered() {
		if p.Auto {
			c.flag("clusters", "auto", "")
		} else {
			c.flag("clusters", p.Clusters, "")
		}
		c.flag("clustering", p.Clustering, schemas.ClusteringKMeans)
		c.flag("seed", p.Seed, 1)
		c.flag("restarts", p.Restarts, 10)
		if p.Hierarchical() {
			c.flag("fine_clusters", p.FineClusters, "")
			c.flag("resampling_steps", p.ResamplingSteps, 10)
		} else {
			c.flag("max_passes", p.MaxPasses, 50)
		}
		if p.Auto || p.Hierarchical() || p.SampleSize != kmeans.DefaultSampleSize(p.Clusters, m.Space.Dimension) {
			c.flag("sample_size", p.SampleSize, "")
		}
	} else if pick.Sampled() {
		c.flag("seed", p.Seed, 1)
	}
	c.flag("gate", p.Gate.Mode, schemas.GateAuto)
	for _, f := range p.Gate.Flags() {
		c.flag(f.Name, f.Bound, schemas.GateAuto)
	}
	return c.String()
}

// missing says which names in the commands stand for files that no manifest names.
func missing(commands []string) []string {
	names := []string{"SHARDS", "MODEL", "LABELS", "METADATA.csv", "VECTORS", "VECTORS.npy", "IDS.csv", "EARLIER", "include.txt", "exclude.txt"}
	var there []string
	for _, name := range names {
		for _, c := range commands {
			if slices.Contains(strings.FieldsFunc(c, func(r rune) bool { return r == ' ' || r == '=' }), name) && !slices.Contains(there, path.Base(name)) {
				there = append(there, name)
			}
		}
	}
	return there
}
