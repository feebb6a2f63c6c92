package querying

import (
	"testing"

	"exemplar/schemas"
)

// TestPinnedFingerprints: finished queries stay valid, so the fingerprint of the same choices
// never changes.
func TestPinnedFingerprints(t *testing.T) {
	for want, m := range map[string]schemas.QueryManifest{
		"c1d8cd3df83b7ad53405599764c2d7cd694c62fe1404c2dacce25df4d9da6590": {Latents: "a", Parameters: schemas.QueryParameters{Image: "run0/cell.png", Top: 20, Metrics: []string{"euclidean"}},
			Query: &schemas.QueryImage{ImageID: "run0/cell.png", Pixels: "p"}},
		"6dcd9749a6d1f1a38ec3e22cba65114b8fe4cf6289408c69e8ecf74d46a59839": {Latents: "a", Parameters: schemas.QueryParameters{Image: "cell.png", Top: 20, Metrics: schemas.Metrics},
			Query: &schemas.QueryImage{File: "f", Pixels: "p"}, Shards: "s"},
		"8f1bd4aa3efb319b06e2aebbf4b793649e55a77a4d384e32638cb0950480548b": {Latents: "a", Parameters: schemas.QueryParameters{Tails: "mse", Top: 20}},
	} {
		if got, err := Fingerprint(&m); err != nil || got != want {
			t.Errorf("%+v: %s, %v, want %s", m.Parameters, got, err, want)
		}
	}
}
