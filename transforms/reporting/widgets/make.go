package widgets

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/reporting"
)

// content is a figure that has something to show.
type content struct {
	name, title, caption, summary string
	data                          map[string]any // of the module
	picture                       []byte         // PNG
	label, module                 string         // of the figure, and of what it embeds
}

// files makes all files but the manifest.
func files(f *reporting.Figures, selection string) (map[string][]byte, *schemas.WidgetsManifest, error) {
	list, err := contents(f)
	if err != nil {
		return nil, nil, err
	}
	out, m := map[string][]byte{}, &schemas.WidgetsManifest{Figures: []schemas.WidgetFigure{}}
	prefix := slug(selection)
	var modules []moduleText
	for i := range list {
		c := &list[i]
		c.label, c.module = "fig-"+prefix+"-"+c.name, prefix+"-"+c.name
		text, err := module(c)
		if err != nil {
			return nil, nil, err
		}
		modules = append(modules, moduleText{Name: c.name, Title: c.title, Text: text})
		out[c.name+schemas.ModuleSuffix], out[c.name+schemas.PictureSuffix] = []byte(text), c.picture
		m.Figures = append(m.Figures, schemas.WidgetFigure{Name: c.name, Module: c.name + schemas.ModuleSuffix, Picture: c.name + schemas.PictureSuffix, Label: c.label})
	}
	for _, x := range f.Missing {
		m.Missing = append(m.Missing, schemas.MissingFigure{Name: x.Figure, Why: x.Why})
	}
	out[schemas.WidgetsArticle], out[schemas.WidgetsModules] = article(list, f.Missing), targets(list)
	out[schemas.WidgetsPreview], err = preview(f.Title, modules, list, f.Missing)
	return out, m, err
}

// contents are the figures that have something to show.
func contents(f *reporting.Figures) (list []content, err error) {
	for _, of := range []func(*reporting.Figures) (*content, error){lossOf, reconstructionsOf, interpolationOf, galleryOf} {
		c, err := of(f)
		if err != nil {
			return nil, err
		}
		if c == nil {
			continue
		}
		c.data["title"], c.data["summary"] = c.title, c.summary
		list = append(list, *c)
	}
	return list, nil
}

// lossOf is training and validation loss by epoch.
func lossOf(f *reporting.Figures) (*content, error) {
	if len(f.Loss) == 0 {
		return nil, nil
	}
	type curve struct {
		Name   string    `json:"name"`
		Epochs []float64 `json:"epochs"`
		Values []float64 `json:"values"`
	}
	var curves []curve
	var ends []string
	epochs := 0
	for _, c := range f.Loss {
		name := "training"
		if c.Name == "val_loss" {
			name = "validation"
		}
		curves = append(curves, curve{name, c.Epochs, c.Values})
		epochs = max(epochs, len(c.Epochs))
		ends = append(ends, fmt.Sprintf("%s %.4g", name, c.Values[len(c.Values)-1]))
	}
	c := &content{name: reporting.FigureLoss, title: "Loss by epoch",
		summary: fmt.Sprintf("After %s: %s.", words.Plural(epochs, "epoch", "epochs"), words.And(ends)),
		data:    map[string]any{"curves": curves, "epoch": f.Epoch}}
	c.caption = "Loss of the autoencoder over its training images and over those held out for validation, by epoch. " + c.summary
	if f.Epoch > 0 {
		c.caption += fmt.Sprintf(" The model is that of epoch %d.", f.Epoch)
	}
	var err error
	c.picture, err = drawLoss(f.Loss, f.Epoch)
	return c, err
}

// reconstructionsOf is images and what the model made of them, by epoch.
func reconstructionsOf(f *reporting.Figures) (*content, error) {
	t := f.Reconstructions
	if t == nil {
		return nil, nil
	}
	s := newSubset(f)
	own := reporting.Training{Epochs: t.Epochs, Of: t.Of, Kept: t.Kept, Originals: s.all(t.Originals), Noisy: s.all(t.Noisy)}
	for _, list := range t.Decoded {
		own.Decoded = append(own.Decoded, s.all(list))
	}
	held := ""
	if slices.ContainsFunc(f.Loss, func(c reporting.Curve) bool { return c.Name == "val_loss" }) {
		held = " held out from training"
	}
	shown := words.Plural(len(t.Epochs), "epoch", "epochs")
	if len(t.Epochs) < t.Of {
		shown = fmt.Sprintf("%d of %s", len(t.Epochs), words.Plural(t.Of, "epoch", "epochs"))
	}
	c := &content{name: reporting.FigureReconstructions, title: "Reconstructions by epoch",
		summary: fmt.Sprintf("%s%s, after %s.", words.Plural(len(t.Originals), "image", "images"), held, shown)}
	c.data = s.data(map[string]any{"training": own})
	at := len(t.Epochs) - 1
	if i := slices.Index(t.Epochs, t.Kept); i >= 0 {
		at = i
	}
	rows := [][]int{t.Originals}
	with := ""
	if len(t.Noisy) > 0 {
		rows = append(rows, t.Noisy)
		with = ", then with noise as the autoencoder was given them"
	}
	rows = append(rows, t.Decoded[at])
	c.caption = fmt.Sprintf("Images and what the autoencoder made of them: theoretical images, not data. %s In print: after epoch %d, originals above%s.", c.summary, t.Epochs[at], with)
	var err error
	c.picture, err = drawRows(f, rows, false)
	return c, err
}

