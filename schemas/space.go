package schemas

// Space says in which space a selection compares vectors.
type Space struct {
	Kind      string  `json:"kind"`      // raw, zscore or whiten
	Dimension int     `json:"dimension"` // of the space
	Rows      int     `json:"rows"`      // images of the sample that it was found from, and the shares
	Variance  float64 `json:"variance"`  // share of the sample's variance that it keeps

	// Shares are the largest shares that single dimensions have in the squared norm
	// over the sample, in this space: with one near 1 a cosine compares little else.
	Shares []DimensionShare `json:"shares"`
}

// DimensionShare is the part of the squared norm that one dimension has.
type DimensionShare struct {
	Dimension int     `json:"dimension"` // from 0
	Share     float64 `json:"share"`     // in [0,1]
}

// DominantShare is the share of the squared norm from which on one dimension
// dominates a cosine.
const DominantShare = 0.5

// Dominant returns the dimension that dominates a cosine, if there is one.
func (s *Space) Dominant() (DimensionShare, bool) {
	if len(s.Shares) == 0 || s.Shares[0].Share < DominantShare {
		return DimensionShare{}, false
	}
	return s.Shares[0], true
}
