package reporting

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/verdict"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/spaces"
)

// Gather reads everything that a report shows. It reads the latents twice, and once
// more where the selection's space is not their own, and keeps 100,000 of them
// (fewer of more than 545 dimensions), and what belongs to the picks. The same
// folders give the same report.
func (s *Sources) Gather(ctx context.Context) (*Report, error) {
	g := &gatherer{inputs: s.in, gallery: newGallery(s.in), rows: map[string]*row{}}
	for _, do := range []func(context.Context) error{g.read, g.plan, g.pictures, g.models, g.orientation, g.finish} {
		if err := do(ctx); err != nil {
			return nil, err
		}
	}
	return &g.report, nil
}

// read reads the latents.
func (g *gatherer) read(ctx context.Context) error {
	passes := int64(2)
	if g.selection.Space.Kind != spaces.Raw {
		passes++
	}
	meter := progress.Start(Step, passes*g.latents.Rows, "rows, over all passes")
	defer meter.Stop()
	if err := g.scan(ctx); err != nil {
		return err
	}
	return g.neighbors(ctx)
}

// gatherer is one Gather under way.
type gatherer struct {
	*inputs
	gallery *gallery
	report  Report

	groups   *grouping
	space    *spaces.Space
	seen     *scanned
	rows     map[string]*row // those asked for
	points   []row           // of the map
	vectors  []float32       // of points
	near     map[string][]near
	excluded map[string]schemas.Exclusion
	examples map[string][]schemas.Exclusion // by schemas.ReasonOf
	plans    *model.Plan                    // nil without a decoder
}

// scan reads all latents.
func (g *gatherer) scan(ctx context.Context) (err error) {
	if g.groups, err = newGrouping(g.inputs); err != nil {
		return err
	}
	s := &scanner{inputs: g.inputs, grouping: g.groups, excluded: map[string]bool{}, asked: map[string]bool{}}
	g.excluded = map[string]schemas.Exclusion{}
	for _, e := range g.selection.Exclusions {
		s.excluded[e.ImageID], g.excluded[e.ImageID] = true, e
	}
	if g.space, err = g.findSpace(ctx, s.excluded); err != nil {
		return err
	}
	s.space = g.space.Map()
	picked := map[string]bool{}
	for _, p := range g.picks {
		s.asked[p.ImageID], picked[p.ImageID] = true, true
		if p.NextID != "" {
			s.asked[p.NextID] = true
		}
	}
	g.examples = chooseExamples(&g.selection)
	for _, list := range g.examples {
		for _, e := range list {
			s.asked[e.ImageID] = true
		}
	}
	for _, c := range g.criticisms() {
		s.asked[c.ImageID] = true
	}
	if g.seen, err = s.scan(ctx); err != nil {
		return err
	}
	for i := range g.seen.kept {
		if r := &g.seen.kept[i]; s.asked[r.ImageID] {
			copied := *r
			g.rows[r.ImageID] = &copied
		}
	}
	for _, p := range g.picks {
		for _, id := range []string{p.ImageID, p.NextID} {
			if id != "" && g.rows[id] == nil {
				return fmt.Errorf("image %q of %s is not in the latents: make the selection again", id, schemas.SelectionParquet)
			}
		}
	}
	if len(g.seen.kept) > 0 {
		g.points, g.vectors = arrange(g.seen.kept, g.inputs.points(), picked)
	}
	return nil
}

// neighbors finds the nearest images of every pick.
func (g *gatherer) neighbors(ctx context.Context) error {
	var ids []string
	var vectors [][]float32
	known := map[string]bool{}
	for _, p := range g.picks {
		if !known[p.ImageID] {
			known[p.ImageID] = true
			ids, vectors = append(ids, p.ImageID), append(vectors, g.space.Apply(g.rows[p.ImageID].x))
		}
	}
	lists, err := g.findNeighbors(ctx, g.space.Map(), ids, vectors)
	g.near = map[string][]near{}
	for i, id := range ids {
		g.near[id] = lists[i]
	}
	return err
}

