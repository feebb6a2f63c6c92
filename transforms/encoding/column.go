package encoding

import (
	"context"
	"fmt"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// settle decides whether the files have the column object_fraction, and computes the
// fingerprints. Where files of an earlier version, which lack it, stay, the others are
// made without it, too: all files of a folder have the same columns.
func (p *plan) settle(ctx context.Context, resume, again bool) error {
	if err := p.setColumns(false); err != nil {
		return err
	}
	if !again {
		stay, err := p.earlierStay(ctx, resume)
		if stay || err != nil {
			return err
		}
	}
	return p.setColumns(true)
}

// setColumns computes the fingerprints of files with the column or without it.
func (p *plan) setColumns(object bool) error {
	p.options.ObjectFraction, p.spec.ObjectFraction = object, object
	return p.setFingerprints()
}

// earlierStay reports whether the output holds a file of this plan, without the column:
// by the manifest or, with resume, by the part of some shard.
func (p *plan) earlierStay(ctx context.Context, resume bool) (bool, error) {
	folder := p.options.Folder
	m, ok, err := outdir.ReadManifest[schemas.LatentsManifest](ctx, folder.File(schemas.LatentsFile))
	if err != nil || ok && m.Fingerprint == p.fingerprint {
		return ok, err
	}
	if !resume {
		return false, nil
	}
	if begun, err := anyFile(ctx, store.Join(folder.Dir, schemas.StateDir)); !begun || err != nil {
		return false, err
	}
	for stays, err := range parallel.Map(ctx, seq.Up(len(p.specs)), partsAtOnce, p.isEarlier) {
		if stays || err != nil {
			return stays, err
		}
	}
	return false, nil
}

// partsAtOnce is the number of parts that are read at the same time.
const partsAtOnce = 16

// isEarlier reports whether the file of a shard was made, without the column.
func (p *plan) isEarlier(ctx context.Context, i int) (bool, error) {
	part, ok, err := outdir.ReadManifest[schemas.LatentsPart](ctx, p.options.Folder.Part(p.specs[i].Shard))
	if !ok || err != nil {
		return false, err
	}
	return p.ready(p.specs[i], part)
}

// anyFile reports whether a folder holds a file.
func anyFile(ctx context.Context, dir string) (bool, error) {
	for _, err := range store.ListThere(ctx, dir, true) {
		return err == nil, err
	}
	return false, nil
}

// columnNote says that the column is missing, of a run that encodes something.
func (p *plan) columnNote() []string {
	if p.spec.ObjectFraction {
		return nil
	}
	return []string{fmt.Sprintf("the files of an earlier version stay, which lack the column %s, and so do those that are made now; Config.Overwrite makes all with it", schemas.ColObject)}
}
