package reporting

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/picking"
)

// paragraph writes the methods and notes what they cite.
type paragraph struct {
	text  strings.Builder
	cited map[string]string // key: what for
}

// say adds a sentence.
func (p *paragraph) say(format string, args ...any) {
	if p.text.Len() > 0 {
		p.text.WriteByte(' ')
	}
	fmt.Fprintf(&p.text, format, args...)
}

// cite returns the mention of publications in the text.
func (p *paragraph) cite(what string, keys ...string) string {
	var names []string
	for _, key := range keys {
		if p.cited[key] == "" {
			p.cited[key] = what
		}
		at := slices.IndexFunc(publications, func(v publication) bool { return v.key == key })
		names = append(names, publications[at].mention())
	}
	return " (" + strings.Join(names, "; ") + ")"
}

// mention names a publication in a text: Arthur & Vassilvitskii 2007.
func (p *publication) mention() string {
	var families []string
	for person := range strings.SplitSeq(p.authors, " and ") {
		family, _, _ := strings.Cut(person, ", ")
		families = append(families, family)
	}
	switch len(families) {
	case 1:
		return families[0] + " " + p.year
	case 2:
		return families[0] + " & " + families[1] + " " + p.year
	}
	return families[0] + " et al. " + p.year
}

// methods writes the paragraph, and the references that it makes.
func (g *gatherer) methods() (string, []Reference, string) {
	p := &paragraph{cited: map[string]string{}}
	g.sayEncoding(p)
	if l := g.selection.Labels; l != nil {
		p.say("Labels of %s were given in a table.", words.Plural(l.Images, "image", "images"))
	}
	g.sayWhere(p)
	g.sayGate(p)
	g.sayGroups(p)
	g.sayPicks(p)
	g.sayGrade(p)
	steps := "All steps"
	if g.latents.Spec.Foreign() || g.model != nil && g.model.Provenance.Tool == "import" {
		steps = "All other steps"
	}
	p.say("%s were made with Exemplar %s.", steps, g.selection.CodeVersion)
	g.citeFigures(p)
	references, bib := []Reference{}, []string{}
	for i := range publications {
		v := &publications[i]
		if what := p.cited[v.key]; what != "" {
			references = append(references, Reference{Key: v.key, Text: v.text(), URL: v.url, For: what})
			bib = append(bib, v.bibtex())
		}
	}
	return p.text.String(), references, strings.Join(bib, "\n")
}

// sayAlign says that objects were turned, which latents.json tells also without the shards.
func (g *gatherer) sayAlign(p *paragraph) {
	if g.latents.Align != schemas.AlignMoments {
		return
	}
	p.say("Each image was turned about its center so that the principal axis of its object, by second moments above Otsu's threshold%s, lies along the longer side of the image, "+
		"its rows where it is square, and turned or flipped so that the third moments along and across the axis are not negative.", p.cite("the threshold that tells objects from the ground", "otsu1979"))
}

func (g *gatherer) sayEncoding(p *paragraph) {
	l := &g.latents
	if l.Spec.Rows() {
		p.say("%s of a table %s encoded to %s of %s by model %.12s.", words.Plural(l.Rows, "row", "rows"), words.Noun(l.Rows, "was", "were"),
			words.Noun(l.Rows, "a vector", "vectors"), words.Plural(l.Spec.Dimension, "number", "numbers"), l.Spec.ModelSHA256)
		return
	}
	if l.Spec.Source != "" {
		p.say("%s of %s, computed by another program (%s), %s.", words.Plural(l.Rows, "vector", "vectors"), words.Plural(l.Spec.Dimension, "number", "numbers"), l.Spec.Source,
			words.Noun(l.Rows, "stands for one image", "stand for as many images"))
		return
	}
	images := words.Plural(l.Rows, "image", "images")
	were, vectors, numbers := words.Noun(l.Rows, "was", "were"), words.Noun(l.Rows, "a vector", "vectors"), words.Plural(l.Spec.Dimension, "number", "numbers")
	if l.Rows != 1 {
		numbers += " each"
	}
	if g.shardsDir != "" {
		images += fmt.Sprintf(" (%s)", g.shards.Image)
		if g.shards.Rejected+l.Rejected > 0 {
			images += fmt.Sprintf(", all but %s of a collection of %s,", progress.Count(g.shards.Rejected+l.Rejected), progress.Count(g.shards.Listed))
		}
	}
	g.sayAlign(p)
	if g.model == nil {
		p.say("%s %s encoded to %s of %s by model %.12s.", images, were, vectors, numbers, l.Spec.ModelSHA256)
		return
	}
	p.say("%s %s encoded to %s of %s by a %s.", images, were, vectors, numbers, g.encoderText(p))
}

