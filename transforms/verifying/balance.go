package verifying

import (
	"cmp"
	"fmt"
	"math/big"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
)

// valuesOf returns what an image has in the columns whose values picks have in fixed shares; ""
// where that is none.
func (s *selection) valuesOf(b *latents.Batch, k int) []string {
	columns := s.m.Parameters.Picking.Balance
	values := make([]string, len(columns))
	for i, c := range columns {
		if c.Column == schemas.ColLabel {
			if b.HasLabel[k] {
				values[i] = b.Label[k]
			}
			continue
		}
		if at := slices.Index(s.latents.manifest.Spec.Metadata, c.Column); at >= 0 {
			values[i] = b.Metadata[at][k]
		}
	}
	for i, value := range values {
		if schemas.Missing(value) {
			values[i] = ""
		}
	}
	return values
}

// compareBalance counts the picks of every set by the balanced columns, and the images of its
// groups, and holds what is due and what there is against the manifest.
func (s *selection) compareBalance(r *Report) {
	columns := s.m.Parameters.Picking.Balance
	for i := range s.m.Sets {
		set := &s.m.Sets[i]
		if len(set.Balance) != len(columns) {
			r.problemf(schemas.SelectionFile, "scope %s by %s and %s: the balance of %d columns, parameters name %d", set.Scope, set.Center, set.Metric, len(set.Balance), len(columns))
			continue
		}
		for c := range columns {
			if what := s.balanceDifference(set, c); what != "" {
				r.problemf(schemas.SelectionFile, "scope %s by %s and %s, balance of %s: %s", set.Scope, set.Center, set.Metric, columns[c].Column, what)
			}
		}
	}
}

// balanceDifference says how the balance of a column differs from what images and picks
// give, "" where it does not. How many images with a value were in the sample, the
// recomputed picking says.
func (s *selection) balanceDifference(set *schemas.PickSet, c int) string {
	column := s.m.Parameters.Picking.Balance[c]
	images, picks, total := map[string]int64{}, map[string]int{}, 0
	for g := range s.claims {
		if s.claims[g].scope == set.Scope && len(s.groups[g].listed) > 0 && c < len(s.groups[g].listed[0].Values) {
			for value, n := range s.groups[g].listed[0].Values[c] {
				images[value] += n
			}
		}
	}
	for i := range s.picks {
		p := &s.picks[i]
		if p.Scope != set.Scope || p.Center != set.Center || p.Metric != set.Metric {
			continue
		}
		value := p.Label
		if at := slices.Index(s.m.Metadata, column.Column); at >= 0 {
			value = p.Metadata[at]
		}
		if schemas.Missing(value) {
			value = ""
		}
		picks[value]++
		total++
	}
	says := &set.Balance[c]
	due, off, listed := dueOf(images, column.Shares == schemas.QuotaEqual, total), 0, 0
	for value := range images {
		off += max(0, picks[value]-due[value])
		if due[value]+picks[value] > 0 {
			listed++
		}
	}
	if says.Balanced != column || says.Values != len(images) || says.Off != off || len(says.Counts) != listed {
		return fmt.Sprintf("%s by %s shares, %d values, %d listed, off by %d; the latents give %s, %s, %d, %d, %d",
			says.Column, says.Shares, says.Values, len(says.Counts), says.Off, column.Column, column.Shares, len(images), listed, off)
	}
	last := ""
	for i, v := range says.Counts {
		if v.Images != images[v.Value] || v.Due != due[v.Value] || v.Picks != picks[v.Value] || i > 0 && v.Value <= last {
			return fmt.Sprintf("%q of %d images has %d of %d picks due, the latents give %d, %d of %d", v.Value, v.Images, v.Picks, v.Due, images[v.Value], picks[v.Value], due[v.Value])
		}
		last = v.Value
	}
	return ""
}

// dueOf shares picks among values by the largest remainders of exact fractions; of equal ones the
// value of more images comes first, then that of the smaller hash.
func dueOf(images map[string]int64, equal bool, picks int) map[string]int {
	type share struct {
		value string
		rest  *big.Rat
	}
	all := new(big.Rat)
	for _, n := range images {
		if equal {
			n = 1
		}
		all.Add(all, new(big.Rat).SetInt64(n))
	}
	due, left, shares := map[string]int{}, picks, []share{}
	for value, n := range images {
		if equal {
			n = 1
		}
		exact := new(big.Rat).Quo(new(big.Rat).SetInt64(n*int64(picks)), all)
		whole := new(big.Int).Quo(exact.Num(), exact.Denom())
		due[value] = int(whole.Int64())
		left -= due[value]
		shares = append(shares, share{value, exact.Sub(exact, new(big.Rat).SetInt(whole))})
	}
	slices.SortFunc(shares, func(a, b share) int {
		return cmp.Or(b.rest.Cmp(a.rest), cmp.Compare(images[b.value], images[a.value]), cmp.Compare(draw.Hash(0, a.value), draw.Hash(0, b.value)), cmp.Compare(a.value, b.value))
	})
	for i := range left {
		due[shares[i].value]++
	}
	return due
}
