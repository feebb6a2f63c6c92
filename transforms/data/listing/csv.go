package listing

import (
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exemplar/transforms/data/lines"
	"exemplar/transforms/store"
)

// csvItems reads an inventory with a header line, or one as S3 writes it:
// without, bucket and key first, the key encoded.
func csvItems(ctx context.Context, name, base string, c *columns, yield func(item) bool) error {
	f, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	var in io.Reader = f
	if strings.HasSuffix(strings.ToLower(name), ".gz") {
		if in, err = gzip.NewReader(f); err != nil {
			return fmt.Errorf("it is no gzip file: %w", err)
		}
	}
	r := lines.NewCSV(in)
	r.ReuseRecord = true
	head, err := r.Read()
	if errors.Is(err, io.EOF) {
		return nil
	}
	if err != nil {
		return err
	}
	v, herr := newInventory(name, base, head, c)
	row := func(fields []string) (bool, error) {
		i, ok, err := v.item(func(c int) string { return fields[c] })
		return err == nil && (!ok || yield(i)), err
	}
	if herr != nil {
		if v != nil || !isS3Inventory(head) {
			return herr
		}
		v = s3Inventory(len(head), storeOf(name, base))
		if more, err := row(head); !more {
			return err
		}
	}
	for {
		fields, err := r.Read()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if more, err := row(fields); !more {
			return err
		}
	}
}

var bucketName = regexp.MustCompile(`^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$`)

// isS3Inventory reports whether a first line is a row of an S3 inventory: bucket,
// key, and then, where they are there, size, time of the last change, entity tag.
func isS3Inventory(fields []string) bool {
	if len(fields) < 2 || len(fields) > 5 || !bucketName.MatchString(fields[0]) {
		return false
	}
	_, err := strconv.ParseInt(append(slices.Clone(fields), "0")[2], 10, 64)
	return err == nil
}

func s3Inventory(columns int, scheme string) *inventory {
	v := &inventory{scheme: scheme, encoded: true, label: -1, column: [...]int{-1, -1, -1, -1, -1, -1, -1}}
	for i, what := range []int{fileBucket, filePath, fileSize, fileModified}[:min(columns, 4)] {
		v.column[what] = i
	}
	return v
}