// encoderText describes the encoder and how it was made.
func (g *gatherer) encoderText(p *paragraph) string {
	m := g.model
	kind, _, _ := strings.Cut(architecture(m), ";")
	if m.Arch.Name != "" {
		kind = strings.TrimPrefix(kind, m.Arch.Name+": ")
	}
	parameters, decoder := m.Arch.Parameters()
	switch {
	case m.Head != nil:
		parameters += headParameters(m)
	case len(m.Decoder) > 0:
		parameters += decoder
	}
	text := fmt.Sprintf("%s, %s parameters", kind, progress.Count(parameters))
	t := m.Training
	switch {
	case m.Arch.Family == model.FamilyLinear:
		text += p.cite("linear autoencoder", "baldi1989", "halko2011")
	case t != nil && (t.Method == "adam" || t.Method == "sgd"):
		by := "Adam" + p.cite("training", "kingma2015")
		if t.Method == "sgd" {
			by = fmt.Sprintf("stochastic gradient descent with momentum %v", t.Parameters["momentum"])
		}
		loss := map[any]string{"mse": "the mean squared error", "mae": "the mean absolute error", "bce": "the binary cross-entropy", "cross-entropy": "the cross-entropy of labels"}[t.Parameters["loss"]]
		with := ""
		if where, ok := t.Parameters["where"]; ok {
			with = fmt.Sprintf(" with %v", where)
		}
		text += fmt.Sprintf(", trained on %s of the images%s for %s by %s to minimize %s", progress.Count(t.Images), with, words.Plural(int64(t.Metrics["epochs"]), "epoch", "epochs"), by, loss)
		if t.Parameters["variational"] == true {
			text = "variational " + text + p.cite("variational autoencoder", "kingma2014")
		}
		if v, ok := t.Metrics[schemas.MetricAccuracy]; ok {
			text += fmt.Sprintf("; it finds the label of %s %% of %s held out", words.Figure(100*v, 3), words.Plural(int64(t.Metrics["validation_images"]), "image", "images"))
		}
		if v, ok := t.Metrics["val_mse"]; ok {
			text += fmt.Sprintf("; the mean squared error over %s held out is %s", words.Plural(int64(t.Metrics["validation_images"]), "image", "images"), words.Figure(v, 3))
		}
		if g.shardsDir != "" && !g.trainedHere() {
			text = strings.Replace(text, " of the images"+with+" for ", " images of another collection"+with+" for ", 1)
		}
	case m.Provenance.Tool == "import":
		text += ", imported with its weights"
	}
	return text + fmt.Sprintf(" (sha256 %.12s)", g.selection.ModelSHA256)
}

// trainedHere reports whether the model was trained on the images of the shards.
func (g *gatherer) trainedHere() bool {
	content, err := outdir.Content(&g.shards)
	return err == nil && content == g.model.Training.Data
}

// sayWhere says which of the images the selection is of.
func (g *gatherer) sayWhere(p *paragraph) {
	m := &g.selection
	if len(m.Parameters.Where) == 0 {
		return
	}
	others := "all of the collection have it"
	if m.Outside > 0 {
		others = fmt.Sprintf("the other %s %s left out of all that follows", words.Count(m.Outside), words.Noun(m.Outside, "was", "were"))
	}
	p.say("The selection was made of %s with %s (%s); %s.", words.Plural(m.Inside(), "image", "images"), m.Parameters.Where, m.Parameters.Where.Types(), others)
}

