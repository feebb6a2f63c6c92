package verifying

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/records"
	"exemplar/transforms/store"
)

// shardIndex is the index file of a shard on its way beside the records. A nil one,
// of a shard that has none, takes everything.
type shardIndex struct {
	file   string // its name in the report
	data   []byte
	info   schemas.ShardInfo
	is     *records.Index // of the records that were read
	report *Report
}

// openIndex reads the index of a shard, which samples are drawn by, where there is
// one. Problems name it as a file in the folder called shown, "" for the checked one.
func openIndex(ctx context.Context, dir, shown string, m *schemas.ShardsManifest, i int, r *Report) (*shardIndex, error) {
	name := schemas.StateDir + "/" + schemas.IndexName(i, len(m.Shards))
	data, err := store.ReadFileLimit(ctx, store.Join(dir, name), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if shown != "" {
		name = store.Join(shown, name)
	}
	return &shardIndex{name, data, m.Shards[i], records.NewIndex(), r}, nil
}

// take takes the next record of the shard.
func (x *shardIndex) take(name string, bytes int64) {
	if x != nil {
		x.is.Add(name, int(bytes))
	}
}

// check compares the file with what the program writes for the records that were
// taken, byte for byte: a damaged one may still be read. Where they are not the
// whole shard, the file is only read.
func (x *shardIndex) check(whole bool) {
	if x == nil {
		return
	}
	want, err := x.is.File(x.info)
	if whole && err == nil && bytes.Equal(x.data, want) {
		return
	}
	if what := x.difference(want, whole); what != "" {
		x.report.problemf(x.file, "%s; remove this file: without it the shard is read instead", what)
	}
}

// difference says what is wrong with the index; "" for nothing.
func (x *shardIndex) difference(want []byte, whole bool) string {
	says, err := records.ParseIndex(x.data, x.info)
	if err != nil {
		return fmt.Sprintf("damaged, or the index of another shard than the %s of %s", x.info.File, schemas.ShardsFile)
	}
	if !whole {
		return ""
	}
	has, err := records.ParseIndex(want, x.info)
	if err != nil {
		return fmt.Sprintf("its records are not those of %s", x.info.File)
	}
	for i, e := range says { // as many: those of the manifest
		if e != has[i] {
			return fmt.Sprintf("record %d is %q, %d bytes at %d, %s has %q, %d bytes at %d",
				i, e.Name, e.Bytes, e.Offset, x.info.File, has[i].Name, has[i].Bytes, has[i].Offset)
		}
	}
	return "changed after it was written: it names the records of the shard, but not in the bytes that this program writes"
}

// checkStrayIndexes reports index files that stand for no shard of the manifest.
func checkStrayIndexes(ctx context.Context, dir string, m *schemas.ShardsManifest, r *Report) error {
	known := map[string]bool{}
	for i := range m.Shards {
		known[schemas.IndexName(i, len(m.Shards))] = true
	}
	for obj, err := range store.List(ctx, store.Join(dir, schemas.StateDir), false) {
		if errors.Is(err, fs.ErrNotExist) && obj.Name == "" {
			return nil
		}
		if err != nil {
			return err
		}
		name := store.Base(obj.Name)
		if strings.HasPrefix(name, "index-") && !known[name] && !store.IsPartial(name) {
			r.problemf(schemas.StateDir+"/"+name, "stands for none of the %d shards of %s; remove this file", len(m.Shards), schemas.ShardsFile)
		}
	}
	return nil
}
