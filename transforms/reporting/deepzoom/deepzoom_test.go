package deepzoom

import (
	"bytes"
	"context"
	"encoding/json"
	"encoding/xml"
	"fmt"
	"image"
	"image/png"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/composite"
)

// groupsOf returns groups of so many images.
func groupsOf(sizes ...int) (groups []Group) {
	for g, n := range sizes {
		group := Group{Name: fmt.Sprintf("Cluster %02d", g)}
		for i := range n {
			group.Images = append(group.Images, Image{ID: fmt.Sprintf("%d/ä\"<b>'%d.tif", g, i), Distance: float64(i) / 4})
		}
		groups = append(groups, group)
	}
	return groups
}

// pixelsOf returns pixels that differ between images.
func pixelsOf(i int, s schemas.ImageShape) []byte {
	random := rand.New(rand.NewPCG(uint64(i), 5))
	data := make([]byte, s.Bytes())
	for at := range data {
		data[at] = byte(random.Uint32())
	}
	return data
}

// written writes a sheet of random images.
func written(t *testing.T, c Config, groups []Group) (*Sheet, string) {
	t.Helper()
	s, err := New(c, groups)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	for _, i := range rand.Perm(s.Len()) {
		if err := s.Put(i, pixelsOf(i, c.Shape)); err != nil {
			t.Fatal(err)
		}
	}
	dir := t.TempDir()
	if err := s.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	return s, dir
}

// assemble reads one level from its tiles, and checks that overlaps repeat their
// neighbors and that no tile is missing or too many.
func assemble(t *testing.T, dir string, level, width, height int) *image.RGBA {
	t.Helper()
	out := image.NewRGBA(image.Rect(0, 0, width, height))
	columns, rows := (width+tileSize-1)/tileSize, (height+tileSize-1)/tileSize
	folder := filepath.Join(dir, TilesDir, fmt.Sprint(level))
	if entries, err := os.ReadDir(folder); err != nil || len(entries) != columns*rows {
		t.Fatalf("level %d: %d tiles, want %d x %d: %v", level, len(entries), columns, rows, err)
	}
	for row := range rows {
		for column := range columns {
			data, err := os.ReadFile(filepath.Join(folder, fmt.Sprintf("%d_%d.png", column, row)))
			if err != nil {
				t.Fatal(err)
			}
			im, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			left, top := max(0, column*tileSize-overlap), max(0, row*tileSize-overlap)
			right, bottom := min(width, (column+1)*tileSize+overlap), min(height, (row+1)*tileSize+overlap)
			if im.Bounds() != image.Rect(0, 0, right-left, bottom-top) {
				t.Fatalf("level %d, tile %d_%d is %v, want %d x %d", level, column, row, im.Bounds(), right-left, bottom-top)
			}
			for y := top; y < bottom; y++ {
				for x := left; x < right; x++ {
					was := out.RGBAAt(x, y)
					out.Set(x, y, im.At(x-left, y-top))
					if was.A != 0 && was != out.RGBAAt(x, y) {
						t.Fatalf("level %d: tiles disagree at %d,%d", level, x, y)
					}
				}
			}
		}
	}
	return out
}

var cases = []struct {
	shape schemas.ImageShape
	side  int
	sizes []int
}{
	{schemas.ImageShape{Height: 28, Width: 28, Channels: 1, Bits: 8}, 64, []int{30, 7, 1, 200}},
	{schemas.ImageShape{Height: 50, Width: 90, Channels: 1, Bits: 16}, 20, []int{41, 3}},
	{schemas.ImageShape{Height: 64, Width: 31, Channels: 3, Bits: 8}, 64, []int{9, 0, 5}},
	{schemas.ImageShape{Height: 254, Width: 254, Channels: 1, Bits: 8}, 254, []int{4}},
	{schemas.ImageShape{Height: 255, Width: 255, Channels: 1, Bits: 8}, 255, []int{1}},
	{schemas.ImageShape{Height: 1, Width: 1, Channels: 1, Bits: 8}, 64, []int{1}},
	{schemas.ImageShape{Height: 5, Width: 5, Channels: 3, Bits: 16}, 64, []int{1, 1, 1, 1, 1, 1, 1, 1, 90}},
}

