// Package sweep trains with several values of some parameters and compares the
// results in one table.
//
// The file of a sweep is JSON: either a grid, of which every combination is a
// run, or a list of runs. What a run does not name is as in Config.Each.
//
//	{"grid": {"lr": [0.001, 0.0003], "batch": [32], "latent": [16, 64], "filters": [[8, 16], [16, 32]]}}
//	{"runs": [{"lr": 0.001, "latent": 16}, {"lr": 0.0003, "filters": [16, 32]}]}
//	{"grid": {"loss": ["mse", "mae"], "noise": [0, 0.3], "seed": [1, 2, 3]}}
//
// Every run is a model directory of its own below the output, named after its
// values; a sweep that was interrupted goes on with the run that it was in. Beside
// them is sweep.csv, sorted by validation loss; where the runs have losses of several kinds
// (loss, input_range, l1, beta), by the mean squared error of pixels in [0,1].
//
// What never enters: Beam, printing; how a model is trained.
package sweep
