// Package listing finds the images of a collection: folders, globs, single
// files, IDX files and lists of paths become sorted, unique list entries, and
// entries become the name lists of shards.
//
// It runs in the driver, before any pipeline: a million paths are cheap in one
// slice and expensive in a GroupByKey.
//
// What never enters: Beam, printing; the decoding of images (an entry is a promise that
// a file was there, not that it is an image).
//
// # Names
//
// The name of an image, its id from here on, is its path relative to the root:
// the folder that was given, the part of a glob before the first wildcard, the
// folder of a single file; for several inputs or a list their common folder.
// An image inside an IDX file is named by the file's stem and its index,
// t10k-images/00042. An image of a file for each channel is named by what Config.ChannelPattern
// leaves of the names of its files, or by the first file of a row.
//
// # What counts as an image
//
// In folders and globs, files with an image's extension and IDX files. Others,
// hidden files and folders, and the folder _state are counted as ignored. A
// file that is given by its own path, in a list too, is taken at its word. Links to
// folders are followed, into each folder once.
//
// What a step of Exemplar wrote is no image of a collection, wherever it lies: its
// folder is known by the format in its manifest, and passed over. A folder of
// Exemplar's that is itself given, or lies above what is given, is read.
package listing

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"unicode/utf8"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/store"
)

// Step is the name under which listing counts its progress, in files.
const Step = "list"

// Result is a collection as it was found.
type Result struct {
	Inputs  []string // as they were given
	Root    string   // absolute where it is local
	Given   string   // Root as it was given: relative to the current folder where the inputs are
	Entries []schemas.ListEntry

	// Rejected are images that cannot be taken: files that cannot be read, and
	// names that stand for two. listed = len(Entries) + len(Rejected).
	Rejected []schemas.ErrorRow

	Bytes   int64   // of the source files; an IDX file counts once
	Ignored int64   // files that are not images by their name
	Account Account // of what was found and is not among the images

	// Refusal is what is wrong with the collection as a whole, if it is to be made: a
	// pattern that finds no label. What was made of it earlier stays what it is.
	Refusal error

	LabelsSHA256 string // of the label file; "" without one
}

// List finds the images of a collection: Entries are sorted by name, and each
// name is there once. The same files give the same result, whatever the order
// of the inputs. A collection without any image is an error that says what was
// looked for.
func List(ctx context.Context, c Config) (*Result, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	pattern, err := c.labelPattern()
	if err != nil {
		return nil, err
	}
	// First every input becomes files, with full names; the same file found twice
	// is one.
	g, err := gather(ctx, c)
	if err != nil {
		return nil, err
	}
	files := g.files.flatten()
	slices.SortFunc(files, func(a, b schemas.ListEntry) int { return cmp.Compare(a.Name, b.Name) })
	files = slices.CompactFunc(files, func(a, b schemas.ListEntry) bool { return a.Name == b.Name })
	files = slices.DeleteFunc(files, func(e schemas.ListEntry) bool { _, failed := g.failed[e.Name]; return failed })

	// Then names become relative to the root, which takes all of them to know.
	root, err := c.root(g.roots)
	if err != nil {
		return nil, err
	}
	r := &Result{Inputs: c.Inputs, Root: root, Given: c.given(root, g.full), Ignored: g.account.ignored(), Account: g.account}
	if c.InputList != "" {
		r.Inputs = []string{c.InputList}
	}
	for i := range files {
		r.Bytes += files[i].Size
	}
	if c.Checksum {
		if files, err = r.checksum(ctx, files, g.failed); err != nil {
			return nil, err
		}
	}
	if err := r.reject(g.failed); err != nil {
		return nil, err
	}
	if r.Entries, err = r.relative(files); err != nil {
		return nil, err
	}

	if bad := len(r.Rejected); r.Account.Joined > 0 && 2*bad > bad+len(r.Entries) {
		sortRejected(r.Rejected)
		r.Refusal = fmt.Errorf("%s of %s of Config.InputList=%s cannot be taken, the first %s: %s", words.Count(bad), words.Plural(bad+len(r.Entries), "image", "images"), c.InputList, r.Rejected[0].Name, r.Rejected[0].Detail)
	}

	// Then files of one channel each become images, IDX files are opened up, and labels attached.
	if err := r.join(c); err != nil {
		return nil, err
	}
	if err := r.expandIDX(ctx, c.Labels); err != nil {
		return nil, err
	}
	if pattern != nil {
		r.label(pattern)
	} else if v := r.Account.Labels; v != nil {
		for i := range r.Entries {
			v.Add(r.Entries[i].Label)
		}
	}
	sortRejected(r.Rejected)
	if len(r.Entries) == 0 {
		return nil, r.nothing()
	}
	return r, nil
}

