package figure

import "math"

// Lengths in pixels at DPI.
const (
	margin    = 12
	imageGap  = 8
	centerGap = 28 // between a decoded center and the picks
	columnGap = 28
	blockGap  = 34
	header    = 50  // of a group: letter and name
	title     = 72  // of a panel with several groups
	minBlock  = 270 // width of a group, for its name
	legendGap = 40

	maxHeight = 190 * DPI * 10 / 254 // of all panels: the rest of a page is the legend's

	largest  = 295 // side of an image that is shown: 25 mm
	enlarged = 130 // of one whose pixels are made larger
	small    = 56  // of one that is taken only where nothing else fits
	least    = 48  // of one whose pixels are averaged
)

// layout says at which scale images are shown, and how many. Every group is a
// block of lines of images below its name, and blocks stand in columns.
type layout struct {
	width           int // of the figure
	enlarge, reduce int // one of them is 1
	cellW, cellH    int // of an image

	columns, perLine, lines int
	pitch                   int // of columns
	blockW                  int
}

// arrange chooses the layout, and drops the picks and groups that it has no place for.
//
// Of the layouts that hold all groups, with images that are not small, it takes the
// one with the largest images that shows six picks of a group; if there is none,
// four, and so on; then one with small images. Where even that has no room, only
// the first groups are shown.
func (f *Figure) arrange() {
	for {
		most := 0
		for _, g := range f.Groups() {
			most = max(most, len(g.Picks))
		}
		if f.c.PerGroup > 0 {
			most = min(most, f.c.PerGroup)
		}
		for _, side := range []int{small, 0} {
			for _, want := range []int{6, 4, 3, 2, 1} {
				for _, scale := range f.scales() {
					l, ok := f.fit(scale, most, min(want, most))
					if ok && max(l.cellW, l.cellH) >= side {
						f.layout = l
						f.truncate(most)
						return
					}
				}
			}
		}
		if !f.dropGroup() {
			f.layout = f.only()
			f.truncate(most)
			return
		}
	}
}

// scale is how many pixels along a side become one, or one becomes.
type scale struct{ enlarge, reduce int }

// scales returns the scales that are tried, largest images first.
func (f *Figure) scales() []scale {
	side := max(f.c.Shape.Width, f.c.Shape.Height)
	var list []scale
	for e := enlarged / side; e > 1; e-- {
		list = append(list, scale{e, 1})
	}
	first := 1
	if side > largest {
		first = (side + largest - 1) / largest
	}
	for r := first; r == first || (side+r-1)/r >= least; r++ {
		list = append(list, scale{1, r})
	}
	return list
}

// base returns the layout of a scale without columns.
func (f *Figure) base(s scale) layout {
	return layout{
		width:   int(math.Round(f.c.Width / 25.4 * DPI)),
		enlarge: s.enlarge, reduce: s.reduce,
		cellW: (f.c.Shape.Width + s.reduce - 1) / s.reduce * s.enlarge,
		cellH: (f.c.Shape.Height + s.reduce - 1) / s.reduce * s.enlarge,
	}
}

// fit finds the least number of columns at which every group has room for so many
// of its picks as wanted, and takes as many lines as fit, up to the most.
func (f *Figure) fit(s scale, most, want int) (layout, bool) {
	l := f.base(s)
	inner := l.width - 2*margin
	for columns := 1; columns <= f.widest(); columns++ {
		l.columns = columns
		l.blockW = (inner - (columns-1)*columnGap) / columns
		l.pitch = l.blockW + columnGap
		l.perLine = (l.blockW - f.lead(l) + imageGap) / (l.cellW + imageGap)
		if l.perLine < 1 || columns > 1 && l.blockW < minBlock {
			break
		}
		for l.lines = (most + l.perLine - 1) / l.perLine; l.lines >= 1; l.lines-- {
			if min(most, l.lines*l.perLine) >= want && f.height(l) <= maxHeight {
				return l, true
			}
		}
	}
	return layout{}, false
}

// only returns the layout of one image a group where nothing fits the page: one
// large image, or many panels that are all needed.
func (f *Figure) only() layout {
	scales := f.scales()
	l := f.base(scales[len(scales)-1])
	l.columns, l.lines, l.perLine = 1, 1, 1
	l.blockW = l.width - 2*margin
	return l
}

// widest returns the largest number of groups in a row of blocks.
func (f *Figure) widest() int {
	if f.singles() {
		return len(f.panels)
	}
	n := 1
	for _, p := range f.panels {
		n = max(n, len(p.groups))
	}
	return n
}

// singles reports whether every panel is one group, so that they share rows.
func (f *Figure) singles() bool { return f.panels[0].title == "" }

// lead returns the width of what stands before the picks of a line.
func (f *Figure) lead(l layout) int {
	if f.c.Decoded {
		return l.cellW + centerGap
	}
	return 0
}

// blockHeight returns the height of a row of groups.
func (l layout) blockHeight() int { return header + l.lines*(l.cellH+imageGap) - imageGap + blockGap }

// height returns that of all panels.
func (f *Figure) height(l layout) int {
	rows := func(n int) int { return (n + l.columns - 1) / l.columns * l.blockHeight() }
	if f.singles() {
		return rows(len(f.panels))
	}
	sum := 0
	for _, p := range f.panels {
		sum += title + rows(len(p.groups))
	}
	return sum
}

// truncate drops the picks without a place, and makes lines equally long.
func (f *Figure) truncate(most int) {
	n := min(most, f.layout.perLine*f.layout.lines)
	f.layout.lines = (n + f.layout.perLine - 1) / f.layout.perLine
	f.layout.perLine = (n + f.layout.lines - 1) / f.layout.lines
	for _, p := range f.panels {
		for g := range p.groups {
			p.groups[g].Picks = p.groups[g].Picks[:min(n, len(p.groups[g].Picks))]
		}
	}
}

// dropGroup drops the last group of the panel with the most groups, or the last
// panel of one group; false where one is left.
func (f *Figure) dropGroup() bool {
	if f.singles() {
		if len(f.panels) == 1 {
			return false
		}
		f.panels = f.panels[:len(f.panels)-1]
		return true
	}
	at := 0
	for i, p := range f.panels {
		if len(p.groups) >= len(f.panels[at].groups) {
			at = i
		}
	}
	if n := len(f.panels[at].groups); n > 1 {
		f.panels[at].groups = f.panels[at].groups[:n-1]
		return true
	}
	return false
}
