// Package outdir holds the protocol of an output folder: claim, lock, fingerprint, the
// results of its parts, and the manifest that is written last.
//
// What never enters: Beam, Parquet, printing; what a step computes.
package outdir

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/lock"
	"exemplar/transforms/run/preflight"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// Fingerprint hashes what decides a result: values are encoded as JSON, so
// their fields count by name and value, never by address or time.
func Fingerprint(values ...any) (string, error) {
	h := sha256.New()
	enc := json.NewEncoder(h)
	for _, v := range values {
		if err := enc.Encode(v); err != nil {
			return "", fmt.Errorf("computing a fingerprint: %w", err)
		}
	}
	return hex.EncodeToString(h.Sum(nil)), nil
}

// SHA256 returns the sha256 of data in hexadecimal.
func SHA256(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Output is a folder that a step writes.
type Output struct {
	Dir      string
	Manifest string // name of the manifest, written last
	// Owns reports whether a file, named relative to Dir, is one that the step
	// writes. Files in StateDir and temporary files are always the step's.
	Owns func(name string) bool
	// Need is about how many bytes the step is going to write, 0 where that is not
	// known.
	Need int64
	// Missing is how many parts are still to be made by a pipeline, and Overwrite
	// whether all are made again whatever is there: what a job that is not awaited
	// may still be making is refused otherwise.
	Missing   int
	Overwrite bool
	// Parameters are the choices that decide what is written. Clean notes them down,
	// for a run that finds the folder unfinished; see Agrees.
	Parameters []Parameter
	// Remember keeps these notes in the finished folder, of a step whose manifest does
	// not hold its parameters.
	Remember bool
	// Inputs are the files of other programs that the step reads; nil without any.
	// Begin notes their hashes down.
	Inputs *Inputs

	reads []string // folders that a new output must not lie in; see Reading
}

func (o Output) owned(name string) bool {
	return name == o.Manifest || name == o.record() || o.Owns(name) ||
		strings.HasPrefix(name, schemas.StateDir+"/") || store.IsPartial(name)
}

// Name is the full name of the manifest.
func (o Output) Name() string { return store.Join(o.Dir, o.Manifest) }

// record is the name of the file that tells of the latest run.
func (o Output) record() string { return schemas.RunFileBeside(o.Manifest) }

// Begin says that the step changes the folder from here on: how this run ends will
// be told there.
func (o Output) Begin(ctx context.Context) error {
	if err := o.checkJob(ctx); err != nil {
		return err
	}
	if err := lock.Of(o.Dir).Begin(); err != nil {
		return err
	}
	if err := o.Inputs.Save(ctx); err != nil {
		return err
	}
	return runlog.From(ctx).Into(ctx, o.Dir, o.record())
}

// Clean begins the work and prepares the folder for the pipeline: it removes the
// manifest, since the folder is unfinished from here on, then temporary files and every file of the
// step for which keep is false, the remains of an earlier run with other
// parameters. Where there is no room for what the step needs, it is refused before.
// A dry run changes nothing.
func (o Output) Clean(ctx context.Context, keep func(name string) bool) error {
	if DryRun(ctx) {
		return nil
	}
	stale, bytes, err := o.stale(ctx, keep)
	if err != nil {
		return err
	}
	if err := preflight.Room(o.Dir, o.Need-bytes); err != nil {
		return err
	}
	if err := o.Begin(ctx); err != nil {
		return err
	}
	if err := o.intend(ctx); err != nil {
		return err
	}
	for _, name := range append([]string{o.Name()}, stale...) {
		if err := store.Remove(ctx, name); err != nil {
			return err
		}
	}
	return store.SettleRemovals() // other processes may do the work
}

// Check makes the checks of Clean and changes nothing.
func (o Output) Check(ctx context.Context, keep func(name string) bool) error {
	_, bytes, err := o.stale(ctx, keep)
	if err != nil {
		return err
	}
	return preflight.Room(o.Dir, o.Need-bytes)
}

// stale returns the files that Clean removes, and how many bytes they have.
func (o Output) stale(ctx context.Context, keep func(name string) bool) (names []string, bytes int64, err error) {
	for obj, err := range store.ListThere(ctx, o.Dir, true) {
		if err != nil && obj.Name == "" {
			return nil, 0, err
		}
		name := o.relative(obj.Name)
		if name == inputsFile && o.Inputs != nil {
			continue
		}
		if o.owned(name) && name != o.record() && !lock.Owns(name) && name != schemas.IntentFile && !keep(name) {
			names = append(names, obj.Name)
			bytes += obj.Size
		}
	}
	return names, bytes, nil
}

// relative returns the name of a listed file without the folder.
func (o Output) relative(name string) string {
	rel, _ := store.Rel(o.Dir, name)
	return rel
}

// WriteJSON writes v, indented, as one atomic file.
func WriteJSON(ctx context.Context, name string, v any) error {
	data, err := schemas.MarshalJSON(v)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return store.WriteFile(ctx, name, data)
}

// SealSelection returns what belongs in the field SHA256 of a manifest.
func SealSelection(m schemas.SelectionManifest) (string, error) {
	m.SHA256 = ""
	data, err := schemas.MarshalJSON(m)
	return SHA256(data), err
}

// SealQuery does so of the manifest of a query.
func SealQuery(m schemas.QueryManifest) (string, error) {
	m.SHA256 = ""
	data, err := schemas.MarshalJSON(m)
	return SHA256(data), err
}

// SealComparison does so of that of a comparison.
func SealComparison(m schemas.CompareManifest) (string, error) {
	m.SHA256 = ""
	data, err := schemas.MarshalJSON(m)
	return SHA256(data), err
}

// SealDecoded returns what belongs in the field SHA256 of a manifest of decoded images.
func SealDecoded(m schemas.DecodedManifest) (string, error) {
	m.SHA256 = ""
	data, err := schemas.MarshalJSON(m)
	return SHA256(data), err
}

// Content returns the hash of what decides about the pixels of a collection in shards: not shards.json,
// which names the input's folder, which must not reach the model and its latents.
func Content(m *schemas.ShardsManifest) (string, error) {
	of := []any{m.Image, m.Shards}
	if m.FullScale != 0 {
		of = append(of, m.FullScale)
	}
	if m.Channels != nil {
		of = append(of, m.Channels)
	}
	return Fingerprint(of...)
}

// SealCollection returns the sha256 of collection.json without the places where the
// images lay, its inputs and root.
func SealCollection(c schemas.Collection) (string, error) {
	c.Inputs, c.Root, c.PlacesSHA256 = nil, "", ""
	data, err := schemas.MarshalJSON(c)
	return SHA256(data), err
}

// SealPlaces returns what belongs in the field PlacesSHA256 of a collection.
func SealPlaces(c schemas.Collection) (string, error) { return Fingerprint(c.Inputs, c.Root) }

// HoldsCollection reports whether a manifest stands for collection.json, whose bytes
// are data. Manifests of version 0.1.0 stand for every byte of it.
func HoldsCollection(m *schemas.ShardsManifest, c schemas.Collection, data []byte) (bool, error) {
	if m.CollectionContentSHA256 == "" {
		return SHA256(data) == m.CollectionSHA256, nil
	}
	sum, err := SealCollection(c)
	places, perr := SealPlaces(c)
	written, werr := schemas.MarshalJSON(c)
	same := sum == m.CollectionContentSHA256 && places == c.PlacesSHA256 && bytes.Equal(written, data)
	return same, errors.Join(err, perr, werr)
}

// CheckSeal compares the manifest in a file with the hash of itself that it holds:
// nothing in one that was changed since is believed. Early versions wrote none.
func CheckSeal(name string, m schemas.SelectionManifest) error {
	seal, err := SealSelection(m)
	if err == nil && m.SHA256 != "" && m.SHA256 != seal {
		err = fmt.Errorf("%s was changed since it was written (without its line \"sha256\" it has the sha256 %.12s, that line says %.12s): make the selection again", name, seal, m.SHA256)
	}
	return err
}

// WriteErrors writes a file of rejected images, one row per image, sorted by name, and
// returns its sha256.
func WriteErrors(ctx context.Context, file string, rows []schemas.ErrorRow) (sha string, err error) {
	slices.SortFunc(rows, func(a, b schemas.ErrorRow) int {
		return cmp.Or(cmp.Compare(a.Name, b.Name), cmp.Compare(a.Detail, b.Detail))
	})
	var text bytes.Buffer
	enc := json.NewEncoder(&text)
	enc.SetEscapeHTML(false)
	for _, row := range rows {
		if err := enc.Encode(row); err != nil {
			return "", err
		}
	}
	return SHA256(text.Bytes()), store.WriteFile(ctx, file, text.Bytes())
}

// maxManifest bounds the size of a manifest that is read into memory.
const maxManifest = 1 << 30

// ReadJSON reads a file written by WriteJSON and returns its bytes too, for
// hashing. The error names the file.
func ReadJSON[T any](ctx context.Context, name string) (v T, data []byte, err error) {
	data, err = store.ReadFileLimit(ctx, name, maxManifest)
	if err != nil {
		return v, nil, err
	}
	if err := json.Unmarshal(data, &v); err != nil {
		return v, nil, fmt.Errorf("%s is damaged (%v): run the step that wrote it again", name, schemas.JSONError(err))
	}
	return v, data, nil
}

// ReadFinished reads the manifest of a folder that a user named; named says which folder
// that is to be, where there is none.
func ReadFinished[T any](ctx context.Context, dir, file, named string) (v T, data []byte, err error) {
	v, data, err = ReadJSON[T](ctx, store.Join(dir, file))
	if errors.Is(err, fs.ErrNotExist) {
		err = fmt.Errorf("%s holds no %s: %s", dir, file, named)
	}
	return v, data, err
}

// ReadManifest reads what an earlier run left. A missing or damaged file gives
// ok = false, since both mean that the work is to be done again; a store that
// fails is an error.
func ReadManifest[T any](ctx context.Context, name string) (v T, ok bool, err error) {
	data, err := store.ReadFileLimit(ctx, name, maxManifest)
	if errors.Is(err, fs.ErrNotExist) {
		return v, false, nil
	}
	if err != nil {
		return v, false, err
	}
	return v, json.Unmarshal(data, &v) == nil, nil
}

// HasSize reports whether a file exists with exactly this many bytes.
func HasSize(ctx context.Context, name string, size int64) (bool, error) {
	obj, err := store.Stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && obj.Size == size, err
}
