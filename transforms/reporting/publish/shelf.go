package publish

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/deepzoom"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// shelf is the folder that a page lies in. Other files there may be anybody's, so
// that it is not claimed as a whole: a report replaces and removes only what the
// record of earlier ones lists, or what a page of an earlier version, which kept no
// record, says lies beside it.
type shelf struct {
	dir, page string
	record    schemas.ReportFiles
	// ours are the files of this page, and those of pages that are gone; others those
	// of pages that are there, by name. A name that ends in a slash is a folder.
	ours   map[string]bool
	others map[string]holder
	wrote  *written
}

// holder is another page that has a file.
type holder struct{ page, sha256 string }

// folders are those that a report has beside its page.
var folders = []string{schemas.ReportDir + "/", schemas.DeepZoomDir + "/"}

// ofReport reports whether a file, by its name relative to the page, is one that
// reports write into their folders.
func ofReport(name string) bool {
	sub, rest, _ := strings.Cut(name, "/")
	return sub == schemas.ReportDir && reporting.IsPicture(rest) || sub == schemas.DeepZoomDir && deepzoom.Owns(rest)
}

// openShelf finds out which files beside a page reports wrote.
func openShelf(ctx context.Context, page string, wrote *written) (*shelf, error) {
	s := &shelf{dir: store.Dir(store.Join(page)), page: store.Base(page), ours: map[string]bool{}, others: map[string]holder{}, wrote: wrote}
	if link, err := store.LinkedBelow(s.dir, schemas.StateDir, schemas.ReportDir, schemas.DeepZoomDir); err != nil || link != "" {
		return nil, cmp.Or(err, fmt.Errorf("output folder %s holds a link to another folder, %s: remove it, so that nothing is written elsewhere", s.dir, link))
	}
	record, ok, err := outdir.ReadManifest[schemas.ReportFiles](ctx, s.recordName())
	if err != nil {
		return nil, err
	}
	if ok && record.Format == schemas.ReportFilesFormat {
		s.record = record
	}
	if err := s.addUnrecorded(ctx); err != nil {
		return nil, err
	}
	pages := s.record.Pages
	s.record.Pages = nil
	for _, p := range pages {
		there := p.Page == s.page
		if !there {
			if there, err = exists(ctx, store.Join(s.dir, p.Page)); err != nil {
				return nil, err
			}
		}
		if there {
			s.record.Pages = append(s.record.Pages, p)
		}
		for _, f := range p.Files {
			if there && p.Page != s.page {
				s.others[f.File] = holder{p.Page, f.SHA256}
			} else {
				s.ours[f.File] = true
			}
		}
	}
	return s, nil
}

func (s *shelf) recordName() string {
	return store.Join(s.dir, schemas.StateDir, schemas.ReportFilesName)
}

func (s *shelf) path(name string) string { return store.Join(s.dir, name) }

// recorded returns what the record says of a page, or nil.
func (s *shelf) recorded(page string) *schemas.ReportedPage {
	i := slices.IndexFunc(s.record.Pages, func(p schemas.ReportedPage) bool { return p.Page == page })
	if i < 0 {
		return nil
	}
	return &s.record.Pages[i]
}

// held reports whether a name, or a folder that it is in, is in a set of names.
func held[T any](names map[string]T, name string) (T, bool) {
	if v, ok := names[name]; ok {
		return v, true
	}
	folder, _, _ := strings.Cut(name, "/")
	v, ok := names[folder+"/"]
	return v, ok && ofReport(name)
}

// claim makes sure that files may be written: nobody else's is there under their
// names. In folders, which end in a slash, no file may be another page's.
func (s *shelf) claim(ctx context.Context, wanted []string) error {
	for _, name := range wanted {
		if strings.HasSuffix(name, "/") {
			if err := s.claimFolder(ctx, name); err != nil {
				return err
			}
			continue
		}
		if folder, err := store.IsFolder(ctx, s.path(name)); err == nil && folder {
			return fmt.Errorf("%s is a folder, and the report has a file of that name: move it away, or choose another Config.Output", s.path(name))
		}
		there, err := exists(ctx, s.path(name))
		if err != nil {
			return err
		}
		if there && !s.known(name) {
			return s.foreign(name)
		}
	}
	return s.claimRun(ctx)
}

// known reports whether a report wrote a file.
func (s *shelf) known(name string) bool {
	_, ours := held(s.ours, name)
	_, others := held(s.others, name)
	return ours || others
}

func (s *shelf) foreign(name string) error {
	return fmt.Errorf("%s is there, and no report wrote it: move it away, or choose another Config.Output", s.path(name))
}

// claimFolder makes sure of a folder that is this page's alone.
func (s *shelf) claimFolder(ctx context.Context, folder string) error {
	for name, h := range s.others {
		if strings.HasPrefix(name, folder) {
			return fmt.Errorf("%s belongs to the page %s: choose another folder with Config.Output", s.path(folder), h.page)
		}
	}
	for name, err := range s.below(ctx, folder) {
		if err != nil {
			return err
		}
		if !s.known(name) {
			return s.foreign(name)
		}
	}
	return nil
}

