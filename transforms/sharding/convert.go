package sharding

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"exemplar/schemas"
	"exemplar/transforms/data/aligning"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// source is one image on its way into a shard: its entry, and its pixels, or
// why there are none, where they come out of a file that holds many.
type source struct {
	entry  schemas.ListEntry
	pixels *images.Image
	fault  error
}

// outcome is the encoded record of an image, or the reason why it has none.
type outcome struct {
	name   string // of the image of record
	record []byte
	reject *schemas.ErrorRow
	cut    int64 // 1 where the turn cut the object
	told
}

// converter turns sources into records.
type converter struct {
	root     string
	fit      images.Fit
	images   images.Options
	metadata []string // columns of the list
	align    string
	full     int // samples above it are counted; 0: none are
}

// fileLimit is the size above which a file is not read.
func (c *converter) fileLimit() int64 {
	if c.fit.Channels.Given {
		return c.images.FileLimit(0)
	}
	return c.images.FileLimit(c.fit.Shape.Channels)
}

// convert reads, decodes and fits one image. Whatever is wrong with an image is a
// row of errors.jsonl; an error says that the store failed, and nothing about the image.
func (c *converter) convert(ctx context.Context, s source) (outcome, error) {
	if s.fault != nil {
		return unread(s.entry.Name, s.fault)
	}
	var data [][]byte
	if s.pixels == nil {
		var err error
		if data, err = c.readAll(ctx, s.entry); err != nil {
			return unread(s.entry.Name, err)
		}
	}
	var out outcome
	parallel.Compute(func() { out = c.encode(s, data) })
	return out, nil
}

func (c *converter) encode(s source, data [][]byte) outcome {
	var im images.Image
	var err error
	if s.pixels != nil {
		im = *s.pixels
	} else if im, err = c.decode(s.entry, data); err != nil {
		return rejected(s.entry.Name, err)
	}
	if im, err = c.fit.Channels.Apply(im); err != nil { // the largest sample is one of these
		return rejected(s.entry.Name, err)
	}
	made, turn, err := aligning.Maker{Fit: c.fit, Align: c.align}.Apply(im)
	if err != nil {
		return rejected(s.entry.Name, err)
	}
	image := records.Image{
		Filename: s.entry.Name, Pixels: made.Pixels,
		Height: made.Height, Width: made.Width, Channels: made.Channels, Bits: made.Bits,
		Label: s.entry.Label, HasLabel: s.entry.Label != "", Columns: c.metadata, Metadata: s.entry.Metadata,
	}
	out := outcome{name: s.entry.Name, told: c.tell(im)}
	if turned(&image, turn) {
		out.cut = 1
	}
	out.record = records.Append(nil, &image)
	return out
}

// read returns the bytes of a listed file, which must be what was listed; what begins what is said of it.
func (c *converter) read(ctx context.Context, what, name string, size int64) ([]byte, error) {
	if limit := c.fileLimit(); size > limit {
		return nil, &images.RejectError{Stage: schemas.StageRead, Reason: schemas.ReasonTooLarge,
			Detail: fmt.Sprintf("%s has %d bytes, an image of --max_pixels=%d has at most %d", what, size, c.images.MaxPixels, limit)}
	}
	data, err := store.ReadFileLimit(ctx, name, c.fileLimit())
	if err != nil {
		return nil, err
	}
	if int64(len(data)) != size {
		return nil, &images.RejectError{Stage: schemas.StageRead, Reason: schemas.ReasonUnreadable,
			Detail: fmt.Sprintf("%s had %d bytes when it was listed and has %d now: run again when nothing writes to it", what, size, len(data))}
	}
	return data, nil
}

// unread makes the outcome for an image that could not be read. What fails for
// every image alike (a store after all that is asked again, its credentials, the
// limit on open files) is an error of the shard: the image would be missing from a
// run that calls itself complete.
func unread(name string, err error) (outcome, error) {
	if !store.OfFile(err) {
		return outcome{}, err
	}
	return rejected(name, err), nil
}

// rejected makes the row of errors.jsonl for an image.
func rejected(name string, err error) outcome {
	row := schemas.ErrorRow{Name: name, Stage: schemas.StageRead, Reason: schemas.ReasonUnreadable, Detail: err.Error()}
	var reject *images.RejectError
	switch {
	case errors.As(err, &reject):
		row.Stage, row.Reason, row.Detail = reject.Stage, reject.Reason, reject.Detail
	case errors.Is(err, fs.ErrPermission):
		row.Detail = "permission denied: make the file readable and run again"
	case errors.Is(err, fs.ErrNotExist):
		row.Detail = "the file was listed and is gone now: run again when nothing changes the folder"
	}
	return outcome{reject: &row}
}
