package verifying

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/engine"
	"exemplar/transforms/selecting"
)

// unverified are the numbers of selection.json that nothing is recomputed for, and why.
var unverified = map[string]string{
	".clustering.passes":      "the course of k-means, which is said not to be checked",
	".clustering.sample_rows": "the same",
	".centering.passes":       "the course of the search for centres, whose result is checked",
}

// leaves calls visit with every number of a JSON value, by its path; in lists the first
// and the last element stand for all.
func leaves(v any, path string, visit func(path string, set func(any))) {
	number := func(x any, path string, set func(any)) {
		if _, ok := x.(json.Number); ok {
			visit(path, set)
		} else {
			leaves(x, path, visit)
		}
	}
	switch v := v.(type) {
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			number(v[key], path+"."+key, func(x any) { v[key] = x })
		}
	case []any:
		for i := range v {
			if i == 0 || i == len(v)-1 {
				number(v[i], path+"[]", func(x any) { v[i] = x })
			}
		}
	}
}

// TestEveryNumberIsRecomputed changes every number of selection.json, one at a time, and
// seals it again: verify notices each, but those that are listed with a reason.
func TestEveryNumberIsRecomputed(t *testing.T) {
	dir := road(t)
	again(t, dir, func(c *selecting.Config) {
		c.Shards, c.Parameters.Scopes, c.Parameters.Top = "", []string{"cluster"}, 3
		c.Parameters.Clusters = 3
	})
	name := filepath.Join(dir, "selection", schemas.SelectionFile)
	check(t, os.RemoveAll(filepath.Join(dir, "selection", schemas.StateDir)))
	data, err := os.ReadFile(name)
	check(t, err)
	parse := func() (v any) {
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		check(t, d.Decode(&v))
		return v
	}
	var paths []string
	leaves(parse(), "", func(path string, _ func(any)) { paths = append(paths, path) })
	unnoticed, done := map[string]bool{}, map[string]bool{}
	for n, path := range paths {
		if done[path] { // one of each kind
			continue
		}
		done[path] = true
		v, at := parse(), 0
		leaves(v, "", func(_ string, set func(any)) {
			if at == n {
				set(json.Number("7"))
			}
			at++
		})
		text, err := json.Marshal(v)
		check(t, err)
		var m schemas.SelectionManifest
		if json.Unmarshal(text, &m) != nil {
			continue
		}
		m.SHA256, err = engine.SealSelection(m)
		check(t, err)
		check(t, engine.WriteJSON(t.Context(), name, m))
		if problems := verify(t, dir, "selection"); len(problems) == 0 {
			unnoticed[path] = true
		}
	}
	for _, path := range slices.Sorted(maps.Keys(unnoticed)) {
		if unverified[path] == "" {
			t.Errorf("%s was changed, and nothing said", path)
		}
	}
	t.Logf("%d of %d kinds of numbers changed, not noticed: %v", len(done), len(paths), slices.Sorted(maps.Keys(unnoticed)))
}
