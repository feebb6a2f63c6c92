// Package labels reads labels of images from a table, in the place of those that latents
// have.
//
// What lives here: the table, and the one of the process. What never enters: Beam; latents,
// and what labels are for.
package labels

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/transforms/data/keyed"
)

// File is a table with labels. Path is "" where there is none.
type File struct{ Path, SHA256 string }

// Table has the labels of images.
type Table struct {
	SHA256 string // of the file
	Key    string // column of the image ids
	First  string // image id of the first row

	labels map[string]string
}

// Read reads a table: image ids in one of keyed.Columns, and labels in a column label, or in
// the only other one.
func Read(ctx context.Context, name string) (*Table, error) {
	rows, err := keyed.Read(ctx, name)
	if err != nil {
		return nil, err
	}
	at := slices.Index(rows.Header, schemas.ColLabel)
	switch {
	case at >= 0 && slices.Contains(rows.Header[at+1:], schemas.ColLabel):
		return nil, fmt.Errorf("%s: more than one column is named %s: rename all but one", name, schemas.ColLabel)
	case at < 0 && len(rows.Header) == 2:
		at = 1 - rows.At
	case at < 0:
		return nil, fmt.Errorf("%s: none of its columns is named %s: they are %s", name, schemas.ColLabel, strings.Join(rows.Header, ", "))
	}
	if len(rows.Rows) == 0 {
		return nil, fmt.Errorf("%s has a header and no rows", name)
	}
	t := &Table{SHA256: rows.SHA256, Key: rows.Key(), First: rows.First, labels: make(map[string]string, len(rows.Rows))}
	for id, row := range rows.Rows {
		t.labels[id] = strings.Clone(row[at])
	}
	return t, nil
}

// Len returns the number of rows.
func (t *Table) Len() int { return len(t.labels) }

// Of returns the label of an image; ok is false where it has no row, or an empty label.
func (t *Table) Of(id string) (label string, ok bool) {
	label = t.labels[id]
	return label, label != ""
}

// Names reports whether an image has a row.
func (t *Table) Names(id string) bool {
	_, ok := t.labels[id]
	return ok
}

// Empty returns the number of images that have a row, and an empty label there.
func (t *Table) Empty(images map[string]bool) (n int64) {
	for id, label := range t.labels {
		if label == "" && images[id] {
			n++
		}
	}
	return n
}

// Strays returns the number of rows whose images are not among some, and the first of them by
// id.
func (t *Table) Strays(images map[string]bool) (n int, first string) {
	for id := range t.labels {
		if !images[id] {
			if n++; first == "" || id < first {
				first = id
			}
		}
	}
	return n, first
}

// last is the table that was opened last: a run has one.
var last struct {
	sync.Mutex
	file  File
	table *Table
}

// Open returns a table, which the process reads once. Another content than it had when its hash
// was taken is an error.
func (f File) Open(ctx context.Context) (*Table, error) {
	last.Lock()
	defer last.Unlock()
	if last.file == f {
		return last.table, nil
	}
	t, err := Read(ctx, f.Path)
	if err == nil && t.SHA256 != f.SHA256 {
		err = fmt.Errorf("%s changed while it was used: run the same command again", f.Path)
	}
	if err != nil {
		return nil, err
	}
	last.file, last.table = f, t
	return t, nil
}
