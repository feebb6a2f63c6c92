package decoding

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// namesFile lists the names of all images that a run set out to write, one per line. It is
// written before the first of them and stays until images.csv lists them, which stays until
// then, too: so what a killed run left is known for what it is, whatever is decoded next.
const namesFile = schemas.StateDir + "/" + schemas.DecodedParts + ".names"

// checkOwn refuses a folder with an image that no list of this step names: it is somebody's,
// and would be removed as stale. planned returns the hashes of the names that a run would
// write, which count where lists are lost; nil where these are not known.
func checkOwn(ctx context.Context, dir string, planned func(ctx context.Context) ([]uint64, error)) error {
	other, err := stranger(ctx, dir, nil)
	if err != nil || other == "" { // no image at all
		return err
	}
	own, whole, err := ownNames(ctx, dir)
	if err != nil {
		return err
	}
	if other, err = stranger(ctx, dir, own); err != nil || other == "" {
		return err
	}
	if planned != nil && !whole { // lists may be lost
		names, err := planned(ctx)
		if err != nil {
			return err
		}
		if other, err = stranger(ctx, dir, append(own, names...)); err != nil || other == "" {
			return err
		}
	}
	return fmt.Errorf("output folder %s also holds %q, which this step did not write: move it away, or choose another Config.Output", dir, other)
}

// stranger returns the first image of the folder whose name is not among some, or "".
func stranger(ctx context.Context, dir string, own []uint64) (string, error) {
	slices.Sort(own)
	for obj, err := range store.ListThere(ctx, store.Join(dir, schemas.ImagesDir), false) {
		if err != nil && obj.Name == "" {
			return "", err
		}
		name := schemas.ImagesDir + "/" + store.Base(obj.Name)
		if _, ok := slices.BinarySearch(own, xxh3.HashString(name)); !ok && imageFile.MatchString(name) && !store.IsPartial(obj.Name) {
			return name, nil
		}
	}
	return "", nil
}

// ownNames returns the hashes of the names that are on the lists of this step: images.csv,
// those of its parts, and that of what a run set out to write. They are all, and whole, where
// the last or, of a finished folder, the first can be read.
func ownNames(ctx context.Context, dir string) (own []uint64, whole bool, err error) {
	own, written, err := tableNames(ctx, store.Join(dir, schemas.DecodedCSV))
	if err != nil {
		return nil, false, err
	}
	names, begun, err := readNames(ctx, store.Join(dir, namesFile))
	if err != nil {
		return nil, false, err
	}
	own = append(own, names...)
	for obj, err := range store.ListThere(ctx, store.Join(dir, schemas.StateDir), false) {
		if err != nil && obj.Name == "" {
			return nil, false, err
		}
		if kind, _, _, ext, ok := schemas.ParseName(store.Base(obj.Name)); !ok || kind != schemas.DecodedParts || ext != "csv" {
			continue
		}
		names, _, err := tableNames(ctx, obj.Name)
		if err != nil {
			return nil, false, err
		}
		own = append(own, names...)
	}
	return own, written || begun, nil
}

// tableNames returns the hashes of the names in a table of images; of one that is damaged,
// and not whole, those before that.
func tableNames(ctx context.Context, name string) (names []uint64, whole bool, err error) {
	in, err := store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer in.Close() // only read
	rows := lines.NewCSV(in)
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if err != nil || len(row) < len(schemas.DecodedColumns) {
			return names, err == io.EOF, ctx.Err()
		}
		names = append(names, xxh3.HashString(row[1]))
	}
}

// readNames reads the list of what a run set out to write, where that is there.
func readNames(ctx context.Context, name string) (names []uint64, there bool, err error) {
	in, err := store.Open(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, false, nil
	}
	if err != nil {
		return nil, false, err
	}
	defer in.Close() // only read
	list := bufio.NewScanner(in)
	for list.Scan() {
		names = append(names, xxh3.Hash(list.Bytes()))
	}
	return names, true, cmp.Or(ctx.Err(), list.Err())
}

// writeNames writes it.
func (p *plan) writeNames(ctx context.Context, _ []Part) error {
	out, err := outdir.Create(ctx, p.options.Folder.File(namesFile))
	if err != nil {
		return err
	}
	defer out.Abort()
	list := bufio.NewWriter(out)
	if err := p.eachName(ctx, func(name string) {
		list.WriteString(name)
		list.WriteByte('\n') // an error stays, for Flush
	}); err != nil {
		return err
	}
	if err := list.Flush(); err != nil {
		return err
	}
	_, _, err = out.Commit()
	return err
}

// planned returns the hashes of the names of all images of the plan.
func (p *plan) planned(ctx context.Context) (names []uint64, err error) {
	err = p.eachName(ctx, func(name string) { names = append(names, xxh3.HashString(name)) })
	return names, err
}

// eachName takes the names of all images of the plan.
func (p *plan) eachName(ctx context.Context, take func(name string)) error {
	n := namer{extension: schemas.DecodedExtension(p.options.Parameters.Format), shared: p.shared}
	switch q := p.options.Parameters; q.Mode {
	case schemas.DecodeSample:
		for i := range q.Samples {
			take(n.file(drawID(i, q.Samples)))
		}
		return nil
	case schemas.DecodeBetween, schemas.DecodeTraverse:
		for i := range q.Steps {
			take(n.file(stepID(q.Mode, i)))
		}
		return nil
	}
	return eachFile(ctx, p.config.latents(), p.latents, func(ctx context.Context, _ int, name string) (found []string, err error) {
		for b, err := range latents.Read(ctx, name, latents.IDs) {
			if err != nil {
				return nil, err
			}
			for _, id := range b.ImageID {
				if _, ok := slices.BinarySearch(p.ids, id); ok || p.ids == nil {
					found = append(found, n.file(id))
				}
			}
		}
		return found, nil
	}, func(found []string) {
		for _, name := range found {
			take(name)
		}
	})
}
