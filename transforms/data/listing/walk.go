package listing

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"path"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/store"
)

// found is what one input holds, before it is known which folders Exemplar wrote.
type found struct {
	root   string
	links  *store.Links
	files  chunks
	failed map[string]failure // by full name

	// manifests are the files that have the name of a manifest.
	manifests []string
	others    map[place]int64
	broken    []string // links to nothing
}

// place is a kind of files that are no images in one folder.
type place struct{ folder, kind string }

// Kinds of files beside those of extensions.
const (
	kindHidden = "hidden"
	kindLabels = "of IDX labels"
)

// folder gathers a folder and all below.
func (g *gatherer) folder(ctx context.Context, input, root string) error {
	f := g.find(root)
	return g.walk(ctx, input, f, store.ScanLinked(ctx, root, f.links))
}

// glob gathers what matches a pattern. Manifests need not match it.
func (g *gatherer) glob(ctx context.Context, input, pattern string) error {
	f := g.find(store.GlobRoot(pattern))
	f.links.Every = f.manifest
	return g.walk(ctx, input, f, store.ScanGlobLinked(ctx, pattern, f.links))
}

func (g *gatherer) find(root string) *found {
	f := &found{root: root, failed: map[string]failure{}, others: map[place]int64{}}
	f.links = &store.Links{Exclude: g.exclude, Leave: func(rel string) bool { return hidden(rel + "/") }}
	return f
}

// manifest keeps the name of a file that may be a manifest.
func (f *found) manifest(o store.Object) {
	if isManifest(o.Name) {
		f.manifests = append(f.manifests, o.Name)
	}
}

// walk takes the images out of a sequence of files.
func (g *gatherer) walk(ctx context.Context, input string, f *found, objects iter.Seq2[store.Object, error]) error {
	g.roots = append(g.roots, f.root)
	for o, err := range objects {
		if err != nil && o.Name == "" {
			if errors.Is(err, fs.ErrNotExist) {
				break // the root of a glob: nothing matches
			}
			return fmt.Errorf("--input: %w", err)
		}
		if g.excluded(o.Name) { // not counted: what a run writes must not tell in what it lists
			continue
		}
		if f.links.Every == nil {
			f.manifest(o)
		}
		if err := f.take(o, err); err != nil {
			return err
		}
	}
	return g.settle(ctx, input, f)
}

// take sorts one file.
func (f *found) take(o store.Object, err error) error {
	rel, ok := store.Rel(f.root, o.Name)
	switch {
	case !ok || hidden(rel):
		f.others[place{store.Dir(o.Name), kindHidden}]++
	case images.IsIDXLabels(rel):
		f.others[place{store.Dir(o.Name), kindLabels}]++
	case !isImage(rel):
		f.others[place{store.Dir(o.Name), strings.ToLower(path.Ext(rel))}]++
		if err != nil {
			f.broken = append(f.broken, o.Name)
		}
	case err != nil && !store.OfFile(err):
		return fmt.Errorf("--input: %w", err)
	case err != nil:
		f.failed[o.Name] = failure{o.Name, schemas.ReasonUnreadable, err.Error()}
	default:
		f.files.add(entryOf(o))
	}
	return nil
}

// settle leaves out what Exemplar wrote, and takes over the rest.
func (g *gatherer) settle(ctx context.Context, input string, f *found) error {
	own, err := recognise(ctx, f.root, f.manifests)
	if err != nil {
		return err
	}
	if own.given {
		g.account.Own = append(g.account.Own, input)
	}
	before, passed := g.files.n+len(g.failed), 0
	stays := func(name string) bool {
		folder, ours := own.holds(name)
		if ours {
			passed++
			g.account.pass(folder)
		}
		return !ours
	}
	g.files.take(&f.files, stays)
	for name, failed := range f.failed {
		if stays(name) {
			g.failed[name] = failed
		}
	}
	other := map[string]int{}
	for p, n := range f.others {
		if _, ours := own.holds(store.Join(p.folder, "x")); !ours {
			g.account.other(p.kind, n)
			if p.kind != kindHidden {
				other[p.kind] += int(n)
			}
		}
	}
	rel := func(names []string) []string {
		for i, name := range names {
			if r, ok := store.Rel(f.root, name); ok {
				names[i] = r
			}
		}
		return names
	}
	g.account.Broken = append(g.account.Broken, rel(f.broken)...)
	g.account.Followed = append(g.account.Followed, f.links.Followed...)
	g.account.Known = append(g.account.Known, f.links.Known...)
	if g.files.n+len(g.failed) > before {
		return nil
	}
	return noMatch(ctx, input, f.root, other, passed)
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