func (g *gatherer) sayGate(p *paragraph) {
	m := &g.selection
	switch {
	case m.Parameters.Gate.Mode == schemas.GateOff:
		p.say("No image was excluded for its quality.")
		return
	case g.latents.Spec.Source != "":
		return
	case m.Excluded == 0:
		p.say("A quality gate, with thresholds from the distributions of each figure, excluded no image.")
		return
	}
	adjectives := map[string]string{schemas.ReasonConstant: "empty", schemas.ReasonForeground: "almost empty", schemas.ReasonSaturated: "overexposed",
		schemas.ReasonBorder: "cut off at the edge", schemas.ReasonSharpness: "out of focus", schemas.ReasonNoise: "noisy", schemas.ReasonMSE: "poorly reconstructed"}
	var parts []string
	cited := false
	for _, e := range m.ExcludedByReason() {
		text := progress.Count(e.Images) + " " + e.Of(adjectives[e.Reason])
		if e.Reason == schemas.ReasonBorder && !cited {
			cited, text = true, text+p.cite("threshold of bright pixels", "otsu1979")
		}
		parts = append(parts, text)
	}
	if m.Excluded == 1 && len(parts) == 1 {
		p.say("A quality gate excluded one image, which was %s; %s remained.", strings.TrimPrefix(parts[0], "1 "), progress.Count(m.Eligible))
		return
	}
	p.say("A quality gate excluded %s of them (%s); %s remained.", progress.Count(m.Excluded), words.And(parts), progress.Count(m.Eligible))
}

func (g *gatherer) sayGroups(p *paragraph) {
	m := &g.selection
	if m.Space.Kind != "raw" {
		p.say("Vectors were compared as %s.", spaceText(m))
	}
	clusters := slices.Contains(m.Parameters.Scopes, schemas.ScopeCluster)
	for _, s := range m.Scopes {
		switch s.Scope {
		case schemas.ScopeGlobal:
			p.say("%s formed one group.", words.Noun(s.Images, "The one image", "All "+words.Count(s.Images)+" images"))
		case schemas.ScopeCluster:
			g.sayClusters(p, s)
		case schemas.ColumnOf(s.Scope):
			p.say("%s formed %s by %s %s.", words.Plural(s.Images, "image", "images"), words.Plural(s.Groups, "group", "groups"), words.Noun(s.Images, "its", "their"), schemas.ShortColumn(s.Scope))
		default:
			g.sayCrossed(p, s, !clusters)
			clusters = true
		}
	}
}

// sayCrossed describes a scope that crosses clusters, and these where they are not yet.
func (g *gatherer) sayCrossed(p *paragraph, s schemas.ScopeSummary, clusters bool) {
	if clusters {
		found := schemas.ScopeSummary{Scope: schemas.ScopeCluster, Images: g.selection.Eligible}
		for _, c := range g.centers {
			if c.Center == schemas.CenterKMeans {
				found.Groups++
			}
		}
		g.sayClusters(p, found)
	}
	none := ""
	if n := len(s.Empty); n > 0 {
		none = fmt.Sprintf("; %s no image", words.Plural(n, "pair of a cluster and a value has", "pairs of a cluster and a value have"))
	}
	p.say("%s formed %s by %s cluster and %s%s.", words.Plural(s.Images, "image", "images"), words.Plural(s.Groups, "group", "groups"),
		words.Noun(s.Images, "its", "their"), schemas.ShortColumn(schemas.ColumnOf(s.Scope)), none)
}

func (g *gatherer) sayClusters(p *paragraph, s schemas.ScopeSummary) {
	m := &g.selection
	c, q := m.Clustering, &m.Parameters
	number := words.Plural(s.Groups, "cluster", "clusters")
	if q.Auto {
		number += ", of the numbers tried the one of the largest silhouette" + p.cite("number of clusters", "rousseeuw1987") + ","
	}
	sample := ""
	if c.SampleRows < s.Images {
		sample = fmt.Sprintf(" on a weighted sample of %s of them%s", progress.Count(c.SampleRows), p.cite("seeding sample", "bachem2018"))
	}
	lloyd, seeding := p.cite("clusters", "lloyd1982"), p.cite("seeding of the clusters", "arthur2007")
	if q.Hierarchical() {
		p.say("%s images were divided into %s by hierarchical k-means with resampling%s%s: %s found by k-means%s with k-means++ seeding%s were clustered in turn, with %s that keep the %d nearest to each center (seed %d).",
			progress.Count(s.Images), number, p.cite("clusters", "vo2024"), sample, words.Plural(q.FineClusters, "fine cluster", "fine clusters"),
			lloyd, seeding, words.Plural(q.ResamplingSteps, "resampling step", "resampling steps"), c.Levels[len(c.Levels)-1].Kept, q.Seed)
		return
	}
	end := "to convergence"
	if !c.Converged {
		end = words.Plural(c.Passes, "time", "times") + ", without convergence"
	}
	p.say("%s images were divided into %s by k-means%s: %s%s%s, refined over all images %s (seed %d).",
		progress.Count(s.Images), number, lloyd, words.Noun(q.Restarts, "one k-means++ seeding", fmt.Sprintf("the best of %d k-means++ seedings", q.Restarts)), seeding, sample, end, q.Seed)
}

