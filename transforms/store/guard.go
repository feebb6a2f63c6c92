package store

import (
	"slices"
	"strings"
	"sync"
)

// guards are the checks that writers of this process pass, see Guard.
var guards struct {
	sync.RWMutex
	list []*guard
}

type guard struct {
	dir   string // as Place returns it
	check func() error
}

// Guard makes everything that this process publishes or removes in dir and below
// pass a check first: where it fails, its error is that of the Commit, and nothing
// appears. The function that it returns ends that.
func Guard(dir string, check func() error) (end func()) {
	g := &guard{Place(dir), check}
	guards.Lock()
	defer guards.Unlock()
	guards.list = append(guards.list, g)
	return func() {
		guards.Lock()
		defer guards.Unlock()
		guards.list = slices.DeleteFunc(guards.list, func(other *guard) bool { return other == g })
	}
}

// allowed asks the guards of all folders that name lies in.
func allowed(op, name string) error {
	guards.RLock()
	defer guards.RUnlock()
	if len(guards.list) == 0 {
		return nil
	}
	at := Place(name)
	for _, g := range guards.list {
		if at != g.dir && !strings.HasPrefix(at, strings.TrimRight(g.dir, "/")+"/") {
			continue
		}
		if err := g.check(); err != nil {
			return newError(op, name, err, "")
		}
	}
	return nil
}

// guardedWriter asks the guards before a file appears.
type guardedWriter struct {
	Writer
	name string
}

func (w guardedWriter) Commit() error {
	if err := allowed("write", w.name); err != nil {
		w.Abort()
		return err
	}
	return w.Writer.Commit()
}
