package listing

import (
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
)

// ShardFingerprint returns the fingerprint of a shard whose list of names has that
// sha256. Names and order of the channels decide its bytes where there are any.
func ShardFingerprint(p schemas.ShardParameters, shape schemas.ImageShape, channels []schemas.Channel, list string) (string, error) {
	if channels != nil {
		return outdir.Fingerprint(schemas.ShardsFormat, p, shape, list, schemas.NamesOf(channels))
	}
	return outdir.Fingerprint(schemas.ShardsFormat, p, shape, list)
}

// Fingerprint returns the fingerprint of a collection in shards: one of those of the
// shards and of the images that were rejected at listing, whatever the words of the
// details.
func Fingerprint(shards []string, rejected []schemas.ErrorRow) (string, error) {
	rejected = slices.Clone(rejected)
	for i := range rejected {
		rejected[i].Detail = ""
	}
	return outdir.Fingerprint(shards, rejected)
}
