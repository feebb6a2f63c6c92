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
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selecting"
)

// visitor is given each value of a JSON file by its path, with what it may be changed
// to, by the kind of the change, and what sets it.
type visitor func(path, kind string, other any, set func(any))

// leaves calls visit with every number, string, truth, null, list and field of a JSON
// value; in lists the first and the last element stand for all.
func leaves(v any, path string, set func(any), visit visitor) {
	switch v := v.(type) {
	case json.Number:
		other := json.Number("7")
		if v == other {
			other = "8"
		}
		visit(path, "number", other, set)
	case string:
		visit(path, "string", v+"x", set)
	case bool:
		visit(path, "bool", !v, set)
	case map[string]any:
		for _, key := range slices.Sorted(maps.Keys(v)) {
			less := maps.Clone(v)
			delete(less, key)
			visit(path+"."+key, "gone", less, set)
			leaves(v[key], path+"."+key, func(x any) { v[key] = x }, visit)
		}
	case []any:
		if len(v) > 0 {
			visit(path+"[]", "shorter", v[:len(v)-1], set)
			visit(path+"[]", "longer", append(slices.Clone(v), v[len(v)-1]), set)
		}
		for i := range v {
			if i == 0 || i == len(v)-1 {
				leaves(v[i], path+"[]", func(x any) { v[i] = x }, visit)
			}
		}
	}
}

// changed changes everything in a JSON file, one thing at a time and one of each kind,
// seals the file again, and returns what the check of its folder did not notice, with
// what it says that it does not check. Of what is below the path compared, which is
// compared value by value, only that is done, and the whole check for a few.
func changed[T any](t *testing.T, dir, folder, file, compared string, seal func(*T) error) (unnoticed map[string]string, kinds int) {
	t.Helper()
	name := filepath.Join(dir, folder, filepath.FromSlash(file))
	data, err := os.ReadFile(name)
	check(t, err)
	defer os.WriteFile(name, data, 0o666)
	parse := func() (v any) {
		d := json.NewDecoder(strings.NewReader(string(data)))
		d.UseNumber()
		check(t, d.Decode(&v))
		return v
	}
	type change struct{ path, kind string }
	var all []change
	leaves(parse(), "", func(any) {}, func(path, kind string, _ any, _ func(any)) { all = append(all, change{path, kind}) })
	unnoticed, done := map[string]string{}, map[change]bool{}
	for n, c := range all {
		if done[c] {
			continue
		}
		done[c] = true
		if os.Getenv("EXEMPLAR_FIELDS") == "" && len(done)%3 > 0 {
			continue
		}
		v, at := parse(), 0
		leaves(v, "", func(x any) { v = x }, func(_, _ string, other any, set func(any)) {
			if at == n {
				set(other)
			}
			at++
		})
		text, err := json.Marshal(v)
		check(t, err)
		var m T
		if json.Unmarshal(text, &m) != nil {
			continue
		}
		check(t, seal(&m))
		is, err := schemas.MarshalJSON(m)
		check(t, err)
		if string(is) == string(data) {
			continue // a field that is left out where it is so
		}
		if compared != "" && strings.HasPrefix(c.path, compared) && len(done)%51 > 0 {
			var says, was any
			check(t, json.Unmarshal(is, &says))
			check(t, json.Unmarshal(data, &was))
			var reworded []string
			field := strings.Trim(compared, ".")
			if differs(field, says.(map[string]any)[field], was.(map[string]any)[field], &reworded) == "" {
				unnoticed[c.path+" "+c.kind] = "the wording of " + strings.Join(reworded, "")
			}
			continue
		}
		check(t, os.WriteFile(name, is, 0o666))
		if r, err := Run(t.Context(), Config{Input: filepath.Join(dir, folder)}); err == nil && len(r.Problems) == 0 {
			unnoticed[c.path+" "+c.kind] = strings.Join(r.Unchecked, "\n")
		}
	}
	return unnoticed, len(done)
}

