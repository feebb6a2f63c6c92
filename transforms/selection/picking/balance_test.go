package picking

import (
	"bytes"
	"encoding/gob"
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// TestApportion: shares worked out by hand.
func TestApportion(t *testing.T) {
	for _, c := range []struct {
		n           int
		weights     []int64
		least, most []int
		want        []int
	}{
		{10, []int64{50, 30, 20}, nil, nil, []int{5, 3, 2}},
		{10, []int64{1, 1, 1}, nil, nil, []int{4, 3, 3}},    // equal remainders: the first
		{10, []int64{55, 27, 18}, nil, nil, []int{5, 3, 2}}, // 5.5, 2.7, 1.8
		{3, []int64{1, 1, 1, 1, 1}, nil, nil, []int{1, 1, 1, 0, 0}},
		{0, []int64{2, 1}, nil, nil, []int{0, 0}},
		{10, []int64{1, 1, 1}, []int{6, 0, 0}, nil, []int{6, 2, 2}},
		{10, []int64{8, 1, 1}, nil, []int{4, 9, 9}, []int{4, 3, 3}},
		{10, []int64{8, 1, 1}, nil, []int{4, 2, 2}, []int{4, 2, 2}},            // not enough for all
		{10, []int64{1, 1, 8}, []int{4, 0, 0}, []int{9, 9, 3}, []int{4, 3, 3}}, // both limits
		{5, []int64{0, 0}, nil, nil, []int{0, 0}},
	} {
		least, most := c.least, c.most
		if least == nil {
			least = make([]int, len(c.weights))
		}
		if most == nil {
			for range c.weights {
				most = append(most, c.n)
			}
		}
		if got := apportion(c.n, c.weights, least, most); cmp.Diff(c.want, got) != "" {
			t.Errorf("%+v: %v", c, got)
		}
	}
}

// TestApportionIsNearest: no pick given to another value comes nearer to the exact shares, in
// sums of squares, and limits and sum hold.
func TestApportionIsNearest(t *testing.T) {
	rng := rand.New(rand.NewPCG(3, 4))
	for range 300 {
		k, n := 1+rng.IntN(8), rng.IntN(40)
		weights, total := make([]int64, k), int64(0)
		for i := range weights {
			weights[i] = 1 + rng.Int64N(1e6)
			total += weights[i]
		}
		miss := func(shares []int) (sum float64) {
			for i, s := range shares {
				sum += math.Pow(float64(s)-float64(n)*float64(weights[i])/float64(total), 2)
			}
			return sum
		}
		shares, sum := unlimited(n, weights), 0
		best := miss(shares)
		for i := range shares {
			sum += shares[i]
			for j := range shares {
				if i == j {
					continue
				}
				shares[i], shares[j] = shares[i]-1, shares[j]+1
				if shares[i] >= 0 && miss(shares) < best-1e-9 {
					t.Fatalf("%d by %v: %v is nearer", n, weights, shares)
				}
				shares[i], shares[j] = shares[i]+1, shares[j]-1
			}
		}
		if sum != n {
			t.Fatalf("%d by %v: %v", n, weights, shares)
		}
	}
}

// balancedGroups are sampled images in groups, with values of two columns, as a function gives
// them.
func balancedGroups(n int, values func(rng *rand.Rand, i int) []string) ([]Group, []Candidate) {
	list := sampled(11, n, 6)
	rng := rand.New(rand.NewPCG(9, 9))
	groups := make([]Group, 3)
	for i := range list {
		list[i].Values = values(rng, i)
		g := &groups[i%3]
		g.Size, g.Pool, g.Values = g.Size+1, append(g.Pool, list[i]), Count(g.Values, list[i].Values)
	}
	return groups, list
}

// counts returns how many picks have each value of a column.
func counts(r *Result, c int) map[string]int {
	n := map[string]int{}
	for _, picks := range r.Picks {
		for _, p := range picks {
			n[p.Values[c]]++
		}
	}
	return n
}

// TestBalance: picks have the values of one column and of two in the shares that are asked for,
// by hand, and what they would be without is what they are without.
func TestBalance(t *testing.T) {
	groups, _ := balancedGroups(400, func(rng *rand.Rand, i int) []string {
		run, drug := []string{"1", "1", "1", "1", "1", "2", "2", "2", "3", ""}[i%10], "none"
		if rng.IntN(4) == 0 {
			drug = "taxol"
		}
		return []string{run, drug}
	})
	free := Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 40, Duplicates: true}, groups)
	run := schemas.Balanced{Column: "Metadata_run", Shares: Proportional}
	drug := schemas.Balanced{Column: "Metadata_drug", Shares: Equal}
	for _, c := range []struct {
		columns schemas.Balancing
		want    []map[string]int
	}{
		{schemas.Balancing{run}, []map[string]int{{"1": 20, "2": 12, "3": 4, "": 4}}},
		{schemas.Balancing{{Column: "Metadata_run", Shares: Equal}}, []map[string]int{{"1": 10, "2": 10, "3": 10, "": 10}}},
		{schemas.Balancing{run, drug}, []map[string]int{{"1": 20, "2": 12, "3": 4, "": 4}, {"none": 20, "taxol": 20}}},
	} {
		r := Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 40, Duplicates: true, Balance: c.columns}, groups)
		for i, want := range c.want {
			if diff := cmp.Diff(want, counts(r, i)); diff != "" {
				t.Errorf("%v: %s", c.columns, diff)
			}
			b := r.Balance[i]
			if b.Off != 0 || b.Values != len(want) || b.Balanced != c.columns[i] {
				t.Errorf("%v: %+v", c.columns, b)
			}
			for _, v := range b.Counts {
				if v.Due != want[v.Value] || v.Picks != want[v.Value] || v.Images != int64(v.Sampled) {
					t.Errorf("%v: %+v", c.columns, v)
				}
			}
		}
		if f := *r.Objective.Free; f != free.Objective.Figures() {
			t.Errorf("%v: without the balance %+v, and is %+v", c.columns, f, free.Objective.Figures())
		}
		if o := r.Objective; o.Error > 1 || o.Energy > 1 {
			t.Errorf("%v: %+v", c.columns, *o)
		}
	}
}