// failure is a file that cannot be taken, by its full name.
type failure struct {
	name, reason, detail string
}

// reject turns failures into rows of the errors file, each file once.
func (r *Result) reject(failed map[string]failure) error {
	for _, f := range failed {
		name, ok := store.Rel(r.Root, f.name)
		if !ok {
			return outside(f.name, r.Root)
		}
		r.rejectRow(name, f.reason, f.detail)
	}
	return nil
}

func (r *Result) rejectRow(name, reason, detail string) {
	r.Rejected = append(r.Rejected, schemas.ErrorRow{Name: name, Stage: schemas.StageList, Reason: reason, Detail: detail})
}

func sortRejected(rows []schemas.ErrorRow) {
	slices.SortFunc(rows, func(a, b schemas.ErrorRow) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Detail, b.Detail))
	})
}

// relative makes the full names of files relative to the root, in place. Names
// that are not UTF-8 are rejected: no format downstream could hold them.
func (r *Result) relative(files []schemas.ListEntry) ([]schemas.ListEntry, error) {
	kept := files[:0]
	for _, f := range files {
		full := f.Name
		rel, ok := store.Rel(r.Root, full)
		switch {
		case !ok:
			return nil, outside(full, r.Root)
		case !utf8.ValidString(rel):
			r.rejectRow(fmt.Sprintf("%q", rel), schemas.ReasonUnsupported, "the name is not UTF-8: rename the file")
			continue
		}
		bad, err := relativeParts(r.Root, f.Parts)
		if err != nil {
			return nil, err
		}
		if bad != "" {
			r.rejectRow(rel, schemas.ReasonUnsupported, fmt.Sprintf("the name %q of one of its files is not UTF-8: rename the file", bad))
			continue
		}
		f.Name = rel
		switch {
		case len(f.Parts) > 0: // which tell
		case store.Join(r.Root, rel) != full:
			f.Source = full
		case images.IsIDX(rel):
			f.Source = rel // nothing of where the collection lies
		}
		kept = append(kept, f)
	}
	clear(files[len(kept):])
	return kept, nil
}

func outside(name, root string) error {
	return fmt.Errorf("%s does not lie in Config.Root=%s: give a folder that holds every image", name, root)
}

// Source returns the full name of the file that holds an entry.
func Source(root string, e schemas.ListEntry) string {
	switch {
	case e.Source == "":
		return store.Join(root, e.Name)
	case store.IsRemote(e.Source) || filepath.IsAbs(e.Source):
		return e.Source
	}
	return store.Join(root, e.Source)
}

// nothing is the error of a collection in which every image was rejected.
func (r *Result) nothing() error {
	if len(r.Rejected) == 0 {
		return fmt.Errorf("no images in %q", r.Inputs)
	}
	first := r.Rejected[0]
	if len(r.Rejected) == 1 {
		return fmt.Errorf("the one image in %s, %s, cannot be used: %s", r.Root, first.Name, first.Detail)
	}
	return fmt.Errorf("none of the %s images in %s can be used; the first, %s: %s", words.Count(len(r.Rejected)), r.Root, first.Name, first.Detail)
}
