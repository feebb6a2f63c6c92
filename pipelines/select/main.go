// Command select picks the real images that stand for a collection.
//
//	go run ./pipelines/select --input=latents/ --output=selection/ --shards=shards/
//
// It clusters the latents (or takes the whole collection, or the labels), writes
// selection.parquet, selection.csv, the centers and, with --shards, the picked
// originals under images/, and then selection.json. Run again, it does nothing.
//
// What never enters: Gorgonia, plots, test helpers, encoding, sharding.
package main

import (
	"exemplar/pipelines/internal/cli"
	selectcmd "exemplar/pipelines/internal/command/select"
)

func main() { cli.Main(selectcmd.Command) }
