package listing

import (
	"cmp"
	"fmt"
	"iter"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
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

// CheckMetadataPattern says what is wrong with a metadata pattern, Config.MetadataPattern
// of the steps that take one; none is all right.
func CheckMetadataPattern(pattern string) error {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return fmt.Errorf("Config.MetadataPattern is no regular expression: %v", err)
	}
	if pattern != "" && !slices.ContainsFunc(re.SubexpNames(), func(name string) bool { return name != "" }) {
		return fmt.Errorf("Config.MetadataPattern=%s has no named group: write the part that becomes column Metadata_run as (?P<run>…)", pattern)
	}
	return nil
}

// PatternColumn returns the first of the columns that a group of a metadata pattern becomes, too; "" for none.
func PatternColumn(pattern string, columns []string) string {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return ""
	}
	for _, group := range re.SubexpNames() {
		if column := schemas.MetadataPrefix + strings.TrimPrefix(group, schemas.MetadataPrefix); group != "" && slices.Contains(columns, column) {
			return column
		}
	}
	return ""
}

// Groups counts what the named groups of a metadata pattern find in names, and writes a
// line for each group. A pattern that finds nothing in any of them is an error; no
// pattern has no lines.
func Groups(pattern string, names iter.Seq2[string, error]) (lines []string, err error) {
	if pattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(pattern)
	if err != nil {
		return nil, err
	}
	groups := re.SubexpNames()
	values := make([]Values, len(groups))
	any, n, first := false, 0, ""
	for name, err := range names {
		if err != nil {
			return nil, err
		}
		if n++; n == 1 {
			first = name
		}
		found := re.FindStringSubmatch(name)
		for g := range groups {
			value := ""
			if found != nil && groups[g] != "" {
				value = found[g]
			}
			values[g].Add(value)
			any = any || value != ""
		}
	}
	if !any && n > 0 {
		return nil, fmt.Errorf("Config.MetadataPattern=%s finds nothing in any of the %s, e.g. in %q", pattern, words.Plural(n, "name", "names"), first)
	}
	for g, group := range groups {
		if group != "" {
			values[g].What = schemas.MetadataPrefix + strings.TrimPrefix(group, schemas.MetadataPrefix)
			lines = append(lines, values[g].String())
		}
	}
	return lines, nil
}
