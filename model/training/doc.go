// Package training trains the autoencoders of package model by gradient descent.
//
// Gorgonia's graph, its automatic differentiation and its solver interface drive
// it; what the graph's operations compute, forward and backward, is this
// package's, over the kernels that the encoder uses. It is the only package that
// links Gorgonia.
//
// What lives here: the steps from a batch of raw pixels to changed weights, and the
// state that makes a run resumable. What never enters: files, flags; shards, epochs,
// schedules.
//
// # The objective
//
//	Loss = reconstruction + L1·Σ|code| + Beta·KL/P
//
// Reconstruction is the mean over the P pixel values of an image and over the
// batch; the sum over the code and the divergence are means over the batch. So
// Beta = 1 and binary cross-entropy give the usual evidence lower bound, divided
// by P. Reconstruction is in units of the pixels' scale, see model.Input: squared
// errors of pixels in [-1,1] count 4 times those of pixels in [0,1], those of pixels in
// [0,255] 65025 times.
//
// # Reproducibility
//
// The same configuration, seed and images give the same bits at any GOMAXPROCS
// and any number of workers: each number is computed by one goroutine in a fixed
// order, and gradients are summed over slices of four images first, then over
// slices. Random numbers are drawn from generators keyed by the seed, what they
// are for, the step and the image's place in the batch; there is no other random
// state. Processors agree too: what exponential functions, logarithms and normal
// numbers there are is computed here, not by the standard library, whose last bits
// differ.
//
// # Workers
//
// A step is some fifty tasks, one after the other, whose jobs the workers of the crew
// share; what is between two tasks, one goroutine does alone. So a task has more jobs
// than workers wherever that is possible, and little is left between tasks:
// BenchmarkAccount tells how much. Gorgonia's machine runs a graph once; after that its
// operations are called in the order in which it did.
package training
