package listing

import (
	"cmp"
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
	"exemplar/schemas/words"
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

// single takes a file that was named itself.
func (g *gatherer) single(o store.Object, input string) error {
	if !isImage(o.Name) {
		if what := advice(o.Name); what != "" {
			return fmt.Errorf("Config.Inputs=%s is not an image by its name: %s", input, what)
		}
		return fmt.Errorf("Config.Inputs=%s is not an image by its name: the extensions read are %s, and IDX files; for a list of paths use Config.InputList",
			input, strings.Join(images.Extensions(), " "))
	}
	g.roots = append(g.roots, store.Dir(o.Name))
	g.add(o)
	return nil
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
			return fmt.Errorf("Config.Inputs: %w", err)
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
		return fmt.Errorf("Config.Inputs: %w", err)
	case err != nil:
		f.failed[o.Name] = failure{o.Name, schemas.ReasonUnreadable, err.Error()}
	default:
		f.files.add(entryOf(o))
	}
	return nil
}

// settle leaves out what Exemplar wrote, and takes over the rest.
func (g *gatherer) settle(ctx context.Context, input string, f *found) error {
	own, err := recognize(ctx, f.root, f.manifests)
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
			g.account.Passed[folder]++
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
			g.account.Other[p.kind] += n
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

// noMatch is the error of an input without images: what was looked for, and
// what is there instead.
func noMatch(ctx context.Context, input, root string, other map[string]int, passed int) error {
	looked := "looked for " + strings.Join(images.Extensions(), " ") + " and IDX files"
	if passed > 0 {
		return fmt.Errorf("no images in Config.Inputs=%s but %s in folders that Exemplar wrote: to read those, name such a folder itself", input, words.Plural(passed, "file", "files"))
	}
	if len(other) > 0 {
		what := advice(input) // a folder that is one file to people: x.zarr
		for _, ext := range byCount(other) {
			what = cmp.Or(what, advice("x"+ext))
		}
		if what != "" {
			what = "; " + what
		}
		return fmt.Errorf("no images in Config.Inputs=%s: %s, found only %s%s", input, looked, describe(other), what)
	}
	if name, err := store.Absolute(input); err == nil && name != root {
		for o, err := range store.Glob(ctx, store.Join(name, "**")) {
			if err == nil {
				return fmt.Errorf("no file matches Config.Inputs=%s (%s), but folders do, with %s for one: write %s/** for all files in them",
					input, looked, store.Base(o.Name), strings.TrimSuffix(input, "/"))
			}
			break
		}
		return fmt.Errorf("nothing matches Config.Inputs=%s: %s below %s; check the pattern, and quote it so that the shell leaves it alone", input, looked, root)
	}
	return fmt.Errorf("no images in Config.Inputs=%s: %s, in all folders below; there are no files", input, looked)
}

// describe sums up files by extension, the most frequent first.
func describe(byExt map[string]int) string {
	var parts []string
	for i, ext := range byCount(byExt) {
		if i == 3 {
			parts = append(parts, "…")
			break
		}
		parts = append(parts, fmt.Sprintf("%d %s", byExt[ext], cmp.Or(ext, "without extension")))
	}
	return strings.Join(parts, ", ")
}

// byCount returns the extensions, the most frequent first.
func byCount(byExt map[string]int) []string {
	exts := sortedKeys(byExt)
	slices.SortStableFunc(exts, func(a, b string) int { return cmp.Compare(byExt[b], byExt[a]) })
	return exts
}

// hidden reports whether a path relative to its root is hidden or working state.
func hidden(rel string) bool {
	return strings.HasPrefix(rel, ".") || strings.Contains(rel, "/.") ||
		strings.HasPrefix(rel, schemas.StateDir+"/") || strings.Contains(rel, "/"+schemas.StateDir+"/")
}

// excluded reports whether a file lies in a folder that is not looked into.
func (g *gatherer) excluded(full string) bool {
	return slices.ContainsFunc(g.exclude, func(dir string) bool { _, in := store.Rel(dir, full); return in })
}

// sortedKeys returns the keys of a map in order.
func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }
