// Command encode turns image shards into latent vectors in Parquet.
//
//	go run ./pipelines/encode --input=shards/ --model=model/ --output=latents/
//
// It writes latents-00000-of-00100.parquet and so on, one for each image shard,
// and then _latents.json, with images = encoded + rejected. Every rejected image
// is a line of _errors.jsonl. Run again, it does only what is missing.
//
// What never enters: Gorgonia, plots, test helpers, sharding, selecting.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/encode"
)

func main() { cli.Main(encode.Command) }
