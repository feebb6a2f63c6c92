package selecting

import (
	"context"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/selection/centering"
	"exemplar/transforms/selection/clustering"
	"exemplar/transforms/selection/rows"
)

// jobEnds are the passes, of k-means and again of the centers, after which a job ends.
var jobEnds = []int{2, 10, 50}

// job says which part of a selection one pipeline is.
type job struct {
	begin   bool // up to the seeds; otherwise it goes on with what is saved
	refine  int  // passes of k-means
	centers bool // begin with the centers
	find    int  // passes of the centers
	finish  bool // and pick, and write
}

// until returns how many passes of at most a job makes where some are done.
func until(ends []int, done, most int) int {
	for _, end := range ends {
		if end > done {
			return min(end, most) - done
		}
	}
	return most - done
}

// next returns the job that follows what is saved, nil before the first one.
func (o Options) next(ends []int, at *saved) (j job) {
	if at == nil {
		j.begin, at = true, &saved{}
	}
	if done, most := at.Clusters.Passes, o.Parameters.MaxPasses; !at.found() && !at.Clusters.Converged {
		if j.refine = until(ends, done, most); done+j.refine < most {
			return j
		}
	}
	j.centers = !at.found()
	if done, most := at.Centers.Passes, o.centering().Passes(); !at.Centers.Done {
		if j.find = until(ends, done, most); done+j.find < most {
			return j
		}
	}
	j.finish = true
	return j
}

// Select is one job of a selection: of PCollection<rows.File> it returns
// PCollection<Written> of one element, see finish, or, of a job that is not the last,
// what saveFn wrote.
func (o Options) Select(s beam.Scope, j job, at *saved, files beam.PCollection) beam.PCollection {
	s = s.Scope("selecting.Select")
	var n stages
	if j.begin {
		n = o.begin(s, files)
	} else {
		n = at.stages(s, files)
	}
	n.clusters = clustering.Refine(s, j.refine, o.state(), n.clusters, n.files)
	if j.centers {
		n.centers = centering.Begin(s, o.centering(), n.stats, n.clusters)
	}
	if j.find > 0 {
		n.centers = centering.Find(s, o.centering(), j.find, n.centers, n.files)
	}
	if j.finish {
		return o.finish(s, n)
	}
	return o.save(s, n)
}

// runJobs runs the jobs that are left, and saves what each has found.
func (o Options) runJobs(ctx context.Context, files []rows.File, at *saved, run beamrun.Runner) error {
	ends := jobEnds
	if beamrun.OneJob(ctx) || outdir.DryRun(ctx) {
		ends = nil
	}
	resumed := at != nil
	for {
		j := o.next(ends, at)
		pipeline, scope := beam.NewPipelineWithRoot()
		col := beam.Reshuffle(scope, beam.CreateList(scope, at.gated(files)))
		if resumed { // in the first job every file is compared with the manifest
			col, resumed = clustering.Checked(scope, col), false
		}
		beamrun.Sink(scope, o.Select(scope, j, at, col))
		if err := beamrun.Run(ctx, run, pipeline, o.Output); err != nil || j.finish {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		var err error
		if at, err = o.read(ctx); err != nil {
			return err
		}
		if err := spill.Sweep(ctx, o.state(), at.values()...); err != nil {
			return err
		}
	}
}

// gated returns the files with the gate and the space that are known of them.
func (s *saved) gated(files []rows.File) []rows.File {
	if s == nil {
		return files
	}
	files = slices.Clone(files)
	for i := range files {
		files[i].Gate = s.gate
		if s.Space.Space.Name != "" {
			files[i].Space = s.Space.Space
		}
	}
	return files
}
