// Package fit trains a model by gradient steps: epochs over a dataset, a
// learning-rate schedule, validation, early stopping, checkpoints.
//
// # Resuming
//
// The state of a run is one file of the learner's (weights, moments, random
// state) and checkpoint.json beside it: the position in the epoch, the sums of
// its losses, the log so far, the best epoch, and what the schedule and the
// guard remember. checkpoint.json names the file and is written last, so that
// the two are of one moment. A run that goes on from there computes the same
// bits as one that was never interrupted.
//
// # Guard
//
// A run whose loss is not finite, or rises, ends with the reason; see guard.
//
// What never enters: Beam, printing, training/pictures; gradients (the learner), and the
// files of the model directory.
package fit
