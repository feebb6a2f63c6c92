// Package weighing counts how many images each pick stands for: those that no other pick
// of its scope, center and metric is nearer to.
//
// What lives here: the definition, over batches of rows. What never enters: Beam, flags,
// printing; which images are picked, and the pass over the latents (package
// grading/gathering).
//
// # Definition
//
// Images count that are eligible and in a group of the scope; the picks among them do, too.
// Each counts for one pick: the nearest one of any group by squared Euclidean distance in
// the space of the selection, whatever the metric that ranks images, and of several as near
// the first by id. Of picks that are equal, all but the first therefore count nothing.
package weighing

import (
	"fmt"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/rows"
)

// Set is the picks of one scope, center and metric, by id.
type Set struct {
	Scope string
	IDs   []string
	X     []float32 // their vectors, in the space of the selection
}

// Index returns what finds the nearest pick; nil where there is none.
func (s *Set) Index() *nearest.Index {
	if len(s.IDs) == 0 {
		return nil
	}
	return nearest.New(nearest.Widen(s.X), len(s.X)/len(s.IDs))
}

// Counts are numbers of images, by set and pick.
type Counts [][]int64

// Add adds those of other images.
func (c Counts) Add(from Counts) {
	for set := range c {
		for i, n := range from[set] {
			c[set][i] += n
		}
	}
}

// Weigher counts the images of batches. Several may do so for the same picks, each with a
// Weigher of its own.
type Weigher struct {
	Counts Counts
	picks  *picks
	near   []int32
	d2     []float64
}

// picks are what images are shared out between.
type picks struct {
	sets    []Set
	indexes []*nearest.Index
	columns []int // of the scopes, as rows.Batch.Value takes them
}

// New returns a Weigher of images with these Metadata_ columns.
func New(sets []Set, metadata []string) *Weigher {
	p := &picks{sets: sets}
	for i := range sets {
		p.indexes = append(p.indexes, sets[i].Index())
		p.columns = append(p.columns, slices.Index(metadata, schemas.ColumnOf(sets[i].Scope))) // -1: of the label
	}
	return (&Weigher{picks: p}).Like()
}

// Like returns a Weigher of the same picks that has counted nothing.
func (w *Weigher) Like() *Weigher {
	empty := &Weigher{picks: w.picks}
	for i := range w.picks.sets {
		empty.Counts = append(empty.Counts, make([]int64, len(w.picks.sets[i].IDs)))
	}
	return empty
}

// Batch counts the eligible images of a batch.
func (w *Weigher) Batch(b *rows.Batch) {
	x, n := b.X(), len(b.Eligible)
	w.near, w.d2 = slices.Grow(w.near[:0], n)[:n], slices.Grow(w.d2[:0], n)[:n]
	for set, index := range w.picks.indexes {
		if index == nil {
			continue
		}
		index.Find(w.near, w.d2, x)
		for i, row := range b.Eligible {
			if w.picks.grouped(set, b, row) {
				w.Counts[set][w.near[i]]++
			}
		}
	}
}

// grouped reports whether an image is in a group of the scope of a set.
func (p *picks) grouped(set int, b *rows.Batch, row int) bool {
	if schemas.ColumnOf(p.sets[set].Scope) == "" {
		return true
	}
	_, ok := b.Value(p.columns[set], row)
	return ok
}

// Weigh sets the weights of picks by the counts of their sets, which must be of all images
// of a group of the scope. images says how many there are.
func Weigh(list []schemas.Pick, counts Counts, set func(*schemas.Pick) int, images func(scope string) int64) error {
	sets := make([][]*schemas.Pick, len(counts))
	for i := range list {
		at := set(&list[i])
		sets[at] = append(sets[at], &list[i])
	}
	for i, picks := range sets {
		slices.SortFunc(picks, func(a, b *schemas.Pick) int { return strings.Compare(a.ImageID, b.ImageID) })
		total := int64(0)
		for _, n := range counts[i] {
			total += n
		}
		if len(picks) == 0 {
			continue
		}
		if want := images(picks[0].Scope); len(picks) != len(counts[i]) || total != want {
			return fmt.Errorf("%d images were counted for %d picks, the groups of scope %s have %d: run the same command again", total, len(picks), picks[0].Scope, want)
		}
		for j, p := range picks {
			p.Weight = float64(counts[i][j]) / float64(total)
		}
	}
	return nil
}
