package verifying

import (
	"os"
	"path/filepath"
	"slices"
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

// TestRuinedFilesAreReported empties, halves and removes every file in turn. The
// pictures, which are many and alike, are ruined together, and each has to be named.
func TestRuinedFilesAreReported(t *testing.T) {
	dir := workflow(t)
	for _, folder := range []string{"shards", "latents", "selection"} {
		var pictures []string
		for _, file := range filesOf(t, filepath.Join(dir, folder)) {
			if filepath.Ext(file) == ".tif" {
				pictures = append(pictures, file)
				continue
			}
			ruin(t, dir, folder, file)
		}
		if folder == "selection" {
			if len(pictures) == 0 {
				t.Error("the selection has no pictures")
			}
			ruin(t, dir, folder, pictures...)
		}
	}
}

// ruin empties, halves and removes files of a folder, and puts them back. One file
// has to lead to a problem, several to a problem each, with its name.
func ruin(t *testing.T, dir, folder string, files ...string) {
	t.Helper()
	whole := make([][]byte, len(files))
	for i, file := range files {
		data, err := os.ReadFile(file)
		check(t, err)
		if len(data) == 0 {
			return
		}
		whole[i] = data
	}
	for _, how := range []string{"emptied", "halved", "removed"} {
		if how == "removed" && strings.Contains(strings.TrimPrefix(files[0], dir), schemas.StateDir) {
			continue // the state may be removed
		}
		for i, file := range files {
			switch how {
			case "emptied":
				check(t, os.WriteFile(file, nil, 0o666))
			case "halved":
				check(t, os.WriteFile(file, whole[i][:len(whole[i])/2], 0o666))
			case "removed":
				check(t, os.Remove(file))
			}
		}
		problems := verify(t, dir, folder)
		for _, file := range files {
			name, err := filepath.Rel(filepath.Join(dir, folder), file)
			check(t, err)
			named := func(problem string) bool { return len(files) == 1 || strings.Contains(problem, name) }
			if !slices.ContainsFunc(problems, named) {
				t.Errorf("%s/%s was %s, and what was said is %q", folder, name, how, problems)
			}
		}
		for i, file := range files {
			check(t, os.WriteFile(file, whole[i], 0o666))
		}
	}
}
