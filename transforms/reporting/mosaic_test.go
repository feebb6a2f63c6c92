package reporting

import (
	"context"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
)

// TestMosaic: rows are the values of a column in natural order, each with the images that
// the hash of their names draws, whether or not the quality gate left them out.
func TestMosaic(t *testing.T) {
	s, err := Open(t.Context(), linear(t))
	check(t, err)
	of := map[string][]string{} // ids by value
	column := s.in.latents.Spec.Metadata[0]
	check(t, eachFile(t.Context(), s.in, func(ctx context.Context, info schemas.LatentsInfo) (_ bool, err error) {
		return true, s.in.eachBatch(ctx, info, latents.IDs|latents.Metadata, func(b *latents.Batch) error {
			for k := range b.N {
				of[b.Metadata[0][k]] = append(of[b.Metadata[0][k]], b.ImageID[k])
			}
			return nil
		})
	}, func(bool) {}))
	for _, many := range []int{0, 3} {
		g := &gatherer{inputs: s.in, gallery: newGallery(s.in)}
		c := SheetConfig{By: column, Draw: many}
		check(t, c.checkRows(s.in))
		list, rows, err := g.sheetLayout(t.Context(), c)
		check(t, err)
		if len(rows) != len(of) || len(of) < 2 {
			t.Fatalf("%d rows of %d values", len(rows), len(of))
		}
		at := 0
		for i, row := range rows {
			value := strings.TrimPrefix(row.Name, schemas.ShortColumn(column)+" ")
			if i > 0 && words.Naturally(strings.TrimPrefix(rows[i-1].Name, schemas.ShortColumn(column)+" "), value) >= 0 {
				t.Errorf("row %s stands after %s", row.Name, rows[i-1].Name)
			}
			want := slices.Sorted(slices.Values(of[value]))
			if many > 0 {
				slices.SortFunc(want, func(a, b string) int {
					if draw.Hash(s.in.Seed, a) < draw.Hash(s.in.Seed, b) {
						return -1
					}
					return 1
				})
				want = want[:min(many, len(want))]
			}
			var got []string
			for _, im := range row.Images {
				got = append(got, im.ID)
				if list[at].ImageID != im.ID {
					t.Errorf("image %d is %s, in its row %s", at, list[at].ImageID, im.ID)
				}
				at++
			}
			if !slices.Equal(got, want) {
				t.Errorf("row %s has %q, want %q", row.Name, got, want)
			}
		}
	}
	if err := (SheetConfig{By: "Metadata_none"}).checkRows(s.in); err == nil || !strings.Contains(err.Error(), column) {
		t.Errorf("a column that is not there: %v", err)
	}
}
