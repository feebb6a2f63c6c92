// Package onnx writes models as ONNX files, which ONNX Runtime, OpenCV, PyTorch
// tools and many others run.
//
// # Files
//
//	encoder.onnx       image → embedding
//	decoder.onnx       embedding → reconstruction
//	autoencoder.onnx   image → embedding, reconstruction
//
//	image           uint8 or uint16 [N, height, width, channels], raw pixels
//	embedding       float32 [N, dimension]
//	reconstruction  float32 [N, height, width, channels], pixels in [0,1]
//
// The graph scales pixels itself: what is in the image shards, or what an image
// reader gives, goes in as it is. Where the model's layers take and give pixels
// in [-1,1], the graph maps to that range and back. N is any number of images.
//
// Files are of IR version 8 and operator set 17. They use Cast, Div, Sub, Add,
// Transpose, Conv, ConvTranspose, AveragePool, MatMul, Flatten, Gemm, Reshape,
// Slice, Relu, Sigmoid and Tanh, all defined by operator set 14 or before. Planes are kept
// in (channel, row, column) order, as these operators want it; kernels and the
// weights of dense layers are permuted to suit, so that only the pixels are
// transposed. The model's sha256, its architecture and its preprocessing are in
// the metadata_props. The same model gives the same bytes.
//
// What lives here: graphs and their encoding as protocol buffers. What never enters:
// files, flags.
package onnx
