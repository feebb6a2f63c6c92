package lock

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"exemplar/schemas/caught"
	"exemplar/transforms/store"
)

// Times of a lease, variables for tests.
var (
	leaseTime   = 2 * time.Minute        // after the last renewal, by the store's clock, others may take it
	leaseUse    = 100 * time.Second      // after the last renewal began, the owner writes nothing more
	leaseRenew  = 20 * time.Second       // between renewals
	settleTime  = time.Second            // before a lock of a store without conditions is read again
	releaseTime = 30 * time.Second       // for giving it up
	tryAgain    = 200 * time.Millisecond // after somebody else's write came first
)

// lease is a lock that an object store keeps.
type lease struct {
	name string
	dir  string
	id   string // of this hold

	mu      sync.Mutex
	owner   Owner
	version store.Version
	until   time.Time // of this machine, with its monotonic clock
	lost    bool

	conditions bool // the store heeds those on writes
	stop       context.CancelFunc
	stopped    chan struct{}
}

// takeLease makes the lock of a folder in a store, or takes over one that is not
// renewed any more.
func takeLease(ctx context.Context, dir string, o Owner) (holder, Owner, error) {
	l := &lease{name: store.Join(dir, File), dir: dir, id: o.ID, owner: o, stopped: make(chan struct{})}
	for range attempts {
		before, v, err := l.free(ctx)
		if err != nil {
			return nil, Owner{}, err
		}
		l.owner.Job = before.Job
		err = l.write(ctx, v)
		if errors.Is(err, store.ErrChanged) { // another one was faster: see who
			if err := wait(ctx, tryAgain); err != nil {
				return nil, Owner{}, err
			}
			continue
		}
		if err == nil {
			err = l.prove(ctx)
		}
		if err != nil {
			return nil, Owner{}, err
		}
		renewing, stop := context.WithCancel(context.WithoutCancel(ctx))
		l.stop = stop
		go l.keep(renewing)
		return l, before, nil
	}
	return nil, Owner{}, fmt.Errorf("output folder %s cannot be locked: others take its lock again and again", dir)
}

func wait(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}

// free returns who held the lock before, and the version that may be replaced; an
// ErrHeld where somebody holds it.
func (l *lease) free(ctx context.Context) (Owner, store.Version, error) {
	data, renewed, v, err := store.ReadVersion(ctx, l.name, maxOwner)
	if errors.Is(err, fs.ErrNotExist) {
		return Owner{}, "", nil
	}
	if err != nil {
		return Owner{}, "", err
	}
	before := decode(data)
	if before.gone() {
		return before, v, nil
	}
	now, err := storeTime(ctx, l.dir)
	if err != nil {
		return Owner{}, "", err
	}
	if age := now.Sub(renewed); age < leaseTime {
		return Owner{}, "", heldBy(l.dir, before)
	}
	return before, v, nil
}

// storeTime returns what time it is by the clock of the store: that of an object
// written just now.
func storeTime(ctx context.Context, dir string) (time.Time, error) {
	probe := store.Join(dir, File+"-time-"+rand.Text())
	if _, err := store.WriteVersion(ctx, probe, nil, ""); err != nil {
		return time.Time{}, err
	}
	_, now, v, err := store.ReadVersion(ctx, probe, maxOwner)
	return now, errors.Join(err, store.RemoveVersion(ctx, probe, v))
}

// write writes the lock over a version.
func (l *lease) write(ctx context.Context, v store.Version) error {
	began := time.Now()
	v, err := store.WriteVersion(ctx, l.name, l.owner.encode(), v)
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version, l.until = v, began.Add(leaseUse)
	return nil
}

// prove finds out whether the store heeds conditions. Where it does not, the lock is
// this run's if it still is after a moment.
func (l *lease) prove(ctx context.Context) error {
	probe := l.owner
	probe.Renewed = -1
	_, err := store.WriteVersion(ctx, l.name, probe.encode(), "")
	if errors.Is(err, store.ErrChanged) {
		l.conditions = true
		return nil
	}
	if err != nil {
		return err
	}
	if err := wait(ctx, settleTime); err != nil {
		return err
	}
	return l.mine(ctx)
}

// mine makes sure that the lock is still this run's, whatever its version.
func (l *lease) mine(ctx context.Context) error {
	data, _, v, err := store.ReadVersion(ctx, l.name, maxOwner)
	if err != nil {
		return err
	}
	if now := decode(data); now.ID != l.id {
		return heldBy(l.dir, now)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.version = v
	return nil
}

// keep renews the lock until it is given up, or lost.
func (l *lease) keep(ctx context.Context) {
	defer close(l.stopped)
	for wait(ctx, leaseRenew) == nil {
		err := caught.Error(func() error { return l.renew(ctx) }) // nobody waits for it: a lock that is not renewed ends
		if errors.Is(err, store.ErrChanged) || errors.Is(err, ErrHeld) || errors.Is(err, fs.ErrNotExist) {
			l.mu.Lock()
			l.lost = true
			l.mu.Unlock()
			return
		}
		// Any other error is the store's: what counts is whether the next renewal
		// comes in time.
	}
}

func (l *lease) renew(ctx context.Context) error {
	l.mu.Lock()
	left := time.Until(l.until)
	l.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, max(left, leaseRenew))
	defer cancel()
	if !l.conditions {
		if err := l.mine(ctx); err != nil {
			return err
		}
	}
	return l.rewrite(ctx)
}

// rewrite writes the lock once more.
func (l *lease) rewrite(ctx context.Context) error {
	l.mu.Lock()
	l.owner.Renewed++
	l.mu.Unlock()
	return l.onOwn(ctx, func(v store.Version) error { return l.write(ctx, v) })
}

// onOwn does something to the version of the lock that this run wrote. A write that
// failed, or was given up, may have been carried out: then the lock is another
// version, and still this run's.
func (l *lease) onOwn(ctx context.Context, do func(store.Version) error) error {
	err := do(l.current())
	if !errors.Is(err, store.ErrChanged) {
		return err
	}
	if err := l.mine(ctx); err != nil {
		return err
	}
	return do(l.current())
}

func (l *lease) current() store.Version {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.version
}

func (l *lease) check() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.lost || time.Now().After(l.until) {
		return errLost
	}
	return nil
}

// release renews the lock once more, so that nobody takes it meanwhile, and removes
// it or leaves what the next one is to find.
func (l *lease) release(ctx context.Context, left *Owner) error {
	l.stop()
	<-l.stopped
	if l.check() != nil {
		return nil // it is another one's by now
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), min(releaseTime, time.Until(l.until)))
	defer cancel()
	if left != nil {
		l.owner = *left
		return l.onOwn(ctx, func(v store.Version) error { return l.write(ctx, v) })
	}
	if time.Until(l.until) < releaseTime {
		if err := l.rewrite(ctx); err != nil {
			return err
		}
	}
	return l.onOwn(ctx, func(v store.Version) error { return store.RemoveVersion(ctx, l.name, v) })
}
