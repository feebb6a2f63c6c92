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
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/reporting/deepzoom"
	"exemplar/transforms/reporting/figure"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
)

// SheetConfig is what a user chooses for the contact sheet.
type SheetConfig struct {
	Groups []string // ids or schemas.GroupName, of the first scope that divides the images; none: the whole collection
	Side   int      // pixels of the longer side of an image at most, 1 to 4096; 0: deepzoom.DefaultSide

	By   string `json:",omitempty"` // label or a column of metadata: rows for each of its values, instead of groups
	Draw int    `json:",omitempty"` // number of images of each value, drawn at random; 0: all
}

// placed is an image of the sheet.
type placed struct {
	records.Place
	group    int // of the selection; behind them one for each reason of exclusion, one for no group, and one outside the condition
	distance float64
}

// Sheet writes a contact sheet of all images, or of some groups, into a folder:
// group by group, those nearest to the group's center first, and at the end what the
// quality gate and the condition left out. It keeps the names and places of the images in memory, and
// returns how many there are: 0 without shards.
func (s *Sources) Sheet(ctx context.Context, dir string, c SheetConfig) (images int, err error) {
	in := s.in
	if in.shardsDir == "" {
		return 0, nil
	}
	g := &gatherer{inputs: in, gallery: newGallery(in)}
	if err := g.measure(ctx); err != nil {
		return 0, err
	}
	list, groups, err := g.sheetLayout(ctx, c)
	if err != nil {
		return 0, err
	}
	if len(list) == 0 {
		return 0, nil
	}
	sheet, err := deepzoom.New(deepzoom.Config{Title: g.sheetTitle(c, len(list)), Shape: in.shards.Image, Side: c.Side, Columns: c.Draw, Apart: c.By != "",
		View: g.gallery.view, Wrote: in.Wrote}, groups)
	if err != nil {
		return 0, err
	}
	defer sheet.Close()
	places := make([]records.Place, len(list))
	for i := range list {
		places[i] = list[i].Place
	}
	meter := progress.Start(picturesStep, int64(len(places)), "images of the contact sheet")
	defer meter.Stop()
	err = records.Fetch(ctx, in.shardsDir, places, func(_ context.Context, i int, im *records.Image) error {
		progress.Add(picturesStep, 1)
		return sheet.Put(i, im.Pixels)
	})
	if err != nil {
		return 0, err
	}
	return len(list), sheet.Write(ctx, dir)
}

// Check returns what would stop the figure of some sets, or a sheet, or pictures, once
// others have been made: files that are missing, and names that mean nothing here.
func (s *Sources) Check(ctx context.Context, f *FigureConfig, sheet *SheetConfig) error {
	in := s.in
	if err := outdir.LatentsThere(ctx, in.latentsDir, &in.latents); err != nil {
		return err
	}
	if in.shardsDir == "" {
		return nil
	}
	if err := outdir.ShardsThere(ctx, in.shardsDir); err != nil {
		return err
	}
	if f != nil && len(in.picks) > 0 {
		if _, err := figure.New(figure.Config{Selection: &in.selection, Picks: in.picks, Shape: in.shards.Image, Sets: f.Sets, Width: f.Width,
			PixelsPerMicron: in.pixelsPerMicron(f.PixelsPerMicron), PerGroup: f.PerGroup, View: in.view}); err != nil {
			return err
		}
	}
	if sheet == nil {
		return nil
	}
	if err := sheet.checkRows(in); err != nil {
		return err
	}
	g := &gatherer{inputs: in, gallery: newGallery(in)}
	var err error
	if g.groups, err = newGrouping(in); err == nil {
		_, err = g.dividing().named(g.groups, sheet.Groups)
	}
	return err
}

// sheetTitle says how many images the sheet shows.
func (g *gatherer) sheetTitle(c SheetConfig, images int) string {
	switch all := int(g.selection.Rows); {
	case g.Title != "":
		return g.Title
	case c.By != "":
		return c.mosaicTitle(images)
	case images == all:
		return "All " + words.Plural(images, "image", "images")
	default:
		return fmt.Sprintf("%s of %s", words.Count(images), words.Plural(all, "image", "images"))
	}
}

// measure chooses the brightness that all pictures have.
func (g *gatherer) measure(ctx context.Context) error {
	for i := range g.picks {
		g.gallery.ask(records.PlaceOf(&g.picks[i]), true)
	}
	return g.gallery.count(ctx)
}

