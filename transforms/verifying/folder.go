package verifying

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// maxManifest bounds the size of a JSON file that is read into memory.
const maxManifest = 1 << 30

// readWhole reads a small file; ok is false where it is missing, which is a problem.
func readWhole(ctx context.Context, dir, file string, r *Report) (data []byte, ok bool, err error) {
	data, err = store.ReadFileLimit(ctx, store.Join(dir, file), maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		r.problemf(file, "the file is missing")
		return nil, false, nil
	}
	return data, err == nil, err
}

// readJSON reads a file that outdir.WriteJSON wrote. Anything that it would not
// have written, such as a field of another name or another spacing, is a problem
// of the file, and ok is false; so is a missing file, or what is not valid.
func readJSON[T any](ctx context.Context, dir, file string, r *Report) (v T, data []byte, ok bool, err error) {
	if data, ok, err = readWhole(ctx, dir, file, r); err != nil || !ok {
		return v, nil, false, err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&v); err != nil {
		r.problemf(file, "damaged: %v", schemas.JSONError(err))
		return v, nil, false, nil
	}
	if again, err := schemas.MarshalJSON(v); err != nil || !bytes.Equal(again, data) {
		at := firstDifference(data, again)
		r.problemf(file, "changed after it was written: line %d is not as this program writes it", 1+bytes.Count(data[:at], []byte{'\n'}))
		return v, nil, false, nil
	}
	if checked, ok := any(&v).(interface{ Validate() error }); ok {
		if err := checked.Validate(); err != nil {
			r.problemf(file, "%v", err)
			return v, nil, false, nil
		}
	}
	return v, data, true, nil
}

// readState reads a file of the state folder; ok is false where it is missing,
// since that folder may be removed, or damaged, which is a problem.
func readState[T any](ctx context.Context, dir, name string, r *Report) (v T, ok bool, err error) {
	file := schemas.StateDir + "/" + name
	has, err := store.Exists(ctx, store.Join(dir, file))
	if err != nil || !has {
		return v, false, err
	}
	v, _, ok, err = readJSON[T](ctx, dir, file, r)
	return v, ok, err
}

// checkFile compares a file's size and sha256 with a manifest. ok is false where
// the file is missing, so that there is nothing more to check.
func checkFile(ctx context.Context, dir, file string, size int64, sum, manifest string, r *Report) (ok bool, err error) {
	in, err := store.Open(ctx, store.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		r.problemf(file, "the file is missing")
		return false, nil
	}
	if err != nil {
		return false, err
	}
	defer in.Close()
	h := sha256.New()
	n, err := io.Copy(h, in)
	if err != nil {
		return false, fmt.Errorf("%s: %w", store.Join(dir, file), err)
	}
	if n != size {
		r.problemf(file, "%d bytes, %s says %d", n, manifest, size)
	} else if got := hex.EncodeToString(h.Sum(nil)); got != sum {
		r.problemf(file, "sha256 is %s, %s says %s", got, manifest, sum)
	}
	return true, nil
}

// readHashed reads a small file and compares its sha256 with a manifest. ok is
// false where the file is missing.
func readHashed(ctx context.Context, dir, file, sum, manifest string, r *Report) (data []byte, ok bool, err error) {
	if data, ok, err = readWhole(ctx, dir, file, r); err != nil || !ok {
		return nil, false, err
	}
	if got := outdir.SHA256(data); got != sum {
		r.problemf(file, "sha256 is %s, %s says %s", got, manifest, sum)
	}
	return data, true, nil
}

// readErrors reads a file of rejected images and compares it with the number of
// them that a manifest states.
func readErrors(ctx context.Context, dir, file, sum, manifest string, rejected int64, r *Report) ([]schemas.ErrorRow, error) {
	data, ok, err := readHashed(ctx, dir, file, sum, manifest, r)
	if err != nil || !ok {
		return nil, err
	}
	var rows []schemas.ErrorRow
	lines := int64(0)
	for line := range strings.Lines(string(data)) {
		lines++
		dec := json.NewDecoder(strings.NewReader(line))
		dec.DisallowUnknownFields()
		var row schemas.ErrorRow
		if err := dec.Decode(&row); err != nil || row.Stage == "" || row.Reason == "" {
			r.problemf(file, "line %d is no error row", lines)
			continue
		}
		if n := len(rows); n > 0 && row.Name < rows[n-1].Name {
			r.problemf(file, "line %d: %q comes after %q: not sorted by name", lines, row.Name, rows[n-1].Name)
		}
		rows = append(rows, row)
	}
	if lines != rejected {
		r.problemf(file, "%d lines, %s says %d rejected", lines, manifest, rejected)
	}
	return rows, nil
}

// checkStrays reports files that a reader would take as part of the output,
// going by their extension, but that the manifest does not list.
func checkStrays(ctx context.Context, dir, manifest string, listed func(name string) bool, r *Report, extensions ...string) error {
	for obj, err := range store.List(ctx, dir, true) {
		if err != nil {
			return err
		}
		name, _ := store.Rel(dir, obj.Name)
		ours := slices.ContainsFunc(extensions, func(ext string) bool { return strings.HasSuffix(name, ext) })
		if ours && !listed(name) && !store.IsPartial(name) && !strings.HasPrefix(name, schemas.StateDir+"/") {
			r.problemf(name, "%s does not list this file", manifest)
		}
	}
	return nil
}

// neighbor returns the folder that the user named, or the one called name
// beside dir if it holds the given manifest, or "". The field of Config has that name, too.
func neighbor(ctx context.Context, given, dir, name, manifest string) (string, error) {
	folder := given
	if given == "" {
		folder = store.Join(store.Dir(dir), name)
	}
	has, err := store.Exists(ctx, store.Join(folder, manifest))
	switch {
	case err != nil:
		return "", err
	case has:
		return folder, nil
	case given != "":
		return "", fmt.Errorf("%s holds no %s: name the finished folder with Config.%s", given, manifest, strings.ToUpper(name[:1])+name[1:])
	}
	return "", nil
}

// forEach calls check for 0 to n-1, several at a time, and returns the first
// error.
func forEach(ctx context.Context, n int, check func(ctx context.Context, i int) error) error {
	for _, err := range parallel.EachComputed(ctx, n, 4, func(ctx context.Context, i int) (any, error) {
		return nil, check(ctx, i)
	}) {
		if err != nil {
			return err
		}
	}
	return nil
}
