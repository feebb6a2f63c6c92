package listing

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// gatherer collects the files of all inputs. Entries hold full names here.
type gatherer struct {
	exclude []string
	files   chunks
	failed  map[string]failure // by full name
	roots   []string           // of each input
	full    bool               // an input, or a path in a list, was given in full
	account Account
}

// gather finds the files of all inputs.
func gather(ctx context.Context, c Config) (*gatherer, error) {
	meter := progress.Start(Step, 0, "files")
	defer meter.Stop()
	g := &gatherer{failed: map[string]failure{}, account: Account{Other: map[string]int64{}, Passed: map[string]int64{}}}
	for _, dir := range c.Exclude {
		dir, err := store.Absolute(dir)
		if err != nil {
			return nil, err
		}
		g.exclude = append(g.exclude, dir)
	}
	if c.InputList != "" {
		return g, g.list(ctx, c)
	}
	// Inputs that repeat or hold each other find the same files: fine.
	for _, input := range c.Inputs {
		if err := g.input(ctx, input); err != nil {
			return nil, err
		}
	}
	return g, nil
}

// input gathers one input: a file or folder of that very name if there is one,
// else what it matches as a glob.
func (g *gatherer) input(ctx context.Context, input string) error {
	name, err := store.Absolute(input)
	if err != nil {
		return err
	}
	g.full = g.full || store.IsFull(input)
	if store.IsRemote(name) && strings.HasSuffix(name, "/") { // an object of that name stands for the folder
		return g.folder(ctx, input, name)
	}
	o, err := store.Stat(ctx, name)
	if err == nil {
		return g.single(o, input)
	}
	folder := errors.Is(err, store.ErrIsFolder)
	if errors.Is(err, fs.ErrNotExist) {
		var ferr error
		if folder, ferr = store.IsFolder(ctx, name); ferr != nil {
			return ferr
		}
	}
	switch {
	case folder:
		return g.folder(ctx, input, name)
	case errors.Is(err, fs.ErrNotExist) && store.HasMeta(name):
		return g.glob(ctx, input, name)
	}
	return fmt.Errorf("Config.Inputs: %w", err)
}

// isImage reports whether a file is an image, or an IDX file, by its name.
func isImage(name string) bool {
	for _, ext := range images.Extensions() {
		if len(name) > len(ext) && strings.EqualFold(name[len(name)-len(ext):], ext) {
			return true
		}
	}
	return images.IsIDX(name)
}

func (g *gatherer) add(o store.Object) { g.files.add(entryOf(o)) }

func entryOf(o store.Object) schemas.ListEntry {
	e := schemas.ListEntry{Name: o.Name, Size: o.Size, Generation: o.Generation}
	if o.Generation == 0 {
		e.ModTime = o.ModTime.UTC()
	}
	progress.Add(Step, 1)
	return e
}

// chunks grows without the copies of an append, which at a million entries
// would leave hundreds of megabytes of garbage.
type chunks struct {
	parts [][]schemas.ListEntry
	n     int
}

const chunkEntries = 8192

func (c *chunks) add(e schemas.ListEntry) {
	if n := len(c.parts); n == 0 || len(c.parts[n-1]) == cap(c.parts[n-1]) {
		c.parts = append(c.parts, make([]schemas.ListEntry, 0, chunkEntries))
	}
	last := &c.parts[len(c.parts)-1]
	*last = append(*last, e)
	c.n++
}

// take moves the entries of another one that stay to c.
func (c *chunks) take(other *chunks, stays func(name string) bool) {
	for _, part := range other.parts {
		part = slices.DeleteFunc(part, func(e schemas.ListEntry) bool { return !stays(e.Name) })
		if len(part) > 0 {
			c.parts, c.n = append(c.parts, part), c.n+len(part)
		}
	}
	*other = chunks{}
}

// flatten returns all entries in one slice, and lets go of each chunk as it is
// copied.
func (c *chunks) flatten() []schemas.ListEntry {
	all := make([]schemas.ListEntry, 0, c.n)
	for i, part := range c.parts {
		all = append(all, part...)
		c.parts[i] = nil
	}
	*c = chunks{}
	return all
}

func (g *gatherer) fail(name, reason string, err error) {
	g.failed[name] = failure{name, reason, err.Error()}
}

// paths yields the lines of a list as full names.
func paths(r io.Reader, base string, yield func(item) bool) error {
	in := lines.NewReader(r)
	for first := true; ; first = false {
		text, err := in.Next()
		if err != nil && err != io.EOF {
			return err
		}
		line := strings.TrimSuffix(strings.TrimSuffix(string(text), "\n"), "\r")
		if first {
			line = strings.TrimPrefix(line, "\ufeff") // byte order mark of Windows editors
		}
		if line != "" {
			name, aerr := fullName(line, base)
			if aerr != nil || !yield(item{name: name, full: store.IsFull(line)}) {
				return aerr
			}
		}
		if err == io.EOF {
			return nil
		}
	}
}

// ofWindows matches a path with a drive or a server.
var ofWindows = regexp.MustCompile(`^([A-Za-z]:[\\/]|\\\\[^\\])`)

// fullName returns the full name of a path in a list, which starts at base if it
// is relative.
func fullName(path, base string) (string, error) {
	if ofWindows.MatchString(path) && !store.IsFull(path) {
		return "", fmt.Errorf("%s is a path of Windows, which this machine does not have: write where the file is here, or a path relative to the folder that Config.Root names", path)
	}
	if base != "" && !store.IsFull(path) {
		path = store.Join(base, path)
	}
	return store.Absolute(path)
}
