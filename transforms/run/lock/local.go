package lock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"

	"github.com/gofrs/flock"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// attempts is how often a lock whose file vanishes while it is taken is tried.
const attempts = 100

// localLock is a lock of the kernel.
type localLock struct {
	dir   string
	flock *flock.Flock
	made  []string // folders that the lock made, outermost first
}

// takeLocal locks a local folder, which it makes where it is missing.
func takeLocal(_ context.Context, dir string, o Owner) (holder, Owner, error) {
	l := &localLock{dir: dir}
	for range attempts {
		ok, err := l.try()
		if err == nil && ok {
			before := l.owner()
			return l, before, l.publish(o)
		}
		if err == nil {
			l.forget()
			return nil, Owner{}, heldBy(dir, l.owner())
		}
		if noLocks(err) {
			return takeExclusive(l, o)
		}
		if !errors.Is(err, fs.ErrNotExist) {
			l.forget()
			return nil, Owner{}, notLocked(dir, err)
		}
	}
	return nil, Owner{}, fmt.Errorf("output folder %s cannot be locked: its lock keeps vanishing: see that no other run works there, then run the same command again", dir)
}

// notLocked is the error of a lock that could not be made, and says what to do.
func notLocked(dir string, err error) error {
	if hint := store.WriteHint(dir, err); hint != "" {
		return fmt.Errorf("output folder %s cannot be locked: %w: %s", dir, err, hint)
	}
	return fmt.Errorf("output folder %s cannot be locked: %w", dir, err)
}

// try takes the lock once. The error is fs.ErrNotExist where the file of the lock
// was removed by the one who held it before.
func (l *localLock) try() (bool, error) {
	if err := l.makeFolders(); err != nil {
		return false, err
	}
	l.flock = flock.New(l.path(File), flock.SetPermissions(0o666), flock.SetFlag(os.O_CREATE|os.O_RDWR))
	ok, err := l.flock.TryLock()
	if err != nil || !ok {
		return false, err
	}
	if err := l.check(); err != nil {
		l.flock.Unlock() // of a file that is gone
		return false, fs.ErrNotExist
	}
	return true, nil
}

// makeFolders makes the folder and that of its state.
func (l *localLock) makeFolders() error {
	state := l.path(schemas.StateDir)
	for at := state; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) {
			break
		}
		l.made = append([]string{at}, l.made...)
		if filepath.Dir(at) == at {
			break
		}
	}
	return store.MakeFolder(state)
}

// path returns the path of a file of the lock.
func (l *localLock) path(name string) string { return filepath.Join(l.dir, filepath.FromSlash(name)) }

// owner reads who holds the lock; nobody where that is not known.
func (l *localLock) owner() Owner {
	data, err := store.ReadFileLimit(context.Background(), l.path(OwnerFile), maxOwner)
	if err != nil {
		return Owner{}
	}
	return decode(data)
}

// publish makes known who holds the lock.
func (l *localLock) publish(o Owner) error {
	// Not as store writes: nobody needs it after a power cut, and it has no guard.
	if err := os.WriteFile(l.path(OwnerFile), o.encode(), 0o666); err != nil {
		return notLocked(l.dir, err)
	}
	return nil
}

// check makes sure that the file of the lock is still the one that is locked: who
// removes an output folder while it is written removes the lock too.
func (l *localLock) check() error {
	locked, err := l.flock.Stat()
	if err != nil {
		return errLost
	}
	there, err := os.Stat(l.path(File))
	if err != nil || !os.SameFile(locked, there) {
		return errLost
	}
	return nil
}

// release removes the files of the lock while it is still held, so that nobody
// takes one that is about to vanish, and the folders that it made and nobody used.
func (l *localLock) release(_ context.Context, left *Owner) error {
	if l.check() != nil {
		return l.flock.Unlock()
	}
	var err error
	if left == nil {
		os.Remove(l.path(OwnerFile)) // what is left is the next one's
	} else {
		err = l.publish(*left)
	}
	os.Remove(l.path(File))
	l.forget()
	err = errors.Join(err, l.flock.Unlock())
	if runtime.GOOS == "windows" { // where open files stay, also those of somebody else
		os.Remove(l.path(File))
		l.forget()
	}
	return err
}

// forget removes the folders that the lock made, and that of the state, where they
// are empty.
func (l *localLock) forget() {
	os.Remove(l.path(schemas.StateDir)) // fails where somebody uses it
	for i := len(l.made) - 1; i >= 0; i-- {
		os.Remove(l.made[i])
	}
}
