package reporting

import (
	"context"
	"fmt"
	"runtime"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
)

// provenance says how the selection came to be and how to repeat it.
func (g *gatherer) provenance(context.Context) Provenance {
	p := Provenance{Hashes: g.hashes(), Counts: g.counts(), Versions: g.versions(), Settings: g.settings(), Commands: g.commands()}
	if names := missing(p.Commands); len(names) > 0 {
		p.Settings = append(p.Settings, Named{"placeholders in the commands", words.And(names) + words.Noun(len(names), " stands for a file whose name is", " stand for files whose names are") + " not recorded"})
	}
	p.Methods, p.References, p.BibTeX = g.methods()
	return p
}

func (g *gatherer) hashes() []Named {
	list := []Named{{schemas.SelectionFile, g.selectionSum}}
	for _, f := range g.selection.Files {
		if f.File == schemas.SelectionParquet || f.File == schemas.SelectionCSV || f.File == schemas.CentersParquet || f.File == schemas.CentersNPZ {
			list = append(list, Named{f.File, f.SHA256})
		}
	}
	list = append(list, Named{schemas.LatentsFile, g.selection.Latents})
	if g.latents.Spec.Source == "" {
		list = append(list, Named{schemas.ShardsFile, g.latents.Shards})
	}
	if g.shardsDir != "" {
		collection := Named{schemas.CollectionFile, g.shards.CollectionSHA256}
		if sum := g.shards.CollectionContentSHA256; sum != "" {
			collection = Named{schemas.CollectionFile + ", without inputs and root", sum}
		}
		list = append(list, collection)
	}
	if g.selection.ModelSHA256 != "" {
		list = append(list, Named{schemas.ModelFile, g.selection.ModelSHA256})
	}
	if g.model != nil && g.model.Training != nil && g.model.Training.Data != "" {
		list = append(list, Named{"content of the shards that the model was trained on", g.model.Training.Data})
	}
	if g.log != nil {
		list = append(list, Named{schemas.TrainingLogFile, outdir.SHA256(g.log)})
	}
	if g.curve != nil {
		list = append(list, Named{schemas.CurveFile, outdir.SHA256(g.curve)})
	}
	return append(list, Named{"fingerprint of the selection", g.selection.Fingerprint})
}

// counts are the sums that every step adds up to.
func (g *gatherer) counts() []Reconcile {
	var list []Reconcile
	add := func(step, name string, total int64, parts ...Count) {
		list = append(list, Reconcile{Step: step, Total: Count{name, total}, Parts: parts})
	}
	if m := &g.shards; g.shardsDir != "" {
		add("shard", "listed", m.Listed, Count{"written", m.Written}, Count{"rejected", m.Rejected})
	}
	l, m := &g.latents, &g.selection
	if l.Spec.Rows() {
		add("encode", "rows", l.Records, Count{"encoded", l.Rows}, Count{"rejected", l.Rejected})
	} else if l.Spec.Source == "" {
		add("encode", "records", l.Records, Count{"encoded", l.Rows}, Count{"rejected", l.Rejected})
	} else {
		add("read vectors", "rows", l.Records, Count{"read", l.Rows}, Count{"rejected", l.Rejected})
	}
	if len(m.Parameters.Where) > 0 {
		add("condition", "images", m.Rows, Count{"inside", m.Inside()}, Count{"outside", m.Outside})
	}
	add("quality gate", "images", m.Inside(), Count{"eligible", m.Eligible}, Count{"excluded", m.Excluded})
	for _, s := range m.Scopes {
		add("scope "+s.Scope, "eligible", m.Eligible, Count{"in a group", s.Images}, Count{"in none", s.Ungrouped})
	}
	return list
}

func (g *gatherer) versions() []Named {
	list := []Named{}
	if g.shardsDir != "" {
		list = append(list, Named{"shards", g.shards.Format + ", Exemplar " + g.shards.CodeVersion})
	}
	if g.model != nil {
		list = append(list, Named{"model", schemas.ModelFormat + ", Exemplar " + g.model.Provenance.Version})
	}
	list = append(list, Named{"latents", g.latents.Format + ", Exemplar " + g.latents.CodeVersion})
	if k := g.latents.Spec.Kernel; k != "" {
		list = append(list, Named{"kernels", k})
	}
	return append(list,
		Named{"selection", g.selection.Format + ", Exemplar " + g.selection.CodeVersion},
		Named{"report", "Exemplar " + schemas.CodeVersion + ", " + runtime.Version()})
}

