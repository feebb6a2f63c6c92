package decode

import (
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/decoding"
)

// TestSummary: what is printed counts what was decoded, and warns of ids that spreadsheet
// programs take for formulas, also where nothing is to do.
func TestSummary(t *testing.T) {
	m := &schemas.DecodedManifest{Vectors: 3, Images: 2, Rejected: 1, Shown: 2, Bytes: 300, Image: schemas.ImageShape{Height: 2, Width: 2, Channels: 1, Bits: 8},
		Parameters: schemas.DecodeParameters{Mode: schemas.DecodeLatents, Format: schemas.DecodedTIFF}}
	r := &decoding.Result{Manifest: m, Parts: 1, Formulas: decoding.Formulas{Count: 2, First: "=1+1.png"}}
	want := `Nothing to do: out already holds these images.
3 vectors = 2 decoded + 1 rejected
  each one rejected is a line of out/errors.jsonl
warning: 2 image ids begin with "=", "+", "-", "@" or a control character, the first "=1+1.png": spreadsheet programs may take them for formulas; import images.csv as text
2 images of 2x2 8-bit, tiff, 300 B, in out/images
listed in out/images.csv; 2 on out/contact_sheet.png
`
	var out strings.Builder
	if summarize(&out, "out", r); out.String() != want {
		t.Errorf("printed:\n%s\nwant:\n%s", out.String(), want)
	}
	out.Reset()
	r.Formulas, r.Shown = decoding.Formulas{}, "DNA #0072b2 from 0 to 1671, of 4095"
	if summarize(&out, "out", r); strings.Contains(out.String(), "warning") || !strings.HasSuffix(out.String(), "contact_sheet.png\n  channels there: DNA #0072b2 from 0 to 1671, of 4095\n") {
		t.Errorf("printed:\n%s", out.String())
	}
}
