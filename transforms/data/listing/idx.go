package listing

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"path"
	"regexp"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// expandIDX replaces every IDX file among the entries by an entry for each of
// its images, with labels where a label file is given. Two files whose images
// have the same names (one packed, one not) clash: the second is rejected.
func (r *Result) expandIDX(ctx context.Context, labelFile string) error {
	expanded, files := []schemas.ListEntry(nil), []schemas.ListEntry(nil)
	others := r.Entries[:0]
	for _, e := range r.Entries {
		if images.IsIDX(e.Name) {
			files = append(files, e)
		} else {
			others = append(others, e)
		}
	}
	r.Entries = others
	if err := checkLabels(labelFile, files); err != nil || len(files) == 0 {
		return err
	}
	for _, f := range files {
		source := Source(r.Root, f)
		n, err := countIDX(ctx, source)
		var labels []string
		if labelFile != "" {
			var lerr error
			if labels, lerr = r.readLabels(ctx, labelFile, source, n, err == nil); lerr != nil {
				return lerr
			}
		}
		if err != nil {
			reason := schemas.ReasonCorrupt
			if !store.OfFile(err) {
				return err
			}
			if isStoreError(err) {
				reason = schemas.ReasonUnreadable
			}
			r.rejectRow(f.Name, reason, err.Error())
			continue
		}
		stem := images.IDXStem(path.Base(f.Name))
		if dir := path.Dir(f.Name); dir != "." {
			stem = dir + "/" + stem
		}
		for i := range n {
			e := f
			e.Name, e.Index = images.IDXName(stem, i, n), i
			if labels != nil {
				e.Label = labels[i]
			}
			expanded = append(expanded, e)
		}
	}
	r.Entries = append(r.Entries, expanded...)
	slices.SortFunc(r.Entries, func(a, b schemas.ListEntry) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Source, b.Source))
	})
	r.rejectDuplicates()
	return nil
}

// rejectDuplicates keeps the first of several entries with one name.
func (r *Result) rejectDuplicates() {
	kept := r.Entries[:0]
	for _, e := range r.Entries {
		if n := len(kept); n > 0 && kept[n-1].Name == e.Name {
			r.rejectRow(e.Name, schemas.ReasonDuplicate,
				fmt.Sprintf("%s and %s both hold an image of this name: keep one of them", Source(r.Root, kept[n-1]), Source(r.Root, e)))
			continue
		}
		kept = append(kept, e)
	}
	clear(r.Entries[len(kept):])
	r.Entries = kept
}

func isStoreError(err error) bool {
	var e *store.Error
	return errors.As(err, &e)
}

// countIDX returns how many images an IDX file says it holds, after a look at what it
// does hold: a gzip file is read to its end, whose checksum tells
// whether the images are those that were packed.
//
// A plain file that is cut off keeps the images before the cut, and each one behind
// it is rejected by itself when its turn comes, as long as these are not far more
// than there are.
func countIDX(ctx context.Context, name string) (int, error) {
	o, err := store.Stat(ctx, name) // a list may say another size
	if err != nil {
		return 0, err
	}
	size := o.Size
	f, err := store.Open(ctx, name)
	if err != nil {
		return 0, err
	}
	defer f.Close() // only read
	x, err := images.OpenIDX(f)
	if err != nil {
		return 0, err
	}
	if most := fewImages + size/imageBytes; int64(x.Count) > most {
		return 0, fmt.Errorf("IDX header claims %d images of %dx%d in a file of %d bytes: at most %d are believed, one for each %d bytes and %d; fetch the file again",
			x.Count, x.Height, x.Width, size, most, imageBytes, fewImages)
	}
	if x.Gzip() {
		if _, err := x.Counted(); err != nil {
			return 0, fmt.Errorf("%w: none of its images is taken; fetch the file again", err)
		}
		return x.Count, nil
	}
	const header = 16
	image := int64(x.Height) * int64(x.Width)
	held := (size - header) / image
	switch want := header + int64(x.Count)*image; {
	case size > want:
		return 0, fmt.Errorf("IDX file goes on after the %d images of %dx%d that its header declares: it has %d bytes, not %d", x.Count, x.Height, x.Width, size, want)
	case int64(x.Count) > 2*held+cutOff:
		return 0, fmt.Errorf("IDX header claims %d images of %dx%d, the file of %d bytes holds %d: less than half of them, so that none is taken; fetch the file again", x.Count, x.Height, x.Width, size, held)
	}
	return x.Count, nil
}

