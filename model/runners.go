package model

import "sync"

// Runners are those of a plan that wait for work: as many come to exist as compute at
// once. Its methods may be called by several goroutines.
type Runners struct {
	plan  *Plan
	batch int

	mu   sync.Mutex
	idle []*Runner
}

// NewRunners returns runners for so many images, none of which exists yet.
func (p *Plan) NewRunners(batch int) *Runners { return &Runners{plan: p, batch: batch} }

// Take returns an idle runner or makes one. It belongs to the caller until Give.
func (p *Runners) Take() *Runner {
	p.mu.Lock()
	defer p.mu.Unlock()
	if n := len(p.idle); n > 0 {
		r := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return r
	}
	return p.plan.NewRunner(p.batch)
}

// Give makes a runner idle again.
func (p *Runners) Give(r *Runner) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.idle = append(p.idle, r)
}
