package reporting

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
)

// TestCriticisms: the images that the picks represent worst are listed by the sets of the
// grade, with their pictures where there are any; earlier versions have none.
func TestCriticisms(t *testing.T) {
	g := &gatherer{inputs: &inputs{}, gallery: &gallery{number: map[string]int{"a": 3}}}
	g.selection.Grade = &schemas.Grade{Sets: []schemas.SetGrade{
		{Criticisms: []schemas.Criticism{{ImageID: "a", Witness: 0.25}, {ImageID: "b", Witness: -0.5}}}, {},
		{Criticisms: []schemas.Criticism{{ImageID: "c", Witness: 1}}},
	}}
	g.listCriticisms()
	want := [][]Example{{{"a", 0.25, 3}, {"b", -0.5, -1}}, {}, {{"c", 1, -1}}}
	if diff := cmp.Diff(want, g.report.Criticisms); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := len(g.criticisms()); n != 3 {
		t.Errorf("%d images are asked for, want 3", n)
	}
	g.selection.Grade = nil
	if g.listCriticisms(); len(g.report.Criticisms) != 0 || g.criticisms() != nil {
		t.Errorf("without a grade: %v", g.report.Criticisms)
	}
}
