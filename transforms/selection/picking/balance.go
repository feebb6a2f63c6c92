package picking

import (
	"bytes"
	"cmp"
	"encoding/gob"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
)

// Tally counts images by the value of a column.
type Tally map[string]int64

// counted is one value of a Tally.
type counted struct {
	Value string
	N     int64
}

// GobEncode writes the values in order, so that equal tallies are equal bytes.
func (t Tally) GobEncode() ([]byte, error) {
	list := make([]counted, 0, len(t))
	for _, value := range slices.Sorted(maps.Keys(t)) {
		list = append(list, counted{value, t[value]})
	}
	var b bytes.Buffer
	err := gob.NewEncoder(&b).Encode(list)
	return b.Bytes(), err
}

// GobDecode reads what GobEncode wrote.
func (t *Tally) GobDecode(data []byte) error {
	var list []counted
	if err := gob.NewDecoder(bytes.NewReader(data)).Decode(&list); err != nil {
		return err
	}
	*t = Tally{}
	for _, c := range list {
		(*t)[c.Value] = c.N
	}
	return nil
}

// Count adds an image with these values to the tallies of the columns, which it returns.
func Count(tallies []Tally, values []string) []Tally {
	for len(tallies) < len(values) {
		tallies = append(tallies, Tally{})
	}
	for c, value := range values {
		tallies[c][value]++
	}
	return tallies
}

// Merge adds other tallies of the same columns.
func Merge(into, from []Tally) []Tally {
	for len(into) < len(from) {
		into = append(into, Tally{})
	}
	for c, t := range from {
		for value, n := range t {
			into[c][value] += n
		}
	}
	return into
}

// before orders values: those of more images first, of as many by a hash, so that with fewer picks
// than values, all with the same due, it is not the first by name that have them.
func (t Tally) before(a, b string) int {
	return cmp.Or(cmp.Compare(t[b], t[a]), cmp.Compare(draw.Hash(0, a), draw.Hash(0, b)), strings.Compare(a, b))
}

// balance keeps account of how many picks have which value of the balanced columns.
type balance struct {
	columns []*margin
	fixed   int // picks that cannot be exchanged
}

// margin is one column.
type margin struct {
	values  []string // the first ones are the first to have what is left over
	images  []int64  // with each value, among all of the groups
	of      []int    // by row of the sample: its value
	sampled []int    // rows with each value
	count   []int    // picks with each value
	target  []int    // picks that there shall be
	weights []int64
}

// newBalance begins with the picks of a search.
func newBalance(columns schemas.Balancing, groups []Group, sample []Candidate, picks []int, fixed int) *balance {
	b := &balance{fixed: fixed}
	var tallies []Tally
	for _, g := range groups {
		tallies = Merge(tallies, g.Values)
	}
	for c := range columns {
		m := &margin{values: slices.SortedFunc(maps.Keys(tallies[c]), tallies[c].before)}
		index := map[string]int{}
		for v, value := range m.values {
			index[value] = v
			m.images = append(m.images, tallies[c][value])
		}
		m.weights = m.images
		if columns[c].Shares == Equal {
			m.weights = slices.Repeat([]int64{1}, len(m.values))
		}
		m.of, m.sampled, m.count = make([]int, len(sample)), make([]int, len(m.values)), make([]int, len(m.values))
		for row := range sample {
			m.of[row] = index[sample[row].Values[c]]
			m.sampled[m.of[row]]++
		}
		least := make([]int, len(m.values))
		for place, row := range picks {
			m.count[m.of[row]]++
			if place < fixed {
				least[m.of[row]]++
			}
		}
		m.target = apportion(len(picks), m.weights, least, m.sampled)
		b.columns = append(b.columns, m)
	}
	return b
}

// off is the number of picks, over all columns, that are not of a value that is due one.
func (b *balance) off() (n int) {
	for _, m := range b.columns {
		for v, count := range m.count {
			n += max(0, count-m.target[v])
		}
	}
	return n
}

// change is what off changes by, twice, where a row takes the place of a pick.
func (b *balance) change(row, pick int) (n int) {
	for _, m := range b.columns {
		to, from := m.of[row], m.of[pick]
		if to == from {
			continue
		}
		n += step(m.count[to] >= m.target[to]) + step(m.count[from] <= m.target[from])
	}
	return n
}

// step is 1 where a count moves away from its target, and -1 where it moves there.
func step(away bool) int {
	if away {
		return 1
	}
	return -1
}

func (b *balance) exchange(row, pick int) {
	for _, m := range b.columns {
		m.count[m.of[row]]++
		m.count[m.of[pick]]--
	}
}

// same reports whether two rows have the same values in the first columns.
func (b *balance) same(a, c, columns int) bool {
	for _, m := range b.columns[:columns] {
		if m.of[a] != m.of[c] {
			return false
		}
	}
	return true
}

// reached says how the picks are shared, and what is due where nothing limits it.
func (b *balance) reached(columns schemas.Balancing, picks int) (list []schemas.ColumnBalance) {
	for c, m := range b.columns {
		of := schemas.ColumnBalance{Balanced: columns[c], Values: len(m.values), Counts: []schemas.ValueBalance{}}
		for v, due := range unlimited(picks, m.weights) {
			of.Off += max(0, m.count[v]-due)
			if due+m.count[v] > 0 {
				of.Counts = append(of.Counts, schemas.ValueBalance{Value: m.values[v], Images: m.images[v], Sampled: m.sampled[v], Due: due, Picks: m.count[v]})
			}
		}
		slices.SortFunc(of.Counts, func(a, b schemas.ValueBalance) int { return strings.Compare(a.Value, b.Value) })
		list = append(list, of)
	}
	return list
}

// ValuesOf returns the values of an image in the balanced columns, by its label, "" where it has
// none, and its metadata with the names of these columns. What counts as no value in a condition,
// schemas.Missing, is none here, too: "".
func ValuesOf(columns schemas.Balancing, label string, names, metadata []string) (values []string) {
	for _, c := range columns {
		value := label
		if c.Column != schemas.ColLabel {
			value = ""
			if i := slices.Index(names, c.Column); i >= 0 {
				value = metadata[i]
			}
		}
		if schemas.Missing(value) {
			value = ""
		}
		values = append(values, value)
	}
	return values
}
