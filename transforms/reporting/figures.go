package reporting

import (
	"context"
	"fmt"
	"math"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
)

// Figures is what the figures that an article embeds show, in memory; see package
// widgets. Indices of pictures are into Pictures, -1 is none. A figure that has nothing to
// show is nil, and Missing says why.
type Figures struct {
	Title string

	Pictures                           []string // data: URIs of PNG files
	Levels                             [][2]uint8
	DisplayLow, DisplayHigh, FullScale float64
	Channels                           []schemas.ShownChannel // see Report.Channels

	Loss            []Curve // training and validation, by epoch
	Epoch           int     // of the model; 0: not known
	Reconstructions *Training
	Interpolations  []Walk
	Gallery         *Picked

	Missing []Missing
}

// Missing is a figure that has nothing to show.
type Missing struct{ Figure, Why string }

// Names of the figures, in their order.
const (
	FigureLoss            = "loss"
	FigureReconstructions = "reconstructions"
	FigureInterpolation   = "interpolation"
	FigureGallery         = "gallery"
)

// FigureNames are all of them.
var FigureNames = []string{FigureLoss, FigureReconstructions, FigureInterpolation, FigureGallery}

// Walk is pictures from one end to another in equal steps, decoded.
type Walk struct {
	From     End   `json:"from"`
	To       End   `json:"to"`
	Pictures []int `json:"pictures"`
}

// End is a pick or a center.
type End struct {
	ImageID string `json:"image_id,omitempty"` // of a pick
	Picture int    `json:"picture"`            // of the pick itself, -1 of a center
	Center  string `json:"center,omitempty"`
	Scope   string `json:"scope,omitempty"` // of the center's group
	Group   string `json:"group,omitempty"`
}

// Picked is the picks with the centers of their groups.
type Picked struct {
	Groups []Group       `json:"groups"`
	Picks  []PickPicture `json:"picks"` // by set, group, rank
}

// PickPicture is a pick as a figure shows it.
type PickPicture struct {
	Group    int     `json:"group"`
	Center   string  `json:"center"`
	Metric   string  `json:"metric"`
	Rank     int     `json:"rank"`
	Position string  `json:"position,omitempty"`
	ImageID  string  `json:"image_id"`
	Distance float64 `json:"distance"`
	Picture  int     `json:"picture"`
}

// walkSteps is the number of pictures of a Walk: at 0, 0.2 and so on to 1.
const walkSteps = 6

// FigureSources is what figures are made from.
type FigureSources struct {
	in    *inputs
	album *album
	loss  []Curve

	Missing []Missing
	Notes   []string // about what was left out that was there
}

// Figures looks at what there is to show, without reading latents or shards.
func (s *Sources) Figures(ctx context.Context) (*FigureSources, error) {
	in := *s.in
	in.Link, in.Wrote, in.notes = "", nil, nil
	f := &FigureSources{in: &in}
	var err error
	if f.album, err = in.openAlbum(ctx); err != nil {
		return nil, err
	}
	f.Notes = in.notes
	all, err := curvesOf(in.log)
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if c.Name == "loss" || c.Name == "val_loss" {
			f.loss = append(f.loss, c)
		}
	}
	for _, name := range FigureNames {
		if why := f.missing(name); why != "" {
			f.Missing = append(f.Missing, Missing{name, why})
		}
	}
	return f, nil
}

// Shows reports whether a figure has something to show.
func (f *FigureSources) Shows(name string) bool {
	return !slices.ContainsFunc(f.Missing, func(m Missing) bool { return m.Figure == name })
}

// missing says why a figure has nothing to show; "" where it has.
func (f *FigureSources) missing(name string) string {
	in := f.in
	noModel := "there is no model at hand"
	switch {
	case in.latents.Spec.Rows():
		noModel = "the latents are of the rows of a table, of which there are no pictures"
		if name == FigureLoss {
			noModel = "the latents are of the rows of a table, whose model is not read here: where it was trained by steps, loss.png is in its folder"
		}
	case in.latents.Spec.Foreign():
		noModel = "the vectors are another program's, which have no model here"
	}
	switch {
	case name == FigureGallery && in.shardsDir == "":
		return "there are no image shards at hand, and so no pictures"
	case name == FigureGallery && len(in.picks) == 0:
		return "the selection holds no picks"
	case name == FigureGallery:
		return ""
	case in.model == nil:
		return noModel
	case name == FigureLoss && len(f.loss) == 0:
		return "there is no training log: the model was imported, or found in closed form"
	case name == FigureReconstructions && f.album == nil && len(f.Notes) > 0:
		return "the pictures of the epochs are not what train draws of this model"
	case (name == FigureReconstructions || name == FigureInterpolation) && in.model.Head != nil:
		return "the model has a head in place of a decoder"
	case name == FigureReconstructions && f.album == nil:
		return "there are no pictures of the epochs beside the model: it was imported, or found in closed form"
	case name == FigureInterpolation && len(in.model.Decoder) == 0:
		return "the model has no decoder"
	case name == FigureInterpolation && f.ends() < 2:
		return "there are no two picks or centers to go between"
	}
	return ""
}

// ends is the number of picked images, or that of centers where it is larger.
func (f *FigureSources) ends() int {
	ids := map[string]bool{}
	for _, p := range f.in.picks {
		ids[p.ImageID] = true
	}
	return max(len(ids), len(f.in.centers))
}

