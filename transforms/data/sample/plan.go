package sample

import (
	"fmt"
	"math"
	"strings"
)

// Patterns that read the names of the sample's files.
const (
	// LabelPattern finds the label: a phase of the cell cycle, "blank" or "cut".
	LabelPattern = `(?P<label>[a-z]+)_[0-9]+\.tif$`
	// MetadataPattern finds the run and the well.
	MetadataPattern = `^(?P<run>run[0-9]+)/well-(?P<well>[A-H][0-9]+)/`
)

// Classes of the sample, the labels that LabelPattern finds.
const (
	Interphase = "interphase"
	Prophase   = "prophase"
	Metaphase  = "metaphase"
	Anaphase   = "anaphase"
	Telophase  = "telophase"
	Blank      = "blank" // nothing, or a few specks
	Cut        = "cut"   // an interphase nucleus over the crop's border
)

// class is one kind of crop and its share of the collection.
type class struct {
	name  string
	share float64
	draw  func(r *rng, b batch) []byte
}

// classes of the sample. One cell in twelve divides: a growing culture. The
// first class takes what the shares of the others leave.
var classes = []class{
	{name: Interphase, draw: func(r *rng, b batch) []byte { return nucleus(r, b, interphase) }},
	{name: Prophase, share: 0.03, draw: func(r *rng, b batch) []byte { return nucleus(r, b, prophase) }},
	{name: Metaphase, share: 0.025, draw: func(r *rng, b batch) []byte { return nucleus(r, b, metaphase) }},
	{name: Anaphase, share: 0.0125, draw: func(r *rng, b batch) []byte { return nucleus(r, b, anaphase) }},
	{name: Telophase, share: 0.0175, draw: func(r *rng, b batch) []byte { return nucleus(r, b, telophase) }},
	{name: Blank, share: 0.02, draw: func(r *rng, _ batch) []byte { return blank(r) }},
	{name: Cut, share: 0.025, draw: cut},
}

const wellsPerRun = 6 // A1, A2, A3, B1, B2, B3

// crop is one image to draw.
type crop struct {
	name      string // path below the sample's folder, '/'-separated
	index     int    // place in the collection: its random numbers' stream
	class     int
	run, well int
}

// plan lists the crops of a collection of n images, in the order of their
// index. Classes have exactly their share (rounded), in random order; wells
// take turns.
func plan(n int, seed uint64) []crop {
	of := make([]int, 0, n) // class of each image
	for c := len(classes) - 1; c > 0; c-- {
		for range int(math.Round(classes[c].share * float64(n))) {
			of = append(of, c)
		}
	}
	for len(of) < n {
		of = append(of, 0)
	}
	newRNG(seed, 1<<41).shuffle(n, func(i, j int) { of[i], of[j] = of[j], of[i] })

	crops := make([]crop, n)
	count := make([]int, len(classes))
	for i, c := range of {
		count[c]++
		run := i % len(runs)
		well := i / len(runs) % wellsPerRun
		crops[i] = crop{
			name: fmt.Sprintf("run%02d/well-%c%d/%s_%04d.tif",
				run+1, 'A'+well/3, well%3+1, classes[c].name, count[c]),
			index: i, class: c, run: run, well: well,
		}
	}
	return crops
}

// counts returns the number of crops of each class that occurs.
func counts(crops []crop) map[string]int {
	m := make(map[string]int)
	for _, c := range crops {
		m[classes[c.class].name]++
	}
	return m
}

// pixels draws the crop: Size x Size bytes, row by row.
func (c crop) pixels(seed uint64) []byte {
	r := newRNG(seed, uint64(c.index))
	return classes[c.class].draw(r, wellOf(seed, c.run, c.well))
}

// dir returns the folder of the crop below the sample's folder.
func (c crop) dir() string { return c.name[:strings.LastIndexByte(c.name, '/')] }
