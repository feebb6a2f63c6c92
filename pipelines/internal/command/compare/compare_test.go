package compare

import (
	"flag"
	"math"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/comparing"
)

// TestSummary: what is printed says what was compared, what was left out, and at which rate.
func TestSummary(t *testing.T) {
	m := &schemas.CompareManifest{Images: 3, DrawnFrom: 9, Image: schemas.ImageShape{Height: 4, Width: 5, Channels: 1, Bits: 16}, Variance: 0.5, Rejected: 1,
		Parameters: schemas.CompareParameters{Anomalies: "label=8"}, Condition: schemas.Condition{{Column: "label", Op: "=", Values: []string{"8"}, As: "number"}}, Positives: 1, Unlabeled: 2,
		Models: make([]schemas.ComparedModel, 2), LeftOut: []schemas.LeftOut{{Codec: "jpeg", Why: "it holds 8 bits"}}, Files: make([]schemas.FileInfo, 9)}
	a := comparing.Model{ComparedModel: schemas.ComparedModel{Folder: "a\x1b", Kind: "linear", Dimensions: 2, Encoder: 1000, Decoder: 234}, BitsPerPixel: 0.8, MSE: 0.01, MAE: 0.05, MSE8: 0.011,
		Missed: 0.02, AUROC: 0.75, SE: math.NaN(), Cosine: 0.25, Correlation: 0.5, I: 0, J: 1, Average: 0.5}
	b := a
	b.Folder, b.Kind, b.Missed, b.Cosine, b.Correlation, b.Average, b.Constant = "b", "vanilla", math.NaN(), math.NaN(), math.NaN(), math.NaN(), 2
	r := &comparing.Result{Manifest: m, Made: true, Models: []comparing.Model{a, b}, Reason: `"x": no image`,
		Rates:  []comparing.Rate{{Method: "model", Model: "b", Parameter: 2, Bits: 0.8, MSE: 0.011}, {Method: "pca", Model: "a\x1b", Parameter: 1, Bits: 0.4, MSE: 0.1}, {Method: "dct", Parameter: 4, Bits: 1.6, MSE: 0.2}, {Method: "dct", Parameter: 3, Bits: 1.2, MSE: 0.3}},
		Angles: []comparing.Angle{{Model: "a\x1b", Other: "c", Degrees: []float64{1, 2.5}}}}
	var out strings.Builder
	c := comparing.DefaultConfig()
	c.Output = "out"
	summarize(&out, c, r)
	want := `2 models on 3 images of 4x5 16-bit, drawn by hash from 9, variance 0.5
anomalies: 1 image with label=8 (label as numbers)
  model   kind     dimensions  parameters  mse   mae   PSNR      missed  bits/pixel  mse in 8 bits  AUROC
  a\x1b   linear   2           1,234       0.01  0.05  20.00 dB  2 %     0.8         0.011          0.7500 ± -
  b       vanilla  2           1,234       0.01  0.05  20.00 dB  -       0.8         0.011          0.7500 ± -
at the rate of each model, or the largest below it; values in 8 bits, their ranges and all headers not counted:
  method                       bits/pixel  mse    mae  PSNR
  b        2 dimensions        0.8         0.011  0    19.59 dB
    a\x1b  first 1 component   0.4         0.1    0    10.00 dB
    DCT    3 coefficients      1.2         0.3    0    5.23 dB  more bits: its smallest rate
codes, by the correlation r of two dimensions:
  model  largest |r|  of       mean of |r|  constant dimensions
  a\x1b  0.5          0 and 1  0.5          0 of 2
  b      -            -        -            2 of 2
columns of the decoder of a\x1b: largest |cosine| between two 0.25
decoders of a\x1b and c: 2 principal angles between what they span, the largest 2.5 degrees
note: jpeg is left out: it holds 8 bits
note: 1 record holds no usable image, and is left out; the first: "x": no image
note: 2 images have no label, and count as no anomalies
AUROC: the share of pairs in which the anomaly has the larger mse, ties half; ± the standard error of DeLong et al.
9 files and compare.json in out
`
	fields := func(s string) string { return strings.Join(strings.Fields(s), " ") } // how wide columns are is not meant
	if fields(out.String()) != fields(want) {
		t.Errorf("printed:\n%s\nwant:\n%s", out.String(), want)
	}
	out.Reset()
	r.Made, r.Models, r.Rates, r.Angles = false, nil, nil, nil
	summarize(&out, c, r)
	if !strings.HasPrefix(out.String(), "Nothing to do: out already holds this comparison.\n2 models on 3 images") {
		t.Errorf("printed:\n%s", out.String())
	}
}

// TestNothingLearned: a model that is no better than the mean image is named, and no other.
func TestNothingLearned(t *testing.T) {
	models := []comparing.Model{{Missed: 0.99}, {Missed: 1}, {Missed: math.NaN()}}
	for i, name := range []string{"good", "none", "unknown"} {
		models[i].Folder = name
	}
	var out strings.Builder
	modelTable(&out, &schemas.CompareManifest{}, models)
	if _, warned, _ := strings.Cut(out.String(), "warning: "); !strings.HasPrefix(warned, "none gives back") || strings.Count(out.String(), "warning") != 1 {
		t.Errorf("printed:\n%s", out.String())
	}
}

// TestCodecs: none is none, and what is printed is what is typed.
func TestCodecs(t *testing.T) {
	for typed, want := range map[string]int{"none": 0, "jpeg": 1, "jpeg,dct": 2} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		j := setup(fs).(*job)
		if err := fs.Parse([]string{"--codecs=" + typed}); err != nil || len(j.Codecs) != want || fs.Lookup("codecs").Value.String() != typed {
			t.Errorf("%s: %q, %v", typed, j.Codecs, err)
		}
	}
}
