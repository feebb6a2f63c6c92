package reporting

import (
	"strings"
	"testing"

	"exemplar/schemas"
)

// TestFiguresMissingOfRows: latents of a table were made by a model of this project, and
// what is left out of their figures does not say otherwise.
func TestFiguresMissingOfRows(t *testing.T) {
	for source, want := range map[string]string{schemas.SourceRows: "the latents are of the rows of a table", "CSV columns ^x": "the vectors are another program's"} {
		f := &FigureSources{in: &inputs{}}
		f.in.latents.Spec.Source = source
		for _, name := range []string{FigureLoss, FigureReconstructions, FigureInterpolation} {
			if why := f.missing(name); !strings.HasPrefix(why, want) || strings.Contains(why, "loss.png") != (name == FigureLoss && source == schemas.SourceRows) {
				t.Errorf("%s of %s: %q", name, source, why)
			}
		}
	}
}
