package verifying

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/store"
)

// readLabels reads the table of labels of the selection, whose labels count from here on
// instead of those of the latents, and counts the images that it names.
func (s *selection) readLabels(ctx context.Context, r *Report) (ok bool, err error) {
	m := s.m
	if (m.Labels != nil) != (m.Parameters.Labels != "") {
		r.problemf(schemas.SelectionFile, "labels of a table are counted: %v, the table is of sha256 %q", m.Labels != nil, m.Parameters.Labels)
		return false, nil
	}
	if m.Labels == nil {
		return true, nil
	}
	t, err := labels.Read(ctx, store.Join(s.dir, schemas.LabelsCSV))
	if err != nil {
		r.problemf(schemas.LabelsCSV, "%v", err)
		return false, nil
	}
	if t.SHA256 != m.Parameters.Labels {
		r.problemf(schemas.LabelsCSV, "has sha256 %s, parameters say %s", t.SHA256, m.Parameters.Labels)
		return false, nil
	}
	named := map[string]bool{}
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (ids []string, err error) {
		return ids, s.eachEncoded(ctx, info, latents.IDs, func(b *latents.Batch) {
			for _, id := range b.ImageID {
				if t.Names(id) {
					ids = append(ids, id)
				}
			}
		})
	}, func(ids []string) {
		for _, id := range ids {
			named[id] = true
		}
	})
	if err != nil || !ok {
		return false, err
	}
	is := schemas.GivenLabels{Rows: int64(t.Len()), Images: int64(len(named)), Empty: t.Empty(named)}
	strays, first := t.Strays(named)
	is.Strays, is.Stray = int64(strays), first
	if *m.Labels != is {
		r.problemf(schemas.SelectionFile, "labels are %+v, table and latents give %+v", *m.Labels, is)
	}
	s.labels = t
	r.checkedf("%s: the labels of this selection", schemas.LabelsCSV)
	return true, nil
}
