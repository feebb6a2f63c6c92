package schemas

import (
	"encoding/json"
	"testing"
)

// FuzzManifests: any bytes in the place of a manifest are refused, or hold counts
// that add up and are written as the same manifest again.
func FuzzManifests(f *testing.F) {
	for _, m := range []interface{ Validate() error }{shardsManifest(), latentsManifest(), selectionManifest()} {
		if err := m.Validate(); err != nil {
			f.Fatal(err)
		}
		data, err := json.Marshal(m)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		readAgain[ShardsManifest](t, data)
		readAgain[LatentsManifest](t, data)
		readAgain[SelectionManifest](t, data)
	})
}

// selectionManifest is a sound manifest of three images, one kept out.
func selectionManifest() *SelectionManifest {
	return &SelectionManifest{
		Format: SelectionFormat, Rows: 3, Eligible: 2, Excluded: 1, Picks: 1, Picked: 1,
		Parameters: SelectionParameters{Scopes: []string{ScopeGlobal}, Top: 1, Centers: []string{"mean"}, Metrics: []string{"cosine"},
			Gate: GateParameters{Mode: GateAuto}, Picking: PickParameters{Strategy: StrategyNearest, Duplicates: DuplicatesSkip}},
		Scopes:     []ScopeSummary{{Scope: ScopeGlobal, Groups: 1, Images: 2}},
		Gate:       Gate{Mode: GateAuto, Limits: []GateLimit{{Reason: ReasonForeground, Threshold: .003}}},
		Exclusions: []Exclusion{{ImageID: "a.tif", Reason: ReasonForeground}},
		Files:      []FileInfo{{File: SelectionCSV, Bytes: 3}},
	}
}

// readAgain reads a manifest, and what is written of it.
func readAgain[T any, M interface {
	*T
	Validate() error
}](t *testing.T, data []byte) {
	var m T
	if json.Unmarshal(data, &m) != nil || M(&m).Validate() != nil {
		return
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatalf("cannot be written again: %v", err)
	}
	var again T
	if err := json.Unmarshal(text, &again); err != nil {
		t.Fatalf("what is written cannot be read: %v", err)
	}
	if err := M(&again).Validate(); err != nil {
		t.Fatalf("what is written is refused: %v", err)
	}
	if other, err := json.Marshal(again); err != nil || string(other) != string(text) {
		t.Fatalf("written as\n%s\nthen as\n%s\n%v", text, other, err)
	}
}