// An IDX file has at most an image for so many of its bytes, and some more: each takes
// an entry in memory, and a packed file of a few kilobytes could hold millions that
// are black.
const (
	imageBytes = 16
	fewImages  = 100_000
)

// cutOff is the number of images that may be missing from an IDX file however few
// there are.
const cutOff = 1000

// checkLabels makes sure that a label file, if there is one, belongs to one IDX file.
func checkLabels(name string, files []schemas.ListEntry) error {
	switch {
	case name == "":
		return nil
	case len(files) == 0:
		return fmt.Errorf("Config.Labels=%s: there is no IDX file of images among the inputs to label; labels in file names are read by Config.LabelPattern", name)
	case len(files) > 1:
		return fmt.Errorf("Config.Labels=%s: the inputs hold %d IDX files (%s, %s, …), labels belong to one: give that file as Config.Inputs", name, len(files), files[0].Name, files[1].Name)
	}
	return nil
}

// readLabels returns the labels of the n images of the IDX file source, if that one
// is sound, and keeps the hash of the label file.
func (r *Result) readLabels(ctx context.Context, name, source string, n int, sound bool) (labels []string, err error) {
	f, err := store.OpenSummed(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("Config.Labels: %w", err)
	}
	defer f.Close() // only read
	if sound {
		labels, err = images.ReadIDXLabels(f, n)
	}
	var count *images.LabelCountError
	if errors.As(err, &count) {
		return nil, fmt.Errorf("Config.Labels=%s holds %d labels, %s holds %d images: give the label file that belongs to it", name, count.Labels, source, n)
	}
	if err == nil {
		r.LabelsSHA256, err = f.Sum()
	}
	if err != nil {
		return nil, fmt.Errorf("Config.Labels=%s: %w", name, err)
	}
	return labels, nil
}

// label takes labels out of names, where no label file gave one.
func (r *Result) label(re *regexp.Regexp) {
	group := max(1, re.SubexpIndex("label"))
	found := &Values{What: "label"}
	r.Account.Labels = found
	for i := range r.Entries {
		e := &r.Entries[i]
		if e.Label != "" {
			found.Add(e.Label)
			continue
		}
		if m := re.FindStringSubmatchIndex(e.Name); m != nil && m[2*group] >= 0 {
			e.Label = e.Name[m[2*group]:m[2*group+1]]
		}
		found.Add(e.Label)
	}
	if n := len(r.Entries); n > 0 && len(found.Counts) == 0 {
		r.Refusal = fmt.Errorf("Config.LabelPattern=%s finds no label in any of the %s, e.g. in %q", re, words.Plural(n, "name", "names"), r.Entries[0].Name)
	}
}

// checksum fills in the sha256 of every file. Those that cannot be read move to
// failed.
func (r *Result) checksum(ctx context.Context, files []schemas.ListEntry, failed map[string]failure) ([]schemas.ListEntry, error) {
	ahead := statsLocal
	if store.IsRemote(r.Root) {
		ahead = statsRemote
	}
	meter := progress.Start("checksum", int64(len(files)), "files")
	defer meter.Stop()
	i, kept := 0, files[:0] // those behind i are read meanwhile
	for sum, err := range parallel.Each(ctx, len(files), ahead, func(ctx context.Context, i int) (string, error) {
		return checksumOf(ctx, files[i])
	}) {
		if err != nil && !store.OfFile(err) {
			return nil, err
		}
		progress.Add("checksum", 1)
		f := files[i]
		i++
		if err != nil {
			failed[f.Name] = failure{f.Name, schemas.ReasonUnreadable, err.Error()}
			continue
		}
		if len(f.Parts) == 0 { // else they have theirs
			f.Checksum = sum
		}
		kept = append(kept, f)
	}
	clear(files[len(kept):])
	return kept, nil
}

// checksumOf returns the sha256 of a file; those of the files of an image of several go into its parts.
func checksumOf(ctx context.Context, e schemas.ListEntry) (sum string, err error) {
	if len(e.Parts) == 0 {
		return store.FileSHA256(ctx, e.Name)
	}
	for i := range e.Parts {
		if e.Parts[i].Checksum, err = store.FileSHA256(ctx, e.Parts[i].File); err != nil {
			return "", err
		}
	}
	return "", nil
}
