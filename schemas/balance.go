package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// Shares are how picks are shared among the values of a column.
var Shares = []string{QuotaProportional, QuotaEqual}

// Balancing says of which columns the picks of a scope, center and metric have the values in
// fixed shares.
type Balancing []Balanced

// Balanced is one column.
type Balanced struct {
	Column string `json:"column"` // ColLabel or a Metadata_ column
	Shares string `json:"shares"` // one of Shares: as the eligible images have the values, or the same for each
}

// String writes columns as ParseBalance reads them.
func (b Balancing) String() string {
	var parts []string
	for _, c := range b {
		parts = append(parts, c.Column+":"+c.Shares)
	}
	return strings.Join(parts, ",")
}

// Shared says how picks are shared among the values of the column.
func (b Balanced) Shared() string {
	if b.Shares == QuotaEqual {
		return "equal shares"
	}
	return "the proportions of the eligible images"
}

// ParseBalance reads columns with commas between them, each with its shares behind a colon:
// proportional where there are none. The columns are as they are given.
func ParseBalance(text string) (b Balancing, err error) {
	for part := range strings.SplitSeq(text, ",") {
		column, shares, given := strings.Cut(part, ":")
		if !given {
			shares = QuotaProportional
		}
		b = append(b, Balanced{Column: column, Shares: shares})
	}
	return b, b.validate()
}

// validate reports what is wrong with columns, which may be short for others.
func (b Balancing) validate() error {
	for i, c := range b {
		switch {
		case columnName.FindString(c.Column) != c.Column || c.Column == "":
			return fmt.Errorf("%q is no column: write columns with commas between them, as Metadata_run or Metadata_run:%s", c.Column, QuotaEqual)
		case !slices.Contains(Shares, c.Shares):
			return fmt.Errorf("%s:%s: shares are %s", c.Column, c.Shares, strings.Join(Shares, " or "))
		case slices.ContainsFunc(b[:i], func(d Balanced) bool { return d.Column == c.Column }):
			return fmt.Errorf("%s is there twice", c.Column)
		}
	}
	return nil
}

// ColumnBalance says how the picks of a set are shared among the values of a column.
type ColumnBalance struct {
	Balanced
	Values int `json:"values"` // different ones, among the images of the groups
	// Off is the number of picks by which the counts are not those due, 0 where they are as near
	// to the shares as whole numbers allow.
	Off    int            `json:"off,omitempty"`
	Counts []ValueBalance `json:"counts"` // values that are due picks, or have some, in their order
}

// ValueBalance is one value of a column. "" stands for images without one.
type ValueBalance struct {
	Value   string `json:"value"`
	Images  int64  `json:"images"`  // eligible, in the groups
	Sampled int    `json:"sampled"` // of these in the sample that picks come from, and fixed picks
	Due     int    `json:"due"`     // picks
	Picks   int    `json:"picks"`
}

// Figures are some of an Objective, which says what they are.
type Figures struct {
	Error    float64 `json:"error"`
	Energy   float64 `json:"energy"`
	Whitened float64 `json:"whitened,omitempty"`
	Quality  float64 `json:"quality,omitempty"`
}
