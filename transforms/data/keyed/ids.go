package keyed

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/store"
)

// maxList bounds the bytes of a list of image ids.
const maxList = 64 << 20

// IDs reads image ids, one per line, or the column image_id of a CSV file. They are
// sorted, each once. field is that of the step's Config which names the file.
func IDs(ctx context.Context, field, name string) ([]string, error) {
	if name == "" {
		return nil, nil
	}
	data, err := store.ReadFileLimit(ctx, name, maxList)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", field, err)
	}
	ids, err := parseList(data)
	switch {
	case err != nil:
		return nil, fmt.Errorf("%s=%s: %w", field, name, err)
	case len(ids) == 0:
		return nil, fmt.Errorf("%s=%s: the file names no image: write one image id per line, or a CSV with a column %s", field, name, schemas.ColImageID)
	case len(ids) > schemas.MaxListed:
		return nil, fmt.Errorf("%s=%s: it names more than %d images, the most that can be listed", field, name, schemas.MaxListed)
	}
	return ids, nil
}

// parseList returns the ids of a list, sorted, each once; of more than MaxListed
// one too many.
func parseList(data []byte) ([]string, error) {
	next, err := listed(bytes.TrimPrefix(data, []byte("\ufeff")))
	ids := map[string]bool{}
	for err == nil && len(ids) <= schemas.MaxListed {
		var id string
		if id, err = next(); err == nil {
			ids[id] = true
		}
	}
	if err != nil && err != io.EOF {
		return nil, err
	}
	return slices.Sorted(maps.Keys(ids)), nil
}

// listed returns a function that returns the next id of a list: of a column of a
// CSV table, or a line. io.EOF ends it.
func listed(data []byte) (next func() (string, error), err error) {
	head, _, _ := bytes.Cut(data, []byte("\n"))
	columns, err := lines.NewCSV(bytes.NewReader(head)).Read()
	if column := slices.Index(columns, schemas.ColImageID); err == nil && column >= 0 {
		rows := lines.NewCSV(bytes.NewReader(data))
		rows.ReuseRecord = true
		_, err := rows.Read()
		return func() (string, error) {
			row, err := rows.Read()
			if err != nil {
				return "", err
			}
			return strings.Clone(row[column]), nil
		}, err
	}
	in := lines.NewReader(bytes.NewReader(data))
	return func() (string, error) {
		for {
			line, err := in.Next()
			if text := strings.TrimRight(string(line), "\r\n"); text != "" && (err == nil || err == io.EOF) {
				return text, nil // a line without an end is the last one
			}
			if err != nil {
				return "", err
			}
		}
	}, nil
}

// Misread says why a list names images that are not there where it seems to be a table that
// was read line by line, as the end of a message; "" where it does not. A list of ids may
// hold commas and semicolons, so that only what is unknown tells.
func Misread(unknown []string) string {
	several := false
	for _, id := range unknown {
		if columns, err := lines.NewCSV(strings.NewReader(id)).Read(); err == nil && namesKey(columns) {
			return fmt.Sprintf("; %q seems to be the header of a table, which has no column %s: rename the column of the image ids", id, schemas.ColImageID)
		}
		columns := strings.FieldsFunc(id, func(r rune) bool { return strings.ContainsRune(separators, r) })
		if namesKey(columns) {
			return fmt.Sprintf("; %q seems to be the header of a table%s", id, lines.OtherSeparator([]string{id}))
		}
		several = several || len(columns) > 1
	}
	if several {
		return fmt.Sprintf("; a list that is a table must have commas between its columns, and a column %s", schemas.ColImageID)
	}
	return ""
}

// separators are what tables have between their columns.
const separators = ",;|\t"

// namesKey reports whether one of the columns has the name of a column of image ids, or
// nearly.
func namesKey(columns []string) bool {
	return slices.ContainsFunc(columns, func(column string) bool {
		plain := strings.NewReplacer(" ", "", "_", "", "-", "", `"`, "").Replace(strings.ToLower(column))
		return slices.ContainsFunc(Columns, func(key string) bool { return strings.ReplaceAll(key, "_", "") == plain })
	})
}
