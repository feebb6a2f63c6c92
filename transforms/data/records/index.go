package records

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"iter"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Entry says where the record of an image is in its shard.
type Entry struct {
	Name          string // id of the image; "" where the record has none that can be used
	Number        int64  // of the record, from 0
	Offset, Bytes int64  // of its frame in the uncompressed shard, and of its data
}

// Index collects the entries of a shard that is being written.
type Index struct {
	lines  bytes.Buffer
	pack   *gzip.Writer
	number int64
}

// NewIndex returns an index of no records.
func NewIndex() *Index {
	x := &Index{}
	x.pack = gzip.NewWriter(&x.lines)
	return x
}

// Add takes the next record: its image and the bytes of its data.
func (x *Index) Add(name string, bytes int) {
	quoted, _ := json.Marshal(name) // a string always is
	line := strconv.AppendInt(nil, int64(bytes), 10)
	x.pack.Write(append(append(append(line, ' '), quoted...), '\n')) // to memory
	x.number++
}

// File returns the content of the index file of a finished shard: a JSON object on a
// line of its own, and then, compressed, a line for each record with the bytes of
// its data and its name.
func (x *Index) File(info schemas.ShardInfo) ([]byte, error) {
	if err := x.pack.Close(); err != nil {
		return nil, err
	}
	head, err := json.Marshal(schemas.ShardIndex{Format: schemas.IndexFormat, File: info.File, Bytes: info.Bytes, SHA256: info.SHA256, Records: x.number})
	if err != nil {
		return nil, err
	}
	return append(append(head, '\n'), x.lines.Bytes()...), nil
}

// errNoIndex says that an index does not stand for a shard.
var errNoIndex = errors.New("the index is not that of the shard")

// Indexed yields the entries of shard number i of n in a folder that package sharding
// wrote: as the index beside it says or, where there is none that stands for it, as
// Entries finds them.
func Indexed(ctx context.Context, dir string, i, n int, shard schemas.ShardInfo, f Fields) iter.Seq2[Entry, error] {
	return func(yield func(Entry, error) bool) {
		entries := Entries(ctx, store.Join(dir, shard.File), f)
		if list, err := readIndex(ctx, dir, i, n, shard); err == nil {
			entries = seq.Of(list)
		}
		entries(yield)
	}
}

// readIndex returns the entries of a shard as the index beside it says. An index that is
// not there, or is not byte for byte what was written with the shard, is an error: it
// could leave images out or name others, and no record that is drawn would tell.
func readIndex(ctx context.Context, dir string, i, n int, shard schemas.ShardInfo) ([]Entry, error) {
	state := store.Join(dir, schemas.StateDir)
	text, err := store.ReadFile(ctx, store.Join(state, schemas.PartName("images", i, n)))
	if err != nil {
		return nil, err
	}
	var part schemas.ShardPart
	if err := json.Unmarshal(text, &part); err != nil || part.Info != shard || part.IndexSHA256 == "" {
		return nil, errNoIndex
	}
	data, err := store.ReadFile(ctx, store.Join(state, schemas.IndexName(i, n)))
	if err != nil {
		return nil, err
	}
	if outdir.SHA256(data) != part.IndexSHA256 {
		return nil, errNoIndex
	}
	list, err := ParseIndex(data, shard)
	if err != nil {
		return nil, err
	}
	for k, e := range list {
		if schemas.ShardOf(e.Name, n) != i || k > 0 && e.Name <= list[k-1].Name {
			return nil, errNoIndex // package sharding places and sorts them otherwise
		}
	}
	return list, nil
}

// ParseIndex returns the entries of a shard as the index file that package sharding
// wrote beside it says. An index that is damaged, or is that of another shard, is an
// error.
func ParseIndex(data []byte, shard schemas.ShardInfo) ([]Entry, error) {
	line, rest, _ := bytes.Cut(data, []byte{'\n'})
	var head schemas.ShardIndex
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, errNoIndex
	}
	want := schemas.ShardIndex{Format: schemas.IndexFormat, File: shard.File, Bytes: shard.Bytes, SHA256: shard.SHA256, Records: shard.Records}
	if head != want {
		return nil, errNoIndex
	}
	unpacked, err := gzip.NewReader(bytes.NewReader(rest))
	if err != nil {
		return nil, errNoIndex
	}
	var entries []Entry
	var offset int64
	in := bufio.NewReaderSize(unpacked, 64<<10)
	for int64(len(entries)) <= shard.Records {
		line, err := in.ReadSlice('\n')
		if err == io.EOF && len(line) == 0 {
			break
		}
		if err != nil {
			return nil, errNoIndex
		}
		size, quoted, _ := bytes.Cut(line, []byte{' '})
		e := Entry{Number: int64(len(entries)), Offset: offset}
		if e.Bytes, err = strconv.ParseInt(string(size), 10, 48); err != nil || e.Bytes < 0 || json.Unmarshal(quoted, &e.Name) != nil {
			return nil, errNoIndex
		}
		entries, offset = append(entries, e), offset+e.Bytes+tfrecord.FrameLen
	}
	if int64(len(entries)) != shard.Records || offset != shard.Bytes && !strings.HasSuffix(shard.File, ".gz") {
		return nil, errNoIndex
	}
	return entries, nil
}

