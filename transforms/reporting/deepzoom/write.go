package deepzoom

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"image"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas/caught"
	"exemplar/schemas/visible"
	"exemplar/transforms/reporting/shown"
	"exemplar/transforms/store"
)

// Files of a sheet.
const (
	PageFile    = "deepzoom.html"
	DZIFile     = "sheet.dzi"
	TilesDir    = "sheet_files"
	IndexDir    = "sheet_index"
	ViewerFile  = "openseadragon.min.js"
	LicenseFile = "openseadragon.LICENSE.txt"
)

var (
	//go:embed vendor_openseadragon/openseadragon.min.js
	viewer []byte
	//go:embed vendor_openseadragon/LICENSE.txt
	license []byte
	//go:embed page.html
	pageText string

	pageTemplate = template.Must(template.New("page").Parse(pageText))
)

// chunk is the number of images in one file of the index.
const chunk = 4096

// Write writes all files into a folder. Every image must have been given by Put.
func (s *Sheet) Write(ctx context.Context, dir string) error {
	for i := range s.there {
		if !s.there[i].Load() {
			_, im := s.image(i)
			return fmt.Errorf("the contact sheet has no pixels of image %q", im.ID)
		}
	}
	if err := Remove(ctx, dir); err != nil {
		return err
	}
	if err := s.writeTiles(ctx, dir); err != nil {
		return err
	}
	if err := s.writeIndex(ctx, dir); err != nil {
		return err
	}
	if err := store.SyncAll(dir); err != nil {
		return err
	}
	width, height := s.Size()
	dzi := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="png" Overlap="%d" TileSize="%d"><Size Width="%d" Height="%d"/></Image>
`, overlap, tileSize, width, height)
	page, err := s.page()
	if err != nil {
		return err
	}
	for _, f := range []struct {
		name string
		data []byte
	}{{DZIFile, []byte(dzi)}, {ViewerFile, viewer}, {LicenseFile, license}, {PageFile, page}} {
		name := store.Join(dir, f.name)
		if err := store.WriteFile(ctx, name, f.data); err != nil {
			return err
		}
		s.wrote(name, f.data)
	}
	return nil
}

// wrote tells of a file.
func (s *Sheet) wrote(name string, data []byte) {
	if s.c.Wrote != nil {
		s.c.Wrote(name, data)
	}
}

// ours are the names of files that a sheet has in its folders.
var ours = map[string]*regexp.Regexp{
	TilesDir: regexp.MustCompile(`/[0-9]+/[0-9]+_[0-9]+\.png$`),
	IndexDir: regexp.MustCompile(`/[0-9]+\.js$`),
}

// Owns reports whether a file, named relative to the folder of a sheet, is one that a
// sheet has.
func Owns(name string) bool {
	switch name {
	case PageFile, DZIFile, ViewerFile, LicenseFile:
		return true
	}
	sub, rest, _ := strings.Cut(name, "/")
	names := ours[sub]
	return names != nil && names.MatchString("/"+rest)
}

// Remove removes the sheet in a folder, its page first, and nothing else.
func Remove(ctx context.Context, dir string) error {
	remove := func(name string) error {
		if err := store.Remove(ctx, name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
		return nil
	}
	for _, name := range []string{PageFile, DZIFile} {
		if err := remove(store.Join(dir, name)); err != nil {
			return err
		}
	}
	for sub, names := range ours {
		for obj, err := range store.ListThere(ctx, store.Join(dir, sub), true) {
			if err != nil && obj.Name == "" {
				return err
			}
			if !names.MatchString(obj.Name) {
				continue
			}
			if err := remove(obj.Name); err != nil {
				return err
			}
		}
	}
	return nil
}

// writeTiles writes the pyramid, line after line.
func (s *Sheet) writeTiles(ctx context.Context, dir string) error {
	group, ctx := caught.NewTasks(ctx, 2*runtime.GOMAXPROCS(0)) // tiles in memory
	width, height := s.Size()
	top := newPyramid(width, height, s.samples(), func(level, column, row int, im image.Image) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		group.Go(func() error {
			data, err := encode(im)
			if err != nil {
				return err
			}
			if err := s.writeTile(ctx, store.Join(dir, TilesDir, fmt.Sprint(level), fmt.Sprintf("%d_%d.png", column, row)), data); err != nil {
				return err
			}
			if s.c.Tiles != nil {
				s.c.Tiles(1)
			}
			return nil
		})
		return nil
	})
	err := s.lines(top.add)
	if werr := group.Wait(); werr != nil {
		return werr // the reason why lines ended
	}
	return err
}

// writeTile writes a file. Local ones do not wait for the disk one by one, as others
// do, for there are many: Write waits for all of them before it writes the page, which
// says that they are there.
func (s *Sheet) writeTile(ctx context.Context, name string, data []byte) error {
	s.wrote(name, data)
	if store.IsRemote(name) {
		return store.WriteFile(ctx, name, data)
	}
	if err := store.MakeFolder(filepath.Dir(name)); err != nil {
		return err
	}
	return os.WriteFile(name, data, 0o666)
}

// lines calls add for the lines of the largest level.
func (s *Sheet) lines(add func([]byte) error) error {
	channels := s.samples()
	width, _ := s.Size()
	row := s.cellW * channels // of a cell
	cells := make([]byte, s.grid.columns*s.cellBytes())
	for r := range s.grid.rows {
		lines := make([]byte, s.cellH*width*channels)
		for i := range lines {
			lines[i] = background
		}
		from, n := s.span(r)
		if _, err := s.scratch.ReadAt(cells[:n*s.cellBytes()], int64(from)*int64(s.cellBytes())); err != nil {
			return fmt.Errorf("reading the cells of a contact sheet: %w", err)
		}
		next := 0
		for c := range s.grid.columns {
			if _, ok := s.at(r*s.grid.columns + c); !ok {
				continue
			}
			cell := cells[next*s.cellBytes():]
			for y := range s.cellH {
				copy(lines[y*width*channels+c*row:][:row], cell[y*row:])
			}
			next++
		}
		for y := range s.cellH {
			if err := add(lines[y*width*channels : (y+1)*width*channels : (y+1)*width*channels]); err != nil {
				return err
			}
		}
	}
	return nil
}

// span returns the first image of a row of cells, and how many there are. They
// follow one another, for only the positions behind a group are empty.
func (s *Sheet) span(row int) (from, n int) {
	from = -1
	for c := range s.grid.columns {
		if i, ok := s.at(row*s.grid.columns + c); ok {
			if from < 0 {
				from = i
			}
			n++
		}
	}
	return from, n
}

// writeIndex writes ids and distances in scripts, which a page from disk may load
// where it may not read files.
func (s *Sheet) writeIndex(ctx context.Context, dir string) error {
	for from := 0; from < s.Len(); from += chunk {
		type entry [2]any
		var entries []entry
		for i := from; i < min(s.Len(), from+chunk); i++ {
			_, im := s.image(i)
			var distance any
			if !math.IsNaN(im.Distance) {
				distance = im.Distance
			}
			entries = append(entries, entry{im.ID, distance})
		}
		data, err := json.Marshal(entries)
		if err != nil {
			return err
		}
		script := fmt.Sprintf("sheetIndex(%d,%s);\n", from/chunk, data)
		if err := s.writeTile(ctx, store.Join(dir, IndexDir, fmt.Sprintf("%d.js", from/chunk)), []byte(script)); err != nil {
			return err
		}
	}
	return nil
}

// page returns the page.
func (s *Sheet) page() ([]byte, error) {
	width, height := s.Size()
	type group struct {
		Name  string `json:"name"`
		Start int    `json:"start"` // position
		First int    `json:"first"` // image
		Count int    `json:"count"`
	}
	sheet := struct {
		Width    int     `json:"width"`
		Height   int     `json:"height"`
		TileSize int     `json:"tile_size"`
		Overlap  int     `json:"overlap"`
		Tiles    string  `json:"tiles"`
		Index    string  `json:"index"`
		Chunk    int     `json:"chunk"`
		Columns  int     `json:"columns"`
		CellW    int     `json:"cell_width"`
		CellH    int     `json:"cell_height"`
		Groups   []group `json:"groups"`
	}{width, height, tileSize, overlap, TilesDir + "/", IndexDir + "/", chunk, s.grid.columns, s.cellW, s.cellH, nil}
	for g := range s.groups {
		sheet.Groups = append(sheet.Groups, group{s.groups[g].Name, s.grid.starts[g], s.first[g], len(s.groups[g].Images)})
	}
	var b strings.Builder
	err := pageTemplate.Execute(&b, map[string]any{
		"Policy": template.HTML(policyMark), "Title": visible.Text(s.c.Title), "Shown": s.script(), "Sheet": sheet, "Viewer": ViewerFile, "Images": s.Len(), "Scale": s.scaleWords(), "Background": background,
	})
	return withPolicy(b.String()), err
}

// script returns the script that shows names as escapes, where one needs it.
func (s *Sheet) script() template.JS {
	needed := slices.ContainsFunc(s.groups, func(g Group) bool {
		return strings.ContainsFunc(g.Name, visible.Unseen) ||
			slices.ContainsFunc(g.Images, func(i Image) bool { return strings.ContainsFunc(i.ID, visible.Unseen) })
	})
	if !needed {
		return ""
	}
	return template.JS(shown.Script())
}

// scaleWords says what a pixel is.
func (s *Sheet) scaleWords() string {
	words := "Every pixel of an image is one pixel of the sheet"
	if n := s.reduction; n > 1 {
		words = fmt.Sprintf("Every pixel of the sheet is the mean of %d x %d pixels of an image", n, n)
	}
	v := &s.c.View
	if len(v.Channels) > 0 {
		number := func(v float64) string { return strconv.FormatFloat(v, 'g', -1, 64) }
		return fmt.Sprintf("%s; channels are added, each from black to its color: %s, the same for all images.", words, visible.Text(v.Words(number)))
	}
	return fmt.Sprintf("%s; brightness from %g (black) to %g (white), the same for all images.", words, v.Low, v.High)
}