// plan says of which images there are pictures, those that matter most first.
func (g *gatherer) plan(context.Context) error {
	for _, p := range g.picks {
		g.gallery.ask(records.PlaceOf(&p), true)
	}
	g.gallery.measured = len(g.gallery.picks)
	for _, p := range g.picks {
		if p.NextID != "" {
			g.gallery.ask(g.rows[p.NextID].Place, false)
		}
	}
	for _, c := range g.criticisms() {
		if r := g.rows[c.ImageID]; r != nil {
			g.gallery.ask(r.Place, false)
		}
	}
	for _, of := range g.selection.ExcludedByReason() {
		for _, e := range g.examples[schemas.ReasonOf(of.Reason, of.Channel)] {
			if r := g.rows[e.ImageID]; r != nil {
				g.gallery.ask(r.Place, false)
			}
		}
	}
	for _, r := range g.seen.worst {
		g.gallery.ask(r.Place, false)
	}
	for _, r := range g.random() {
		g.gallery.ask(r.Place, true) // beside its reconstruction
	}
	for i := range neighborsOf {
		for _, p := range g.picks {
			if list := g.near[p.ImageID]; i < len(list) {
				g.gallery.ask(list[i].Place, false)
			}
		}
	}
	if g.shardsDir != "" {
		picked := map[string]bool{}
		for _, p := range g.picks {
			picked[p.ImageID] = true
		}
		var first, rest []records.Place
		for i := range g.points {
			if picked[g.points[i].ImageID] {
				first = append(first, g.points[i].Place)
			} else {
				rest = append(rest, g.points[i].Place)
			}
		}
		g.gallery.thumbs = append(first, rest...)[:max(len(first), min(len(first)+len(rest), thumbnails))]
	}
	return nil
}

// pictures makes them.
func (g *gatherer) pictures(ctx context.Context) error {
	if err := g.gallery.count(ctx); err != nil {
		return err
	}
	some, n, err := g.sampleDecoded()
	if err != nil {
		return err
	}
	if err := g.gallery.reduce(ctx, some, n); err != nil {
		return err
	}
	return g.gallery.fetch(ctx)
}

// finish fills in what is left.
func (g *gatherer) finish(ctx context.Context) error {
	r, m := &g.report, &g.selection
	r.Title = g.title()
	r.Images, r.Eligible, r.Picked, r.Dimension = m.Rows, m.Eligible, m.Picked, g.latents.Spec.Dimension
	r.Where, r.Outside, r.Scopes = m.Parameters.Where.String(), m.Outside, list(m.Scopes)
	r.Vectors = g.latents.Spec.Source != ""
	if g.shardsDir != "" {
		r.Shape = g.shards.Image.String()
	}
	r.Linked = g.Link != ""
	r.Reduction, r.OtherReduction = g.gallery.reduction, g.gallery.otherReduction
	r.DisplayLow, r.DisplayHigh, r.Full, r.Channels = shownBy(&g.gallery.view)
	r.Parameters, r.Metadata, r.Clustering, r.Grade, r.PickSets = m.Parameters, list(m.Metadata), m.Clustering, m.Grade, list(m.Sets)
	r.Verdict, r.PicksReseeded, r.Equal = verdict.Of(m), verdict.KeptMeansPicks(m), []string{}
	for _, scope := range m.Parameters.Scopes {
		if verdict.EqualShares(m, scope) {
			r.Equal = append(r.Equal, scope)
		}
	}
	g.listPicks()
	g.listCriticisms()
	g.listExclusions()
	if len(g.points) > 0 {
		r.Map = newMap(g.inputs, g.groups, g.space, g.points, g.vectors, r.Picks)
		g.listThumbnails()
	}
	r.Pictures, r.Strips, r.Levels = list(g.gallery.pictures), g.gallery.channels(), list(g.gallery.levels)
	r.Provenance = g.provenance(ctx)
	return nil
}

// title returns the title of the page, by default the numbers of images.
func (g *gatherer) title() string {
	if g.Title != "" {
		return g.Title
	}
	return fmt.Sprintf("%s of %s images", progress.Count(g.selection.Picked), progress.Count(g.selection.Inside()))
}

// list returns a list that is [] in JSON where there is none.
func list[T any](s []T) []T {
	if s == nil {
		return []T{}
	}
	return s
}

func (g *gatherer) listThumbnails() {
	gallery := g.gallery
	m := g.report.Map
	m.ThumbnailSide, m.ThumbnailColumns, m.ThumbnailPoints = thumbnailSide, thumbnailColumns, []int32{}
	if len(gallery.sprites) == 0 {
		return
	}
	at := map[string]int32{}
	for i := range g.points {
		at[g.points[i].ImageID] = int32(i)
	}
	for _, p := range gallery.thumbs {
		m.ThumbnailPoints = append(m.ThumbnailPoints, at[p.ImageID])
	}
	m.ThumbnailColumns = min(len(gallery.sprites), thumbnailColumns)
	m.Thumbnails = dataURI(encodePNG(gallery.sprite()))
}

