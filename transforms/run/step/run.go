package step

import (
	"context"

	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
)

// Run makes what plan decides in an output folder that no other run writes meanwhile,
// and returns what the step has planned, its manifest and how many parts were made, 1
// for a whole: 0 says that nothing was to do. name is that of the step, for those who
// find the folder held.
func Run[Plan, P any, R Made, M any](ctx context.Context, o outdir.Output, name string, plan func(ctx context.Context) (Plan, *Work[P, R, M], error)) (planned Plan, m *M, made int, err error) {
	m, err = outdir.Held(ctx, o, name, func(ctx context.Context) (m *M, err error) {
		var w *Work[P, R, M]
		if planned, w, err = plan(ctx); err != nil {
			return nil, err
		}
		t, err := w.decide(ctx)
		if err != nil {
			return nil, err
		}
		if t.done != nil {
			return t.done, w.Output.Inputs.Save(ctx)
		}
		made = t.count
		return w.run(ctx, t)
	})
	return planned, m, made, err
}

// Check makes the checks of Run and changes nothing. It returns what the step has
// planned and the parts that Run would make; done says that nothing is to do.
func Check[Plan, P any, R Made, M any](ctx context.Context, o outdir.Output, plan func(ctx context.Context) (Plan, *Work[P, R, M], error)) (planned Plan, missing []P, done bool, err error) {
	if err := o.Claim(ctx); err != nil {
		return planned, nil, false, err
	}
	planned, w, err := plan(ctx)
	if err != nil {
		return planned, nil, false, err
	}
	t, err := w.decide(ctx)
	if err != nil || t.done != nil {
		return planned, nil, err == nil, err
	}
	return planned, t.missing, false, w.output(t).Check(ctx, w.stays(t))
}

// todo is what is left to do of a work.
type todo[P, M any] struct {
	done    *M // finished already
	missing []P
	count   int             // of what is made: the missing parts, or 1 for a whole
	keep    map[string]bool // names of the files of the other parts
}

// stays returns which files are not stale.
func (w *Work[P, R, M]) stays(t todo[P, M]) func(name string) bool {
	return func(name string) bool { return t.keep[name] || w.Keep != nil && w.Keep(name) }
}

// decide finds out what is left to do, and refuses what must not be done.
func (w *Work[P, R, M]) decide(ctx context.Context) (t todo[P, M], err error) {
	there, err := w.there(ctx)
	if err != nil {
		return t, err
	}
	if there != nil && w.Finished != nil {
		if ok, err := w.Finished(ctx, there); err != nil || ok {
			return todo[P, M]{done: there}, err
		}
	}
	if w.Refusal != nil {
		if err := w.Refusal(ctx); err != nil {
			return t, err
		}
	}
	if err := w.Output.Agrees(ctx, !w.Resume || w.Overwrite); err != nil {
		return t, err
	}
	if t, err = w.look(ctx); err != nil {
		return t, err
	}
	if there != nil && w.Replaces != nil {
		if err := w.Replaces(ctx, there, t.missing); err != nil {
			return t, err
		}
	}
	if w.Precheck == nil {
		return t, nil
	}
	return t, w.Precheck(ctx, t.missing)
}

// there returns the manifest that is there, if it is whole; nil where all is made again
// whatever is there.
func (w *Work[P, R, M]) there(ctx context.Context) (*M, error) {
	if w.Overwrite {
		return nil, nil
	}
	m, ok, err := outdir.ReadManifest[M](ctx, w.Output.Name())
	if v, checked := any(&m).(interface{ Validate() error }); err != nil || !ok || checked && v.Validate() != nil {
		return nil, err
	}
	return &m, nil
}

// look finds what is missing.
func (w *Work[P, R, M]) look(ctx context.Context) (t todo[P, M], err error) {
	if w.Parts == nil {
		whole := false
		if w.Left != nil && w.Resume && !w.Overwrite {
			whole, err = w.Left(ctx)
		}
		if !whole {
			t.count = 1
		}
		return t, err
	}
	t.keep = map[string]bool{}
	for i, p := range w.Parts {
		file, err := w.stands(ctx, i, p)
		if err != nil {
			return t, err
		}
		if file == "" {
			t.missing = append(t.missing, p)
			continue
		}
		t.keep[file] = true
		for _, name := range w.Folder.Beside(i) {
			t.keep[name] = true
		}
	}
	t.count = len(t.missing)
	return t, nil
}

// stands returns the name of the file of a part that need not be made again; "" where
// it must.
func (w *Work[P, R, M]) stands(ctx context.Context, i int, p P) (string, error) {
	if !w.Resume || w.Overwrite {
		return "", nil
	}
	result, ok, err := outdir.ReadManifest[R](ctx, w.Folder.Part(i))
	if err != nil || !ok {
		return "", err
	}
	if ok, err = w.Ready(p, result); err != nil || !ok {
		return "", err
	}
	_, file, bytes := result.Made()
	if ok, err = outdir.HasSize(ctx, w.Folder.File(file), bytes); err != nil || !ok {
		return "", err
	}
	return file, nil
}

// output is the folder with what is known of the work.
func (w *Work[P, R, M]) output(t todo[P, M]) outdir.Output {
	o := w.Output
	o.Missing, o.Overwrite = t.count, w.Overwrite
	if w.Need != nil && t.count > 0 {
		o.Need = w.Need(t.missing)
	}
	return o
}

// run makes what is left to do.
func (w *Work[P, R, M]) run(ctx context.Context, t todo[P, M]) (*M, error) {
	if t.count == 0 && outdir.DryRun(ctx) {
		return nil, outdir.ErrNoJob
	}
	if w.Compute != nil {
		if err := w.compute(ctx, t); err != nil {
			return nil, err
		}
	}
	if err := w.output(t).Clean(ctx, w.stays(t)); err != nil {
		return nil, err
	}
	if w.Prepare != nil && !outdir.DryRun(ctx) {
		if err := w.Prepare(ctx, t.missing); err != nil {
			return nil, err
		}
	}
	if t.count > 0 && w.Execute != nil {
		if err := w.Execute(ctx, t.missing); err != nil {
			return nil, err
		}
	}
	m, err := w.Merge(ctx, w.results(ctx))
	if err != nil {
		return nil, err
	}
	// Who interrupts it here wants what is made.
	if err := w.Output.Publish(context.WithoutCancel(ctx), m); err != nil {
		return nil, err
	}
	if w.Account != nil {
		w.Account(runlog.From(ctx), m, t.count)
	}
	return m, nil
}

// compute makes what is made before cleaning, if there is room for it.
func (w *Work[P, R, M]) compute(ctx context.Context, t todo[P, M]) error {
	o := w.output(t)
	if err := o.Check(ctx, w.stays(t)); err != nil {
		return err
	}
	if err := o.Begin(ctx); err != nil {
		return err
	}
	return w.Compute(ctx)
}

// results yields the results of all parts.
func (w *Work[P, R, M]) results(ctx context.Context) func(yield func(R, error) bool) {
	return func(yield func(R, error) bool) {
		for i, p := range w.Parts {
			result, ok, err := outdir.ReadManifest[R](ctx, w.Folder.Part(i))
			if fingerprint, _, _ := result.Made(); err == nil && (!ok || fingerprint != w.Fingerprint(p)) {
				err = w.Absent(p)
			}
			if !yield(result, err) || err != nil {
				return
			}
		}
	}
}
