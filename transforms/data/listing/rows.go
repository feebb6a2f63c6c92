package listing

import (
	"context"
	"errors"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// Files of a list are looked at with this many requests in flight.
const (
	statsLocal  = 8
	statsRemote = 64
)

// listed is a row of a list with what came of looking at its files.
type listed struct {
	item
	bad   string // name of the file that fault is of
	fault error
}

// look asks for the files of a row that are not known.
func look(ctx context.Context, i item) (l listed, err error) {
	l.item = i
	if i.parts == nil && !i.known {
		l.object, l.fault = store.Stat(ctx, i.name)
	}
	for k := range i.parts {
		if p := &i.parts[k]; p.name != "" && l.fault == nil {
			l.bad = p.name
			p.object, l.fault = store.Stat(ctx, p.name)
		}
	}
	if l.fault != nil && !store.OfFile(l.fault) {
		return l, l.fault
	}
	return l, nil
}

// list gathers the files that Config.InputList names, relative ones below the root.
func (g *gatherer) list(ctx context.Context, c Config) error {
	name, base := c.InputList, c.Root
	if base == "" && store.IsRemote(name) {
		base = store.Dir(name)
	}
	if _, err := store.Stat(ctx, name); err != nil {
		return fmt.Errorf("Config.InputList: %w", err)
	}
	ahead := statsLocal
	if store.IsRemote(name) || store.IsRemote(base) {
		ahead = statsRemote
	}
	asked, err := c.columns(&g.account)
	if err != nil {
		return err
	}
	dirs, seen := commonFolder{}, map[string]uint64{}
	for s, err := range parallel.Map(ctx, items(ctx, name, base, asked), ahead, look) {
		if err == nil {
			err = g.row(s, asked, &dirs, seen)
		}
		if err != nil {
			return fmt.Errorf("Config.InputList=%s: %w", name, err)
		}
	}
	if !dirs.any {
		return fmt.Errorf("Config.InputList=%s holds no paths: write one per line, or a column of them", name)
	}
	if c.ChannelPattern != "" && asked.account.Joined > 0 {
		return fmt.Errorf("Config.InputList=%s has columns for each channel, and Config.ChannelPattern joins files by their names: leave the pattern out", name)
	}
	g.roots = append(g.roots, dirs.path)
	return nil
}

// row takes one row of a list.
func (g *gatherer) row(s listed, asked *columns, dirs *commonFolder, seen map[string]uint64) error {
	if s.parts == nil {
		if err := dirs.add(store.Dir(s.name)); err != nil {
			return err
		}
	}
	for _, p := range s.parts {
		if p.name == "" {
			continue
		}
		if err := dirs.add(store.Dir(p.name)); err != nil {
			return err
		}
	}
	g.full = g.full || s.full
	says := s.says()
	if before, ok := seen[s.name]; ok {
		g.account.Repeated++
		if before != says {
			g.fail(s.name, schemas.ReasonDuplicate, errors.New("the list has it more than once, with other files, another label or other metadata: leave one row of it"))
		}
		return nil
	}
	seen[s.name] = says
	if s.fault != nil {
		detail := s.fault
		if s.bad != "" && s.bad != s.name {
			detail = fmt.Errorf("a file of one of its channels: %w", s.fault)
		}
		g.fail(s.name, schemas.ReasonUnreadable, detail)
		return nil
	}
	e, reason, detail := s.entry(asked.order)
	if reason != "" {
		g.fail(s.name, reason, errors.New(detail))
		return nil
	}
	g.files.add(e)
	return nil
}
