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
	Columns []byte // gob of columns
	Rows    []byte // vectors: float32, little endian
}

// columns are what a block holds beside the vectors.
type columns struct {
	IDs      []string
	Label    []string
	HasLabel []bool
	Blank    []bool
	Eligible []bool
	Metadata [][]string
}

// Join puts the blocks of a gathering together: the sample, in the order of its hash,
// and the picks in the order of the request, both of d dimensions and with that
// many metadata columns.
func Join(blocks []Block, request Request, d, metadata int) (sample, picks Rows, err error) {
	var all Rows
	all.D, all.Metadata = d, make([][]string, metadata)
	var eligible []bool
	size := 0
	for _, b := range blocks {
		size += len(b.Rows) / 4
	}
	all.X = make([]float32, 0, size)
	for _, b := range blocks {
		var c columns
		if err := gob.NewDecoder(bytes.NewReader(b.Columns)).Decode(&c); err != nil {
			return sample, picks, err
		}
		all.IDs, all.Label, all.HasLabel = append(all.IDs, c.IDs...), append(all.Label, c.Label...), append(all.HasLabel, c.HasLabel...)
		all.Blank, eligible = append(all.Blank, c.Blank...), append(eligible, c.Eligible...)
		for m := range all.Metadata {
			all.Metadata[m] = append(all.Metadata[m], c.Metadata[m]...)
		}
		for i := 0; i < len(b.Rows); i += 4 {
			all.X = append(all.X, math.Float32frombits(binary.LittleEndian.Uint32(b.Rows[i:])))
		}
	}
	place := map[string]int32{}
	for i, id := range all.IDs {
		place[id] = int32(i)
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
	for _, i := range shuffled(uint64(request.Seed)^sampleSalt, r.IDs) {
		drawn := eligible[i] && SampleHash(uint64(request.Seed), r.IDs[i]) < limit
		if drawn && int64(len(first)) < request.Sample {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
	}
	n := len(first)
	r.arrange(append(first, rest...))
	r.IDs, r.X, r.Label, r.HasLabel, r.Blank = r.IDs[:n], r.X[:n*r.D], r.Label[:n], r.HasLabel[:n], r.Blank[:n]
	for m := range r.Metadata {
		r.Metadata[m] = r.Metadata[m][:n]
	}
}

// some returns a copy of some rows.
func (r *Rows) some(rows []int32) Rows {
	out := Rows{D: r.D, E: r.E, IDs: permuted(r.IDs, rows), X: gathered(r.X, r.D, rows), Cluster: permuted(r.Cluster, rows),
		Label: permuted(r.Label, rows), HasLabel: permuted(r.HasLabel, rows), Blank: permuted(r.Blank, rows)}
	if r.Encoded != nil {
		out.Encoded = gathered(r.Encoded, r.E, rows)
	}
	for _, c := range r.Metadata {
		out.Metadata = append(out.Metadata, permuted(c, rows))
	}
	return out
}
