// Package keras turns weights saved by Keras, NumPy or safetensors into models.
//
// What lives here: readers of .h5 (weights or whole models, Keras 2 and 3),
// .weights.h5, .keras, .npz and .safetensors; the assignment of their arrays to
// the layers of an architecture; and the reading of an architecture out of a
// Keras configuration. What never enters: anything that computes with weights.
//
// A file's kind is told by its content. Arrays are assigned by order within
// their kind of layer, and every shape is checked: an array that is missing,
// left over, of the wrong shape or not finite is one error that names file and
// layer. Numbers of type float64 are rounded to float32, and the model's
// provenance notes it; other types are refused.
package keras
