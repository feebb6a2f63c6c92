package listing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas/words"
)

// Values counts what a pattern found in names.
type Values struct {
	What    string // what the values are called
	Counts  map[string]int64
	Without int64
}

// Add counts a value, or an image without one.
func (v *Values) Add(value string) {
	if v.Counts == nil {
		v.Counts = map[string]int64{}
	}
	if value == "" {
		v.Without++
		return
	}
	v.Counts[value]++
}

// mostValues is the number of values that are written out.
const mostValues = 12

// String is a line as "label: 972 control, 975 treated, 0 without".
func (v *Values) String() string {
	values := sortedKeys(v.Counts)
	slices.SortStableFunc(values, func(a, b string) int { return cmp.Compare(v.Counts[b], v.Counts[a]) })
	if len(values) <= mostValues { // a small table is read by name
		slices.Sort(values)
	}
	var parts []string
	for i, value := range values {
		if i == mostValues {
			parts = append(parts, fmt.Sprintf("… of %s", words.Plural(len(values), "value", "values")))
			break
		}
		parts = append(parts, words.Count(v.Counts[value])+" "+value)
	}
	parts = append(parts, words.Count(v.Without)+" without")
	return v.What + ": " + strings.Join(parts, ", ")
}
