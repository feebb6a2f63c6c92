package selecting

import (
	"context"
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/store"
)

// readLabels has files give the labels of Config.Labels, and counts which of the images have
// a row there. At least one must.
func (c Config) readLabels(ctx context.Context, o *Options, files []rows.File) error {
	if c.Labels == "" {
		return nil
	}
	t, err := labels.Read(ctx, c.Labels)
	if err != nil {
		return fmt.Errorf("Config.Labels: %w", err)
	}
	o.Labels = labels.File{Path: c.Labels, SHA256: t.SHA256}
	o.Parameters.Labels = t.SHA256
	for i := range files {
		files[i].Labels = o.Labels
	}
	named, first := map[string]bool{}, ""
	if err := eachImage(ctx, files, latents.IDs, func(b *latents.Batch, i int) {
		id := b.ImageID[i]
		if t.Names(id) {
			named[strings.Clone(id)] = true
		} else if first == "" {
			first = strings.Clone(id)
		}
	}); err != nil {
		return err
	}
	if len(named) == 0 {
		return fmt.Errorf("Config.Labels=%s has no row for any of the images: its %s must hold the ids of the column %s in %s; its first row names %q, an image there is %q",
			c.Labels, t.Key, schemas.ColImageID, c.Input, t.First, first)
	}
	o.Labeled = &schemas.GivenLabels{Rows: int64(t.Len()), Images: int64(len(named))}
	o.Labeled.Empty = t.Empty(named)
	strays := 0
	strays, o.Labeled.Stray = t.Strays(named)
	o.Labeled.Strays = int64(strays)
	return nil
}

// hasLabels reports whether the output holds a copy of the table of labels already.
func (o *Options) hasLabels(ctx context.Context) (bool, error) {
	if o.Labels.Path == "" {
		return false, nil
	}
	name := store.Join(o.Output, schemas.LabelsCSV)
	if there, err := store.Exists(ctx, name); err != nil || !there {
		return false, err
	}
	sum, err := store.FileSHA256(ctx, name)
	return sum == o.Labels.SHA256, err
}

// writeLabels copies the table of labels to the output, for whoever reads the selection
// without it.
func (o *Options) writeLabels(ctx context.Context) (info schemas.FileInfo, err error) {
	name := store.Join(o.Output, schemas.LabelsCSV)
	info = schemas.FileInfo{File: schemas.LabelsCSV, SHA256: o.Labels.SHA256}
	if there, err := o.hasLabels(ctx); err != nil {
		return info, err
	} else if there {
		of, err := store.Stat(ctx, name)
		info.Bytes = of.Size
		return info, err
	}
	in, err := store.OpenSummed(ctx, o.Labels.Path)
	if err != nil {
		return info, err
	}
	defer in.Close() // only read
	out, err := store.Create(ctx, name)
	if err != nil {
		return info, err
	}
	defer out.Abort()
	if info.Bytes, err = io.Copy(out, in); err != nil {
		return info, err
	}
	sum, err := in.Sum()
	if err == nil && sum != o.Labels.SHA256 {
		err = fmt.Errorf("%s changed while it was used: run the same command again", o.Labels.Path)
	}
	if err != nil {
		return info, err
	}
	return info, out.Commit()
}
