package store

import (
	"context"
	"iter"
	"path/filepath"
	"slices"
	"strings"
)

// Links says what becomes of symbolic links to folders below a local folder that is
// scanned. Object stores have none.
type Links struct {
	// Leave tells folders, by their path relative to the one that is scanned, whose
	// files the caller does not take: a link in one is not followed, and a link to one
	// is, since its files have no other name that counts.
	Leave func(rel string) bool
	// Exclude holds folders that no link is followed into.
	Exclude []string

	// Every, where it is set, is told of each file of the folders that a pattern leads
	// through, those that do not match among them.
	Every func(Object)

	Followed []string // links whose folder was scanned, under the name of the link
	Known    []string // links to a folder that was scanned under another name, or that holds the link
}

// ScanLinked yields what Scan does, and the files of folders that links lead to, under
// names that begin with the link. Each real folder is scanned once: under its own name
// where it lies below dir, else under that of the first link. So a loop ends.
func ScanLinked(ctx context.Context, dir string, links *Links) iter.Seq2[Object, error] {
	if IsRemote(dir) {
		return Scan(ctx, dir)
	}
	return links.list(ctx, dir, func(string) bool { return true })
}

// ScanGlobLinked yields the files that Glob does, in no particular order, and those that
// links lead to, as ScanLinked does.
func ScanGlobLinked(ctx context.Context, pattern string, links *Links) iter.Seq2[Object, error] {
	return glob(pattern, func(d driver, root string, descend func(string) bool) iter.Seq2[Object, error] {
		var objects iter.Seq2[Object, error]
		if r, ok := d.(ranged); ok && descend != nil {
			objects = scan(ctx, r, root)
		} else if ok {
			objects = d.list(ctx, root, descend)
		} else {
			objects = links.list(ctx, root, descend)
		}
		return func(yield func(Object, error) bool) {
			for o, err := range objects {
				if err == nil && links.Every != nil {
					links.Every(o)
				}
				if !yield(o, err) {
					return
				}
			}
		}
	})
}

// list walks a local folder, and then what the links found on the way lead to.
func (l *Links) list(ctx context.Context, dir string, descend func(rel string) bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		w := walker{ctx: ctx, root: dir, descend: descend, yield: yield, links: l, seen: map[string]bool{}}
		if real, err := realPath(dir); err == nil {
			w.real = real
		}
		if !w.walk("") {
			return
		}
		entered, root := map[string]bool{}, w.real
		for len(w.found) > 0 {
			link := w.found[0]
			w.found = w.found[1:]
			target, err := realPath(filepath.Join(dir, link))
			switch {
			case err != nil: // gone since
			case w.seen[target] || entered[target] || isBelow(target, root):
				l.Known = append(l.Known, link)
			case slices.ContainsFunc(l.Exclude, func(out string) bool { return within(out, target) }):
			default:
				entered[target] = true
				l.Followed = append(l.Followed, link)
				w.at, w.real = link, target
				if !w.walk(link) {
					return
				}
			}
		}
	}
}

// realPath returns the absolute path of a file when links are followed.
func realPath(name string) (string, error) {
	real, err := filepath.EvalSymlinks(name)
	if err != nil {
		return "", err
	}
	return filepath.Abs(real)
}

// within reports whether a folder is another one, or lies in it, when links are followed.
func within(dir, target string) bool {
	real, err := filepath.EvalSymlinks(dir)
	return err == nil && (real == target || isBelow(real, target))
}

func isBelow(dir, name string) bool {
	_, below := Rel(dir, name)
	return below
}

// enters reports whether the folder rel is to be scanned, and notes that it was.
func (w *walker) enters(rel string) bool {
	if w.links == nil || w.real == "" || w.links.Leave(filepath.ToSlash(rel)) {
		return true
	}
	real := filepath.Join(w.real, strings.TrimPrefix(rel, w.at))
	if w.seen[real] {
		return false
	}
	w.seen[real] = true
	return true
}

// link notes a link to a folder, which is followed when all else has been scanned.
func (w *walker) link(rel string) {
	if w.links == nil || w.links.Leave(filepath.ToSlash(rel)) || w.descend == nil || !w.descend(filepath.ToSlash(rel)) {
		return
	}
	w.found = append(w.found, rel)
}
