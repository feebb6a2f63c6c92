package outdir

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/run/lock"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Claim checks that the folder may be written: it is empty, or an earlier run
// of this step wrote it. Anything else in it is refused, so that no user's file
// is ever overwritten, nor one that has the name of a file of the step: see traced.
// Links to folders are refused: what is written below one would lie somewhere else.
func (o Output) Claim(ctx context.Context) error {
	if link, err := store.LinkedFolder(o.Dir); err != nil || link != "" {
		return cmp.Or(err, fmt.Errorf("output folder %s holds a link to another folder, %s: remove it, so that nothing is written elsewhere", o.Dir, link))
	}
	foreign, ours := "", []string(nil)
	for obj, err := range store.ListThere(ctx, o.Dir, true) {
		if err != nil && obj.Name == "" {
			return fmt.Errorf("output folder %s cannot be listed: %w", o.Dir, err)
		}
		switch name := o.relative(obj.Name); {
		case o.owned(name):
			ours = append(ours, name)
		case foreign == "":
			foreign = name
		}
	}
	switch {
	case foreign == "" && len(ours) == 0:
		return o.apart(ctx)
	case foreign == "":
		return o.traced(ctx, ours)
	case len(ours) > 0:
		return fmt.Errorf("output folder %s also holds %q, which this step did not write: move it away, or choose another Config.Output", o.Dir, foreign)
	default:
		return fmt.Errorf("output folder %s is not empty and was not written by this step (it holds %q): choose another Config.Output", o.Dir, foreign)
	}
}

// mark stands at the beginning of every JSON file that a step writes.
const mark = `"exemplar.`

// marked is the number of bytes in which it does.
const marked = 4096

// traced makes sure that a run of a step left the files that have the names of its files:
// then there are files in a state folder, or manifests and records of runs. A table of a user's
// own, selection.csv, has neither.
func (o Output) traced(ctx context.Context, files []string) error {
	first, manifests := "", []string(nil)
	for _, name := range files {
		switch {
		case strings.Contains("/"+name, "/"+schemas.StateDir+"/"):
			return nil
		case store.IsPartial(name):
			continue
		case strings.HasSuffix(name, ".json"):
			manifests = append(manifests, name)
		}
		first = cmp.Or(first, name)
	}
	for _, name := range manifests {
		if is, err := o.isMarked(ctx, name); err != nil || is {
			return err
		}
	}
	if first == "" {
		return nil
	}
	return fmt.Errorf("output folder %s holds %q, and neither %s nor anything else there says that this step wrote it: move it away, or choose another Config.Output", o.Dir, first, o.Manifest)
}

// isMarked reports whether a step wrote a JSON file.
func (o Output) isMarked(ctx context.Context, name string) (bool, error) {
	in, err := store.OpenAt(ctx, store.Join(o.Dir, name))
	if err != nil {
		return false, err
	}
	defer in.Close() // only read
	head := make([]byte, min(marked, in.Size()))
	if _, err := in.ReadAt(head, 0); err != nil && err != io.EOF {
		return false, err
	}
	return bytes.Contains(head, []byte(mark)), nil
}

// Held does the work of a step while no other run writes its output: it claims the
// folder and holds its lock. A job that was submitted and not awaited keeps the
// folder when the work ends. Work within work that holds the folder holds it, too, and
// does not look at it again. What killed runs left of unfinished files goes, also where
// nothing else is to do.
func Held[R any](ctx context.Context, o Output, step string, work func(ctx context.Context) (R, error)) (result R, err error) {
	if lock.Within(ctx, o.Dir) {
		return work(ctx)
	}
	if err := o.Claim(ctx); err != nil {
		return result, err
	}
	return Locked(ctx, o.Dir, step, func(ctx context.Context) (R, error) {
		if err := o.Claim(ctx); err != nil { // another step may have been faster
			var none R
			return none, err
		}
		if err := o.removeLeft(ctx); err != nil {
			var none R
			return none, err
		}
		return work(ctx)
	})
}