// sayMiddle says which images of a group could be picked.
func sayMiddle(p *paragraph, m *schemas.SelectionManifest) {
	if !m.Parameters.Picking.Middle() || len(m.Sets) == 0 {
		return
	}
	var columns []string
	widened, groups := 0, 0
	for _, s := range m.Scopes {
		groups += s.Groups
	}
	seen := map[string]bool{}
	for _, s := range m.Sets {
		if s.Middle != nil && !seen[s.Scope] {
			columns, widened, seen[s.Scope] = s.Middle.Columns, widened+s.Middle.Widened, true
		}
	}
	p.say("Only images in the middle half of their group in %s could be picked.", words.And(columns))
	if widened > 0 {
		p.say("In %d of %s, which have fewer such images than picks, the middle was made as much wider as it took.", widened, words.Plural(groups, "group", "groups"))
	}
}

func (g *gatherer) sayPicks(p *paragraph) {
	m := &g.selection
	q := &m.Parameters
	var centers []string
	for _, c := range q.Centers {
		switch c {
		case schemas.CenterMedian:
			centers = append(centers, "the median of each coordinate of its vectors")
		case schemas.CenterGeometricMedian:
			centers = append(centers, "the geometric median of its vectors"+p.cite("geometric median", "weiszfeld1937", "vardi2000"))
		case schemas.CenterMedoid:
			centers = append(centers, "the medoid (the image of the smallest sum of distances to the others)")
		default:
			centers = append(centers, "the mean of its vectors")
		}
	}
	metrics := strings.ReplaceAll(words.And(q.Metrics), "euclidean", "Euclidean")
	word := words.Noun(len(q.Metrics), "distance", "distances")
	p.say("The %s of a group %s %s.", words.Noun(len(centers), "center", "centers"), words.Noun(len(centers), "was", "were"), words.And(centers))
	amount, comma := fmt.Sprintf("Of each group up to %s", words.Plural(q.Top, "image", "images")), ""
	switch {
	case q.Picking.Sampled():
	case q.Top == 1:
		amount = "Of each group the image"
	default:
		amount, comma = amount+", those", ","
	}
	was := words.Noun(q.Top, "was", "were")
	if q.Picking.Budget > 0 {
		if budget := words.Plural(q.Picking.Budget, "image", "images"); q.Picking.Quota == "" || len(m.Scopes) == 1 && m.Scopes[0].Groups == 1 {
			p.say("The budget was %s.", budget)
		} else {
			p.say("A budget of %s was shared among the groups %s.", budget, quotas[q.Picking.Quota])
		}
		amount, comma = "Images", ""
	}
	switch q.Picking.Strategy {
	case schemas.StrategyRepresentative:
		p.say("Images were picked for all groups together by %s %s: %s, of %s.", metrics, word, words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Picked, "image", "images"))
		sayObjective(p, m)
		p.sayBalance(m)
	case schemas.StrategyRange:
		sayRange(p, m, metrics+" "+word)
	case schemas.StrategyFacility:
		p.say("%s %s picked by facility location over the %s %s%s: %s, of %s.", amount, was, metrics, word,
			p.cite("choice of the images", "nemhauser1978"), words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Picked, "image", "images"))
	default:
		p.say("%s nearest to the center by %s %s%s %s picked: %s, of %s.", amount, metrics, word, comma, was, words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Picked, "image", "images"))
		sayMiddle(p, m)
	}
	if q.Picking.Duplicates != schemas.DuplicatesAllow {
		n := 0
		for _, s := range m.Sets {
			n += len(s.Duplicates)
		}
		switch {
		case q.Picking.Duplicates == schemas.DuplicatesEqual && n == 0:
			p.say("No other vector equal to that of a pick was found.")
		case q.Picking.Duplicates == schemas.DuplicatesEqual:
			p.say("%s passed over.", words.Plural(n, "image equal to a pick was", "images equal to a pick were"))
		case n == 0:
			p.say("No near duplicates of a pick were found.")
		default:
			p.say("%s passed over.", words.Plural(n, "near duplicate of a pick was", "near duplicates of a pick were"))
		}
	}
	p.sayApart(m)
	for _, text := range verdict.Hands(m) {
		p.say("%s", words.Sentence(text))
	}
}

