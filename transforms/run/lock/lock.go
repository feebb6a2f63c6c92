// Package lock keeps two runs out of one folder.
//
// On local disks the kernel keeps the lock, on the file "_state/lock" in the
// folder, and gives it up when the process ends, however it ends; who holds it
// stands beside, in "_state/owner.json". In object stores the object "_state/lock"
// is the lock: it is made only where there is none, names its owner, and is renewed
// every twenty seconds by writing it on the version that the owner wrote before. Two
// minutes after the last renewal, by the clock of the store, or at once where its
// process has ended on this machine, somebody else takes it over the same way. An
// owner that could not renew it in time publishes nothing more: everything that
// package store publishes or removes in the folder asks first (store.Guard).
//
// A job that a cluster goes on with after its command has ended keeps the folder by
// a record that the next command finds (Handover, Job).
//
// Stores that ignore conditions on writes cannot keep a lock; there a second run is
// noticed where it starts a second or more after the first.
//
// What never enters: Beam, Parquet, printing; formats, and what a step does in its
// folder.
package lock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"syscall"
	"time"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Names of the files, relative to the folder.
const (
	File      = schemas.StateDir + "/lock"
	OwnerFile = schemas.StateDir + "/owner.json"
)

// Owns reports whether a file, named relative to the folder, is one of a lock.
func Owns(name string) bool { return name == File || name == OwnerFile }

// ErrHeld is the error of a folder that another run writes.
var ErrHeld = errors.New("in use by another run")

// errLost is the error of a lock that this process held and holds no longer.
var errLost = errors.New("the lock on the folder was lost: see that no other run works there, then run the same command again")

// holder is a lock that a kind of store keeps.
type holder interface {
	// check returns an error where the lock is held no longer.
	check() error
	// release gives the lock up; where left is not nil, with it as what the next one finds.
	release(ctx context.Context, left *Owner) error
}

// Lock is a folder that this process alone writes.
type Lock struct {
	dir    string
	kept   holder // nil where the folder cannot be written at all
	denied error  // why
	owner  Owner
	job    *Job // that an earlier command left at work
	unlock func()
	begun  bool
}

// held are the folders that this process holds, by their place.
var held struct {
	sync.Mutex
	locks map[string]*Lock
}

// Take takes the lock of a folder for a step, or returns an ErrHeld that names who
// has it. A folder that cannot be written is given without a lock: what is finished
// in it can be read, and Begin refuses the rest.
//
// What is done with the context that it returns is done within the lock: there the lock
// is nil when the folder is asked for again.
func Take(ctx context.Context, dir, step string) (*Lock, context.Context, error) {
	if Within(ctx, dir) {
		return nil, ctx, nil
	}
	key, remote := store.Place(dir), store.IsRemote(dir)
	held.Lock()
	defer held.Unlock()
	if other := held.locks[key]; other != nil {
		return nil, ctx, heldBy(dir, other.owner)
	}
	l := &Lock{dir: dir, owner: newOwner(step)}
	take := takeLocal
	if remote {
		take = takeLease
	}
	kept, before, err := take(ctx, dir, l.owner)
	switch {
	case unwritable(err):
		l.denied = err
		return l, ctx, nil
	case err != nil:
		return nil, ctx, err
	}
	l.kept, l.job = kept, before.Job
	l.owner.Job = l.job
	unguard := store.Guard(key, kept.check)
	l.unlock = func() {
		unguard()
		held.Lock()
		defer held.Unlock()
		delete(held.locks, key)
	}
	if held.locks == nil {
		held.locks = map[string]*Lock{}
	}
	held.locks[key] = l
	return l, context.WithValue(ctx, within(key), true), nil
}

// Within reports whether what is done with a context is done within the lock of a folder.
func Within(ctx context.Context, dir string) bool { return ctx.Value(within(store.Place(dir))) != nil }

// within is the key of a context that is within the lock of a folder.
type within string

// unwritable reports whether an error says that a local folder may not be written.
func unwritable(err error) bool {
	return errors.Is(err, fs.ErrPermission) || errors.Is(err, syscall.EROFS)
}

// heldBy makes the error of a folder that somebody holds.
func heldBy(dir string, o Owner) error {
	return fmt.Errorf("output folder %s is %w: %s: wait until it has ended, or choose another Config.Output", dir, ErrHeld, o)
}

// Of returns the lock that this process holds on a folder, or nil.
func Of(dir string) *Lock {
	held.Lock()
	defer held.Unlock()
	return held.locks[store.Place(dir)]
}

// Begin says that the folder changes from here on, so that a job that an earlier
// command left at work has no more part in it.
func (l *Lock) Begin() error {
	if l == nil {
		return nil
	}
	if l.denied != nil {
		return l.denied
	}
	l.begun = true
	return l.kept.check()
}

// Begun reports whether the folder has begun to change in this run.
func (l *Lock) Begun() bool { return l != nil && l.begun }

// Job returns the job that an earlier command left at work, or nil.
func (l *Lock) Job() *Job {
	if l == nil {
		return nil
	}
	return l.job
}

// Handover leaves the folder to a job that goes on when this command ends.
func (l *Lock) Handover(ctx context.Context, runner string) error {
	left := l.owner.leave(&Job{Step: l.owner.Step, Runner: runner, Host: l.owner.Host, Since: time.Now().UTC()})
	return l.end(ctx, &left)
}

// Release gives the folder up. Where a job was at work in it and this run changed
// nothing, the job keeps it.
func (l *Lock) Release(ctx context.Context) error {
	if l.job != nil && !l.begun {
		left := l.owner.leave(l.job)
		return l.end(ctx, &left)
	}
	return l.end(ctx, nil)
}

// Done gives the folder up for good: its output is whole.
func (l *Lock) Done(ctx context.Context) error { return l.end(ctx, nil) }

func (l *Lock) end(ctx context.Context, left *Owner) error {
	if l.kept == nil {
		return nil
	}
	l.unlock()
	kept := l.kept
	l.kept = nil
	return kept.release(ctx, left)
}

// endTime bounds what ReleaseAll waits for a store.
const endTime = 5 * time.Second

// ReleaseAll gives up all folders, for a program that is about to end: its writers
// must have been stopped. Where a cluster works on without it, name the runner: the
// folders that had begun to change are left to the job.
func ReleaseAll(runner string) {
	held.Lock()
	var all []*Lock
	for _, l := range held.locks {
		all = append(all, l)
	}
	held.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), endTime)
	defer cancel()
	for _, l := range all { // best effort: the program ends anyway
		if runner != "" && l.begun {
			_ = l.Handover(ctx, runner)
		} else {
			_ = l.Release(ctx)
		}
	}
}