// listPicks fills in the picks and their histograms.
func (g *gatherer) listPicks() {
	r := &g.report
	r.Picks, r.Histograms = []Pick{}, []Histogram{}
	flags := newFlagger(&g.selection)
	histograms := map[int]int{}
	for i := range g.picks {
		p := &g.picks[i]
		group := g.groups.find(p.Scope, p.GroupID)
		target := g.groups.target(group, p.Center, p.Metric)
		if _, made := histograms[target]; !made {
			histograms[target] = len(r.Histograms)
			r.Histograms = append(r.Histograms, *g.seen.targets[target].histogram())
		}
		of := g.rows[p.ImageID]
		pick := Pick{
			Group: group, Center: p.Center, Metric: p.Metric, Rank: int(p.Rank), Position: p.Position, ImageID: p.ImageID,
			Distance: p.Distance, RankLow: p.RankLow, RankHigh: p.RankHigh,
			Shard: p.Shard, Record: p.Record, Offset: p.Offset, SHA256: p.SHA256, Metadata: list(p.Metadata),
			Flags: list(flags.of(p)), Picture: g.gallery.of(p.ImageID), Histogram: histograms[target],
			Cluster: of.cluster, Neighbors: []Other{},
		}
		pick.Margin, pick.Percentile, pick.Weight = known(&p.Margin), known(&p.Percentile), known(&p.Weight)
		if p.HasLabel {
			pick.Label = &p.Label
		}
		pick.MSE = of.error()
		if p.NextID != "" {
			pick.Next = &Other{ImageID: p.NextID, Distance: g.toCenter(g.rows[p.NextID], group, p), Picture: g.gallery.of(p.NextID)}
		}
		for _, n := range g.near[p.ImageID] {
			pick.Neighbors = append(pick.Neighbors, Other{ImageID: n.ImageID, Distance: math.Sqrt(n.square), Picture: g.gallery.of(n.ImageID)})
		}
		r.Picks = append(r.Picks, pick)
	}
}

// known returns a figure of a pick, nil where it has none.
func known(v *float64) *float64 {
	if math.IsNaN(*v) {
		return nil
	}
	return v
}

// toCenter returns the distance of an image to the center of a pick.
func (g *gatherer) toCenter(r *row, group int, p *schemas.Pick) float64 {
	x := g.space.Apply(r.x)
	return g.groups.groups[group].distance(p.Center, p.Metric, x, kmeans.Norm(x))
}

// error returns the reconstruction error, nil where it is not known.
func (r *row) error() *float64 {
	if !r.hasMSE {
		return nil
	}
	mse := float64(r.mse)
	return &mse
}

// examplesOf is the number of examples for a reason of exclusion.
const examplesOf = 12

// chooseExamples returns for each reason the images that missed the threshold by
// most, and those that missed it by least.
func chooseExamples(m *schemas.SelectionManifest) map[string][]schemas.Exclusion {
	all := map[string][]schemas.Exclusion{}
	for _, e := range m.Exclusions {
		reason := schemas.ReasonOf(e.Reason, e.Channel)
		all[reason] = append(all[reason], e)
	}
	for reason, list := range all {
		slices.SortStableFunc(list, func(a, b schemas.Exclusion) int {
			return cmp.Compare(math.Abs(b.Value-b.Threshold), math.Abs(a.Value-a.Threshold))
		})
		if n := len(list); n > examplesOf {
			list = append(list[:examplesOf/2:examplesOf/2], list[n-examplesOf/2:]...)
		}
		all[reason] = list
	}
	return all
}

// gateReasons are all reasons in the order in which the gate tries them, and what
// they mean.
var gateReasons = []struct{ reason, meaning string }{
	{schemas.ReasonConstant, "all pixels are equal: an empty image"},
	{schemas.ReasonForeground, "next to nothing is in the image: too few pixels are above zero"},
	{schemas.ReasonSaturated, "overexposed: too many of the bright pixels are at full scale"},
	{schemas.ReasonBorder, "cut off: a bright object reaches the edge of the crop"},
	{schemas.ReasonSharpness, "out of focus: neighboring pixels hardly differ"},
	{schemas.ReasonNoise, "specks or noise: neighboring pixels differ more than in other images"},
	{schemas.ReasonMSE, "the model does not know it: its reconstruction is far off"},
}

func (g *gatherer) listExclusions() {
	r := &g.report
	r.Exclusions = []Excluded{}
	for _, of := range g.selection.ExcludedByReason() {
		x := Excluded{Reason: of.Reason, Channel: of.Channel, Count: of.Images, Examples: []Example{}}
		for _, known := range gateReasons {
			if known.reason == of.Reason {
				x.Meaning = known.meaning
			}
		}
		for _, l := range g.selection.Gate.Limits {
			if l.Reason == of.Reason && l.Channel == of.Channel {
				x.Threshold, x.Below = &l.Threshold, l.Below()
			}
		}
		for _, e := range g.examples[schemas.ReasonOf(of.Reason, of.Channel)] {
			x.Examples = append(x.Examples, Example{ImageID: e.ImageID, Value: e.Value, Picture: g.gallery.of(e.ImageID)})
		}
		r.Exclusions = append(r.Exclusions, x)
	}
}
