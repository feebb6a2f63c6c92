package images_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// sampleAt is what testdata/stacks/generate.py writes.
func sampleAt(c, z, t, y, x int) int { return 257*(c+1) + 1000*z + 300*t + 16*y + x }

// stackOf returns the interleaved samples of channels, each by its place.
func stackOf(bits, channels int, at func(c, y, x int) int) []byte {
	var p []byte
	for y := range 6 {
		for x := range 5 {
			for c := range channels {
				if v := at(c, y, x); bits == 8 {
					p = append(p, byte(v))
				} else {
					p = binary.LittleEndian.AppendUint16(p, uint16(v))
				}
			}
		}
	}
	return p
}

// TestStacks reads files that tifffile wrote.
func TestStacks(t *testing.T) {
	plain := func(c, y, x int) int { return sampleAt(c, 0, 0, y, x) }
	gray := func(_, y, x int) int { return sampleAt(0, 0, 0, y, x) }
	unnamed := make([]schemas.Channel, 3)
	project := func(f func(of func(z, t int) int) int) func(c, y, x int) int {
		return func(c, y, x int) int { return f(func(z, t int) int { return sampleAt(c, z, t, y, x) }) }
	}
	most := project(func(of func(z, t int) int) int { return of(1, 1) }) // both grow
	mean := project(func(of func(z, t int) int) int { return (of(0, 0) + of(0, 1) + of(1, 0) + of(1, 1) + 2) / 4 })
	first := project(func(of func(z, t int) int) int { return of(1, 0) })
	for _, c := range []struct {
		file, project  string
		bits, channels int
		at             func(c, y, x int) int
		facts          *images.Facts
	}{
		{"interleaved.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed}},
		{"planar.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed}},
		{"planar-tiles.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed}},
		{"rgb-planar.tif", "", 8, 3, plain, nil},
		{"axes.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed}},
		{"ome.tif", "max", 16, 3, plain, &images.Facts{FullScale: 4095, MicronsPerPixel: 0.65,
			Channels: []schemas.Channel{{Name: "DNA", Color: "#0000ff"}, {Name: "ER & <RNA>", Color: "#00ff00"}, {Name: "Möbius", Color: "#ff0000"}}}},
		{"ome-zct.tif", "max", 16, 3, most, &images.Facts{Channels: unnamed, Notes: []string{"max over z, max over t"}}},
		{"ome-zct.tif", "mean", 16, 3, mean, &images.Facts{Channels: unnamed, Notes: []string{"mean over z, mean over t"}}},
		{"ome-zct.tif", "z=1,t=0", 16, 3, first, &images.Facts{Channels: unnamed, Notes: []string{"z 1 taken, t 0 taken"}}},
		{"imagej.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed, MicronsPerPixel: 0.65}},
		{"imagej-czt.tif", "max", 16, 3, most, &images.Facts{Channels: unnamed, Notes: []string{"max over z, max over t"}}},
		{"imagej-czt.tif", "mean", 16, 3, mean, &images.Facts{Channels: unnamed, Notes: []string{"mean over z, mean over t"}}},
		{"imagej-czt.tif", "z=1,t=0", 16, 3, first, &images.Facts{Channels: unnamed, Notes: []string{"z 1 taken, t 0 taken"}}},
		{"behind.tif", "max", 16, 3, most, &images.Facts{Channels: unnamed, Notes: []string{"max over z, max over t"}}},
		{"axes-behind.tif", "", 16, 3, plain, &images.Facts{Channels: unnamed}},
		{"imagej-z.tif", "middle", 16, 1, func(_, y, x int) int { return sampleAt(0, 1, 0, y, x) }, &images.Facts{Notes: []string{"the middle z taken"}}},
		{"alpha.tif", "", 8, 3, gray, &images.Facts{Notes: []string{"opaque alpha left out"}}},
		{"white.tif", "", 16, 1, gray, &images.Facts{Notes: []string{"black and white exchanged (0 is white in the file)"}}},
		{"palette.tif", "", 8, 1, func(_, y, x int) int { return 255 - sampleAt(0, 0, 0, y, x)&0xff }, &images.Facts{Notes: []string{"a palette of grays replaced by these"}}},
		{"max.tif", "", 16, 1, gray, &images.Facts{FullScale: 4095}},
	} {
		data := stackFile(t, c.file)
		im, err := images.Decode(c.file, data, images.Options{Project: c.project})
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		if want := (schemas.ImageShape{Height: 6, Width: 5, Channels: c.channels, Bits: c.bits}); im.Shape() != want {
			t.Errorf("%s: %v, want %v", c.file, im.Shape(), want)
		}
		if d := cmp.Diff(stackOf(c.bits, c.channels, c.at), im.Pixels); d != "" {
			t.Errorf("%s, %s: pixels (-want +got)\n%s", c.file, c.project, d)
		}
		facts := im.Facts
		if facts != nil { // 1/0.65 as a fraction of 32 bits
			facts.MicronsPerPixel = float64(int(facts.MicronsPerPixel*1e6+0.5)) / 1e6
		}
		if d := cmp.Diff(c.facts, facts); d != "" {
			t.Errorf("%s: facts (-want +got)\n%s", c.file, d)
		}
	}
}

// TestStacksRefused: what is not known to be channels, and what a text does not say as it is.
func TestStacksRefused(t *testing.T) {
	replace := func(old, new string) func([]byte) []byte {
		return func(data []byte) []byte {
			out := strings.Replace(string(data), old, new, 1)
			if len(old) != len(new) || out == string(data) {
				t.Fatalf("%q is not to be replaced by %q", old, new)
			}
			return []byte(out)
		}
	}
	planes := func(list string) func([]byte) []byte { // in place of channels and planes
		return func(data []byte) []byte {
			from, to := bytes.Index(data, []byte("<Channel")), bytes.Index(data, []byte("</Pixels>"))
			return slices.Concat(data[:from], fmt.Appendf(nil, "%-*s", to-from, list), data[to:])
		}
	}
	for _, c := range []struct {
		file, project string
		change        func([]byte) []byte
		says          string
	}{
		{"unsaid.tif", "", nil, "3 pages, and nothing says whether they are channels"},
		{"pages.tif", "", nil, "3 pages, and nothing says whether they are channels"},
		{"ome-zct.tif", "", nil, "the file has 2 z and 2 t (OME-XML): say with --projection"},
		{"ome-zct.tif", "z=2", nil, "--projection=z=2: there are planes 0 to 1"},
		{"ome-zct.tif", "z=0", nil, "as --projection=t=0"},
		{"imagej-z.tif", "", nil, "the file has 3 z and 1 t (ImageJ)"},
		{"alpha-not.tif", "", nil, "alpha channel that is not opaque"},
		{"palette-color.tif", "", nil, "index 1 is no gray"},
		{"ome.tif", "", replace(`SizeC="3"`, `SizeC="5"`), "tells of 5 planes"},
		{"ome.tif", "", replace(`SizeC="3"`, `SizeC="x"`), `"x" is no number`},
		{"ome.tif", "", replace(`SizeC="3"`, `SizeC="0"`), "says sizes X 5, Y 6, Z 1, C 0"},
		{"ome.tif", "", replace(`SizeX="5"`, `SizeX="4"`), "says 6x4 pixels (height x width), and its page has 6x5"},
		{"ome.tif", "", replace(`Type="uint16"`, `Type="uint32"`), "says pixels of type uint32"},
		{"ome.tif", "", replace(`XYCZT`, `XYCZZ`), `the order "XYCZZ"`},
		{"ome.tif", "", replace(`PlaneCount="3"`, `PlaneCount="4"`), "4 planes from page 1"},
		{"ome.tif", "", replace(`IFD="0"`, `IFD="9"`), "no plane for channel 1"},
		{"ome.tif", "", planes(`<TiffData IFD="0"/><TiffData FirstC="1" IFD="1"/><TiffData FirstC="2" IFD="1"/>`), "page 2 is several planes"},
		{"ome.tif", "", planes(`<TiffData IFD="1" PlaneCount="2"/><TiffData FirstC="2" IFD="2"/>`), "page 3 is several planes"},
		{"ome.tif", "", replace(`</OME>`, `</OMX>`), "damaged"},
		{"ome.tif", "", replace(`encoding="UTF-8"`, `encoding="UTF16"`), "not UTF-8"},
		{"imagej.tif", "", replace("channels=3", "channels=4"), "says 3 images, and 4 channels"},
		{"imagej.tif", "", replace("images=3", "images=0"), "says images=0"},
		{"imagej.tif", "", replace("images=3\nchannels=3", "images=2\nchannels=2"), "3 pages, and its description (ImageJ) tells of 2 planes"},
		{"imagej.tif", "", replace("images=3\nchannels=3", "imagej=3\nchannel_=3"), "3 pages, and its description (ImageJ) tells of 1 plane"},
		{"ome.tif", "", func(data []byte) []byte {
			return planes(`<TiffData IFD="0"/><TiffData FirstC="1" IFD="2"/>`)(replace(`SizeC="3"`, `SizeC="2"`)(data))
		}, "3 pages, and its description (OME-XML) tells of 2 planes"},
		{"axes.tif", "", replace(`{"shape": [3, 6, 5], "axes": "CYX"`, `{"shape": [1, 6, 5], "axes": "CYX"`), "3 pages, and nothing says"},
		{"axes.tif", "", replace(`"CYX"`, `"QYX"`), "axis 'Q' of 3 planes"},
		{"axes.tif", "", replace(`[3, 6, 5]`, `[4, 6, 5]`), "tells of 4 planes"},
		{"axes.tif", "", replace(`[3, 6, 5]`, `[3, 7, 5]`), "shape [3 7 5]"},
		{"behind.tif", "max", func(data []byte) []byte { return data[:len(data)-100] }, "past the end of the file"},
	} {
		data := stackFile(t, c.file)
		if c.change != nil {
			data = c.change(data)
		}
		_, err := images.Decode(c.file, data, images.Options{Project: c.project})
		if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s %s: %v, want %q", c.file, c.project, err, c.says)
		}
	}
}

// TestLaughs: entities of OME-XML that grow are refused, at once.
func TestLaughs(t *testing.T) {
	data := stackFile(t, "ome.tif")
	at := strings.Index(string(data), "<OME ")
	laughs := `<!DOCTYPE l [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]><OME>&b;</OME>`
	copy(data[at:], laughs+strings.Repeat(" ", 40))
	if _, err := images.Decode("a.tif", data, images.Options{}); err == nil || !strings.Contains(err.Error(), "damaged") {
		t.Error(err)
	}
}

func stackFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "stacks", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// TestCheckProject refuses what is no projection.
func TestCheckProject(t *testing.T) {
	for s, ok := range map[string]bool{"": true, "max": true, "mean": true, "middle": true, "z=0": true, "t=3": true, "z=1,t=2": true,
		"min": false, "z": false, "z=-1": false, "z=1,z=2": false, "c=1": false, "max,z=1": false, "z=1,": false} {
		if err := images.CheckProject(s); (err == nil) != ok {
			t.Errorf("%q: %v", s, err)
		}
	}
}

// TestSharedPlanes: many planes that are one block are refused, which would be decoded for each.
func TestSharedPlanes(t *testing.T) {
	const n = 300
	for pages, refused := range map[int]bool{2: false, 64: true} {
		text := fmt.Sprintf("ImageJ=1.53t\nslices=%03d\n", pages)
		text += strings.Repeat("\x00", 4-len(text)%4)
		tags := map[uint16][]uint32{256: {n}, 257: {n}, 258: {8}, 259: {1}, 262: {1}, 273: {8}, 277: {1}, 278: {n}, 279: {n * n}}
		for i := 0; i < len(text); i += 4 {
			tags[270] = append(tags[270], binary.LittleEndian.Uint32([]byte(text[i:])))
		}
		o := tiffOptions{order: binary.LittleEndian}
		data := make([]byte, 8+n*n)
		for range pages {
			data = appendDirectory(data, tags, o)
			o.next = binary.LittleEndian.Uint32(data[4:]) // before the one that comes
		}
		_, err := images.Decode("a.tif", data, images.Options{Project: images.ProjectMean})
		if refused != (err != nil) || refused && !strings.Contains(err.Error(), "its 64 planes hold more than 4 times the bytes of the file") {
			t.Errorf("%d pages: %v", pages, err)
		}
	}
}