// dividing returns the scope that divides the sheet: clusters, or the first one.
func (g *gatherer) dividing() *scope {
	at := slices.IndexFunc(g.groups.scopes, func(s scope) bool { return s.name == schemas.ScopeCluster })
	return &g.groups.scopes[max(at, 0)]
}

// named returns the numbers of groups by their names, 00 or c00: of all where none is named.
func (s *scope) named(g *grouping, names []string) (map[int]bool, error) {
	wanted := map[int]bool{}
	for _, name := range names {
		at, known := s.groups[name]
		for id, group := range s.groups {
			if !known && schemas.GroupName(s.name, id) == name {
				at, known = group, true
				break
			}
		}
		if !known {
			return nil, fmt.Errorf("Config.Groups=%s: scope %s has no group %q", strings.Join(names, ","), s.name, name)
		}
		wanted[at] = true
	}
	if len(names) == 0 {
		for _, at := range s.groups {
			wanted[at] = true
		}
	}
	return wanted, nil
}

// place finds the images of the sheet and their order. With only, it leaves out
// what is in none of the wanted groups.
func (g *gatherer) place(ctx context.Context, of *scope, only bool, wanted map[int]bool) ([]placed, error) {
	excluded, behind := map[string]bool{}, map[string]int{} // the number of a reason's group
	for i, r := range gateReasons {
		behind[r.reason] = len(g.groups.groups) + i
	}
	reasons := map[string]string{}
	for _, e := range g.selection.Exclusions {
		excluded[e.ImageID], reasons[e.ImageID] = true, e.Reason
	}
	space, err := g.findSpace(ctx, excluded)
	if err != nil {
		return nil, err
	}
	scopeAt := slices.IndexFunc(g.groups.scopes, func(s scope) bool { return s.name == of.name })
	var list []placed
	err = eachFile(ctx, g.inputs, func(ctx context.Context, info schemas.LatentsInfo) (part []placed, err error) {
		cols := latents.IDs | latents.Embedding | latents.Location | latents.SHA | latents.Labels | latents.Metadata | g.whereColumns()
		err = g.eachBatch(ctx, info, cols, func(b *latents.Batch) error {
			x := mapped(space.Map(), b.Embedding)
			all, _ := g.groups.assign(b, x)
			groups := all[scopeAt]
			for k := range b.N {
				outside := !g.inside.Inside(b, k)
				p := placed{Place: placeOf(b, k), group: int(groups[k]), distance: math.NaN()}
				switch {
				case only && (outside || excluded[p.ImageID] || !wanted[p.group]):
					continue
				case outside:
					p.group = len(g.groups.groups) + len(gateReasons) + 1
				case excluded[p.ImageID]:
					p.group = behind[reasons[p.ImageID]]
				case p.group >= 0:
					v := x[k*len(x)/b.N : (k+1)*len(x)/b.N]
					q := g.groups.p
					p.distance = g.groups.groups[p.group].distance(q.Centers[0], q.Metrics[0], v, kmeans.Norm(v))
				default:
					p.group = len(g.groups.groups) + len(gateReasons) // in no group
				}
				part = append(part, p)
			}
			return nil
		})
		return part, err
	}, func(part []placed) { list = append(list, part...) })
	slices.SortFunc(list, func(a, b placed) int {
		return cmp.Or(cmp.Compare(a.group, b.group), cmp.Compare(a.distance, b.distance), strings.Compare(a.ImageID, b.ImageID))
	})
	return list, err
}

// sheetGroups lays the images out by group.
func (g *gatherer) sheetGroups(list []placed) []deepzoom.Group {
	var groups []deepzoom.Group
	for i, p := range list {
		if i == 0 || p.group != list[i-1].group {
			groups = append(groups, deepzoom.Group{Name: g.sheetName(p.group)})
		}
		last := &groups[len(groups)-1]
		last.Images = append(last.Images, deepzoom.Image{ID: p.ImageID, Distance: p.distance})
	}
	return groups
}

// sheetName names a group of the sheet.
func (g *gatherer) sheetName(n int) string {
	switch n -= len(g.groups.groups); {
	case n < 0:
		group := &g.groups.groups[n+len(g.groups.groups)]
		if group.scope == schemas.ScopeGlobal {
			return "all images"
		}
		return schemas.ShortColumn(group.scope) + " " + group.id
	case n < len(gateReasons):
		return "left out by the quality gate: " + gateReasons[n].reason
	case n > len(gateReasons):
		return "outside the condition: " + g.selection.Parameters.Where.String()
	}
	return "in no group"
}
