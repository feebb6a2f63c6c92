package publish

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"regexp"
	"slices"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// mark ends a page: it says what the page was made from.
const mark = "<!-- " + schemas.ReportFormat + " %s -->\n"

// markPattern is the end of a page of any version.
var markPattern = regexp.MustCompile(`<!-- exemplar\.report/[0-9]+ ([0-9a-f]{64}) -->\n$`)

// fingerprintOf returns the fingerprint at the end of a page; "" where it is none of
// a report, or where there is none.
func fingerprintOf(ctx context.Context, name string) (string, error) {
	f, err := store.OpenAt(ctx, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrIsFolder) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	end := make([]byte, min(f.Size(), 128))
	if _, err := f.ReadAt(end, f.Size()-int64(len(end))); err != nil && err != io.EOF {
		return "", err
	}
	if m := markPattern.FindSubmatch(end); m != nil {
		return string(m[1]), nil
	}
	return "", nil
}

// addUnrecorded adds the pages that are not in the record: earlier versions kept
// none. They are known by how they end, and say what lies beside them.
func (s *shelf) addUnrecorded(ctx context.Context) error {
	for obj, err := range store.List(ctx, s.dir, false) {
		if err != nil && obj.Name != "" {
			continue // a link to nothing
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		if err != nil {
			return err
		}
		page := store.Base(obj.Name)
		if !strings.HasSuffix(page, ".html") || s.recorded(page) != nil {
			continue
		}
		fingerprint, err := fingerprintOf(ctx, obj.Name)
		if err != nil && page != s.page {
			continue // whatever it is, it is not the page
		}
		if err != nil {
			return err
		}
		if fingerprint == "" {
			continue
		}
		files, err := filesOf(ctx, obj.Name)
		if err != nil {
			return err
		}
		s.record.Pages = append(s.record.Pages, schemas.ReportedPage{Page: page, Fingerprint: fingerprint, Files: files})
	}
	return nil
}

// filesOf returns the names of the files that a page says lie beside it, and its own.
func filesOf(ctx context.Context, page string) ([]schemas.FileInfo, error) {
	data, err := store.ReadFile(ctx, page)
	if err != nil {
		return nil, err
	}
	files := []schemas.FileInfo{{File: store.Base(page)}}
	_, rest, _ := bytes.Cut(data, []byte(`type="application/json"`))
	_, rest, _ = bytes.Cut(rest, []byte(">"))
	text, _, _ := bytes.Cut(rest, []byte("</script>"))
	var says struct {
		Pictures []string          `json:"pictures"`
		Beside   []reporting.Named `json:"beside"`
	}
	if json.Unmarshal(text, &says) != nil {
		return files, nil // damaged: it is made again, and nothing beside it is known
	}
	for _, b := range says.Beside {
		switch folder, _, _ := strings.Cut(b.Value, "/"); {
		case folder == schemas.DeepZoomDir:
			files = append(files, schemas.FileInfo{File: folder + "/"})
		case schemas.OfReport(b.Value):
			files = append(files, schemas.FileInfo{File: b.Value})
		}
	}
	for _, p := range says.Pictures {
		if ofReport(p) {
			files = append(files, schemas.FileInfo{File: p})
		}
	}
	return files, nil
}

// checkedAtOnce is the number of files that are read at the same time.
const checkedAtOnce = 8

// finished returns the size of the page where it, and what lies beside it, is what
// the record says of a report with the fingerprint, and 0 otherwise. Of the files of
// a page of an earlier version nothing is known but that they must be there.
func (s *shelf) finished(ctx context.Context, fingerprint string) (int64, error) {
	p := s.recorded(s.page)
	if p == nil || p.Unfinished || p.Fingerprint != fingerprint {
		return 0, nil
	}
	var mu sync.Mutex
	whole := true
	group, gctx := caught.NewTasks(ctx, checkedAtOnce)
	for _, f := range p.Files {
		group.Go(func() error {
			ok, err := s.stands(gctx, f)
			mu.Lock()
			defer mu.Unlock()
			whole = whole && ok
			return err
		})
	}
	if err := group.Wait(); err != nil || !whole {
		return 0, err
	}
	page, err := store.Stat(ctx, s.path(s.page))
	return page.Size, err
}

// stands reports whether a file is as it was written.
func (s *shelf) stands(ctx context.Context, f schemas.FileInfo) (bool, error) {
	if strings.HasSuffix(f.File, "/") {
		for _, err := range s.below(ctx, f.File) {
			return err == nil, err
		}
		return false, nil
	}
	obj, err := store.Stat(ctx, s.path(f.File))
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, store.ErrIsFolder):
		return false, nil
	case err != nil || f.SHA256 == "":
		return err == nil, err
	case obj.Size != f.Bytes:
		return false, nil
	}
	sum, err := store.FileSHA256(ctx, s.path(f.File))
	return sum == f.SHA256, err
}

// written is what a run wrote, by full name.
type written struct {
	mu    sync.Mutex
	files map[string]schemas.FileInfo
}

// note adds a file that is written.
func (w *written) note(name string, data []byte) {
	w.add(name, int64(len(data)), outdir.SHA256(data))
}

func (w *written) add(name string, bytes int64, sha256 string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.files == nil {
		w.files = map[string]schemas.FileInfo{}
	}
	w.files[name] = schemas.FileInfo{Bytes: bytes, SHA256: sha256}
}

// below returns the files in a folder, by their names relative to it.
func (w *written) below(dir string) (files []schemas.FileInfo) {
	for name, f := range w.files {
		f.File, _ = store.Rel(dir, name)
		files = append(files, f)
	}
	slices.SortFunc(files, func(a, b schemas.FileInfo) int { return strings.Compare(a.File, b.File) })
	return files
}
