// Command compare holds models of one collection side by side, and beside the codecs that
// anybody would ask about.
//
//	go run ./pipelines/compare --input=shards/ --models=pca/,dense/ --output=compared/
//	go run ./pipelines/compare --input=shards/ --models=pca/,dense/ --anomalies=label=8 --output=compared/
//
// What never enters: Beam, Gorgonia, test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/compare"
)

func main() { cli.Main(compare.Command) }
