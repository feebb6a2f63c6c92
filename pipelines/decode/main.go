// Command decode makes images of latent vectors, by the decoder of the model that made
// them.
//
//	go run ./pipelines/decode --input=latents/ --model=model/ --output=decoded/
//	go run ./pipelines/decode --input=latents/ --model=model/ --between=a.tif,b.tif --output=between/
//	go run ./pipelines/decode --shards=shards/ --model=model/ --reconstruct --output=decoded/
//
// It writes images/<name>.tif, one for each vector, images.csv, which lists them, a contact
// sheet, and then decode.json, with vectors = images + rejected. Every rejected one is a
// line of errors.jsonl. Run again, it does only what is missing.
//
// What never enters: Gorgonia, plots, test helpers, sharding, selecting.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/decode"
)

func main() { cli.Main(decode.Command) }
