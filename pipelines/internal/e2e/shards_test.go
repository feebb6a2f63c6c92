package e2e

import (
	"encoding/csv"
	"encoding/json"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/tables"
)

// TestSameSelectionOfOtherShards selects from the same images in 100 shards instead
// of 20. Centers and picked images are the same bytes. Tables are the same but for
// the place of an image in its shard, and the manifest but for that and hashes. The
// assignments are the same rows in other files.
func TestSameSelectionOfOtherShards(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	other := workflow{images: r.images, model: r.model, shards: filepath.Join(dir, "shards"),
		latents: filepath.Join(dir, "latents"), selection: filepath.Join(dir, "selection")}
	must(t, nil, "shard", "--input="+r.images, "--shards=100", "--output="+other.shards)
	must(t, nil, "encode", other.step("encode", other.latents)...)
	must(t, nil, "select", other.step("select", other.selection)...)

	want, got := tree(t, r.selection), tree(t, other.selection)
	for _, files := range []map[string]string{want, got} {
		maps.DeleteFunc(files, func(name, _ string) bool {
			return strings.HasPrefix(name, "_state/") || strings.HasSuffix(name, ".csv") || name == "selection.parquet" || name == "selection.json" || schemas.IsAssignments(name)
		})
	}
	if diff := cmp.Diff(want, got); diff != "" || len(got) < 3 {
		t.Errorf("files differ (-20 shards +100):\n%s", diff)
	}
	for _, name := range []string{"selection.csv", "images/metadata.csv"} {
		if diff := cmp.Diff(placeless(t, r.selection, name), placeless(t, other.selection, name)); diff != "" {
			t.Errorf("%s differs (-20 shards +100):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(assignmentsOf(t, r.selection), assignmentsOf(t, other.selection)); diff != "" {
		t.Errorf("assignments differ (-20 shards +100):\n%s", diff)
	}
	if diff := cmp.Diff(hashless(t, r.selection), hashless(t, other.selection)); diff != "" {
		t.Errorf("selection.json differs (-20 shards +100):\n%s", diff)
	}
}

// assignmentsOf reads the assignments of a selection, by image.
func assignmentsOf(t *testing.T, dir string) (all []schemas.Assignment) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "assignments-*.parquet"))
	if err != nil {
		t.Fatal(err)
	}
	var m schemas.SelectionManifest
	readJSON(t, filepath.Join(dir, schemas.SelectionFile), &m)
	for _, name := range files {
		all = append(all, assignmentsIn(t, name, &m)...)
	}
	if len(all) < 300 {
		t.Fatalf("only %d rows", len(all))
	}
	key := func(a schemas.Assignment) string {
		return strings.Join([]string{a.ImageID, a.Scope, a.Center, a.Metric}, "\x00")
	}
	slices.SortFunc(all, func(a, b schemas.Assignment) int { return strings.Compare(key(a), key(b)) })
	return all
}

// assignmentsIn reads a file of assignments.
func assignmentsIn(t *testing.T, name string, m *schemas.SelectionManifest) (rows []schemas.Assignment) {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	in, err := tables.OpenAssignments(f, info.Size(), m)
	for err == nil {
		var row schemas.Assignment
		if row, err = in.Next(); err == nil {
			rows = append(rows, row)
		}
	}
	if err != io.EOF {
		t.Fatal(err)
	}
	return rows
}

// placeless reads a table of picks without where they are in the shards.
func placeless(t *testing.T, dir, name string) [][]string {
	t.Helper()
	f, err := os.Open(filepath.Join(dir, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil || len(rows) < 2 {
		t.Fatalf("%s: %d rows, %v", name, len(rows), err)
	}
	for j, column := range rows[0] {
		if column == "shard" || column == "record" || column == "offset" {
			for _, row := range rows[1:] {
				row[j] = ""
			}
		}
	}
	return rows
}

// hashless reads a manifest without what names the shards, and places there.
func hashless(t *testing.T, dir string) map[string]any {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(dir, "selection.json"))
	if err != nil {
		t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	for _, key := range []string{"sha256", "fingerprint", "latents_sha256", "latents", "files", "assignments"} {
		delete(m, key)
	}
	for _, set := range m["grade"].(map[string]any)["sets"].([]any) {
		for _, criticism := range set.(map[string]any)["criticisms"].([]any) {
			for _, place := range []string{"shard", "record", "offset"} {
				delete(criticism.(map[string]any), place)
			}
		}
	}
	return m
}