// TestEveryPixel compares the largest level with the images, and every other one
// with the averages of the one above.
func TestEveryPixel(t *testing.T) {
	for _, c := range cases {
		s, dir := written(t, Config{Shape: c.shape, Side: c.side}, groupsOf(c.sizes...))
		width, height := s.Size()
		top := 0
		for 1<<top < max(width, height) {
			top++
		}
		above := assemble(t, dir, top, width, height)
		seen := 0
		for position := range s.grid.columns * s.grid.rows {
			corner := image.Pt(position%s.grid.columns*s.cellW, position/s.grid.columns*s.cellH)
			i, ok := s.at(position)
			if ok {
				seen++
			}
			checkCell(t, s, above, corner, i, ok)
		}
		if seen != s.Len() {
			t.Fatalf("%v: %d images have a place, want %d", c.sizes, seen, s.Len())
		}
		for level := top - 1; level >= 0; level-- {
			width, height = (width+1)/2, (height+1)/2
			im := assemble(t, dir, level, width, height)
			checkHalf(t, level, im, above)
			above = im
		}
		if width != 1 || height != 1 {
			t.Errorf("level 0 is %d x %d", width, height)
		}
	}
}

// checkCell compares a cell with the pixels of image i, or with the background.
func checkCell(t *testing.T, s *Sheet, im *image.RGBA, corner image.Point, i int, ok bool) {
	t.Helper()
	shape, n := s.c.Shape, s.reduction
	var data []byte
	if ok {
		data = pixelsOf(i, shape)
	}
	for y := range s.cellH {
		for x := range s.cellW {
			got := im.RGBAAt(corner.X+x, corner.Y+y)
			for c, v := range []uint8{got.R, got.G, got.B} {
				want := uint8(background)
				if ok {
					sum, count := 0.0, 0.0
					for py := y * n; py < min(shape.Height, (y+1)*n); py++ {
						for px := x * n; px < min(shape.Width, (x+1)*n); px++ {
							at := (py*shape.Width+px)*shape.Channels + min(c, shape.Channels-1)
							if shape.Bits == 16 {
								sum += float64(data[2*at]) + 256*float64(data[2*at+1])
							} else {
								sum += float64(data[at])
							}
							count++
						}
					}
					want = uint8(math.Round(sum / count * 255 / float64(int(1)<<shape.Bits-1)))
				}
				if v != want {
					t.Fatalf("%v, image %d (%v): pixel %d,%d has %d in channel %d, want %d", shape, i, ok, x, y, v, c, want)
				}
			}
		}
	}
}

func checkHalf(t *testing.T, level int, im, above *image.RGBA) {
	t.Helper()
	w, h := above.Bounds().Dx(), above.Bounds().Dy()
	for y := range im.Bounds().Dy() {
		for x := range im.Bounds().Dx() {
			for c := range 3 {
				sum, n := 0, 0
				for py := 2 * y; py < min(h, 2*y+2); py++ {
					for px := 2 * x; px < min(w, 2*x+2); px++ {
						sum += int(above.Pix[above.PixOffset(px, py)+c])
						n++
					}
				}
				want := uint8(math.Floor(float64(sum)/float64(n) + 0.5))
				if got := im.Pix[im.PixOffset(x, y)+c]; got != want {
					t.Fatalf("level %d: pixel %d,%d is %d, want %d", level, x, y, got, want)
				}
			}
		}
	}
}

// TestGrid checks that sheets are about square, waste little, and have a place for
// every image in its order.
func TestGrid(t *testing.T) {
	many := make([]int, 5000)
	for i := range many {
		many[i] = 1 + i%7
	}
	for _, sizes := range [][]int{{1}, {2}, {1000}, {500, 300, 20, 1}, many, {1, 1, 1, 1, 1, 1}, {100_000, 3}} {
		for _, cell := range [][2]int{{64, 64}, {64, 10}, {10, 64}} {
			total := 0
			for _, n := range sizes {
				total += n
			}
			g := newGrid(sizes, cell[0], cell[1])
			if empty := g.columns*g.rows - total; total > 100 && float64(empty) > 0.26*float64(g.columns*g.rows) {
				t.Errorf("%d images: %d x %d positions", total, g.columns, g.rows)
			}
			if w, h := g.columns*cell[0], g.rows*cell[1]; total > 100 && (w > 3*h || h > 3*w) {
				t.Errorf("%d images in cells of %v: %d x %d", total, cell, w, h)
			}
			for i, n := range sizes {
				if g.starts[i]+n > g.starts[i+1] {
					t.Fatalf("group %d of %d images starts at %d, the next at %d", i, n, g.starts[i], g.starts[i+1])
				}
			}
		}
	}
}