// unchecked are the values that nothing is computed for again, with a part of the line
// in which verify says so; "" where the value means the same.
var unchecked = map[string]map[string]string{
	schemas.SelectionFile: {
		".clustering.passes number":            "that it took 7 passes over the latents",
		".centering.passes number":             "the search for centers: that it took 7 passes",
		".centering.passes gone":               "the search for centers: that it took 0 passes",
		".parameters.max_passes number":        "max_passes 7",
		".parameters.restarts number":          "restarts 7",
		".parameters.sample_size number":       "sample_size 7",
		".parameters.clustering gone":          "", // k-means by default
		".grade.findings[].text string":        "the wording of ",
		".grade.sets[].sentence string":        "the wording of ",
		".grade.sets[].repicked.reason string": "the wording of ",
		".grade.sets[].bias[].reason string":   "the wording of ",
	},
	schemas.ShardsFile:     {".code_version string": "code_version", ".code_version gone": "code_version"},
	schemas.CollectionFile: {".inputs": "inputs and root in collection.json", ".root": "inputs and root in collection.json", ".code_version": "code_version"},
	schemas.LatentsFile: {
		".code_version string": "code_version", ".code_version gone": "code_version",
		".reconstructed gone": "_latents.json does not say",
		".trained gone":       "what the training of the model recorded",
	},
	schemas.DecodedFile: {
		".code_version": "code_version", ".fingerprint": "fingerprint", ".clipped": "the number of clipped values", ".sha256": "",
		".parameters.images": "images", ".kernel": "computed by the numerics",
	},
	"shard part": {
		".brightest":         "times, largest values",
		".stamps":            "times, largest values",
		".index_sha256 gone": "", // the index is not used then
	},
}

// TestEveryFieldIsCheckedOrNamed changes every number, string, truth and list of the
// manifests, and leaves fields out, one at a time, and seals each again: verify notices
// each, or names it among what it does not check. A third of the changes is tried, and
// all with EXEMPLAR_FIELDS=all.
func TestEveryFieldIsCheckedOrNamed(t *testing.T) {
	dir := workflow(t)
	again(t, dir, func(c *selecting.Config) {
		c.Shards, c.Parameters.Scopes, c.Parameters.Top = "", []string{"cluster", "Metadata_run"}, 3
		c.Parameters.Clusters, c.Parameters.Centers = 3, []string{"mean", "medoid"}
		c.Parameters.Assignments = true
		c.Parameters.Picking.Exclude = []string{"run0/cell 08.png", "run1/cell 09.png"}
	})
	check(t, os.RemoveAll(filepath.Join(dir, "selection", schemas.StateDir)))
	judge := func(what string, unnoticed map[string]string, n int) {
		t.Helper()
		for _, path := range slices.Sorted(maps.Keys(unnoticed)) {
			known := false
			for begins, named := range unchecked[what] {
				known = known || strings.HasPrefix(path, begins) && strings.Contains(unnoticed[path], named)
			}
			if !known {
				t.Errorf("%s: %s was changed, and neither noticed nor named; not checked is: %s", what, path, unnoticed[path])
			}
		}
		t.Logf("%s: %d kinds of changes, %d not noticed, but named", what, n, len(unnoticed))
	}
	part := func(name string) string { return schemas.StateDir + "/" + schemas.PartName(name, 1, 3) }
	u, n := changed(t, dir, "shards", part("images"), "", func(*schemas.ShardPart) error { return nil })
	judge("shard part", u, n)
	u, n = changed(t, dir, "latents", part("latents"), "", func(*schemas.LatentsPart) error { return nil })
	judge("latents part", u, n)
	u, n = changed(t, dir, "decoded", part(schemas.DecodedParts), "", func(*schemas.DecodedPart) error { return nil })
	judge("decoded part", u, n)
	for _, folder := range []string{"shards", "latents", "decoded"} {
		check(t, os.RemoveAll(filepath.Join(dir, folder, schemas.StateDir)))
	}
	u, n = changed(t, dir, "shards", schemas.ShardsFile, "", func(*schemas.ShardsManifest) error { return nil })
	judge(schemas.ShardsFile, u, n)
	u, n = changed(t, dir, "shards", schemas.CollectionFile, "", func(c *schemas.Collection) (err error) {
		c.PlacesSHA256, err = outdir.SealPlaces(*c)
		return err
	})
	judge(schemas.CollectionFile, u, n)
	u, n = changed(t, dir, "latents", schemas.LatentsFile, "", func(*schemas.LatentsManifest) error { return nil })
	judge(schemas.LatentsFile, u, n)
	u, n = changed(t, dir, "decoded", schemas.DecodedFile, "", func(m *schemas.DecodedManifest) (err error) {
		m.SHA256, err = outdir.SealDecoded(*m)
		return err
	})
	judge(schemas.DecodedFile, u, n)
	u, n = changed(t, dir, "selection", schemas.SelectionFile, ".grade.", func(m *schemas.SelectionManifest) (err error) {
		if m.Fingerprint, err = outdir.Fingerprint(schemas.SelectionFormat, m.Latents, "", m.Parameters); err != nil {
			return err
		}
		m.SHA256, err = outdir.SealSelection(*m)
		return err
	})
	judge(schemas.SelectionFile, u, n)
}
