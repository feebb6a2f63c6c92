package listing

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Names of the files that tell a folder which Exemplar wrote, relative to it. What
// counts is the format in them. The last ones tell a folder whose step did not end.
var manifestNames = []string{
	schemas.CollectionFile, schemas.ShardsFile, schemas.ModelFile, schemas.LatentsFile, schemas.SelectionFile,
	schemas.ExportFile, schemas.DecodedFile, schemas.QueryFile, schemas.CompareFile, schemas.SampleFile, schemas.RunFile, schemas.LatentsRunFile, schemas.IntentFile,
	schemas.WidgetsFile,
}

// reportRecord, relative to a folder, says which files there reports wrote.
const reportRecord = schemas.StateDir + "/" + schemas.ReportFilesName

// isManifest reports whether a file may be one of these by its name.
func isManifest(name string) bool {
	return strings.HasSuffix(name, "/"+reportRecord) ||
		slices.ContainsFunc(manifestNames, func(m string) bool { return strings.HasSuffix(name, "/"+m) })
}

// ownWork is what Exemplar wrote below a root.
type ownWork struct {
	given   bool // the root is among it
	folders []string
	files   map[string]string // of reports in folders of other people; the folder of each
	prefix  []string          // of files of reports, in folders
}

// holds returns the folder that Exemplar wrote a file into, if it did.
func (o *ownWork) holds(name string) (folder string, ours bool) {
	// The folders are sorted, and none lies in another one.
	i := sort.Search(len(o.folders), func(i int) bool { return o.folders[i]+"/" > name })
	if i > 0 && strings.HasPrefix(name, o.folders[i-1]+"/") {
		return o.folders[i-1], true
	}
	if folder, ours = o.files[name]; ours {
		return folder, true
	}
	for _, p := range o.prefix {
		if strings.HasPrefix(name, p) {
			return strings.TrimSuffix(p, "/"), true
		}
	}
	return "", false
}

// recognize looks into the files that may be manifests.
func recognize(ctx context.Context, root string, manifests []string) (*ownWork, error) {
	o := &ownWork{files: map[string]string{}}
	root = strings.TrimSuffix(root, "/")
	folders := map[string]bool{}
	for _, name := range manifests {
		folder, rel := manifestOf(name)
		ours, err := isOurs(ctx, name, rel)
		if err != nil {
			return nil, err
		}
		switch {
		case !ours:
		case rel == reportRecord:
			if err := o.addReports(ctx, folder, name); err != nil {
				return nil, err
			}
		case folder == root:
			o.given = true
			if rel == schemas.SelectionFile {
				o.addReport(folder)
			}
		default:
			folders[folder] = true
		}
	}
	if !o.given {
		given, err := pickedImages(ctx, root)
		if err != nil {
			return nil, err
		}
		o.given = given
	}
	for _, folder := range sortedKeys(folders) {
		if n := len(o.folders); n == 0 || !inside(o.folders[:n], folder) {
			o.folders = append(o.folders, folder)
		}
	}
	slices.SortFunc(o.folders, func(a, b string) int { return cmp.Compare(a+"/", b+"/") })
	return o, nil
}

// inside reports whether a folder lies in one of others.
func inside(others []string, folder string) bool {
	return slices.ContainsFunc(others, func(other string) bool { return strings.HasPrefix(folder, other+"/") })
}

// manifestOf cuts a name into the folder and the name of the manifest in it.
func manifestOf(name string) (folder, rel string) {
	for _, rel := range []string{reportRecord, schemas.IntentFile} {
		if strings.HasSuffix(name, "/"+rel) {
			return strings.TrimSuffix(name, "/"+rel), rel
		}
	}
	return store.Dir(name), store.Base(name)
}

// ownFormat is how each manifest of Exemplar begins.
var ownFormat = regexp.MustCompile(`^\s*\{\s*"format":\s*"exemplar\.[a-z-]+/[0-9]+"`)

// isOurs reports whether a file is a manifest that Exemplar wrote. One that cannot be
// read is not known to be.
func isOurs(ctx context.Context, name, rel string) (bool, error) {
	f, err := store.OpenAt(ctx, name)
	if err != nil {
		if store.OfFile(err) {
			return false, nil
		}
		return false, err
	}
	defer f.Close() // only read
	if rel == schemas.IntentFile {
		return isIntent(f)
	}
	start, err := beginning(f, 512)
	return err == nil && ownFormat.Match(start), err
}

// beginning reads the first bytes of a file.
func beginning(f store.RandomReader, most int64) ([]byte, error) {
	start := make([]byte, min(f.Size(), most))
	_, err := f.ReadAt(start, 0)
	if err == io.EOF {
		err = nil
	}
	return start, err
}

// mostIntent bounds what is read of the parameters of an unfinished run.
const mostIntent = 1 << 20

// isIntent reports whether a file is what an unfinished run set out to do: it has no
// format, and is told by its only field.
func isIntent(f store.RandomReader) (bool, error) {
	if f.Size() > mostIntent {
		return false, nil
	}
	data, err := beginning(f, mostIntent)
	if err != nil {
		return false, err
	}
	var doc map[string]json.RawMessage
	var list []struct{ Name, Value *string }
	if json.Unmarshal(data, &doc) != nil || len(doc) != 1 || json.Unmarshal(doc["parameters"], &list) != nil || len(list) == 0 {
		return false, nil
	}
	return list[0].Name != nil && list[0].Value != nil, nil
}

// addReports leaves out the files that reports wrote into a folder.
func (o *ownWork) addReports(ctx context.Context, folder, name string) error {
	data, err := store.ReadFile(ctx, name)
	if err != nil {
		return err
	}
	var record schemas.ReportFiles
	if json.Unmarshal(data, &record) != nil {
		return nil
	}
	for _, p := range record.Pages {
		for _, f := range p.Files {
			switch full := store.Join(folder, f.File); {
			case strings.HasSuffix(f.File, "/"):
				o.prefix = append(o.prefix, strings.TrimSuffix(full, "/")+"/")
			case isImage(f.File):
				o.files[full] = folder
			}
		}
	}
	return nil
}

// addReport leaves out what reports write into the folder of a selection.
func (o *ownWork) addReport(folder string) {
	for _, name := range []string{schemas.FigurePNG, schemas.FigureTIFF} {
		o.files[store.Join(folder, name)] = folder
	}
	for _, name := range []string{schemas.ReportDir, schemas.DeepZoomDir} {
		o.prefix = append(o.prefix, store.Join(folder, name)+"/")
	}
}

// pickedImages reports whether a folder is that of the picked images of a selection, or
// lies in it.
func pickedImages(ctx context.Context, root string) (bool, error) {
	slashed := strings.ReplaceAll(root, "\\", "/")
	for at := slashed; ; {
		i := strings.LastIndex(at, "/"+schemas.ImagesDir)
		if i < 0 {
			return false, nil
		}
		end := i + len("/"+schemas.ImagesDir)
		if at = slashed[:i]; end == len(slashed) || slashed[end] == '/' {
			name := store.Join(root[:i], schemas.SelectionFile)
			if _, err := store.Stat(ctx, name); err == nil {
				return isOurs(ctx, name, path.Base(schemas.SelectionFile))
			} else if !errors.Is(err, fs.ErrNotExist) && !store.OfFile(err) {
				return false, err
			}
		}
	}
}
