// Command export writes a model for other programs.
//
//	go run ./pipelines/export --model=model/ --format=onnx --output=onnx/
//	go run ./pipelines/export --model=model/ --format=keras --output=keras/
//
// Formats: onnx (ONNX Runtime and others), keras (whole models and weights for
// Keras 3) and npz (the bare arrays). Exported encoders of onnx and keras take
// raw pixels, as in the image shards, and give the latents that encode gives,
// up to float32 rounding.
//
// What never enters: Beam, Parquet, Gorgonia, plots, test helpers.
package main

import (
	"exemplar/pipelines/internal/cli"
	"exemplar/pipelines/internal/command/export"
)

func main() { cli.Main(export.Command) }
