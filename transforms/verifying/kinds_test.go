package verifying

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
)

func TestOtherChoicesHold(t *testing.T) {
	workflow(t)
	dir := t.TempDir()
	_, err := sharding.Run(t.Context(), sharding.Config{
		Listing: listing.Config{Inputs: []string{filepath.Join(made, "input")}, LabelPattern: `^run(1)`}, Output: filepath.Join(dir, "shards"), Shards: 2,
		Fit: "reject", Bits: "keep", Compression: "gzip", MaxPixels: sharding.DefaultMaxPixels, Resume: true}, runtest.Direct)
	check(t, err)
	table := filepath.Join(dir, "table.csv")
	check(t, os.WriteFile(table, []byte("file_name,dose\nrun1/cell 01.png,3\nrun0/cell 02.png,\n"), 0o666))
	_, err = encoding.Run(t.Context(), encoding.Config{Shards: filepath.Join(dir, "shards"), Model: filepath.Join(made, "model"),
		Output: filepath.Join(dir, "latents"), Layout: "wide", MetadataPattern: `^(?P<run>run\d)`, MetadataCSV: table, Batch: 8}, runtest.Direct)
	check(t, err)
	for _, scope := range []string{"label", "global", "cluster", "Metadata_dose"} {
		c := selecting.Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, scope),
			Parameters: schemas.SelectionParameters{Scopes: []string{scope}, Clusters: 5, Top: 40, Centers: []string{"medoid"}, Metrics: []string{"cosine"}, Seed: 3, Restarts: 1, MaxPasses: 1,
				Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
		if scope == "global" {
			c.Parameters.Gate.Mode = schemas.GateOff
		}
		c.Parameters.Space = map[string]string{"label": "zscore", "cluster": "whiten:3"}[scope]
		if scope == "label" {
			c.Shards = filepath.Join(dir, "shards")
		}
		_, err := selecting.Run(t.Context(), c, runtest.Direct)
		check(t, err)
	}
	for _, folder := range []string{"shards", "latents", "label", "global", "cluster", "Metadata_dose"} {
		if problems := verify(t, dir, folder); len(problems) > 0 {
			t.Errorf("%s: %s", folder, strings.Join(problems, "\n"))
		}
	}
}

func TestLatentsAloneAreCheckedByTheirState(t *testing.T) {
	dir := workflow(t)
	check(t, os.RemoveAll(filepath.Join(dir, "shards")))
	r, err := Run(t.Context(), Config{Input: filepath.Join(dir, "latents")})
	check(t, err)
	if len(r.Problems) > 0 || len(r.Unchecked) != 3 {
		t.Errorf("problems %q, unchecked %q", r.Problems, r.Unchecked)
	}
	edit(forger{t, dir}, func(m *schemas.LatentsManifest) { m.Shards = strings.Repeat("0", 64) }, "latents", schemas.LatentsFile)
	if problems := verify(t, dir, "latents"); len(problems) != 1 || !strings.Contains(problems[0], "fingerprint is") {
		t.Errorf("another sha256 of the shards: %q", problems)
	}
}

// TestRuinedFilesAreReported empties, halves and removes every file in turn.
func TestRuinedFilesAreReported(t *testing.T) {
	dir := workflow(t)
	for _, folder := range []string{"shards", "latents", "selection"} {
		for _, file := range filesOf(t, filepath.Join(dir, folder)) {
			name, _ := filepath.Rel(dir, file)
			data, err := os.ReadFile(file)
			check(t, err)
			if len(data) == 0 {
				continue
			}
			for _, keep := range []int{0, len(data) / 2, -1} {
				if keep < 0 {
					if strings.Contains(name, schemas.StateDir) {
						continue // the state may be removed
					}
					check(t, os.Remove(file))
				} else {
					check(t, os.WriteFile(file, data[:keep], 0o666))
				}
				if len(verify(t, dir, folder)) == 0 {
					t.Errorf("%s: %d of %d bytes left (-1: removed), and nothing said", name, keep, len(data))
				}
				check(t, os.WriteFile(file, data, 0o666))
			}
		}
	}
}
