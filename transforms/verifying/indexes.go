package verifying

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// shardIndex is the index file of a shard on its way beside the records. A nil one,
// of a shard that has none, takes everything.
type shardIndex struct {
	file   string // its name in the report
	data   []byte
	info   schemas.ShardInfo
	sum    string         // of the file, as the part of the shard says; "" where it does not
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
	x := &shardIndex{file: name, data: data, info: m.Shards[i], is: records.NewIndex(), report: r}
	part, err := store.ReadFileLimit(ctx, store.Join(dir, schemas.StateDir, schemas.PartName("images", i, len(m.Shards))), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return x, nil
	}
	if err != nil {
		return nil, err
	}
	var says schemas.ShardPart
	if json.Unmarshal(part, &says) == nil { // of a damaged one its own check tells
		x.sum = says.IndexSHA256
	}
	return x, nil
}

// take takes the next record of the shard.
func (x *shardIndex) take(name string, bytes int64) {
	if x != nil {
		x.is.Add(name, int(bytes))
	}
}

// check compares the file with its hash in the part of the shard, and what it says with
// the records that were taken: how a compressor packs that may change. Where they are
// not the whole shard, the file is only read.
func (x *shardIndex) check(whole bool) {
	if x == nil {
		return
	}
	if what := x.difference(whole); what != "" {
		x.report.problemf(x.file, "%s; remove this file: without it the shard is read instead", what)
	}
}

// difference says what is wrong with the index; "" for nothing.
func (x *shardIndex) difference(whole bool) string {
	says, err := records.ParseIndex(x.data, x.info)
	if err != nil {
		return fmt.Sprintf("damaged, or the index of another shard than the %s of %s", x.info.File, schemas.ShardsFile)
	}
	if whole {
		if what := x.other(says); what != "" {
			return what
		}
	}
	if got := outdir.SHA256(x.data); x.sum != "" && got != x.sum {
		return fmt.Sprintf("changed after it was written: its sha256 is %s, the part of its shard says %s", got, x.sum)
	}
	return ""
}

// other says which entry is not that of the record that was taken; "" for none.
func (x *shardIndex) other(says []records.Entry) string {
	var is []records.Entry
	want, err := x.is.File(x.info)
	if err == nil {
		is, err = records.ParseIndex(want, x.info)
	}
	if err != nil {
		return fmt.Sprintf("its records are not those of %s", x.info.File)
	}
	for i, e := range says { // as many: those of the manifest
		if e != is[i] {
			return fmt.Sprintf("record %d is %q, %d bytes at %d, %s has %q, %d bytes at %d",
				i, e.Name, e.Bytes, e.Offset, x.info.File, is[i].Name, is[i].Bytes, is[i].Offset)
		}
	}
	return ""
}

// checkStrayIndexes reports index files that stand for no shard of the manifest.
func checkStrayIndexes(ctx context.Context, dir string, m *schemas.ShardsManifest, r *Report) error {
	known := map[string]bool{}
	for i := range m.Shards {
		known[schemas.IndexName(i, len(m.Shards))] = true
	}
	for obj, err := range store.ListThere(ctx, store.Join(dir, schemas.StateDir), false) {
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
