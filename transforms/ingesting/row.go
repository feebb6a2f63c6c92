package ingesting

import (
	"fmt"
	"iter"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
)

// row is one row of a source. Its slices are reused by the next one.
type row struct {
	id       string
	vector   []float32
	exact    []float64 // the vector before it was rounded; of plain columns
	label    string
	hasLabel bool
	metadata []string
	bad      string // why the vector is none; "" for a sound one
	lost     bool   // a number that is not 0 is 0 in float32
}

// rows are the rows of a part, in their order.
type rows = iter.Seq2[*row, error]

// reject says why a row cannot be taken, or nothing.
func (r *row) reject(d int) (reason, detail string) {
	switch {
	case r.id == "":
		return schemas.ReasonNoID, "it has no id"
	case schemas.IDFault(r.id) != "":
		return schemas.ReasonNoID, "its id " + schemas.IDFault(r.id)
	case r.bad != "":
		return schemas.ReasonBadVector, r.bad
	case len(r.vector) != d:
		return schemas.ReasonBadVector, fmt.Sprintf("its vector has %s, most of the source have %d", words.Plural(len(r.vector), "number", "numbers"), d)
	}
	zero := true
	for i, v := range r.vector {
		if !latents.Finite(v) {
			return schemas.ReasonBadVector, fmt.Sprintf("number %d of its vector is %v in float32", i, v)
		}
		zero = zero && v == 0
	}
	if zero && r.lost {
		return schemas.ReasonBadVector, "all numbers of its vector are 0 in float32, which holds none between 0 and 1.4e-45: multiply them"
	}
	return "", ""
}
