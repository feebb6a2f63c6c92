package deepzoom

import (
	"fmt"
	"os"
	"slices"
	"sync/atomic"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
	"exemplar/transforms/data/raster"
)

// DefaultSide is the largest side of a cell in pixels, where none is given.
const DefaultSide = 64

// mostLine is the size of a row of cells, which is in memory, at most.
const mostLine = 256 << 20

// Config says how images are shown.
type Config struct {
	Title   string
	Shape   schemas.ImageShape // of the images
	Side    int                // pixels of a cell at most; 0: DefaultSide
	Columns int                // cells of a row; 0: as many as make the sheet about a square
	Apart   bool               // every group begins in a row of its own, however much stays empty
	View    composite.View     // how pixels are shown; zero: gray or RGB by their whole range
	Scratch string             // folder for the time of a run; "": the system's

	Tiles func(written int64)            // is told of tiles as they are written, from any goroutine; or nil
	Wrote func(name string, data []byte) // is told of every file, from any goroutine; or nil
}

// Group is a part of the sheet with a name.
type Group struct {
	Name   string
	Images []Image // in their order
}

// Image is an image and how far it is from the center of its group.
type Image struct {
	ID       string
	Distance float64 // NaN: not known
}

// Sheet is a contact sheet that is being made.
type Sheet struct {
	c      Config
	groups []Group
	first  []int // number of the first image of each group, and of all images
	grid   grid

	reduction    int // pixels along a side that become one
	cellW, cellH int

	scratch *os.File
	there   []atomic.Bool // whose cells are in scratch
}

// New lays out a sheet of the groups in their order. Close it.
func New(c Config, groups []Group) (*Sheet, error) {
	if c.Side == 0 {
		c.Side = DefaultSide
	}
	s := &Sheet{c: c, first: []int{0}}
	for _, g := range groups {
		if len(g.Images) > 0 {
			s.groups = append(s.groups, g)
			s.first = append(s.first, s.Len()+len(g.Images))
		}
	}
	if err := c.Shape.Validate(); err != nil {
		return nil, err
	}
	if c.View.Full == 0 {
		s.c.View = composite.Of(c.Shape, nil, 0)
	}
	if err := s.c.View.Check(c.Shape); err != nil {
		return nil, err
	}
	switch {
	case c.Side < 1 || c.Side > 4096:
		return nil, fmt.Errorf("Config.Side=%d: must be 1 to 4096 pixels", c.Side)
	case s.Len() == 0:
		return nil, fmt.Errorf("a contact sheet without images")
	}
	s.reduction = (max(c.Shape.Width, c.Shape.Height) + c.Side - 1) / c.Side
	s.cellW, s.cellH = (c.Shape.Width+s.reduction-1)/s.reduction, (c.Shape.Height+s.reduction-1)/s.reduction
	if c.Columns > 0 || c.Apart {
		s.grid = apart(s.sizes(), s.cellW, s.cellH, min(c.Columns, slices.Max(s.sizes())))
	} else {
		s.grid = newGrid(s.sizes(), s.cellW, s.cellH)
	}
	if width, _ := s.Size(); width*s.cellH*s.samples() > mostLine {
		return nil, fmt.Errorf("Config.Side=%d: too much for %d images; choose a smaller one", c.Side, s.Len())
	}
	s.there = make([]atomic.Bool, s.Len())
	var err error
	if s.scratch, err = os.CreateTemp(c.Scratch, "exemplar-sheet-"); err != nil {
		return nil, err
	}
	os.Remove(s.scratch.Name()) // refused by some systems, for it is open: then by Close
	return s, nil
}

// Close removes what the sheet kept on disk.
func (s *Sheet) Close() error {
	err := s.scratch.Close()
	os.Remove(s.scratch.Name())
	return err
}

// Len returns the number of images.
func (s *Sheet) Len() int { return s.first[len(s.first)-1] }

// Size returns width and height of the sheet in pixels.
func (s *Sheet) Size() (width, height int) {
	return s.grid.columns * s.cellW, s.grid.rows * s.cellH
}

func (s *Sheet) sizes() []int {
	sizes := make([]int, len(s.groups))
	for g := range sizes {
		sizes[g] = len(s.groups[g].Images)
	}
	return sizes
}

// image returns image i.
func (s *Sheet) image(i int) (group int, im Image) {
	group = search(s.first, i)
	return group, s.groups[group].Images[i-s.first[group]]
}

// Put gives the pixels of image i, as in a record, counted over all groups from 0.
// Images come in any order, from any goroutine.
func (s *Sheet) Put(i int, pixels []byte) error {
	if len(pixels) != s.c.Shape.Bytes() {
		_, im := s.image(i)
		return fmt.Errorf("image %q has %d bytes where %v has %d", im.ID, len(pixels), s.c.Shape, s.c.Shape.Bytes())
	}
	cell := s.cell(pixels)
	if _, err := s.scratch.WriteAt(cell, int64(i)*int64(len(cell))); err != nil {
		return fmt.Errorf("keeping the cells of a contact sheet: %w", err)
	}
	s.there[i].Store(true)
	return nil
}

// samples returns how many bytes a pixel of the sheet has: one of gray images, else three.
func (s *Sheet) samples() int {
	if s.c.Shape.Channels == 1 {
		return 1
	}
	return 3
}

func (s *Sheet) cellBytes() int { return s.cellW * s.cellH * s.samples() }

// cell returns an image reduced to its cell.
func (s *Sheet) cell(pixels []byte) []byte {
	cell := make([]byte, 0, s.cellBytes())
	im := raster.Of(pixels, s.c.Shape, s.reduction)
	for i := 0; i < len(im.V); i += im.Channels {
		r, g, b := s.c.View.RGB(im.V[i:][:im.Channels])
		if cell = append(cell, r); im.Channels > 1 {
			cell = append(cell, g, b)
		}
	}
	return cell
}
