package verifying

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
)

// TestIndexesOfShards: an index that does not say what its shard holds, in the bytes
// that are written for it, is one line that names it and says what to do, in the check
// of the shards and of the latents beside them. A missing one is none.
func TestIndexesOfShards(t *testing.T) {
	f := forger{t, workflow(t)}
	name := schemas.IndexName(1, 3)
	whole := f.read("shards", schemas.StateDir, name)
	start := bytes.IndexByte(whole, '\n') + 1 // of what is compressed
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](t.Context(), f.path("shards", schemas.ShardsFile))
	check(t, err)
	entries, err := records.ParseIndex(whole, m.Shards[1])
	check(t, err)
	other := func(change func(e []records.Entry)) []byte {
		e, x := append([]records.Entry(nil), entries...), records.NewIndex()
		change(e)
		for _, e := range e {
			x.Add(e.Name, int(e.Bytes))
		}
		data, err := x.File(m.Shards[1])
		check(t, err)
		return data
	}
	flip := func(at int, mask byte) []byte {
		data := bytes.Clone(whole)
		data[at] ^= mask
		return data
	}
	n := len(entries)
	for what, c := range map[string]struct {
		data []byte
		want string
	}{
		"emptied":                  {nil, "damaged"},
		"cut in the checksum":      {whole[:len(whole)-1], "damaged"},
		"a byte more":              {append(bytes.Clone(whole), 0), "damaged"},
		"another file behind it":   {append(bytes.Clone(whole), noRecords(t)...), "changed after it was written: its sha256 is "},
		"a letter of another case": {flip(2, 0x20), "changed after it was written"},
		"the time of gzip":         {flip(start+4, 1), "changed after it was written"},
		"the checksum of gzip":     {flip(len(whole)-8, 1), "damaged"},
		"another name":             {other(func(e []records.Entry) { e[2].Name += "x" }), "record 2 is "},
		"swapped names":            {other(func(e []records.Entry) { e[0].Name, e[1].Name = e[1].Name, e[0].Name }), "record 0 is "},
		"a byte to the next":       {other(func(e []records.Entry) { e[n-2].Bytes--; e[n-1].Bytes++ }), "record "},
		"a shorter shard":          {other(func(e []records.Entry) { e[n-1].Bytes-- }), "damaged"},
	} {
		f.write(c.data, "shards", schemas.StateDir, name)
		for folder, file := range map[string]string{"shards": schemas.StateDir + "/" + name, "latents": f.path("shards", schemas.StateDir, name)} {
			problems := verify(t, f.dir, folder)
			if len(problems) != 1 || !strings.HasPrefix(problems[0], file+": "+c.want) || !strings.Contains(problems[0], "remove this file") {
				t.Errorf("%s, verify of %s: %q", what, folder, problems)
			}
		}
	}
	check(t, os.Remove(f.path("shards", schemas.StateDir, name)))
	for _, folder := range []string{"shards", "latents"} {
		if problems := verify(t, f.dir, folder); len(problems) > 0 {
			t.Errorf("removed, verify of %s: %q", folder, problems)
		}
	}
	f.write(whole, "shards", schemas.StateDir, schemas.IndexName(3, 4))
	if problems := verify(t, f.dir, "shards"); len(problems) != 1 || !strings.Contains(problems[0], "stands for none of the 3 shards") {
		t.Errorf("the index of a fourth shard: %q", problems)
	}
	check(t, os.Remove(filepath.Join(f.dir, "shards", schemas.StateDir, schemas.IndexName(3, 4))))
}

// noRecords is what is compressed of an index of no records.
func noRecords(t *testing.T) []byte {
	data, err := records.NewIndex().File(schemas.ShardInfo{})
	check(t, err)
	_, rest, _ := bytes.Cut(data, []byte{'\n'})
	return rest
}