// Entries yields the entries of a shard, found in it: where the file is near by
// seeks over the pixels, otherwise, and where it is compressed, by reading it. A
// store is asked for a whole file rather than for many small pieces: a request costs
// more than what it saves, unless images are megabytes.
func Entries(ctx context.Context, name string, f Fields) iter.Seq2[Entry, error] {
	return seq.From(func(yield func(Entry, error) bool) error {
		if store.IsRemote(name) {
			return readEntries(ctx, name, f, yield)
		}
		in, err := store.OpenAt(ctx, name)
		if err != nil {
			return err
		}
		defer in.Close()
		packed, err := isGzip(in)
		if err != nil {
			return err
		}
		if packed || in.Size() == 0 { // an empty file is damaged by some names
			return readEntries(ctx, name, f, yield)
		}
		return skimEntries(ctx, in, name, f, yield)
	})
}

// isGzip reports whether a shard is compressed.
func isGzip(in io.ReaderAt) (bool, error) {
	head := make([]byte, 12)
	n, err := in.ReadAt(head, 0)
	if err == io.EOF {
		err = nil
	}
	return tfrecord.IsGzip(head[:n]), err
}

// skimEntries yields the entries of an uncompressed shard.
func skimEntries(ctx context.Context, in store.RandomReader, name string, f Fields, yield func(Entry, error) bool) error {
	o := tfrecord.ReaderOptions{File: name}
	for e := (Entry{}); ; e.Number++ {
		if err := ctx.Err(); err != nil {
			return err
		}
		size, value, err := tfrecord.Skim(in, e.Offset, f.name(), o)
		if err == nil && e.Offset+size+tfrecord.FrameLen > in.Size() {
			err = &tfrecord.CorruptError{File: name, Record: e.Number, Offset: e.Offset,
				Reason: fmt.Sprintf("the file is truncated: it ends after %d of %d bytes", in.Size()-e.Offset, size+tfrecord.FrameLen)}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return numbered(err, e.Number)
		}
		e.Bytes = size
		if e.Name = string(value); value == nil {
			if e.Name, err = slowName(in, e, f, o); err != nil {
				return err
			}
		}
		if !yield(e, nil) {
			return nil
		}
		e.Offset += size + tfrecord.FrameLen
	}
}

// numbered fills in which record it is that is damaged.
func numbered(err error, record int64) error {
	if c := (*tfrecord.CorruptError)(nil); errors.As(err, &c) {
		c.Record = record
	}
	return err
}

// slowName reads a whole record for its name.
func slowName(in io.ReaderAt, e Entry, f Fields, o tfrecord.ReaderOptions) (string, error) {
	data, err := tfrecord.ReadAt(in, e.Offset, o)
	if err != nil {
		return "", err
	}
	im, err := Parse(data, f)
	return nameOf(im, err), nil
}

// nameOf returns the name of an image, also of one that cannot be used.
func nameOf(im Image, err error) string {
	if b := (*BadRecord)(nil); errors.As(err, &b) {
		return b.Filename
	}
	return im.Filename
}

// readEntries yields the entries of a shard that is read to its end.
func readEntries(ctx context.Context, name string, f Fields, yield func(Entry, error) bool) error {
	for rec, err := range read(ctx, name, f) {
		if Fatal(err) {
			return err
		}
		if !yield(Entry{nameOf(rec.Image, err), rec.Number, rec.Offset, rec.Bytes}, nil) {
			return nil
		}
	}
	return nil
}

// Length returns the bytes of the data of the record that was returned last.
func (r *ShardReader) Length() int64 { return r.in.Length() }
