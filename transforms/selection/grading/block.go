package grading

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"fmt"
	"math"
)

// Request says which rows a grade needs: a sample, and the picks.
type Request struct {
	Seed     int64
	Sample   int64 // images of the sample
	Eligible int64 // images of the collection that may be picked
	Picks    []string
	Sums     bool // Image.Place.SHA256 is asked for
}

// limit returns the hash below which an eligible image is brought along: a few
// more than Sample, so that fewer are less likely than one in a billion.
func (r Request) limit() float64 {
	n := float64(r.Sample)
	return (n + 6*math.Sqrt(n) + 20) / float64(max(r.Eligible, 1))
}

// picked returns the ids of the picks as a set.
func (r Request) picked() map[string]bool {
	picks := map[string]bool{}
	for _, id := range r.Picks {
		picks[id] = true
	}
	return picks
}

// Block is some rows on their way to the grade, encoded.
type Block struct {
	Images []byte // gob of []found
	Rows   []byte // vectors: float32, little endian
}

// found is an image of a block.
type found struct {
	Image
	Eligible bool
}

// Join puts the blocks of a gathering together: the sample, in the order of its hash,
// and the picks in the order of the request, both of d dimensions.
func Join(blocks []Block, request Request, d int) (sample, picks Rows, err error) {
	all := Rows{D: d}
	var eligible []bool
	place := map[string]int32{}
	size := 0
	for _, b := range blocks {
		size += len(b.Rows) / 4
	}
	all.X = make([]float32, 0, size)
	for _, b := range blocks {
		var images []found
		if err := gob.NewDecoder(bytes.NewReader(b.Images)).Decode(&images); err != nil {
			return sample, picks, err
		}
		for _, im := range images {
			place[im.ID] = int32(len(all.Images))
			all.Images, eligible = append(all.Images, im.Image), append(eligible, im.Eligible)
		}
		for i := 0; i < len(b.Rows); i += 4 {
			all.X = append(all.X, math.Float32frombits(binary.LittleEndian.Uint32(b.Rows[i:])))
		}
	}
	wanted := make([]int32, len(request.Picks))
	for i, id := range request.Picks {
		at, ok := place[id]
		if !ok {
			return sample, picks, fmt.Errorf("the picked image %q is in none of the latents files", id)
		}
		wanted[i] = at
	}
	picks = all.some(wanted)
	all.keep(request, eligible)
	return all, picks, nil
}

// keep drops all rows but those of the sample, in place.
func (r *Rows) keep(request Request, eligible []bool) {
	limit := request.limit()
	var first, rest []int32
	for _, i := range shuffled(uint64(request.Seed)^sampleSalt, r.Images) {
		drawn := eligible[i] && SampleHash(uint64(request.Seed), r.Images[i].ID) < limit
		if drawn && int64(len(first)) < request.Sample {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	n := len(first)
	r.arrange(append(first, rest...))
	r.Images, r.X = r.Images[:n], r.X[:n*r.D]
}

// some returns a copy of some rows.
func (r *Rows) some(rows []int32) Rows {
	out := Rows{Images: permuted(r.Images, rows), D: r.D, X: gathered(r.X, r.D, rows), E: r.E}
	if r.Encoded != nil {
		out.Encoded = gathered(r.Encoded, r.E, rows)
	}
	return out
}
