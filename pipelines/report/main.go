// Command report turns a finished selection into one HTML page that shows what was
// chosen and why, and opens from disk without a network.
//
//	go run ./pipelines/report --selection=exemplar-out/selection
//
// It reads the selection, the latents, the shards and the model, checks that they
// belong together, and changes none of them.
//
// What never enters: Beam, Gorgonia, plots, test helpers, selecting.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/report"
)

func main() { cli.Main(report.Command) }
