package vectors

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas/words"
	"exemplar/transforms/run/outdir"
)

// join puts the columns of tables side by side. A row that one of them rejects is rejected.
func join(all []*Table, label string) (*Table, error) {
	first := all[0]
	t := &Table{IDs: first.IDs, Records: first.Records, lost: map[string]int{}}
	var sums []string
	labeled, from := -1, map[string]int{}
	for k, o := range all {
		t.Inputs, sums = append(t.Inputs, o.Inputs...), append(sums, o.SHA256)
		for _, name := range o.Columns {
			if other, twice := from[name]; twice {
				return nil, fmt.Errorf("%s and %s: both have a column of numbers %q: rename one, or make Config.VectorColumns narrower", t.Inputs[other], t.Inputs[k], name)
			}
			from[name] = k
			t.Columns, t.From = append(t.Columns, name), append(t.From, k)
		}
		if o.Labeled {
			if labeled >= 0 {
				return nil, fmt.Errorf("%s and %s: both have a column %q: nothing says which labels are meant; rename one", t.Inputs[labeled], t.Inputs[k], label)
			}
			labeled = k
		}
		for _, name := range o.Metadata {
			if slices.Contains(t.Metadata, name) {
				return nil, fmt.Errorf("%s: more than one has a column %q: nothing says which of them is meant; rename all but one", strings.Join(t.Inputs, ", "), name)
			}
			t.Metadata = append(t.Metadata, name)
		}
		t.reject(o)
	}
	if label != "" && labeled < 0 {
		return nil, fmt.Errorf("%s: none has a column %q: name another with Config.LabelColumn", strings.Join(t.Inputs, ", "), label)
	}
	if len(t.Columns) > 0 && first.Len() > MaxNumbers/len(t.Columns) {
		return nil, fmt.Errorf("%s: joined they have %s of %d numbers, more than %s, the most that are held in memory: name a part of them",
			strings.Join(t.Inputs, ", "), words.Plural(first.Len(), "row", "rows"), len(t.Columns), words.Count(int64(MaxNumbers)))
	}
	at := make([]map[string]int, len(all))
	for k, o := range all {
		at[k] = o.places()
	}
	for k := range all[1:] {
		if err := same(all, at, 0, k+1); err != nil {
			return nil, err
		}
	}
	named := slices.Clone(t.Metadata) // in the order of the tables
	slices.Sort(t.Metadata)
	t.fill(all, at, labeled, named)
	var err error
	if t.SHA256, err = outdir.Fingerprint("joined by their ids", sums); err != nil {
		return nil, err
	}
	return t, t.plausible(strings.Join(t.Inputs, ", "))
}

// reject takes the rows that another table rejects: one that more than one rejects is one row.
func (t *Table) reject(o *Table) {
	ids := make([]string, len(o.Rejected))
	for id, i := range o.lost {
		ids[i] = id
	}
	for i, row := range o.Rejected {
		if id := ids[i]; id != "" {
			if _, already := t.lost[id]; already {
				continue
			}
			t.lost[id] = len(t.Rejected)
		}
		t.Rejected = append(t.Rejected, row)
	}
}

// places returns where the row of each id is.
func (t *Table) places() map[string]int {
	at := make(map[string]int, len(t.IDs))
	for i, id := range t.IDs {
		at[id] = i
	}
	return at
}

// same refuses two tables of which one has ids that the other does not have.
func same(all []*Table, at []map[string]int, a, b int) error {
	there := func(k int, id string) bool {
		_, ok := at[k][id]
		if !ok {
			_, ok = all[k].lost[id]
		}
		return ok
	}
	missing := func(in, of int) (n int64, example string) {
		count := func(id string) {
			if there(in, id) {
				return
			}
			if n++; example == "" || id < example {
				example = id
			}
		}
		for _, id := range all[of].IDs {
			count(id)
		}
		for id := range all[of].lost {
			count(id)
		}
		return n, example
	}
	for _, pair := range [][2]int{{b, a}, {a, b}} {
		if n, example := missing(pair[0], pair[1]); n > 0 {
			in, of := all[pair[0]].Inputs[0], all[pair[1]].Inputs[0]
			return fmt.Errorf("%s of %s in %s %s not in %s, for example %s: tables that are joined have the same ids, each once",
				words.Count(n), words.Plural(len(all[pair[1]].IDs)+len(all[pair[1]].lost), "id", "ids"), of, words.Noun(n, "is", "are"), in, strconv.Quote(example))
		}
	}
	return nil
}

// fill takes the rows that no table rejects.
func (t *Table) fill(all []*Table, at []map[string]int, labeled int, named []string) {
	ids, records := t.IDs, t.Records
	t.IDs, t.Records = nil, nil
	t.Numbers = make([]float64, 0, len(ids)*len(t.Columns))
	place := make([]int, len(named))
	for j, name := range named {
		place[j] = slices.Index(t.Metadata, name)
	}
	for i, id := range ids {
		if _, lost := t.lost[id]; lost {
			continue
		}
		t.IDs, t.Records = append(t.IDs, id), append(t.Records, records[i])
		label, texts := Label{}, []string(nil)
		for k, o := range all {
			row := at[k][id]
			t.Numbers = append(t.Numbers, o.Row(row)...)
			texts = append(texts, o.Texts[row]...)
			if k == labeled {
				label = o.Labels[row]
			}
		}
		sorted := make([]string, len(texts))
		for j, text := range texts {
			sorted[place[j]] = text
		}
		t.Labels, t.Texts = append(t.Labels, label), append(t.Texts, sorted)
	}
	t.Labeled = labeled >= 0
}

// Arrange brings the columns of numbers into the order of these names. Other columns are an
// error, and so are those that are missing: it names them.
func (t *Table) Arrange(names []string) error {
	at := map[string]int{}
	for j, name := range t.Columns {
		at[name] = j
	}
	var missing []string
	order := make([]int, 0, len(names))
	for _, name := range names {
		j, ok := at[name]
		if !ok {
			missing = append(missing, name)
			continue
		}
		delete(at, name)
		order = append(order, j)
	}
	inputs := strings.Join(t.Inputs, ", ")
	if len(missing) > 0 {
		return fmt.Errorf("%s: %s of the %s that the model takes %s missing: %s", inputs, words.Count(int64(len(missing))),
			words.Plural(len(names), "column", "columns"), words.Noun(len(missing), "is", "are"), someNames(missing))
	}
	if len(at) > 0 {
		other := slices.Sorted(maps.Keys(at))
		return fmt.Errorf("%s: %s of numbers %s none that the model takes: %s", inputs, words.Plural(len(other), "column", "columns"),
			words.Noun(len(other), "is", "are"), someNames(other))
	}
	row, from := make([]float64, len(order)), make([]int, len(order))
	for i := range t.Len() {
		now := t.Row(i)
		for k, j := range order {
			row[k] = now[j]
		}
		copy(now, row)
	}
	for k, j := range order {
		from[k] = t.From[j]
	}
	t.Columns, t.From = slices.Clone(names), from
	return nil
}
