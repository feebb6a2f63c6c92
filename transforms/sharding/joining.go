package sharding

import (
	"context"
	"errors"
	"slices"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/store"
)

// readAll returns the bytes of the file of an image, or of each of its files, which are read at once.
func (c *converter) readAll(ctx context.Context, e schemas.ListEntry) ([][]byte, error) {
	if len(e.Parts) == 0 {
		data, err := c.read(ctx, "the file", listing.Source(c.root, e), e.Size)
		return [][]byte{data}, err
	}
	all := make([][]byte, 0, len(e.Parts))
	for data, err := range parallel.Each(ctx, len(e.Parts), len(e.Parts), func(ctx context.Context, i int) ([]byte, error) {
		p := e.Parts[i]
		data, err := c.read(ctx, p.File, listing.PartSource(c.root, p), p.Size)
		if err != nil && !errors.As(err, new(*images.RejectError)) && store.OfFile(err) {
			row := rejected("", err).reject // which does not say of which file
			err = &images.RejectError{Stage: row.Stage, Reason: row.Reason, Detail: p.File + ": " + row.Detail}
		}
		return data, err
	}) {
		if err != nil {
			return nil, err
		}
		all = append(all, data)
	}
	return all, nil
}

// decode makes an image of the bytes of its files.
func (c *converter) decode(e schemas.ListEntry, data [][]byte) (images.Image, error) {
	if len(e.Parts) == 0 {
		return images.Decode(e.Name, data[0], c.images)
	}
	parts, names := make([]images.Image, len(data)), make([]string, len(data))
	for i, p := range e.Parts {
		var err error
		if parts[i], err = images.Decode(p.File, data[i], c.images); err != nil {
			if reject, ok := errors.AsType[*images.RejectError](err); ok {
				err = &images.RejectError{Stage: reject.Stage, Reason: reject.Reason, Detail: p.File + ": " + reject.Detail}
			}
			return images.Image{}, err
		}
		names[i], data[i] = p.File, nil
	}
	return images.Join(parts, c.names(e.Parts), names)
}

// names returns the channels of parts: what is only a number is no name unless it was given as one.
func (c *converter) names(parts []schemas.ListPart) []schemas.Channel {
	var given []string
	if c.fit.Channels.Given {
		given = schemas.NamesOf(c.fit.Channels.Of)
	}
	channels := make([]schemas.Channel, len(parts))
	for i, p := range parts {
		if !listing.IsNumber(p.Channel) || slices.Contains(given, p.Channel) {
			channels[i].Name = p.Channel
		}
	}
	return channels
}
