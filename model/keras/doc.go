// Package keras turns weights saved by Keras, NumPy or safetensors into models,
// and models into files of Keras 3 and NumPy.
//
// What lives here: readers of .h5 (weights or whole models, Keras 2 and 3), .weights.h5,
// .keras, .npz and .safetensors; the assignment of their arrays to the layers of an
// architecture; the reading of an architecture out of a Keras configuration; writers of
// .keras, .weights.h5 and .npz. What never enters: networks, model/training; anything
// that computes with weights.
//
// # Import
//
// A file's kind is told by its content. Arrays are assigned by order within
// their kind of layer, and every shape is checked: an array that is missing,
// left over, of the wrong shape or not finite is one error that names file and
// layer. The order of a kernel's numbers is never guessed: names that end in weight
// are PyTorch's and the like, whose kernels are (out, in), and are refused; so are
// files whose kernels are all square under names that say nothing, and layers of a
// safetensors file that could change places. Numbers of type float64 are rounded to float32, and the model's
// provenance notes it; other types are refused.
//
// Weights do not say what numbers pixels were when they were trained. A Rescaling
// layer does; without one, the architecture or Options.Scale states the range.
//
// # Export
//
// A .keras file is a Sequential model of standard layers, which
// keras.saving.load_model takes without any code of this project. The encoder
// takes raw pixels [N, height, width, channels] of any type, for its first layer
// is Rescaling; the decoder gives pixels in [0,1]. Where the model's layers take
// and give pixels in [-1,1], the encoder's Rescaling maps to that range and a last
// one of the decoder maps back. Layers with weights have the names
// of the architecture's layers (conv0, dense).
//
// A .weights.h5 file holds the arrays alone, under layers/<class>_<number>/vars
// as Keras 3 does whatever the layers are called. So it fits every model that
// has the same layers with weights in the same order, Sequential or Functional,
// with or without Rescaling and Dropout: model.load_weights. An .npz file fits
// model.set_weights, of the same models.
//
// Family linear changes the size of images, for which Keras has no layer that
// works for every size: Permute and Dense layers along the columns and the rows
// do it, without bias and not trainable. Import does not read them, but takes
// the .npz of such a model.
package keras
