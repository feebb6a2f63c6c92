package encoding

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/data/keyed"
)

// metadata gives each image the values of its Metadata_* columns: of the named
// groups of a pattern, and of a table.
type metadata struct {
	Columns []string // full names, sorted
	SHA256  string   // of the table, "" where there is none

	listed []string // columns of the records themselves
	places []target // of these

	pattern *regexp.Regexp
	groups  []target            // of the pattern
	rows    map[string][]string // of the table, by image id
	key     string              // the column of these
	first   string              // image id of the first row
	fields  []target            // of the table
}

// target says where a group or field goes.
type target struct{ from, to int }

// loadMetadata compiles the pattern and reads the table; both may be empty. The columns of listed
// are those of the records.
func loadMetadata(ctx context.Context, pattern, table string, listed []string) (*metadata, error) {
	m := &metadata{listed: listed}
	var groups []source
	if pattern != "" {
		re, err := regexp.Compile(pattern)
		if err != nil {
			return nil, fmt.Errorf("metadata pattern: %w", err)
		}
		m.pattern, groups = re, groupColumns(re)
	}
	fields, err := m.readTable(ctx, table)
	if err != nil {
		return nil, err
	}
	var own []source
	for i, column := range listed {
		own = append(own, source{i, column})
	}
	for _, s := range slices.Concat(own, groups, fields) {
		if slices.Contains(listed, s.column) && slices.Contains(m.Columns, s.column) {
			return nil, fmt.Errorf("metadata column %s is given twice: the shards have it from the list of their images; rename a group of the pattern or a column of the table", s.column)
		}
		if slices.Contains(m.Columns, s.column) {
			return nil, fmt.Errorf("metadata column %s is given twice: rename a group of the pattern or a column of the table", s.column)
		}
		m.Columns = append(m.Columns, s.column)
	}
	slices.Sort(m.Columns)
	m.groups, m.fields, m.places = m.targets(groups), m.targets(fields), m.targets(own)
	return m, nil
}

// source is a group or field that becomes a column.
type source struct {
	index  int
	column string
}

func (m *metadata) targets(sources []source) []target {
	var ts []target
	for _, s := range sources {
		to, _ := slices.BinarySearch(m.Columns, s.column)
		ts = append(ts, target{s.index, to})
	}
	return ts
}

// groupColumns returns the named groups of a pattern as columns.
func groupColumns(re *regexp.Regexp) []source {
	var cols []source
	for i, name := range re.SubexpNames() {
		if name != "" {
			cols = append(cols, source{i, columnName(name)})
		}
	}
	return cols
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// columnName returns the metadata column that a group or field becomes.
func columnName(name string) string {
	name = notInName.ReplaceAllString(strings.TrimSpace(name), "_")
	return schemas.MetadataPrefix + strings.TrimPrefix(name, schemas.MetadataPrefix)
}

// readTable reads the table into rows and returns its fields as columns.
func (m *metadata) readTable(ctx context.Context, name string) ([]source, error) {
	if name == "" {
		return nil, nil
	}
	t, err := keyed.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	m.SHA256, m.rows, m.key, m.first = t.SHA256, t.Rows, t.Key(), t.First
	var fields []source
	for i, h := range t.Header {
		if i != t.At {
			fields = append(fields, source{i, columnName(h)})
		}
	}
	return fields, nil
}

// values returns the metadata of an image, in the order of Columns, and whether
// the table has a row for it; own are the texts of its record. What is not known is "".
func (m *metadata) values(id string, own []string) (values []string, matched bool) {
	if len(m.Columns) == 0 && m.rows == nil {
		return nil, false
	}
	values = make([]string, len(m.Columns))
	for _, t := range m.places {
		if own != nil {
			values[t.to] = own[t.from]
		}
	}
	if m.pattern != nil {
		if found := m.pattern.FindStringSubmatch(id); found != nil {
			for _, t := range m.groups {
				values[t.to] = found[t.from]
			}
		}
	}
	row, matched := m.rows[id]
	if matched {
		for _, t := range m.fields {
			values[t.to] = row[t.from]
		}
	}
	return values, matched
}

// shared is the metadata of the process: a table is read once, whatever the
// number of DoFn instances.
var shared struct {
	sync.Mutex
	meta                *metadata
	pattern, table, sha string
	listed              []string
}

// sharedMetadata returns the metadata of a run. A table with another hash than
// the driver saw is an error.
func sharedMetadata(ctx context.Context, o Options) (*metadata, error) {
	s := &shared
	s.Lock()
	defer s.Unlock()
	if s.meta != nil && s.pattern == o.MetadataPattern && s.table == o.MetadataCSV && s.sha == o.MetadataSHA256 && slices.Equal(s.listed, o.ListMetadata) {
		return s.meta, nil
	}
	m, err := loadMetadata(ctx, o.MetadataPattern, o.MetadataCSV, o.ListMetadata)
	if err != nil {
		return nil, err
	}
	if m.SHA256 != o.MetadataSHA256 {
		return nil, fmt.Errorf("%s changed while the job was running: run the same command again", o.MetadataCSV)
	}
	s.meta, s.pattern, s.table, s.sha, s.listed = m, o.MetadataPattern, o.MetadataCSV, o.MetadataSHA256, o.ListMetadata
	return m, nil
}