// sayApart says how far apart picks are at least. That is asked of those of one scope, center
// and metric, and not of those that are fixed.
func (p *paragraph) sayApart(m *schemas.SelectionManifest) {
	least := m.Parameters.Picking.MinDistance
	if least == 0 {
		return
	}
	picks, but := "Picks", ""
	if len(m.Sets) > 1 {
		picks += " of one scope, center and distance"
	}
	if slices.ContainsFunc(m.Sets, func(s schemas.PickSet) bool { return s.Fixed > 0 }) {
		but = ", except for those asked for by name or kept from an earlier selection"
	}
	p.say("%s are at least %g apart%s.", picks, least, but)
}

// sayBalance says of which columns the picks have the values in fixed shares, how nearly, and at
// what price.
func (p *paragraph) sayBalance(m *schemas.SelectionManifest) {
	for c, b := range m.Parameters.Picking.Balance {
		off := 0
		for i := range m.Sets {
			if c < len(m.Sets[i].Balance) {
				off += m.Sets[i].Balance[c].Off
			}
		}
		but := ""
		if off > 0 {
			but = fmt.Sprintf(", but for %s", words.Plural(off, "pick", "picks"))
		}
		p.say("The picks have the values of %s in %s, as nearly as whole numbers allow%s.", schemas.ShortColumn(b.Column), b.Shared(), but)
	}
	if len(m.Sets) == 1 && m.Sets[0].Objective != nil && m.Sets[0].Objective.Free != nil {
		o := m.Sets[0].Objective
		p.say("That changed their mean squared distance from %s to %s of that of random images.", words.Figure(o.Free.Error, 3), words.Figure(o.Error, 3))
	}
}

// sayRange says at which positions images were picked, and which ones are outliers.
func sayRange(p *paragraph, m *schemas.SelectionManifest, distance string) {
	q, each := &m.Parameters, "the image"
	if q.Top > 1 {
		each = fmt.Sprintf("up to %s", words.Plural(q.Top, "image", "images"))
	}
	images, outliers := int64(0), int64(0)
	for i := range m.Sets {
		for _, s := range m.Sets[i].Spreads {
			images, outliers = images+s.Inliers+s.Outliers, outliers+s.Outliers
		}
	}
	p.say("To show how far groups reach, %s of each that %s nearest to its center by %s %s picked (typical), %s at the first and at the third quartile of the distances (25 %% and 75 %%), and the farthest (extreme).",
		each, words.Noun(q.Top, "is", "are"), distance, words.Noun(q.Top, "was", "were"), words.Noun(q.Top, "those", "as many"))
	root := ""
	if slices.Contains(q.Metrics, schemas.MetricCosine) {
		root = " (by cosine that of the lengths of which the distance is half the square)"
	}
	p.say("Images beyond the upper fence%s of their group, Q3 + 1.5 (Q3 - Q1) of its distances%s, %s of %s, count as outliers: they do not count for these positions, and the farthest of them were picked apart.",
		p.cite("fence for outliers", "tukey1977"), root, words.Count(outliers), words.Plural(images, "image", "images"))
	p.say("In total these are %s, of %s.", words.Plural(m.Picks, "pick", "picks"), words.Plural(m.Picked, "image", "images"))
}

