package decoding

import (
	"testing"

	"exemplar/schemas"
)

// TestPinnedFingerprints: finished folders are known by their fingerprints, so that one
// that changes has them all made again.
func TestPinnedFingerprints(t *testing.T) {
	dimension, seed := 3, uint64(1)
	for _, tc := range []struct {
		parameters schemas.DecodeParameters
		part       Part
		want       string
	}{
		{schemas.DecodeParameters{Mode: schemas.DecodeLatents, Format: schemas.DecodedTIFF}, Part{Images: 5, Name: "in/latents", SHA256: "of the latents"}, "50cf4741c9c4b28975c9c1984a3fe5e2e2363adb6fbfa2271a486c95850b5388"},
		{schemas.DecodeParameters{Mode: schemas.DecodeTraverse, Format: schemas.DecodedPNG, Dimension: &dimension, Steps: 7}, Part{Images: 7, From: []float32{1, 2}, To: []float32{1, 3}}, "616077eae2b87d6ce3dcf64374542f258023a1075d16d0d05a6361a76ac773e6"},
		{schemas.DecodeParameters{Mode: schemas.DecodeSample, Format: schemas.DecodedPNG, Samples: 3, Seed: &seed}, Part{Images: 3}, "00c3fb91223678163e224bd6640ee57175660b6a992600310a35167950815f9f"},
	} {
		p := &plan{kernel: "float32", sha: "of _latents.json", parts: []Part{tc.part}, options: Options{ModelSHA256: "of the model",
			Image: schemas.ImageShape{Height: 2, Width: 3, Channels: 1, Bits: 8}, Parameters: tc.parameters}}
		if err := p.setFingerprints(); err != nil || p.fingerprint != tc.want {
			t.Errorf("%s: the fingerprint is %s, %v, want %s", tc.parameters.Mode, p.fingerprint, err, tc.want)
		}
	}
}