// interpolationOf is decoded images between two others.
func interpolationOf(f *reporting.Figures) (*content, error) {
	if len(f.Interpolations) == 0 {
		return nil, nil
	}
	s := newSubset(f)
	var walks []reporting.Walk
	var rows [][]int
	for _, w := range f.Interpolations {
		rows = append(rows, w.Pictures)
		w.From.Picture, w.To.Picture, w.Pictures = s.of(w.From.Picture), s.of(w.To.Picture), s.all(w.Pictures)
		walks = append(walks, w)
	}
	steps := len(walks[0].Pictures)
	c := &content{name: reporting.FigureInterpolation, title: "Interpolation between latent vectors",
		summary: fmt.Sprintf("Straight lines in the latent space, decoded at t = 0 to 1 in %s: theoretical images, not data.", words.Plural(steps-1, "step", "steps"))}
	c.data = s.data(map[string]any{"walks": walks})
	c.caption = fmt.Sprintf("Between pairs of picks and of centers that lie far apart: %s In print: a row for each of %s.", lower(c.summary), words.Plural(len(walks), "pair", "pairs"))
	var err error
	c.picture, err = drawRows(f, rows, false)
	return c, err
}

// mostDrawn are the groups and ranks of the picture of a gallery.
const (
	groupsDrawn = 12
	ranksDrawn  = 8
)

// galleryOf is the picks by group.
func galleryOf(f *reporting.Figures) (*content, error) {
	p := f.Gallery
	if p == nil {
		return nil, nil
	}
	s := newSubset(f)
	own := reporting.Picked{}
	for _, group := range p.Groups {
		centers := slices.Clone(group.Centers)
		for i := range centers {
			centers[i].Picture = s.of(centers[i].Picture)
		}
		group.Centers = centers
		own.Groups = append(own.Groups, group)
	}
	for _, pick := range p.Picks {
		pick.Picture = s.of(pick.Picture)
		own.Picks = append(own.Picks, pick)
	}
	images, groups := p.Counts()
	c := &content{name: reporting.FigureGallery, title: "Picks",
		summary: fmt.Sprintf("%s of %s, in %s.", words.Plural(len(p.Picks), "pick", "picks"), words.Plural(images, "image", "images"), words.Plural(groups, "group", "groups"))}
	c.data = s.data(map[string]any{"groups": own.Groups, "picks": own.Picks})
	rows, more, decoded := rowsOf(p)
	first := p.Picks[0]
	metric := first.Metric
	if metric == schemas.MetricEuclidean {
		metric = "Euclidean"
	}
	c.caption = c.summary + fmt.Sprintf(" In print: those of one scope, by %s and %s distance, a row for each group", strings.ReplaceAll(first.Center, "_", " "), metric)
	if decoded {
		c.caption += "; in front is its center, decoded, a theoretical image"
	}
	if more {
		c.caption += fmt.Sprintf("; at most %d groups, and %d picks of each, are drawn", groupsDrawn, ranksDrawn)
	}
	c.caption += "."
	var err error
	c.picture, err = drawRows(f, rows, decoded)
	return c, err
}

// rowsOf are the pictures of the groups of the last scope, by its first center and metric:
// the center where it is decoded, and picks. more tells that there are others.
func rowsOf(p *reporting.Picked) (rows [][]int, more, decoded bool) {
	of := p.Picks[0]
	scope := p.Groups[p.Picks[len(p.Picks)-1].Group].Scope
	at := map[int]int{}
	for _, pick := range p.Picks {
		group := p.Groups[pick.Group]
		if group.Scope != scope || pick.Center != of.Center || pick.Metric != of.Metric {
			continue
		}
		row, known := at[pick.Group]
		if !known {
			if len(rows) == groupsDrawn {
				more = true
				continue
			}
			row = len(rows)
			at[pick.Group] = row
			rows = append(rows, nil)
			for _, c := range group.Centers {
				if c.Center == of.Center && c.Picture >= 0 {
					rows[row], decoded = append(rows[row], c.Picture), true
				}
			}
		}
		if pick.Rank > ranksDrawn {
			more = true
			continue
		}
		rows[row] = append(rows[row], pick.Picture)
	}
	return rows, more, decoded
}

// subset is the pictures of one figure.
type subset struct {
	f        *reporting.Figures
	at       map[int]int
	pictures []string
	levels   [][2]uint8
}

func newSubset(f *reporting.Figures) *subset { return &subset{f: f, at: map[int]int{}} }

// of returns the number of a picture in the figure.
func (s *subset) of(picture int) int {
	if picture < 0 {
		return -1
	}
	at, known := s.at[picture]
	if !known {
		at = len(s.pictures)
		s.at[picture] = at
		s.pictures, s.levels = append(s.pictures, s.f.Pictures[picture]), append(s.levels, s.f.Levels[picture])
	}
	return at
}

func (s *subset) all(pictures []int) (list []int) {
	for _, p := range pictures {
		list = append(list, s.of(p))
	}
	return list
}

// data adds the pictures to the data of a module.
func (s *subset) data(more map[string]any) map[string]any {
	more["pictures"], more["levels"] = s.pictures, s.levels
	more["low"], more["high"], more["full"] = s.f.DisplayLow, s.f.DisplayHigh, s.f.FullScale
	if len(s.f.Channels) > 0 {
		more["channels"] = s.f.Channels
	}
	return more
}

func lower(s string) string { return strings.ToLower(s[:1]) + s[1:] }
