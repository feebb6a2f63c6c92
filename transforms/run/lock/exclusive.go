package lock

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"syscall"
)

// noLocks reports whether an error says that a file system has no locks, as some
// that are mounted over a network.
func noLocks(err error) bool {
	return errors.Is(err, errors.ErrUnsupported) || errors.Is(err, syscall.ENOLCK)
}

// exclusiveLock is a lock where the kernel keeps none: the owner's file, made only
// where there is none. What a killed run leaves is taken over where it is seen that
// its process has ended, and otherwise named, for a person to remove.
type exclusiveLock struct {
	*localLock
	id string
}

func takeExclusive(l *localLock, o Owner) (holder, Owner, error) {
	name := l.path(OwnerFile)
	before := l.owner()
	if before.ID != "" && before.gone() || before.Job != nil && before.ID == "" {
		os.Remove(name) // the one who makes it next has it
	}
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o666)
	if errors.Is(err, fs.ErrExist) {
		return nil, Owner{}, fmt.Errorf("%w (the file system has no locks: if that run was killed, remove %s)", heldBy(l.dir, l.owner()), name)
	}
	if err == nil {
		_, err = f.Write(o.encode())
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		return nil, Owner{}, notLocked(l.dir, err)
	}
	return &exclusiveLock{l, o.ID}, before, nil
}

func (l *exclusiveLock) check() error {
	if l.owner().ID != l.id {
		return errLost
	}
	return nil
}

func (l *exclusiveLock) release(_ context.Context, left *Owner) error {
	if l.check() != nil {
		return nil
	}
	os.Remove(l.path(File))
	if left != nil {
		return l.publish(*left)
	}
	os.Remove(l.path(OwnerFile))
	l.forget()
	return nil
}
