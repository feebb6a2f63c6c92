// Command quickstart runs the whole workflow in one command: images, shards, model,
// latents, selection, verification, report.
//
//	go run ./pipelines/quickstart
//	go run ./pipelines/quickstart --input=crops/
//
// Without --input it generates a sample collection of nuclei. The model is a small
// convolutional autoencoder, compared with the linear one on the same images held
// back. Every step is the one that its own command runs; run again, each does only
// what is missing.
//
// What never enters: test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/quickstart"
)

func main() { cli.Main(quickstart.Command) }
