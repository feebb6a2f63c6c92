package vectors

import (
	"fmt"
	"iter"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
)

// Row is one row of a source. Its slices are reused by the next one.
type Row struct {
	ID       string
	Vector   []float32
	Exact    []float64 // the vector before it was rounded
	Label    string
	HasLabel bool
	Metadata []string
	Bad      string // why the vector is none; "" for a sound one
	Lost     bool   // a number that is not 0 is 0 in float32
}

// Rows are the rows of a part, in their order.
type Rows = iter.Seq2[*Row, error]

// Reject says why a row cannot be taken, or nothing.
func (r *Row) Reject(d int) (reason, detail string) {
	switch {
	case r.ID == "":
		return schemas.ReasonNoID, "it has no id"
	case schemas.IDFault(r.ID) != "":
		return schemas.ReasonNoID, "its id " + schemas.IDFault(r.ID)
	case r.Bad != "":
		return schemas.ReasonBadVector, r.Bad
	case len(r.Vector) != d:
		return schemas.ReasonBadVector, fmt.Sprintf("its vector has %s, most of the source have %d", words.Plural(len(r.Vector), "number", "numbers"), d)
	}
	zero := true
	for i, v := range r.Vector {
		if !latents.Finite(v) {
			return schemas.ReasonBadVector, fmt.Sprintf("number %d of its vector is %v in float32", i, v)
		}
		zero = zero && v == 0
	}
	if zero && r.Lost {
		return schemas.ReasonBadVector, "all numbers of its vector are 0 in float32, which holds none between 0 and 1.4e-45: multiply them"
	}
	return "", ""
}
