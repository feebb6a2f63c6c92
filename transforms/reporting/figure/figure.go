// Package figure draws picks as a panel for a paper: images at one scale and one
// brightness, letters, a scale bar, and a legend that says how they were chosen.
//
// A figure is planned from the manifest and the table of a selection (New), which
// says whose pixels it needs (Picks, Groups); Draw then gives the files. The same
// selection, configuration and pixels give the same bytes.
//
// # Never silent about pixels
//
// Images are shown by whole factors: a pixel becomes a square of equal pixels, or
// a square of pixels becomes its mean. All of a figure share one factor and one
// linear scale of brightness, which the legend states.
//
// What lives here: layout, wording, drawing, and PNG and TIFF with a resolution. What
// never enters: Beam, Parquet, files, printing, tfrecord, data/latents, data/images, run,
// selection, store; decoding of latents.
package figure

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
)

// Files that Draw writes.
const (
	PNGFile  = schemas.FigurePNG
	TIFFFile = schemas.FigureTIFF
	TextFile = schemas.FigureText
)

// DefaultWidth is the width of a figure without one: of a page of two columns.
const DefaultWidth = 180

// DPI is the resolution.
const DPI = 300

// maxLetters is the number of panels up to which they have letters: beyond, names
// are enough.
const maxLetters = 26

// Widths that a figure may have, in mm.
const (
	minWidth = 40
	maxWidth = 400
)

// Config says what a figure shows, and how large.
type Config struct {
	Selection *schemas.SelectionManifest
	Picks     []schemas.Pick // rows of its table
	Shape     schemas.ImageShape

	// Sets are the scopes, centers and metrics whose picks are shown, one panel each.
	// Without any: clusters, else labels, else the first scope, by the first center
	// and metric, with one panel a group.
	Sets []Set

	Width           float64        // mm; 0: DefaultWidth
	PixelsPerMicron float64        // of the images; 0: not known, no scale bar
	PerGroup        int            // picks of a group at most; 0: as many as fit
	View            composite.View // how pixels are shown; zero: gray or RGB by their whole range
	Decoded         bool           // centers are given to Draw, and shown before the picks
	Vectors         string         // what was compared, "latents of a convolutional autoencoder"; "": "latents"
}

// Set names picks by what they were picked by.
type Set struct{ Scope, Center, Metric string }

// ParseSet reads scope/center/metric. A scope may hold slashes.
func ParseSet(s string) (Set, error) {
	parts := strings.Split(s, "/")
	n := len(parts)
	if n < 3 {
		return Set{}, fmt.Errorf("%q is not scope/center/metric, as cluster/mean/euclidean", s)
	}
	return Set{strings.Join(parts[:n-2], "/"), parts[n-2], parts[n-1]}, nil
}

func (s Set) String() string { return s.Scope + "/" + s.Center + "/" + s.Metric }

func (s Set) holds(p *schemas.Pick) bool {
	return p.Scope == s.Scope && p.Center == s.Center && p.Metric == s.Metric
}

// Group is a group of a set, with the picks that are shown.
type Group struct {
	Set
	ID     string
	Size   int64 // eligible images
	Picked int   // picks, shown or not
	Picks  []schemas.Pick
}

// Figure is a planned figure.
type Figure struct {
	c      Config
	panels []panel
	layout layout
	groups int // of all sets, shown or not
}

// panel is a letter with its groups.
type panel struct {
	letter string // "" for a single one, or too many
	title  string // "" where the letter is the only group's
	groups []Group
}

// New plans a figure. It fails where nothing can be shown.
func New(c Config) (*Figure, error) {
	if c.Width == 0 {
		c.Width = DefaultWidth
	}
	if c.View.Full == 0 {
		c.View = composite.Of(c.Shape, nil, 0)
	}
	if c.Vectors == "" {
		c.Vectors = "latents"
	}
	if len(c.Sets) == 0 {
		c.Sets = defaultSets(c.Selection)
	}
	if err := c.validate(); err != nil {
		return nil, err
	}
	f := &Figure{c: c}
	for _, set := range c.Sets {
		groups := collect(c.Picks, set)
		if len(groups) == 0 {
			return nil, fmt.Errorf("the selection has no picks of %v for a figure", set)
		}
		f.groups += len(groups)
		f.panels = append(f.panels, panel{title: set.title(), groups: groups})
	}
	if len(f.panels) == 1 {
		f.panels = split(f.panels[0].groups)
	}
	f.arrange()
	if n := len(f.panels); n > 1 && n <= maxLetters {
		for i := range f.panels {
			f.panels[i].letter = string(rune('A' + i))
		}
	}
	return f, nil
}

func (c *Config) validate() error {
	if err := c.Shape.Validate(); err != nil {
		return err
	}
	if err := c.View.Check(c.Shape); err != nil {
		return err
	}
	return CheckNumbers(c.Width, c.PixelsPerMicron, c.PerGroup)
}

// CheckNumbers reports the first wrong one of the numbers that a user gives, naming
// its field. 0 stands for the default of each.
func CheckNumbers(width, pixelsPerMicron float64, perGroup int) error {
	switch {
	case width != 0 && !(width >= minWidth && width <= maxWidth):
		return fmt.Errorf("Config.Width=%g: must be %d to %d mm", width, minWidth, maxWidth)
	case !(pixelsPerMicron >= 0) || pixelsPerMicron > 1e6 || pixelsPerMicron > 0 && pixelsPerMicron < 1e-6:
		return fmt.Errorf("Config.PixelsPerMicron=%g: must be 0.000001 to 1000000, or 0 where it is not known", pixelsPerMicron)
	case perGroup < 0:
		return fmt.Errorf("Config.PerGroup=%d: must be at least 1, or 0 for as many as fit", perGroup)
	}
	return nil
}

// defaultSets returns the set that is shown where none is named.
func defaultSets(m *schemas.SelectionManifest) []Set {
	p := m.Parameters
	scope := p.Scopes[0]
	for _, s := range []string{schemas.ScopeLabel, schemas.ScopeCluster} {
		if slices.Contains(p.Scopes, s) {
			scope = s
		}
	}
	return []Set{{scope, p.Centers[0], p.Metrics[0]}}
}

// collect returns the groups of a set in their order in the table, each with its
// picks by rank.
func collect(picks []schemas.Pick, set Set) []Group {
	var groups []Group
	at := map[string]int{}
	for i := range picks {
		p := &picks[i]
		if !set.holds(p) {
			continue
		}
		g, known := at[p.GroupID]
		if !known {
			g = len(groups)
			at[p.GroupID] = g
			groups = append(groups, Group{Set: set, ID: p.GroupID, Size: p.GroupSize})
		}
		groups[g].Picks = append(groups[g].Picks, *p)
		groups[g].Picked++
	}
	for _, g := range groups {
		slices.SortStableFunc(g.Picks, func(a, b schemas.Pick) int { return int(a.Rank) - int(b.Rank) })
	}
	return groups
}

// split makes a panel of every group.
func split(groups []Group) []panel {
	var panels []panel
	for _, g := range groups {
		panels = append(panels, panel{groups: []Group{g}})
	}
	return panels
}

// Groups returns the groups that are shown, with the picks that are.
func (f *Figure) Groups() []Group {
	var groups []Group
	for _, p := range f.panels {
		groups = append(groups, p.groups...)
	}
	return groups
}

// Picks returns the picks that are shown, group by group: those whose pixels Draw
// needs, in this order.
func (f *Figure) Picks() []schemas.Pick {
	var picks []schemas.Pick
	for _, g := range f.Groups() {
		picks = append(picks, g.Picks...)
	}
	return picks
}
