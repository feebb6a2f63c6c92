// Command train makes a model from image shards.
//
//	go run ./pipelines/train --input=shards/ --output=model/ --arch=ae1m
//
// The architecture linear is principal component analysis of the images averaged
// to a working size, decoder included: it needs no graphics card and no
// patience, and is the baseline that other autoencoders are measured by. All
// others are trained by gradient steps: every epoch ends in a checkpoint, Ctrl-C
// saves, and the same command goes on, to the same bytes.
//
// What never enters: Beam, test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/train"
)

func main() { cli.Main(train.Command) }
