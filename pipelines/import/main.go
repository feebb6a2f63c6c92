// Command import turns weights saved by Keras, NumPy or safetensors into a model
// directory.
//
//	go run ./pipelines/import --encoder=encoder.h5 --decoder=decoder.h5 --arch=ae1m --output=model/
//	go run ./pipelines/import --encoder=encoder.keras --output=model/
//
// It reads .h5, .weights.h5, .keras, .npz and .safetensors. A .keras file and a
// whole model saved as .h5 hold their architecture; for the others --arch names
// it. Every array must have its place and its shape, and none may be left over.
//
// What never enters: Beam, Parquet, Gorgonia, plots, test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	importcmd "exemplar/pipelines/internal/command/import"
)

func main() { cli.Main(importcmd.Command) }