// below lists the files of a folder that have names of a report's, relative to the
// page.
func (s *shelf) below(ctx context.Context, folder string) func(func(string, error) bool) {
	return func(yield func(string, error) bool) {
		for obj, err := range store.ListThere(ctx, s.path(folder), true) {
			name, _ := store.Rel(s.dir, obj.Name)
			if err != nil && obj.Name == "" || ofReport(name) {
				if !yield(name, err) {
					return
				}
			}
		}
	}
}

// claimRun makes sure of the record of the run, which is not written here.
func (s *shelf) claimRun(ctx context.Context) error {
	name := schemas.ReportRunFileBeside(s.page)
	run, ok, err := outdir.ReadManifest[schemas.Run](ctx, s.path(name))
	if err != nil {
		return err
	}
	if there, err := exists(ctx, s.path(name)); err != nil || !there {
		return err
	}
	if family, _, _ := strings.Cut(schemas.RunFormat, "/"); !ok || !strings.HasPrefix(run.Format, family+"/") {
		return s.foreign(name)
	}
	return nil
}

// checkShared makes sure that a file that another page has, too, would be the same.
func (s *shelf) checkShared(ctx context.Context, name string, data []byte) error {
	h, ok := s.others[name]
	if !ok {
		return nil
	}
	if h.sha256 == "" {
		var err error
		if h.sha256, err = store.FileSHA256(ctx, s.path(name)); errors.Is(err, fs.ErrNotExist) {
			return nil
		} else if err != nil {
			return err
		}
	}
	if outdir.SHA256(data) != h.sha256 {
		return fmt.Errorf("%s belongs to the page %s, and that of this page differs: choose another folder with Config.Output", s.path(name), h.page)
	}
	return nil
}

// begin says what will be written, before anything is, and removes what an earlier
// report of this page left: the page first, which is unfinished from here on.
func (s *shelf) begin(ctx context.Context, fingerprint string, wanted []string) error {
	for _, name := range wanted {
		s.ours[name] = true
	}
	next := schemas.ReportedPage{Page: s.page, Fingerprint: fingerprint, Unfinished: true}
	for _, name := range slices.Sorted(maps.Keys(s.ours)) {
		next.Files = append(next.Files, schemas.FileInfo{File: name})
	}
	if err := s.writeRecord(ctx, next); err != nil {
		return err
	}
	if err := runlog.From(ctx).Into(ctx, s.dir, schemas.ReportRunFileBeside(s.page)); err != nil {
		return err
	}
	stale := []string{s.page}
	for _, name := range next.Files {
		if !strings.HasSuffix(name.File, "/") {
			stale = append(stale, name.File)
			continue
		}
		for name, err := range s.below(ctx, name.File) {
			if err != nil {
				return err
			}
			stale = append(stale, name)
		}
	}
	for _, name := range stale {
		if _, shared := held(s.others, name); shared {
			continue
		}
		if err := store.Remove(ctx, s.path(name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return s.removePartials(ctx)
}

// removePartials removes the temporary files of the report's files that a run that
// was killed left.
func (s *shelf) removePartials(ctx context.Context) error {
	if store.IsRemote(s.dir) {
		return nil
	}
	for _, folder := range append([]string{"", schemas.StateDir + "/"}, folders...) {
		for obj, err := range store.List(ctx, s.path(folder), folder != "") {
			if err != nil && obj.Name != "" {
				continue // a link to nothing
			}
			if errors.Is(err, fs.ErrNotExist) {
				break
			}
			if err != nil {
				return err
			}
			base := store.PartialOf(obj.Name)
			name, _ := store.Rel(s.dir, store.Join(store.Dir(obj.Name), base))
			mine := s.ours[name] || name == schemas.ReportRunFileBeside(s.page) || name == schemas.StateDir+"/"+schemas.ReportFilesName || ofReport(name)
			if base == "" || !mine {
				continue
			}
			if err := store.Remove(ctx, obj.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// put writes a file beside the page.
func (s *shelf) put(ctx context.Context, name string, data []byte) error {
	if err := s.checkShared(ctx, name, data); err != nil {
		return err
	}
	s.wrote.note(s.path(name), data)
	return store.WriteFile(ctx, s.path(name), data)
}

// finish records what was written, last.
func (s *shelf) finish(ctx context.Context, fingerprint string, parameters map[string]string) error {
	return s.writeRecord(ctx, schemas.ReportedPage{Page: s.page, Fingerprint: fingerprint, Files: s.wrote.below(s.dir), Parameters: parameters})
}

func (s *shelf) writeRecord(ctx context.Context, page schemas.ReportedPage) error {
	r := schemas.ReportFiles{Format: schemas.ReportFilesFormat, Pages: []schemas.ReportedPage{page}}
	for _, p := range s.record.Pages {
		if p.Page != page.Page {
			r.Pages = append(r.Pages, p)
		}
	}
	slices.SortFunc(r.Pages, func(a, b schemas.ReportedPage) int { return strings.Compare(a.Page, b.Page) })
	return outdir.WriteJSON(ctx, s.recordName(), r)
}

// exists reports whether a file is there.
func exists(ctx context.Context, name string) (bool, error) {
	there, err := store.Exists(ctx, name)
	if errors.Is(err, store.ErrIsFolder) {
		return true, nil
	}
	return there, err
}