// TestBalanceOfTwoColumns: wherever there are picks with the counts that are due in both columns,
// which a flow through the combinations of values tells, such are found.
func TestBalanceOfTwoColumns(t *testing.T) {
	both := schemas.Balancing{{Column: "a", Shares: Equal}, {Column: "b", Shares: Equal}}
	possible := 0
	for seed := range uint64(300) {
		table := map[[2]string]int{}
		sparse := rand.New(rand.NewPCG(seed, 1))
		var cells [][2]string
		for a := range 4 {
			for b := range 4 {
				if a == b || sparse.IntN(5) == 0 {
					cells = append(cells, [2]string{fmt.Sprint(a), fmt.Sprint(b)})
				}
			}
		}
		groups, _ := balancedGroups(60, func(rng *rand.Rand, i int) []string {
			cell := cells[int(float64(len(cells))*math.Pow(sparse.Float64(), 2))]
			table[cell]++
			return cell[:]
		})
		r := Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 20, Duplicates: true, Balance: both}, groups)
		due := [2]map[string]int{{}, {}}
		for c := range both {
			for _, v := range r.Balance[c].Counts {
				due[c][v.Value] = v.Due
			}
		}
		if flow(table, due) < 20 {
			continue
		}
		if possible++; r.Balance[0].Off+r.Balance[1].Off > 0 {
			t.Errorf("seed %d: %v and %v, due are %v, of %v", seed, counts(r, 0), counts(r, 1), due, table)
		}
	}
	if possible < 50 {
		t.Errorf("only %d tables are possible", possible)
	}
}

// flow returns how many picks there are at most with no more than are due of each value of two
// columns, of images with both: by paths through what is left and what may be given back.
func flow(table map[[2]string]int, due [2]map[string]int) (total int) {
	used := map[[2]string]int{}
	left := [2]map[string]int{maps.Clone(due[0]), maps.Clone(due[1])}
	var push func(a string, seen map[string]bool) bool
	push = func(a string, seen map[string]bool) bool {
		for b := range due[1] {
			cell := [2]string{a, b}
			if seen[b] || used[cell] == table[cell] {
				continue
			}
			seen[b] = true
			if left[1][b] > 0 {
				left[1][b]--
				used[cell]++
				return true
			}
			for other := range due[0] {
				if back := [2]string{other, b}; other != a && used[back] > 0 && push(other, seen) {
					used[back]--
					used[cell]++
					return true
				}
			}
		}
		return false
	}
	for a, n := range due[0] {
		for range n {
			if !push(a, map[string]bool{}) {
				break
			}
			total++
		}
	}
	return total
}

