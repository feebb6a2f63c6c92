// Command query finds the images of a collection that are most like one image, or are
// reconstructed best and worst.
//
//	go run ./pipelines/query --input=latents/ --image=run0/cell.png --shards=shards/ --output=query/
//	go run ./pipelines/query --input=latents/ --image=new.png --output=query/
//	go run ./pipelines/query --input=latents/ --tails=mse --output=tails/
//
// What never enters: Beam, Gorgonia, plots, test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/query"
)

func main() { cli.Main(query.Command) }
