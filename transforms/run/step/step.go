// Package step is the life of an incremental step, written once: an output folder,
// made in parts or whole, that a killed run leaves so that the next one goes on.
//
//	claim     the folder is empty or this step's, and no other run writes it
//	plan      what the step is to make is decided and fingerprinted: a Work
//	finished  the manifest that is there stands for this work: nothing is to do
//	refusal   nobody can want this work, or it would replace other finished work
//	missing   parts whose result has another fingerprint, or whose file is not whole
//	compute   what is made in memory: where that fails, what is there has not gone
//	clean     what is stale goes, the manifest first: from here on it is unfinished
//	execute   the missing parts are made; each writes its file, then its result
//	merge     the results of all parts become a manifest
//	publish   the manifest is written last, and the run accounts for what it did
//
// Run does all of it, Check the first five and what of cleaning changes nothing: the
// plan of a step refuses what its run would refuse since both go the same way.
//
// A step says what it wants as a Work, a value of plain functions over what its plan
// has decided. A step that is made whole has no Parts: what an interrupted run left of it,
// the step knows itself (Left), and which files are to stay for that (Keep). Where all is
// left but the manifest, it goes on at merge.
//
// What lives here: the order of these stages. What never enters: Beam, Parquet, flags,
// printing; what a step computes (its Work does), and the names and bytes of the files
// (outdir).
package step

import (
	"context"
	"iter"

	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
)

// Made is what the result of a part tells of its file.
type Made interface {
	Made() (fingerprint, file string, bytes int64)
}

// Whole is the result of a part of a step that has no parts.
type Whole struct{}

// Made is never asked.
func (Whole) Made() (fingerprint, file string, bytes int64) { return "", "", 0 }

// Work is what a step is to make, as its plan decided before anything was written. A
// function that is nil has nothing to say.
type Work[Part any, Result Made, Manifest any] struct {
	// Output is the folder, with the Parameters and Inputs of this work.
	Output outdir.Output
	// Resume keeps what an interrupted run made of the same work; Overwrite makes all
	// again.
	Resume, Overwrite bool

	// Folder names the files of the parts, Parts are all of them in their order, and
	// Fingerprint returns that of one.
	Folder      outdir.Folder
	Parts       []Part
	Fingerprint func(p Part) string

	// Finished reports whether the manifest that is there stands for this work, with all
	// files that it lists.
	Finished func(ctx context.Context, there *Manifest) (bool, error)
	// Refusal is what is wrong with the work whatever is there.
	Refusal func(ctx context.Context) error
	// Replaces refuses to replace the finished work that is there; missing are the parts
	// that would be made.
	Replaces func(ctx context.Context, there *Manifest, missing []Part) error
	// Ready reports whether the result that is there of a part is of this work, so that
	// the part need not be made again if its file has its size.
	Ready func(p Part, result Result) (bool, error)
	// Left looks at what an interrupted run left of this work, which has no Parts, and
	// reports whether that is all but the manifest. It is not asked where nothing is to
	// be resumed.
	Left func(ctx context.Context) (whole bool, err error)
	// Keep reports whether a file of no part, named relative to the folder, stays where
	// stale ones go.
	Keep func(name string) bool
	// Precheck is what is wrong with the inputs of what is missing.
	Precheck func(ctx context.Context, missing []Part) error
	// Need returns about how many bytes will be written; 0 where that is not known.
	Need func(missing []Part) int64

	// Compute makes in memory what may take long, and fail, before what is there goes.
	Compute func(ctx context.Context) error
	// Prepare writes into the cleaned folder what Execute reads there.
	Prepare func(ctx context.Context, missing []Part) error
	// Execute makes the missing parts, or the whole. It is not called where none is
	// missing.
	Execute func(ctx context.Context, missing []Part) error
	// Merge makes the manifest, which is published, of the results of all parts, in
	// their order.
	Merge func(ctx context.Context, results iter.Seq2[Result, error]) (*Manifest, error)
	// Absent is the error of a part without a result after Execute.
	Absent func(p Part) error
	// Account tells the journal of a run what it made.
	Account func(j *runlog.Step, m *Manifest, made int)
}
