package training

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
)

// foreign removes the manifest of two shards and says when they were written.
func foreign(t *testing.T, dir string, written time.Time) string {
	t.Helper()
	if err := os.Remove(filepath.Join(dir, schemas.ShardsFile)); err != nil {
		t.Fatal(err)
	}
	for i := range 2 {
		if err := os.Chtimes(filepath.Join(dir, schemas.ShardName(i, 2, "none")), written, written); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// TestForeignShardsAreTheirContent trains on copies of shards without a manifest.
func TestForeignShardsAreTheirContent(t *testing.T) {
	all, someday := spots(80, 12), time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, of := range map[string]func(shards, output string) Config{"linear": config, "gradient": gradient} {
		t.Run(name, func(t *testing.T) {
			here := of(foreign(t, shardsOf(t, all[:60], 2), someday), t.TempDir())
			there := of(foreign(t, shardsOf(t, all[:60], 2), someday.Add(time.Hour)), t.TempDir())
			for i, c := range []*Config{&here, &there} {
				c.Latent = 3
				if name == "gradient" {
					c.Fit.Epochs, c.HeldShards = 1, foreign(t, shardsOf(t, all[60:], 2), someday.Add(time.Duration(i)*time.Hour))
				}
				if r, err := Run(t.Context(), *c); err != nil || !r.Made {
					t.Fatalf("Run = %+v, %v", r, err)
				}
			}
			_, files := readModel(t, here.Output)
			_, others := readModel(t, there.Output)
			if diff := cmp.Diff(string(files[schemas.ModelFile]), string(others[schemas.ModelFile])); diff != "" {
				t.Errorf("shards of other times (-here +there):\n%s", diff)
			}
			shard := filepath.Join(here.Shards, schemas.ShardName(1, 2, "none"))
			if err := os.Chtimes(shard, someday, someday.Add(time.Minute)); err != nil {
				t.Fatal(err)
			}
			state := filepath.Join(here.Output, schemas.StateDir, "inputs.json")
			before, err := os.ReadFile(state)
			if err != nil {
				t.Fatal(err)
			}
			if r, err := Run(t.Context(), here); err != nil || r.Made {
				t.Errorf("of touched shards, Run = %+v, %v", r, err)
			}
			if after, err := os.ReadFile(state); err != nil || string(after) == string(before) {
				t.Errorf("the new time is not remembered, %v", err)
			}
			replaceShard(t, shard)
			if r, err := Run(t.Context(), here); err != nil || !r.Made {
				t.Errorf("of a replaced shard, Run = %+v, %v", r, err)
			}
			// One of the same size and time is seen where it is read.
			info, err := os.Stat(shard)
			if err != nil {
				t.Fatal(err)
			}
			replaceShard(t, shard)
			if err := os.Chtimes(shard, someday, info.ModTime()); err != nil {
				t.Fatal(err)
			}
			if err := os.Remove(filepath.Join(here.Output, schemas.ModelFile)); err != nil {
				t.Fatal(err)
			}
			if _, err := Run(t.Context(), here); err == nil || !strings.Contains(err.Error(), "the file changed") {
				t.Errorf("of a shard that is another than is remembered, Run = %v", err)
			}
			here.Overwrite = true
			if r, err := Run(t.Context(), here); err != nil || !r.Made {
				t.Errorf("with Config.Overwrite, Run = %+v, %v", r, err)
			}
		})
	}
}

// TestForeignShardsOfEarlier finds a model whose fingerprint holds the shards'
// modification times, and reads no shard for that.
func TestForeignShardsOfEarlier(t *testing.T) {
	dir := foreign(t, shardsOf(t, spots(60, 8), 2), time.Date(2020, 1, 2, 3, 4, 5, 0, time.UTC))
	c := config(dir, t.TempDir())
	c.Latent = 3
	if _, err := Run(t.Context(), c); err != nil {
		t.Fatal(err)
	}
	var identity []string
	for i := range 2 {
		name := schemas.ShardName(i, 2, "none")
		info, err := os.Stat(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		identity = append(identity, fmt.Sprintf("%s %d %d 0", name, info.Size(), info.ModTime().UnixNano()))
	}
	s, err := c.open(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if s.folder.SHA256, err = outdir.Fingerprint(identity); err != nil {
		t.Fatal(err)
	}
	m, _ := readModel(t, c.Output)
	m.Training.Data = s.folder.SHA256
	_, fingerprints, err := c.linearRun(s.folder)
	if err != nil {
		t.Fatal(err)
	}
	m.Training.Parameters[parameterFingerprint] = fingerprints[0]
	writeModel(t, c.Output, m)
	state := filepath.Join(c.Output, schemas.StateDir, "inputs.json")
	if err := os.Remove(state); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(t.Context(), c); err != nil || r.Made {
		t.Errorf("Run = %+v, %v", r, err)
	}
	if p, err := Plan(t.Context(), c); err != nil || p.Nothing == "" {
		t.Errorf("Plan = %+v, %v", p, err)
	}
	if _, err := os.Stat(state); err == nil {
		t.Error("the shards were hashed")
	}
}

// TestNamesTwiceInForeignShards: an image of which nothing says which one is meant is
// refused in the words of the encode step, by a run and by a plan, for each kind of
// model, with a limit that would draw neither, and among those held out.
func TestNamesTwiceInForeignShards(t *testing.T) {
	all := spots(20, 12)
	all[7].Filename = all[2].Filename
	want := fmt.Sprintf("the id %q is there more than once, in record 1 of %s and record 3 of %s: every image needs a name of its own",
		all[2].Filename, schemas.ShardName(0, 2, "none"), schemas.ShardName(1, 2, "none"))
	twice, sound := foreign(t, shardsOf(t, all, 2), time.Now()), shardsOf(t, spots(20, 12), 2)
	limited := config(twice, t.TempDir())
	limited.Limit = 1
	held := gradient(sound, t.TempDir())
	held.HeldShards = twice
	for name, c := range map[string]Config{"linear": config(twice, t.TempDir()), "limited": limited, "gradient": gradient(twice, t.TempDir()), "held out": held} {
		if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: plan: %v, want %s", name, err, want)
		}
		if _, err := Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		if _, err := os.Stat(filepath.Join(c.Output, schemas.ModelFile)); err == nil {
			t.Errorf("%s: a model was written", name)
		}
	}
}

// TestForeignShardsWithoutNames: what their records lack is said, and --name_feature is
// not named but as the flag of encode, for train has none.
func TestForeignShardsWithoutNames(t *testing.T) {
	dir := t.TempDir()
	var b bytes.Buffer
	w := tfrecord.NewWriter(&b, tfrecord.WriterOptions{})
	for _, im := range spots(4, 12) {
		record := bytes.Replace(records.Append(nil, &im), []byte(schemas.FeatureFilename), []byte("FILENAME"), 1)
		if _, err := w.Write(record); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, schemas.ShardName(0, 1, "none")), b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]Config{"linear": config(dir, t.TempDir()), "gradient": gradient(dir, t.TempDir())} {
		_, err := Run(t.Context(), c)
		if err == nil || !strings.Contains(err.Error(), `it has no feature "filename"`) ||
			strings.Contains(strings.ReplaceAll(err.Error(), "encode takes another with --name_feature", ""), "--") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