// TestBalanceBesideOtherWishes: picks that are fixed stay, the others make up for them; a value
// with too few images has all of these, and the others share what is left; ranks struck
// out go to their groups, in shares.
func TestBalanceBesideOtherWishes(t *testing.T) {
	groups, list := balancedGroups(300, func(_ *rand.Rand, i int) []string {
		switch {
		case i < 3:
			return []string{"rare"}
		case i%3 == 0:
			return []string{"a"}
		}
		return []string{"b"}
	})
	equal := schemas.Balancing{{Column: "x", Shares: Equal}}
	c := Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 30, Duplicates: true, Balance: equal}
	r := Choose(c, groups)
	if diff := cmp.Diff(map[string]int{"rare": 3, "a": 13, "b": 14}, counts(r, 0)); diff != "" || r.Balance[0].Off != 7 {
		t.Errorf("%+v %s", r.Balance, diff)
	}
	fixed := make([]Group, len(groups))
	copy(fixed, groups)
	for i := range 20 { // of b, which 13 of 30 are due to
		at := 3 + i*3 + 1
		fixed[at%3].Fixed = append(fixed[at%3].Fixed, list[at])
	}
	r = Choose(c, fixed)
	if diff := cmp.Diff(map[string]int{"rare": 3, "a": 7, "b": 20}, counts(r, 0)); diff != "" {
		t.Errorf("with fixed picks: %s", diff)
	}
	fixed[1].Kept, fixed[1].Struck = len(fixed[1].Fixed), []int{0, 2}
	r = Choose(c, fixed)
	if n := len(r.Picks[1]); n < 22 || r.Picks[1][0].Fixed || !r.Picks[1][1].Fixed || r.Picks[1][2].Fixed {
		t.Errorf("%d picks of the group that two were struck out of, %v", n, ids(r)[1])
	}
}

// TestBalanceWithDuplicates: near duplicates are not picked for the sake of shares.
func TestBalanceWithDuplicates(t *testing.T) {
	groups, _ := balancedGroups(200, func(_ *rand.Rand, i int) []string { return []string{[]string{"a", "b", "b", "b"}[i%4]} })
	for g := range groups {
		for i := range groups[g].Pool {
			if p := &groups[g].Pool[i]; p.Values[0] == "a" && i > 5 {
				p.X, p.SHA256 = groups[0].Pool[0].X, "the same"
			}
		}
	}
	r := Choose(Config{Strategy: Representative, Search: schemas.SearchGradual, Budget: 40, Balance: schemas.Balancing{{Column: "x", Shares: Equal}}}, groups)
	same := 0
	for _, picks := range r.Picks {
		for _, p := range picks {
			if p.SHA256 == "the same" {
				same++
			}
		}
	}
	if b := r.Balance[0]; same > 1 || b.Off == 0 || b.Counts[0].Picks >= b.Counts[0].Due || b.Counts[0].Sampled < b.Counts[0].Due {
		t.Errorf("%d picks of the same pixels, %+v", same, b)
	}
}

// TestTally: tallies of parts add up, and equal ones are equal bytes.
func TestTally(t *testing.T) {
	var a, b []Tally
	a, b = Count(Count(a, []string{"x", "1"}), []string{"y", "1"}), Count(b, []string{"x", "2"})
	sum := Merge(Merge(nil, a), b)
	if diff := cmp.Diff([]Tally{{"x": 2, "y": 1}, {"1": 2, "2": 1}}, sum); diff != "" {
		t.Error(diff)
	}
	var first []byte
	for range 20 {
		var out bytes.Buffer
		if err := gob.NewEncoder(&out).Encode(Merge(nil, sum)); err != nil {
			t.Fatal(err)
		}
		if first == nil {
			first = out.Bytes()
		}
		if !bytes.Equal(first, out.Bytes()) {
			t.Fatal("other bytes")
		}
	}
	var back []Tally
	if err := gob.NewDecoder(bytes.NewReader(first)).Decode(&back); err != nil || cmp.Diff(sum, back) != "" {
		t.Errorf("%v %v", err, back)
	}
}

// TestFewerPicksThanValues: where all values are due the same and there are fewer picks, those of
// more images have them, and of as many not the first by name.
func TestFewerPicksThanValues(t *testing.T) {
	tally := Tally{}
	for i := range 200 {
		tally[fmt.Sprintf("well %03d", i)] = int64(1 + i/180)
	}
	values := slices.SortedFunc(maps.Keys(tally), tally.before)
	first := 0
	for i, value := range values[:70] {
		if i < 20 != (value >= "well 180") {
			t.Errorf("place %d has %s, of %d images", i, value, tally[value])
		}
		if i >= 20 && value < "well 050" {
			first++
		}
	}
	if first > 25 {
		t.Errorf("%d of 50 values are of the first 50 by name", first)
	}
}