// removeLeft removes temporary files that no writer has any more: none where a
// job of a cluster may be at work, or where another run holds a folder below, such as
// that of one training of a sweep. Beside a manifest, what its run set out to do goes too.
func (o Output) removeLeft(ctx context.Context) error {
	l := lock.Of(o.Dir)
	if store.IsRemote(o.Dir) || DryRun(ctx) || l == nil || l.Job() != nil {
		return nil
	}
	var left, locked []string
	intent, whole := "", false
	for obj, err := range store.ListThere(ctx, o.Dir, true) {
		switch name := o.relative(obj.Name); {
		case err != nil && obj.Name == "":
			return err
		case store.IsPartial(obj.Name):
			left = append(left, obj.Name)
		case name != lock.File && strings.HasSuffix(name, "/"+lock.File):
			locked = append(locked, strings.TrimSuffix(obj.Name, lock.File))
		case name == schemas.IntentFile:
			intent = obj.Name
		case name == o.Manifest:
			whole = true
		}
	}
	if intent != "" && whole && !o.Remember {
		left = append(left, intent)
	}
	for _, name := range left {
		if slices.ContainsFunc(locked, func(dir string) bool { return strings.HasPrefix(name, dir) }) {
			continue
		}
		if err := store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return nil
}

// Locked does work while no other run writes a folder, whatever is in it.
func Locked[R any](ctx context.Context, dir, step string, work func(ctx context.Context) (R, error)) (result R, err error) {
	if DryRun(ctx) {
		return work(ctx)
	}
	l, within, err := lock.Take(ctx, dir, step)
	switch {
	case err != nil:
		return result, err
	case l == nil: // within it already
		return work(ctx)
	}
	ended := false
	defer func() { // also when the run was interrupted, or work panics
		ctx := context.WithoutCancel(ctx)
		if ended {
			err = cmp.Or(err, runlog.From(ctx).Leave(ctx, dir, state(err), cause(err)))
		}
		err = cmp.Or(err, release(ctx, l, err))
	}()
	result, err = work(within)
	ended = true
	return result, err
}

// release gives a folder up as a step ended.
func release(ctx context.Context, l *lock.Lock, err error) error {
	switch {
	case errors.Is(err, ErrDetached):
		return l.Handover(ctx, runlog.Runner())
	case err == nil:
		return l.Done(ctx)
	}
	return l.Release(ctx)
}

// jobPatience is how long a job that is not awaited may write nothing before it
// counts as ended.
const jobPatience = time.Hour

// checkJob refuses to make what a job that is not awaited may still be making.
func (o Output) checkJob(ctx context.Context) error {
	job := lock.Of(o.Dir).Job()
	if job == nil || o.Missing == 0 || o.Overwrite {
		return nil
	}
	last := job.Since
	for obj, err := range store.ListThere(ctx, o.Dir, true) {
		if err != nil && obj.Name == "" {
			return err
		}
		if !lock.Owns(o.relative(obj.Name)) && obj.ModTime.After(last) {
			last = obj.ModTime
		}
	}
	if time.Since(last) > jobPatience {
		return nil
	}
	return fmt.Errorf("output folder %s is %w: %s has not written all of it (%d parts are missing, the last one came at %s): run the same command again when it has ended; a job that writes nothing for an hour counts as ended, and Config.Overwrite makes everything again at once",
		o.Dir, lock.ErrHeld, job, o.Missing, last.UTC().Format("15:04:05 UTC"))
}

// Publish writes the manifest of an output, last: its folder is finished from then
// on. In object stores one that somebody else published meanwhile stays, and is an
// error.
func (o Output) Publish(ctx context.Context, manifest any) error {
	data, err := schemas.MarshalJSON(manifest)
	if err != nil {
		return fmt.Errorf("%s: %w", o.Manifest, err)
	}
	name, write := o.Name(), store.WriteNew
	if !lock.Of(o.Dir).Begun() { // it was not removed by Clean
		write = store.Replace
	}
	if err := write(ctx, name, data); err != nil {
		return err
	}
	if o.Remember {
		return nil
	}
	return store.Remove(ctx, o.intentName())
}
