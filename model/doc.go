// Package model holds encoders and decoders: their architecture as data, their
// weights, the model directory, and the fixed plan that computes latents and
// reconstructions in float32.
//
// What lives here: architectures (Arch), the weights' names and shapes, the
// files of a model directory (Marshal, Unmarshal), and inference (Compile,
// Plan, Runner). Other programs' formats are in model/keras and
// model/onnx, trainers in their own packages below this one. What never enters:
// flags, files, networks. What never enters here or below: Beam, Parquet, Gorgonia but in
// training, printing, tfrecord, transforms, pipelines.
//
// # Model directory
//
//	model.json            architecture, preprocessing, provenance, parent, training
//	                      summary, and the sha256 of the two files below
//	encoder.safetensors   float32 weights, Keras kernel order
//	decoder.safetensors   the same; absent where there is no decoder
//	head.npz              kernel and bias of the classifier on the latent vector, where
//	                      there is one; model.json has its classes
//
// All bytes are a function of the model alone, so a model is identified by the
// sha256 of model.json (Model.SHA256, and sha256sum model.json).
//
// # Use
//
//	m, err := model.Unmarshal(files)
//	plan, err := model.Compile(m)         // once a process
//	r := plan.NewRunner(32)               // once a goroutine
//	r.Encode(z, pixels)                   // pixels as in the image shards
package model
