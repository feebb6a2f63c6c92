package listing

import (
	"bufio"
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"
	"strconv"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/seq"
)

// Group brings the entries of each of n shards together, sorted by name, and
// returns the shards in order; some may be empty. It reorders entries in place
// and returns parts of that slice, so that a million entries are not held twice.
func Group(entries []schemas.ListEntry, n int) [][]schemas.ListEntry {
	shard := make([]int32, len(entries))
	next := make([]int, n+1) // where the next entry of a shard goes
	for i, e := range entries {
		shard[i] = int32(schemas.ShardOf(e.Name, n))
		next[shard[i]+1]++
	}
	for s := range n {
		next[s+1] += next[s]
	}
	start := slices.Clone(next)
	// American flag sort: swap each entry that is not in its shard's place with
	// the one that stands where it belongs.
	for s := range n {
		for next[s] < start[s+1] {
			i := next[s]
			to := shard[i]
			if int(to) == s {
				next[s]++
				continue
			}
			j := next[to]
			next[to]++
			entries[i], entries[j] = entries[j], entries[i]
			shard[i], shard[j] = shard[j], shard[i]
		}
	}
	groups := make([][]schemas.ListEntry, n)
	for s := range n {
		groups[s] = entries[start[s]:start[s+1]:start[s+1]]
		slices.SortFunc(groups[s], func(a, b schemas.ListEntry) int { return cmp.Compare(a.Name, b.Name) })
	}
	return groups
}

// WriteList writes a name list: one entry per line, as JSON, without its time and
// generation, see Stamps. The same images give the same bytes, whenever and
// wherever they were copied to.
func WriteList(w io.Writer, entries []schemas.ListEntry) error {
	return encodeList(w, entries, func(e *schemas.ListEntry) {
		e.ModTime, e.Generation, e.Parts = time.Time{}, 0, withoutTimes(e.Parts)
	})
}

// WriteListV0 writes a name list as version 0.1.0 did: with the times and
// generations, and the full names of the files that hold several images. It
// recognizes the folders of that version.
func WriteListV0(w io.Writer, root string, entries []schemas.ListEntry) error {
	return encodeList(w, entries, func(e *schemas.ListEntry) {
		if e.Source != "" {
			e.Source = Source(root, *e)
		}
	})
}

func encodeList(w io.Writer, entries []schemas.ListEntry, form func(*schemas.ListEntry)) error {
	b := bufio.NewWriterSize(w, 64<<10)
	enc := json.NewEncoder(b)
	enc.SetEscapeHTML(false)
	for i := range entries {
		e := entries[i]
		form(&e)
		if err := enc.Encode(&e); err != nil {
			return fmt.Errorf("name list, line %d: %w", i+1, err)
		}
	}
	return b.Flush()
}

// Stamps returns the sha256 of the times and generations of entries, in their
// order: beside a name list they report whether an image changed. It is "" where the
// entries hold the sha256 of their bytes, which the list tells.
func Stamps(entries []schemas.ListEntry) string {
	h, line, any := sha256.New(), []byte(nil), false
	add := func(checksum string, modified time.Time, generation int64) {
		if checksum != "" {
			return
		}
		any = true
		line = strconv.AppendInt(append(modified.AppendFormat(line[:0], time.RFC3339Nano), ' '), generation, 10)
		h.Write(append(line, '\n'))
	}
	for i := range entries {
		e := &entries[i]
		if len(e.Parts) == 0 {
			add(e.Checksum, e.ModTime, e.Generation)
		}
		for _, p := range e.Parts {
			add(p.Checksum, p.ModTime, p.Generation)
		}
	}
	if !any {
		return ""
	}
	return hex.EncodeToString(h.Sum(nil))
}

// ErrList is the error of a damaged name list.
var ErrList = errors.New("damaged name list")

// ReadList yields the entries of a name list. A list whose lines are no
// entries, are cut off, or are not in ascending order of their names is
// ErrList, with the line; the sequence ends there.
func ReadList(r io.Reader) iter.Seq2[schemas.ListEntry, error] {
	return seq.From(func(yield func(schemas.ListEntry, error) bool) error {
		in := lines.NewReader(r)
		before := ""
		for line := 1; ; line++ {
			text, err := in.Next()
			if err == io.EOF && len(text) == 0 {
				return nil
			}
			var e schemas.ListEntry
			switch {
			case errors.Is(err, lines.ErrTooLong), errors.Is(err, lines.ErrNotText):
				err = fmt.Errorf("%w: %w", ErrList, err)
			case err == io.EOF:
				err = fmt.Errorf("%w: line %d is cut off", ErrList, line)
			case err != nil:
				err = fmt.Errorf("name list, line %d: %w", line, err)
			default:
				e, err = parseLine(text, before, line)
			}
			if err != nil || !yield(e, nil) {
				return err
			}
			before = e.Name
		}
	})
}

func parseLine(text []byte, before string, line int) (e schemas.ListEntry, err error) {
	if err := json.Unmarshal(bytes.TrimSuffix(text, []byte{'\n'}), &e); err != nil {
		return e, fmt.Errorf("%w: line %d: %v", ErrList, line, schemas.JSONError(err))
	}
	switch {
	case e.Name == "":
		return e, fmt.Errorf("%w: line %d has no name", ErrList, line)
	case line > 1 && e.Name <= before:
		return e, fmt.Errorf("%w: line %d: %q does not come after %q", ErrList, line, e.Name, before)
	}
	return e, nil
}