// settings are the parameters in words.
func (g *gatherer) settings() []Named {
	m := &g.selection
	p := &m.Parameters
	list := []Named{}
	if c := p.Where; len(c) > 0 {
		list = append(list, Named{"condition", fmt.Sprintf("%s (%s)", c, c.Types())})
	}
	if l := m.Labels; l != nil {
		list = append(list, Named{"labels", fmt.Sprintf("of %s, from a table of sha256 %s", words.Plural(l.Images-l.Empty, "image", "images"), p.Labels)})
	}
	list = append(list, []Named{
		{"groups", strings.Join(p.Scopes, ", ")},
		{"centers", strings.ReplaceAll(strings.Join(p.Centers, ", "), "_", " ")},
		{"distances", strings.Join(p.Metrics, ", ")},
		{"space", spaceText(m)},
		{"picks", picksText(p)},
		{"near duplicates", map[string]string{schemas.DuplicatesSkip: "passed over", schemas.DuplicatesEqual: "passed over where they are equal", schemas.DuplicatesAllow: "picked like others"}[p.Picking.Duplicates]},
	}...)
	for _, b := range p.Picking.Balance {
		list = append(list, Named{"balance of " + b.Column, b.Shared()})
	}
	if p.Picking.MinDistance > 0 {
		list = append(list, Named{"least distance between picks", fmt.Sprintf("%g", p.Picking.MinDistance)})
	}
	for _, l := range []struct {
		name string
		ids  []string
	}{{"asked for", p.Picking.Include}, {"excluded by hand", p.Picking.Exclude}} {
		if len(l.ids) > 0 {
			list = append(list, Named{l.name, words.Plural(len(l.ids), "image", "images")})
		}
	}
	if p.Picking.Extend != nil {
		list = append(list, Named{"extends the selection", p.Picking.Extend.Selection})
	}
	if c := m.Clustering; c != nil {
		restarts := words.Plural(p.Restarts, "restart", "restarts")
		text := fmt.Sprintf("%s, %s", words.Count(c.Clusters), restarts)
		if p.Auto {
			text = fmt.Sprintf("%s, of the numbers tried the one of the largest silhouette, %s", words.Count(c.Clusters), restarts)
		}
		passes := fmt.Sprintf("%d of at most %d, converged: %s", c.Passes, p.MaxPasses, yesNo(c.Converged))
		if p.Hierarchical() {
			text = fmt.Sprintf("%s, hierarchical k-means of %s, %s, %s of the last", words.Count(c.Clusters), words.Plural(p.FineClusters, "fine cluster", "fine clusters"),
				words.Plural(p.ResamplingSteps, "resampling step", "resampling steps"), restarts)
			passes = "1, to the nearest centers"
		}
		list = append(list, Named{"clusters", text}, Named{"seeding sample", words.Plural(c.SampleRows, "image", "images")}, Named{"passes over all latents", passes})
	}
	list = append(list, Named{"seed", fmt.Sprint(p.Seed)}, Named{"quality gate", gateText(m)})
	if g.latents.Spec.Source != "" {
		list = append(list, Named{"vectors", g.latents.Spec.Source})
	} else {
		list = append(list, Named{"preprocessing", g.latents.Spec.Preprocessing})
	}
	if a := m.Assignments; a != nil && len(a.Files) > 0 {
		list = append(list, Named{"assignments of all images", fmt.Sprintf("%s in %s from %s on, whose sha256 %s lists",
			words.Plural(a.Rows, "row", "rows"), words.Plural(len(a.Files), "file", "files"), a.Files[0].File, schemas.SelectionFile)})
	}
	if g.latents.MetadataPattern != "" {
		list = append(list, Named{"metadata pattern", g.latents.MetadataPattern})
	}
	if gr := m.Grade; gr != nil {
		list = append(list, Named{"grade", fmt.Sprintf("%s evaluated, %s of %s, seed %d", words.Plural(gr.Evaluated, "image", "images"), words.Plural(gr.Draws, "random selection", "random selections"), words.Plural(gr.Pool, "other", "others"), gr.Seed)})
	}
	return list
}

func yesNo(v bool) string {
	if v {
		return "yes"
	}
	return "no"
}

func spaceText(m *schemas.SelectionManifest) string {
	switch s := m.Space; s.Kind {
	case "zscore":
		of := ""
		if m.Parameters.Deviation == schemas.DeviationPopulation {
			of = " (standard deviation of the population)"
		}
		return fmt.Sprintf("z-scores of %s%s", words.Plural(s.Rows, "image", "images"), of)
	case "whiten":
		return fmt.Sprintf("%s of %s, %s of the variance", words.Plural(s.Dimension, "whitened principal component", "whitened principal components"),
			words.Plural(s.Rows, "image", "images"), words.Percent(s.Variance, 3))
	}
	return "as encoded"
}

// quotas say how groups share a budget.
var quotas = map[string]string{schemas.QuotaEqual: "in equal parts", schemas.QuotaProportional: "in proportion to their sizes", schemas.QuotaSqrt: "in proportion to the square roots of their sizes"}

func picksText(p *schemas.SelectionParameters) string {
	var text string
	if p.Picking.Strategy == schemas.StrategyRepresentative {
		return fmt.Sprintf("a budget of %s, those that represent all groups together", progress.Count(int64(p.Picking.Budget)))
	}
	if p.Picking.Budget > 0 {
		text = fmt.Sprintf("a budget of %s, shared among groups %s", progress.Count(int64(p.Picking.Budget)), quotas[p.Picking.Quota])
	} else {
		text = fmt.Sprintf("%s of each group", progress.Count(int64(p.Top)))
	}
	if p.Picking.Strategy == schemas.StrategyRange {
		return fmt.Sprintf("%s of each group at each position: nearest to the center, at 25 %% and at 75 %% of the distances of its inliers, the farthest of these, and outliers", progress.Count(int64(p.Top)))
	}
	if p.Picking.Strategy == schemas.StrategyFacility {
		return text + ", by facility location"
	}
	if p.Picking.Middle() {
		return text + ", the nearest to the center of those in the middle half of their group in quality"
	}
	return text + ", the nearest to the center"
}

func gateText(m *schemas.SelectionManifest) string {
	if m.Parameters.Gate.Mode == schemas.GateOff {
		return "off"
	}
	var limits []string
	for _, l := range m.Gate.Limits {
		sign, given := ">", ""
		if l.Below() {
			sign = "<"
		}
		if l.Given {
			given = " (given)"
		}
		limits = append(limits, fmt.Sprintf("%s %s %g%s", schemas.ReasonOf(l.Reason, l.Channel), sign, l.Threshold, given))
	}
	if len(limits) == 0 {
		return "constant images only"
	}
	return "excludes " + strings.Join(limits, ", ")
}
