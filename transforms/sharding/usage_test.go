package sharding_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/sample"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/sharding"
)

// The whole step: images of a folder into shards, and the account of them.
func ExampleRun() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "sharding")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(dir)
	crops := filepath.Join(dir, "crops")
	if _, err := sample.Generate(ctx, crops, sample.Options{Images: 24}); err != nil {
		panic(err)
	}

	result, err := sharding.Run(ctx, sharding.Config{
		Listing: listing.Config{Inputs: []string{crops}, LabelPattern: sample.LabelPattern},
		Output:  filepath.Join(dir, "shards"), Shards: 2,
		Fit: "reject", Bits: "keep", Compression: schemas.CompressionNone, MaxPixels: sharding.DefaultMaxPixels,
	}, runtest.Direct)
	if err != nil {
		panic(err)
	}
	m := result.Manifest
	fmt.Printf("%d listed = %d written + %d rejected, in %d shards of %s images\n", m.Listed, m.Written, m.Rejected, len(m.Shards), m.Image)
	// Output: 24 listed = 24 written + 0 rejected, in 2 shards of 256x256 8-bit images
}
