package reporting

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/reporting/deepzoom"
)

// checkRows reports why a contact sheet cannot have a row for each value of a column.
func (c SheetConfig) checkRows(in *inputs) error {
	if c.By == "" || c.By == schemas.ScopeLabel || slices.Contains(in.latents.Spec.Metadata, c.By) {
		return nil
	}
	return fmt.Errorf("Config.Sheet.By=%s: the latents have no such column: choose from %s", c.By,
		strings.Join(append([]string{schemas.ScopeLabel}, in.latents.Spec.Metadata...), ", "))
}

// mosaic lays out images by the values of a column, in the natural order of the values,
// those without one last: all by their names, or, of each value, as many as asked for,
// which the hash of their names draws and orders. What the quality gate left out is among
// them, what the condition left out is not.
func (g *gatherer) mosaic(ctx context.Context, c SheetConfig) ([]placed, []deepzoom.Group, error) {
	type image struct {
		placed
		value string
		hash  uint64
	}
	column := slices.Index(g.latents.Spec.Metadata, c.By)
	var list []image
	err := eachFile(ctx, g.inputs, func(ctx context.Context, info schemas.LatentsInfo) (part []image, err error) {
		cols := latents.IDs | latents.Location | latents.SHA | latents.Labels | latents.Metadata | g.whereColumns()
		err = g.eachBatch(ctx, info, cols, func(b *latents.Batch) error {
			for k := range b.N {
				if !g.inside.Inside(b, k) {
					continue
				}
				im := image{placed: placed{Place: placeOf(b, k), distance: math.NaN()}, value: b.Label[k]}
				if column >= 0 {
					im.value = b.Metadata[column][k]
				}
				if c.Draw > 0 {
					im.hash = draw.Hash(g.Seed, im.ImageID)
				}
				part = append(part, im)
			}
			return nil
		})
		return part, err
	}, func(part []image) { list = append(list, part...) })
	slices.SortFunc(list, func(a, b image) int {
		if last := a.value == ""; last != (b.value == "") {
			return map[bool]int{false: -1, true: 1}[last]
		}
		return cmp.Or(words.Naturally(a.value, b.value), strings.Compare(a.value, b.value), cmp.Compare(a.hash, b.hash), strings.Compare(a.ImageID, b.ImageID))
	})
	var images []placed
	var rows []deepzoom.Group
	for i, im := range list {
		if i == 0 || im.value != list[i-1].value {
			rows = append(rows, deepzoom.Group{Name: rowName(c.By, im.value)})
		}
		row := &rows[len(rows)-1]
		if c.Draw == 0 || len(row.Images) < c.Draw {
			row.Images = append(row.Images, deepzoom.Image{ID: im.ImageID, Distance: im.distance})
			images = append(images, im.placed)
		}
	}
	return images, rows, err
}

// rowName names a row of a contact sheet.
func rowName(column, value string) string {
	name := schemas.ShortColumn(column)
	if value == "" {
		return "without " + name
	}
	return name + " " + value
}

// sheetLayout finds the images of a contact sheet and lays them out in groups.
func (g *gatherer) sheetLayout(ctx context.Context, c SheetConfig) (list []placed, groups []deepzoom.Group, err error) {
	if c.By != "" {
		return g.mosaic(ctx, c)
	}
	if g.groups, err = newGrouping(g.inputs); err != nil {
		return nil, nil, err
	}
	scope := g.dividing()
	names, err := scope.named(g.groups, c.Groups)
	if err != nil {
		return nil, nil, err
	}
	list, err = g.place(ctx, scope, len(c.Groups) > 0, names)
	return list, g.sheetGroups(list), err
}

// mosaicTitle says what a mosaic shows.
func (c SheetConfig) mosaicTitle(images int) string {
	by := schemas.ShortColumn(c.By)
	if c.Draw > 0 {
		return fmt.Sprintf("%s by %s, %s of each at random", words.Plural(images, "image", "images"), by, words.Count(c.Draw))
	}
	return fmt.Sprintf("%s by %s", words.Plural(images, "image", "images"), by)
}