// Fingerprint stands for everything that decides the figures. Where folders lie does not.
func (f *FigureSources) Fingerprint() (string, error) {
	in := f.in
	shards, model, album := "", "", []string{}
	if in.shardsDir != "" {
		shards = in.latents.Shards
	}
	if in.model != nil {
		model = in.selection.ModelSHA256
	}
	if f.album != nil {
		album = f.album.sums
	}
	return outdir.Fingerprint(schemas.WidgetsFormat, schemas.FingerprintVersion, in.Title, in.selectionSum, in.selection.Latents, shards, model, outdir.SHA256(in.log), album)
}

// Selection returns the sha256 of the selection's manifest and of the model, "" without.
func (f *FigureSources) Selection() (selection, model string) {
	if f.in.model == nil {
		return f.in.selectionSum, ""
	}
	return f.in.selectionSum, f.in.selection.ModelSHA256
}

// Gather reads what the figures show. It reads the latents once, and once more where the
// selection's space is not their own. The same folders give the same figures.
func (f *FigureSources) Gather(ctx context.Context) (*Figures, error) {
	g := &gatherer{inputs: f.in, gallery: newGallery(f.in), rows: map[string]*row{}}
	out := &Figures{Title: g.title(), Missing: f.Missing, Loss: f.loss}
	if t := f.in.model; t != nil && t.Training != nil {
		out.Epoch = int(t.Training.Metrics["best_epoch"])
	}
	if f.Shows(FigureGallery) || f.Shows(FigureInterpolation) {
		if err := g.scan(ctx); err != nil {
			return nil, err
		}
		for i := range g.picks {
			g.gallery.ask(records.PlaceOf(&g.picks[i]), true)
		}
		if err := g.pictures(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	if out.Reconstructions, err = g.gallery.training(ctx, f.album); err != nil {
		return nil, err
	}
	if f.Shows(FigureGallery) {
		if out.Gallery, err = g.picked(ctx); err != nil {
			return nil, err
		}
	}
	if f.Shows(FigureInterpolation) {
		if out.Interpolations, err = g.walks(ctx); err != nil {
			return nil, err
		}
	}
	out.Pictures, out.Levels = g.gallery.pictures, g.gallery.levels
	out.DisplayLow, out.DisplayHigh, out.FullScale, out.Channels = shownBy(&g.gallery.view)
	return out, nil
}

// picked lists the picks and the groups.
func (g *gatherer) picked(ctx context.Context) (*Picked, error) {
	if err := g.listGroups(ctx); err != nil {
		return nil, err
	}
	p := &Picked{Groups: g.report.Groups, Picks: []PickPicture{}}
	for i := range g.picks {
		of := &g.picks[i]
		if math.IsNaN(of.Distance) || math.IsInf(of.Distance, 0) {
			return nil, fmt.Errorf("%s has a pick of %q without a distance: make the selection again", schemas.SelectionParquet, of.ImageID)
		}
		p.Picks = append(p.Picks, PickPicture{Group: g.groups.find(of.Scope, of.GroupID), Center: of.Center, Metric: of.Metric, Rank: int(of.Rank),
			Position: of.Position, ImageID: of.ImageID, Distance: of.Distance, Picture: g.gallery.of(of.ImageID)})
	}
	return p, nil
}

// walks decodes steps between picks that lie far apart, and between centers that do.
func (g *gatherer) walks(ctx context.Context) (walks []Walk, err error) {
	var ends []End
	var vectors [][]float32
	firsts := g.firsts()
	for _, r := range firsts[:min(len(firsts), mostEnds)] {
		ends, vectors = append(ends, End{ImageID: r.ImageID, Picture: g.gallery.of(r.ImageID)}), append(vectors, r.x)
	}
	var latents [][]float32
	add := func(ends []End, vectors [][]float32) {
		for _, p := range farApart(vectors, interpolations) {
			walks = append(walks, Walk{From: ends[p[0]], To: ends[p[1]]})
			latents = append(latents, between(vectors[p[0]], vectors[p[1]], walkSteps)...)
		}
	}
	add(ends, vectors)
	add(g.centerEnds())
	at, err := g.gallery.decode(ctx, g.decode(latents))
	for i := range walks {
		for range walkSteps {
			walks[i].Pictures = append(walks[i].Pictures, at)
			at++
		}
	}
	return walks, err
}

// centerEnds returns the first center of each group of the first scope that has several,
// as latents of the encoder; of one group all its centers.
func (g *gatherer) centerEnds() (ends []End, vectors [][]float32) {
	names := g.selection.Parameters.Centers
	of := slices.IndexFunc(g.groups.scopes, func(s scope) bool { return len(s.groups) > 1 })
	for _, group := range g.groups.groups {
		if of >= 0 && group.scope != g.groups.scopes[of].name {
			continue
		}
		for i, name := range names {
			if z := group.centers[name]; z != nil && (i == 0 || of < 0) {
				ends = append(ends, End{Picture: -1, Center: name, Scope: group.scope, Group: group.id})
				vectors = append(vectors, g.space.Invert(z))
			}
		}
		if of < 0 {
			break
		}
	}
	n := min(len(ends), mostEnds)
	return ends[:n], vectors[:n]
}

// Counts returns the number of picked images, and that of the groups that they are of.
func (p *Picked) Counts() (images, groups int) {
	ids, of := map[string]bool{}, map[int]bool{}
	for _, pick := range p.Picks {
		ids[pick.ImageID], of[pick.Group] = true, true
	}
	return len(ids), len(of)
}
