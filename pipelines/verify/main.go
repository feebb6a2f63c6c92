// Command verify checks a finished folder of shards, latents or picks, or a model.
//
//	go run ./pipelines/verify --input=exemplar-out/selection
//
// It recomputes what the folder claims (hashes, record checksums, counts, order,
// and for a selection every center, distance and rank), names what does not
// hold, and exits with code 1 if anything does not, or if a selection without its
// latents could be checked in part only.
//
// What never enters: Beam, Gorgonia, plots, test helpers, selecting.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/verify"
)

func main() { cli.Main(verify.Command) }
