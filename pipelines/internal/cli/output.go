package cli

import (
	"io"
	"sync"
	"sync/atomic"

	"exemplar/schemas/visible"
)

// output is standard output. It remembers the first write that failed, which makes
// the program fail in the end, whoever wrote: what was to be said is lost. What would
// act on a terminal is made visible, and flags stand for the fields that they fill.
type output struct {
	to   io.Writer
	said *atomic.Pointer[fields] // nil: nobody names any

	mu  sync.Mutex
	err error
}

func (o *output) Write(data []byte) (int, error) {
	n, text := len(data), string(data)
	if o.said != nil {
		text = o.said.Load().text(text)
	}
	_, err := io.WriteString(o.to, visible.Text(text))
	if err != nil {
		n = 0
		o.mu.Lock()
		defer o.mu.Unlock()
		if o.err == nil {
			o.err = err
		}
	}
	return n, err
}

// failed returns the error of the first write that failed, or nil.
func (o *output) failed() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.err
}
