package encoding

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// foreignShards returns two shards without a manifest, written at a time.
func foreignShards(t *testing.T, written time.Time) (dir string, groups [][]records.Image) {
	t.Helper()
	dir, groups = makeShards(t, 20, 2)
	if err := os.Remove(filepath.Join(dir, schemas.ShardsFile)); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		touch(t, filepath.Join(dir, schemas.ShardName(i, 2, "none")), written)
	}
	return dir, groups
}

func touch(t *testing.T, name string, at time.Time) {
	t.Helper()
	if err := os.Chtimes(name, at, at); err != nil {
		t.Fatal(err)
	}
}

var someday = time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)

// results returns the files of a folder without what tells of its making.
func results(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		if base := filepath.Base(name); base != schemas.StateDir && base != schemas.RunFileBeside(schemas.LatentsFile) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			files[base] = string(data)
		}
	}
	return files
}

func TestForeignShardsAreTheirContent(t *testing.T) {
	mod := makeModel(t, denseArch, false)
	dir, groups := foreignShards(t, someday)
	c := configOf(t, dir, mod)
	if p, err := Plan(t.Context(), c); err != nil || p.Nothing != "" {
		t.Fatalf("Plan = %+v, %v", p, err)
	}
	if _, err := os.Stat(filepath.Join(c.Output, inputsName)); err == nil {
		t.Error("a plan wrote what it hashed")
	}
	mustRun(t, c)
	copied, _ := foreignShards(t, someday.Add(time.Hour))
	other := configOf(t, copied, mod)
	mustRun(t, other)
	first := results(t, c.Output)
	if diff := cmp.Diff(first, results(t, other.Output)); diff != "" || len(first) < 4 {
		t.Fatalf("the same shards in another folder, of another time (-first +other), of %d files:\n%s", len(first), diff)
	}

	state := filepath.Join(c.Output, inputsName)
	before := read(t, state)
	shard := filepath.Join(dir, schemas.ShardName(1, 2, "none"))
	touch(t, shard, someday.Add(time.Minute))
	if p, err := Plan(t.Context(), c); err != nil || p.Nothing == "" {
		t.Errorf("Plan of touched shards = %+v, %v", p, err)
	}
	if !bytes.Equal(read(t, state), before) {
		t.Error("a plan wrote what it hashed")
	}
	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("touched shards: %d made again", r.Made)
	}
	if bytes.Equal(read(t, state), before) {
		t.Error("the new time is not remembered")
	}

	// Other bytes, but of the same number and time: not read, so not seen.
	sound := read(t, shard)
	var turned [][]byte
	for _, im := range slices.Backward(groups[1]) {
		turned = append(turned, records.Append(nil, &im))
	}
	data := frame(t, turned, false)
	if len(data) != len(sound) || bytes.Equal(data, sound) {
		t.Fatalf("%d bytes in another order, %d before", len(data), len(sound))
	}
	write(t, shard, data)
	touch(t, shard, someday.Add(time.Minute))
	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("%d made: what stood was read again", r.Made)
	}
	// Where it is read, it is seen, and --overwrite believes nothing remembered.
	if err := os.Remove(filepath.Join(c.Output, schemas.LatentsName(1, 2))); err != nil {
		t.Fatal(err)
	}
	wantError(t, c, schemas.ShardName(1, 2, "none"), "the file changed", "Config.Overwrite")
	c.Overwrite = true
	if r := mustRun(t, c); r.Made != 2 {
		t.Errorf("%d made again, want 2", r.Made)
	}
	c.Overwrite = false
	// Of another time, it is seen, and only its latents are made again.
	write(t, shard, sound)
	if r := mustRun(t, c); r.Made != 1 {
		t.Errorf("%d made of one changed shard", r.Made)
	}
	if diff := cmp.Diff(first, results(t, c.Output)); diff != "" {
		t.Errorf("not as at first (-first +now):\n%s", diff)
	}
}

const inputsName = schemas.StateDir + "/inputs.json"

func read(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestForeignShardsOfEarlier finds a folder finished whose fingerprints hold the
// shards' modification times, and reads no shard for that.
func TestForeignShardsOfEarlier(t *testing.T) {
	dir, _ := foreignShards(t, someday)
	c := configOf(t, dir, makeModel(t, denseArch, false))
	m := mustRun(t, c).Manifest
	p, _, err := makePlan(t.Context(), c, nil)
	if err != nil {
		t.Fatal(err)
	}
	var identities []string
	for i := range p.in.shards {
		name := schemas.ShardName(i, 2, "none")
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		identity := fmt.Sprintf("%s %d %d 0", name, info.Size(), info.ModTime().UnixNano())
		identities = append(identities, identity)
		p.in.shards[i].Identity = identity
	}
	if p.in.sha, err = outdir.Fingerprint(identities); err != nil {
		t.Fatal(err)
	}
	if err := p.setFingerprints(); err != nil {
		t.Fatal(err)
	}
	m.Fingerprint, m.Shards = p.fingerprint, p.in.sha
	writeState(t, c, schemas.LatentsFile, m)
	for i := range p.in.shards {
		name := schemas.StateDir + "/" + schemas.PartName(partStep, i, 2)
		part, _, err := outdir.ReadJSON[schemas.LatentsPart](t.Context(), store.Join(c.Output, name))
		if err != nil {
			t.Fatal(err)
		}
		part.Fingerprint = p.specs[i].Fingerprint
		writeState(t, c, name, part)
	}
	if err := os.Remove(filepath.Join(c.Output, inputsName)); err != nil {
		t.Fatal(err)
	}
	if r := mustRun(t, c); r.Made != 0 {
		t.Errorf("%d made again", r.Made)
	}
	if _, err := os.Stat(filepath.Join(c.Output, inputsName)); err == nil {
		t.Error("the shards were hashed")
	}
	touch(t, filepath.Join(dir, schemas.ShardName(0, 2, "none")), someday.Add(time.Hour))
	if r := mustRun(t, c); r.Made != 2 {
		t.Errorf("of another time, %d made again; want 2", r.Made)
	}
}

func writeState(t *testing.T, c Config, name string, v any) {
	t.Helper()
	if err := outdir.WriteJSON(context.Background(), store.Join(c.Output, name), v); err != nil {
		t.Fatal(err)
	}
}
