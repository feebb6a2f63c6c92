// Command shard packs a collection of images into TFRecord shards.
//
//	go run ./pipelines/shard --input=crops/ --output=shards/
//
// It lists the images, writes images-00000-of-00100.tfrecords and so on, and
// then shards.json, with listed = written + rejected. Every rejected image is a
// line of errors.jsonl. Run again, it does only what is missing.
//
// What never enters: Gorgonia, plots, test helpers, encoding, selecting.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/shard"
)

func main() { cli.Main(shard.Command) }