// TestRows checks that groups that are to have rows of their own have them, also where
// that leaves most of the sheet empty.
func TestRows(t *testing.T) {
	for _, columns := range []int{0, 1, 7, 40} {
		sizes := []int{40, 1, 13, 1, 1}
		g := apart(sizes, 64, 64, columns)
		if columns > 0 && g.columns != columns {
			t.Errorf("%d columns, want %d", g.columns, columns)
		}
		row := 0
		for i, n := range sizes {
			if g.starts[i] != row*g.columns {
				t.Errorf("%d columns: group %d starts at %d, want row %d", columns, i, g.starts[i], row)
			}
			for ; n > 0; n -= g.columns {
				row++
			}
		}
		if g.rows != row || g.starts[len(sizes)] != row*g.columns {
			t.Errorf("%d columns: %d rows, want %d", columns, g.rows, row)
		}
	}
}

// TestFiles reads what other programs read: the size, and the index.
func TestFiles(t *testing.T) {
	groups := groupsOf(chunk, 100)
	groups[1].Images[5].Distance = math.NaN()
	c := Config{Shape: schemas.ImageShape{Height: 4, Width: 4, Channels: 1, Bits: 8}, Title: `</script><b>"ä"`}
	s, dir := written(t, c, groups)
	var dzi struct {
		Format   string `xml:",attr"`
		TileSize int    `xml:",attr"`
		Overlap  int    `xml:",attr"`
		Size     struct {
			Width, Height int `xml:",attr"`
		}
	}
	data, err := os.ReadFile(filepath.Join(dir, DZIFile))
	if err != nil {
		t.Fatal(err)
	}
	if err := xml.Unmarshal(data, &dzi); err != nil {
		t.Fatal(err)
	}
	width, height := s.Size()
	if dzi.Format != "png" || dzi.TileSize != tileSize || dzi.Overlap != overlap || dzi.Size.Width != width || dzi.Size.Height != height {
		t.Errorf("%s says %+v", DZIFile, dzi)
	}
	var entries [][2]any
	for n := range 2 {
		data, err := os.ReadFile(filepath.Join(dir, IndexDir, fmt.Sprintf("%d.js", n)))
		if err != nil {
			t.Fatal(err)
		}
		parts := regexp.MustCompile(`(?s)^sheetIndex\((\d+),(.*)\);\n$`).FindSubmatch(data)
		if parts == nil || string(parts[1]) != fmt.Sprint(n) || bytes.Contains(data, []byte("<")) {
			t.Fatalf("index %d: %.100s", n, data)
		}
		var list [][2]any
		if err := json.Unmarshal(parts[2], &list); err != nil {
			t.Fatal(err)
		}
		entries = append(entries, list...)
	}
	if len(entries) != chunk+100 || entries[chunk+7][0] != groups[1].Images[7].ID || entries[chunk+7][1] != 7.0/4 || entries[chunk+5][1] != nil {
		t.Errorf("%d entries, %v and %v", len(entries), entries[chunk+7], entries[chunk+5])
	}
	page, err := os.ReadFile(filepath.Join(dir, PageFile))
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(page, withPolicy(strings.Replace(string(page), string(page[bytes.Index(page, []byte("<meta http-equiv")):bytes.Index(page, []byte("<meta name=\"viewport"))]), policyMark+"\n", 1))) {
		t.Error("the policy of the page is not that of its elements")
	}
	if n := strings.Count(string(page), "</script>"); n != 2 {
		t.Errorf("the page has %d ends of scripts, want 2", n)
	}
	if !strings.Contains(string(page), "&lt;/script&gt;&lt;b&gt;") {
		t.Error("the page does not show its title")
	}
	for _, name := range []string{ViewerFile, LicenseFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Size() < 1000 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestWrittenAgain writes a smaller sheet over a larger one, beside files of others.
func TestWrittenAgain(t *testing.T) {
	shape := schemas.ImageShape{Height: 30, Width: 30, Channels: 1, Bits: 8}
	_, dir := written(t, Config{Shape: shape}, groupsOf(400))
	for _, name := range []string{"notes.txt", filepath.Join(TilesDir, "notes.txt")} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	small, fresh := written(t, Config{Shape: shape}, groupsOf(50, 20))
	if err := small.Write(context.Background(), dir); err != nil {
		t.Fatal(err)
	}
	files := func(dir string) map[string]string {
		all := map[string]string{}
		err := filepath.WalkDir(dir, func(name string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			data, err := os.ReadFile(name)
			all[strings.TrimPrefix(name, dir)] = string(data)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return all
	}
	got, want := files(dir), files(fresh)
	for name, data := range want {
		if got[name] != data {
			t.Errorf("%s differs from that of a fresh folder", name)
		}
	}
	if len(got) != len(want)+2 {
		t.Errorf("%d files, want %d and 2 of others", len(got), len(want))
	}
}

func TestRefused(t *testing.T) {
	shape := schemas.ImageShape{Height: 8, Width: 8, Channels: 1, Bits: 8}
	for want, c := range map[string]Config{
		"Config.Side=-1":           {Shape: shape, Side: -1},
		"Config.Side=5000":         {Shape: shape, Side: 5000},
		"brightness from 9 to 9":   {Shape: shape, View: composite.View{Full: 255, Low: 9, High: 9}},
		"0 channels are described": {Shape: schemas.ImageShape{Height: 8, Width: 8, Channels: 2, Bits: 8}, View: composite.View{Full: 255, High: 255}},
		"a smaller one":            {Shape: schemas.ImageShape{Height: 4096, Width: 4096, Channels: 3, Bits: 8}, Side: 4096},
		"no such file":             {Shape: shape, Scratch: filepath.Join(t.TempDir(), "none")},
		"contact sheet without im": {},
	} {
		groups := groupsOf(100)
		if c.Shape == (schemas.ImageShape{}) {
			c.Shape, groups = shape, groupsOf(0, 0)
		}
		_, err := New(c, groups)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", want, err)
		}
	}
	s, err := New(Config{Shape: shape}, groupsOf(2))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := s.Put(1, make([]byte, 3)); err == nil || !strings.Contains(err.Error(), `1.tif" has 3 bytes`) {
		t.Errorf("3 bytes: %v", err)
	}
	if err := s.Put(1, make([]byte, 64)); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), `no pixels of image "0/`) {
		t.Errorf("an image is missing: %v", err)
	}
}

// TestCancelled checks that a sheet that was not finished has no page.
func TestCancelled(t *testing.T) {
	shape := schemas.ImageShape{Height: 30, Width: 30, Channels: 1, Bits: 8}
	s, dir := written(t, Config{Shape: shape}, groupsOf(400))
	ctx, cancel := context.WithCancel(context.Background())
	s.c.Tiles = func(int64) { cancel() }
	if err := s.Write(ctx, dir); err == nil {
		t.Error("no error")
	}
	if _, err := os.Stat(filepath.Join(dir, PageFile)); !os.IsNotExist(err) {
		t.Error("the page of the earlier sheet is still there")
	}
}

// TestMemory checks that a level keeps no more than 256 lines and a bit.
func TestMemory(t *testing.T) {
	tiles := 0
	top := newPyramid(300, 5000, 1, func(int, int, int, image.Image) error { tiles++; return nil })
	for range 5000 {
		if err := top.add(make([]byte, 300)); err != nil {
			t.Fatal(err)
		}
		for l := top; l != nil; l = l.half {
			if len(l.lines) > tileSize+2*overlap {
				t.Fatalf("level %d keeps %d lines", l.number, len(l.lines))
			}
		}
	}
	if tiles != 40+10+5+3+2+1+1+7 {
		t.Errorf("%d tiles", tiles)
	}
}

func BenchmarkPut(b *testing.B) {
	shape := schemas.ImageShape{Height: 256, Width: 256, Channels: 1, Bits: 8}
	s, err := New(Config{Shape: shape}, groupsOf(1000))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	pixels := pixelsOf(1, shape)
	b.SetBytes(int64(len(pixels)))
	for b.Loop() {
		if err := s.Put(7, pixels); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkWrite(b *testing.B) {
	shape := schemas.ImageShape{Height: 64, Width: 64, Channels: 1, Bits: 8}
	s, err := New(Config{Shape: shape}, groupsOf(2000))
	if err != nil {
		b.Fatal(err)
	}
	defer s.Close()
	for i := range s.Len() {
		if err := s.Put(i, pixelsOf(i%50, shape)); err != nil {
			b.Fatal(err)
		}
	}
	dir := b.TempDir()
	b.ReportMetric(float64(s.Len()), "images")
	for b.Loop() {
		if err := s.Write(context.Background(), dir); err != nil {
			b.Fatal(err)
		}
	}
}