// sayObjective says how representative picks were found.
func sayObjective(p *paragraph, m *schemas.SelectionManifest) {
	var o *schemas.Objective
	least, most := math.MaxInt, 0 // images of the samples: those of scopes differ
	for i := range m.Sets {
		if of := m.Sets[i].Objective; of != nil {
			o, least, most = cmp.Or(o, of), min(least, of.Rows), max(most, of.Rows)
		}
	}
	if o == nil {
		return
	}
	sample := words.Plural(int64(most), "image", "images")
	if least < most {
		sample = words.Count(least) + " to " + sample
	}
	search := m.Parameters.Picking.Search
	weights := picking.WeightsOf(search)
	terms := []string{"the mean squared distance of the images to the nearest pick",
		fmt.Sprintf("%g times the energy distance%s between picks and images", weights.Energy, p.cite("energy distance", "szekely2013"))}
	if search != "" {
		terms = append(terms, fmt.Sprintf("%g times that of their leading principal components, each of variance 1", weights.Whitened))
	}
	if len(o.Columns) > 0 {
		scores := "ranks"
		if search == "" {
			scores = "normal scores"
		}
		terms = append(terms, fmt.Sprintf("%g times that of %s, as %s within coarse clusters", weights.Quality, words.And(o.Columns), scores))
	}
	p.say("They began as those of greedy facility location%s over a sample of %s, and were exchanged for other images of it%s as long as that lowered the sum of %s, each relative to that of random images.",
		p.cite("first picks", "nemhauser1978"), sample, p.cite("exchange of picks", "schubert2021"), words.And(terms))
	if search != "" {
		p.say("The first of them counted alone at first; the weights of the others grew by degrees.")
	}
}

func (g *gatherer) sayGrade(p *paragraph) {
	gr := g.selection.Grade
	if gr == nil || gr.Reason != "" {
		return
	}
	p.say("The picks were compared with %s of the same size on %s set aside: by the mean squared distance to the nearest pick, by coverage%s and by the maximum mean discrepancy%s.",
		words.Plural(gr.Draws, "random selection", "random selections"), words.Plural(gr.Evaluated, "image", "images"), p.cite("coverage", "naeem2020"), p.cite("maximum mean discrepancy", "gretton2012"))
	for _, s := range gr.Sets {
		if len(s.Spaces) == 0 {
			continue
		}
		name := ""
		if len(gr.Sets) > 1 {
			name = fmt.Sprintf("%s, %s, %s: ", s.Scope, strings.ReplaceAll(s.Center, "_", " "), s.Metric)
		}
		p.say("%s%s", name, verdict.Sentence(&s, gr))
	}
	if n := len(gr.Mixtures); n > 0 {
		mixed := 0
		for _, x := range gr.Mixtures {
			if x.Mixed {
				mixed++
			}
		}
		tested, cited := "the "+words.Plural(n, "group", "groups")+" tested", p.cite("mixtures", "koontz1972")
		switch {
		case mixed == 0 && n == 1:
			p.say("The one group tested was no mixture of separate populations%s.", cited)
		case mixed == 0:
			p.say("None of %s was a mixture of separate populations%s.", tested, cited)
		case n == 1:
			p.say("The one group tested was a mixture of separate populations%s, of which its center stands for none.", cited)
		default:
			p.say("%s of %s %s of separate populations%s, of which the center stands for none.", words.Count(mixed), tested, words.Noun(mixed, "was a mixture", "were mixtures"), cited)
		}
	}
	if s := gr.Stability; s != nil && s.Reason == "" {
		p.say("With other seeds the clusters agree to an adjusted Rand index%s of %s (%s to %s).", p.cite("agreement of clusters", "hubert1985"), words.Figure(s.Reseeded.Value, 2), words.Figure(s.Reseeded.Low, 2), words.Figure(s.Reseeded.High, 2))
	}
	for _, point := range verdict.Of(&g.selection).Points {
		if point.Kind == verdict.KindPicks || point.Kind == verdict.KindWorse || point.Kind == verdict.KindModel {
			p.say("%s", words.Sentence(point.Text))
		}
	}
}

// citeFigures notes what the report itself shows.
func (g *gatherer) citeFigures(p *paragraph) {
	if len(g.view.Together()) > 1 {
		if !g.view.Own {
			p.cite("colors of the channels", "okabe2008")
		}
		p.cite("which colors are told apart", "machado2009")
	}
	scatter := g.report.Map != nil && g.report.Map.Projections[0].Scatter != nil
	if !scatter {
		p.cite("map of this report", "pearson1901")
	}
	if !scatter || g.Embedding == EmbeddingUMAP || g.Embedding == EmbeddingTSNE {
		p.cite("trustworthiness of the map", "venna2001")
	}
	switch g.Embedding {
	case EmbeddingUMAP:
		p.cite("map of this report", "mcinnes2018")
	case EmbeddingTSNE:
		p.cite("map of this report", "maaten2008")
		p.cite("learning rate of the map", "belkina2019")
		p.cite("start of the map", "kobak2019")
	}
}
