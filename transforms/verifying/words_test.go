package verifying

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestSentencesAreNotCompared: another version may word a grade in another way, but
// not change a number, a kind or a name.
func TestSentencesAreNotCompared(t *testing.T) {
	grade := schemas.Grade{Evaluated: 3, Pool: 2, Draws: 20, Reason: "too few",
		Sets:     []schemas.SetGrade{{Scope: "cluster", Center: "mean", Metric: "cosine", Picks: 4, Sentence: "as good as 9", Reason: "few"}},
		Findings: []schemas.Finding{{Kind: "gap", Scope: "cluster", Group: "01", Text: "nobody is there"}}}
	data, err := json.Marshal(grade)
	check(t, err)
	parse := func() (v any) { check(t, json.Unmarshal(data, &v)); return v }
	var visit func(v any, path string)
	var root any
	try := func(path, name string, text bool) {
		what := differs("grade", parse(), root, new([]string))
		if held := what == ""; held != (wordings[name] && text) {
			t.Errorf("%s was changed: %q", path, what)
		}
	}
	changed := 0
	visit = func(v any, path string) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				at := path + "." + name
				switch old := value.(type) {
				case string:
					v[name] = "said otherwise"
					try(at, name, true)
					delete(v, name) // a sentence that is missing is a difference
					try(at, name, false)
					v[name], changed = old, changed+1
				case float64:
					v[name] = 2*old + 1
					try(at, name, false)
					v[name], changed = old, changed+1
				default:
					visit(value, at)
				}
			}
		case []any:
			for i := range v {
				visit(v[i], fmt.Sprintf("%s[%d]", path, i))
			}
		}
	}
	root = parse()
	visit(root, "grade")
	if changed < 15 {
		t.Errorf("only %d fields were changed", changed)
	}
}

// TestARewordedSelectionHolds: a selection whose grade says everything in other words
// stands for the same latents.
func TestARewordedSelectionHolds(t *testing.T) {
	f := forger{t, workflow(t)}
	changed := map[string]int{}
	var reword func(v any)
	reword = func(v any) {
		switch v := v.(type) {
		case map[string]any:
			for name, value := range v {
				if text, ok := value.(string); ok && wordings[name] && text != "" {
					v[name] = "put another way"
					changed[name]++
				}
				reword(value)
			}
		case []any:
			for _, value := range v {
				reword(value)
			}
		}
	}
	f.selection(func(m *schemas.SelectionManifest) {
		data, err := json.Marshal(m.Grade)
		check(t, err)
		var grade any
		check(t, json.Unmarshal(data, &grade))
		reword(grade)
		data, err = json.Marshal(grade)
		check(t, err)
		m.Grade = nil
		check(t, json.Unmarshal(data, &m.Grade))
	})
	if changed["sentence"] == 0 || changed["text"] == 0 || changed["reason"] == 0 {
		t.Errorf("changed %v, want some of each", changed)
	}
	r, err := Run(t.Context(), Config{Input: f.path("selection")})
	check(t, err)
	if len(r.Problems) > 0 {
		t.Errorf("problems:\n%s", strings.Join(r.Problems, "\n"))
	}
	said := strings.Join(r.Unchecked, "\n")
	if !strings.Contains(said, "the wording of ") || !strings.Contains(said, `is "put another way"; the latents give "`) {
		t.Errorf("not checked: %s", said)
	}
}
