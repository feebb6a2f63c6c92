package sharding

import (
	"fmt"
	"image"
	"image/color"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// cells writes n images of a 16-bit PNG for each channel, id_channel.png, and returns their samples by id
// and channel.
func cells(t *testing.T, dir string, n int, channels ...string) map[string][][]uint16 {
	t.Helper()
	rng := rand.New(rand.NewPCG(3, 4))
	all := map[string][][]uint16{}
	for i := range n {
		id := fmt.Sprintf("p%d/c%03d.png", i%2, i)
		for _, channel := range channels {
			im := image.NewGray16(image.Rect(0, 0, 7, 9))
			var samples []uint16
			for y := range 9 {
				for x := range 7 {
					v := uint16(rng.Uint32())
					samples = append(samples, v)
					im.SetGray16(x, y, color.Gray16{Y: v})
				}
			}
			all[id] = append(all[id], samples)
			savePNG(t, filepath.Join(dir, strings.TrimSuffix(id, ".png")+"_"+channel+".png"), im)
		}
	}
	return all
}

// TestFilesOfChannelsBecomeImages: every sample is where it belongs, with any number of files in flight.
func TestFilesOfChannelsBecomeImages(t *testing.T) {
	in := t.TempDir()
	all := cells(t, in, 50, "ch1", "ch2", "ch10")
	for _, c := range []struct {
		pattern, channels string
		order             []int // of the files
		names             string
	}{
		{`_ch(?P<channel>\d+)`, "", []int{0, 1, 2}, ",,"},
		{`_(?P<channel>ch\d+)`, "", []int{0, 2, 1}, "ch1,ch10,ch2"},
		{`_ch(?P<channel>\d+)`, "DNA,ER,RNA", []int{0, 1, 2}, "DNA,ER,RNA"},
		{`_ch(?P<channel>\d+)`, "10,1", []int{2, 0}, "10,1"},
		{`_(?P<channel>ch\d+)`, "ch2", []int{1}, "ch2"},
	} {
		config := config(in, t.TempDir())
		config.Listing.ChannelPattern, config.Listing.Channels, config.Shards = c.pattern, c.channels, 3
		r := mustRun(t, config)
		if names := strings.Join(schemas.NamesOf(r.Manifest.Channels), ","); names != c.names || r.Manifest.Image.Channels != len(c.order) || r.Manifest.Written != 50 {
			t.Errorf("%s %s: channels %q of %s, %d written", c.pattern, c.channels, names, r.Manifest.Image, r.Manifest.Written)
		}
		for id, im := range allImages(t, config.Output, r.Manifest) {
			for pixel := range 63 {
				for to, from := range c.order {
					at := 2 * (pixel*len(c.order) + to)
					if got := uint16(im.Pixels[at]) | uint16(im.Pixels[at+1])<<8; got != all[id][from][pixel] {
						t.Fatalf("%s %s: %s, channel %d is not that of file %d", c.pattern, c.channels, id, to, from)
					}
				}
			}
		}
		if again := mustRun(t, config); again.Made != 0 {
			t.Errorf("%s %s: %d shards are made again", c.pattern, c.channels, again.Made)
		}
		// One shard is made again where one file of one image changes.
		name := filepath.Join(in, "p0/c000_ch1.png")
		if !slices.Contains(c.order, 0) {
			name = filepath.Join(in, "p0/c000_ch2.png")
		}
		if err := os.Chtimes(name, time.Time{}, time.Now().Add(time.Duration(len(c.names))*time.Hour)); err != nil {
			t.Fatal(err)
		}
		before := tree(t, filepath.Join(config.Output, schemas.ShardName(0, 3, "none")))
		if again := mustRun(t, config); again.Made != 1 {
			t.Errorf("%s %s: %d shards are made again, want that of the file", c.pattern, c.channels, again.Made)
		}
		if diff := cmp.Diff(before, tree(t, filepath.Join(config.Output, schemas.ShardName(0, 3, "none")))); diff != "" {
			t.Error(diff)
		}
		config.Listing.Channels = "A,B"
		if _, err := Plan(t.Context(), config); err == nil {
			t.Errorf("%s %s: other channels of a finished folder are not refused", c.pattern, c.channels)
		}
	}
}

// TestPartsThatDoNotFit: one odd file rejects its image, by name, and no other.
func TestPartsThatDoNotFit(t *testing.T) {
	in := t.TempDir()
	cells(t, in, 12, "a", "b")
	picture(t, filepath.Join(in, "p0/c000_b.png"), 9, 8, 1, 16, 5)
	picture(t, filepath.Join(in, "p1/c001_b.png"), 9, 7, 1, 8, 5)
	picture(t, filepath.Join(in, "p0/c002_b.png"), 9, 7, 3, 8, 5)
	for name, text := range map[string]string{"p1/c003_b.png": "", "p0/c004_b.png": "no picture"} {
		if err := os.WriteFile(filepath.Join(in, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Remove(filepath.Join(in, "p1/c005_a.png")); err != nil {
		t.Fatal(err)
	}
	config := config(in, t.TempDir())
	config.Listing.ChannelPattern = `_(?P<channel>\w)\.`
	config.Listing.ChannelPattern = `_(?P<channel>[ab])`
	r := mustRun(t, config)
	rows := errorRows(t, config.Output)
	for id, want := range map[string][2]string{
		"p0/c000.png": {schemas.ReasonWrongSize, "p0/c000_a.png is 9x7, p0/c000_b.png is 9x8"},
		"p1/c001.png": {schemas.ReasonWrongDepth, "p1/c001_a.png has 16 bits, p1/c001_b.png has 8"},
		"p0/c002.png": {schemas.ReasonWrongChannels, "p0/c002_b.png holds RGB (3 channels)"},
		"p1/c003.png": {schemas.ReasonEmpty, "p1/c003_b.png: the file is empty"},
		"p0/c004.png": {schemas.ReasonNotAnImage, "p0/c004_b.png: "},
		"p1/c005.png": {schemas.ReasonMissingChannel, "channel a is missing"},
	} {
		if row := rows[id]; row.Reason != want[0] || !strings.Contains(row.Detail, want[1]) {
			t.Errorf("%s: %+v, want %q", id, row, want)
		}
	}
	if m := r.Manifest; m.Written != 6 || m.Rejected != 6 || len(rows) != 6 {
		t.Errorf("%d written, %d rejected, %d rows", m.Written, m.Rejected, len(rows))
	}
}

// TestAFileThatGoesIsNamed: a file of a channel that is gone since it was listed rejects its image.
func TestAFileThatGoesIsNamed(t *testing.T) {
	conv := &converter{root: t.TempDir(), images: images.Options{Limits: images.Limits{MaxPixels: 100}}}
	out, err := conv.convert(t.Context(), source{entry: schemas.ListEntry{Name: "a.png", Parts: []schemas.ListPart{{Channel: "x", File: "a_x.png", Size: 1}, {Channel: "y", File: "a_y.png", Size: 1}}}})
	if err != nil || out.reject == nil || out.reject.Reason != schemas.ReasonUnreadable || !strings.HasPrefix(out.reject.Detail, "a_x.png: the file was listed and is gone now") {
		t.Errorf("%+v, %v", out.reject, err)
	}
	out, err = conv.convert(t.Context(), source{entry: schemas.ListEntry{Name: "a.png", Parts: []schemas.ListPart{{Channel: "x", File: "a_x.png", Size: 1 << 40}}}})
	if err != nil || out.reject == nil || out.reject.Reason != schemas.ReasonTooLarge || !strings.HasPrefix(out.reject.Detail, "a_x.png has 1099511627776 bytes") {
		t.Errorf("%+v, %v", out.reject, err)
	}
}

// TestChannelsOfTheSurvey: the names that most images have are those of the collection, and names that are
// given must be among them or name as many.
func TestChannelsOfTheSurvey(t *testing.T) {
	type seen struct {
		names  string // "-" for none; "gray" and "rgb" have no channels
		images int
		joined bool
	}
	for _, c := range []struct {
		what, given string
		seen        []seen
		want        string // names, "none", or what the error says
		others      int
	}{
		{"gray", "", []seen{{"gray", 5, false}}, "none", 0},
		{"RGB", "", []seen{{"rgb", 5, false}, {"A,B,C", 4, false}}, "none", 4},
		{"names", "", []seen{{"rgb", 4, false}, {"A,B,C", 5, false}}, "A,B,C", 4},
		{"another order", "", []seen{{"A,B,C", 4, false}, {"C,B,A", 5, false}}, "C,B,A", 0},
		{"names rather than none", "", []seen{{"A,B", 4, false}, {"-,-", 5, false}}, "A,B", 0},
		{"other names", "", []seen{{"A,B", 4, false}, {"A,D", 3, false}}, "A,B", 3},
		{"no names", "", []seen{{"-,-", 5, false}}, ",", 0},
		{"one channel with a name", "", []seen{{"A", 5, false}}, "none", 0},
		{"one that was chosen by a pattern", "", []seen{{"A", 5, true}}, "A", 0},
		{"one number of a pattern", "", []seen{{"-", 5, true}}, "none", 0},
		{"given", "C,A", []seen{{"A,B,C", 5, false}, {"rgb", 1, false}}, "C,A", 1},
		{"given to none", "C,A", []seen{{"-,-", 5, false}, {"-,-,-", 1, false}}, "C,A", 1},
		{"RGB named", "X,Y,Z", []seen{{"rgb", 5, false}}, "X,Y,Z", 0},
		{"RGB chosen", "G", []seen{{"rgb", 5, false}}, "G", 0},
		{"gray named", "DNA", []seen{{"gray", 5, false}}, "DNA", 0},
		{"some without names", "C", []seen{{"-,B,C", 5, false}}, "most images have the channels ?,B,C, where ? has no name: name all 3", 0},
		{"not there", "C,D", []seen{{"A,B,C", 5, false}}, "Config.Channels=C,D: there is no channel D: most images have the channels A,B,C", 0},
		{"too few", "C,D", []seen{{"-,-,-", 5, false}}, "names 2, and most images have 3 channels without names", 0},
		{"too many of gray", "C,D", []seen{{"gray", 5, false}}, "names 2, and most images are gray", 0},
		{"too few of RGB", "C,D", []seen{{"rgb", 5, false}}, "names 2, and most images are RGB", 0},
	} {
		s := &survey{shapes: map[schemas.ImageShape]int{}, looks: map[look]int{}, colors: map[string]string{}}
		for i, of := range c.seen {
			l := sighting{shape: schemas.ImageShape{Height: 4 + i, Width: 4, Bits: 8, Channels: map[string]int{"gray": 1, "rgb": 3}[of.names]}, joined: of.joined}
			if l.shape.Channels == 0 {
				l.channels = channelsNamed(strings.Split(strings.ReplaceAll(of.names, "-", ""), ","), map[string]string{"A": "#ff0000", "\x000": "#0000ff"})
				l.shape.Channels = len(l.channels)
			}
			for range of.images {
				s.see(l)
			}
		}
		given, err := schemas.ChannelNames(c.given)
		if err != nil {
			t.Fatal(err)
		}
		got, err := s.channels(given, s.shape(schemas.ShardParameters{}).Channels)
		names := "none"
		if err != nil {
			names = err.Error()
		} else if got.Of != nil {
			names = strings.Join(schemas.NamesOf(got.Of), ",")
		}
		if names != c.want && (err == nil || !strings.Contains(names, c.want)) {
			t.Errorf("%s: %s, want %s", c.what, names, c.want)
			continue
		}
		for i, of := range got.Of {
			want := map[bool]string{true: "#0000ff"}[i == 0 && strings.HasPrefix(c.seen[0].names, "-")]
			if of.Name == "A" && slices.ContainsFunc(c.seen, func(of seen) bool { return strings.Contains(of.names, "A") }) {
				want = "#ff0000"
			}
			if err == nil && of.Color != want {
				t.Errorf("%s: the color of %q is %q, want %q", c.what, of.Name, of.Color, want)
			}
		}
		if s.settle(got); err == nil && s.others != c.others {
			t.Errorf("%s: %d images of other channels, want %d", c.what, s.others, c.others)
		}
	}
}

// TestChannelsStayWhenACollectionGrows: new cells go into the shards that they belong to, in the channels that
// are there, and a run that was ended goes on to the same bytes.
func TestChannelsStayWhenACollectionGrows(t *testing.T) {
	in := t.TempDir()
	cells(t, in, 20, "a", "b")
	c := config(in, t.TempDir())
	c.Listing.ChannelPattern, c.Shards = `_(?P<channel>[ab])`, 8
	mustRun(t, c)
	picture(t, filepath.Join(in, "p0/new_a.png"), 9, 7, 1, 16, 500)
	picture(t, filepath.Join(in, "p0/new_b.png"), 9, 7, 1, 16, 60000)
	r := mustRun(t, c)
	if r.Made != 1 || r.Manifest.Written != 21 {
		t.Errorf("%d shards made, %d images", r.Made, r.Manifest.Written)
	}
	whole := config(in, t.TempDir())
	whole.Listing.ChannelPattern, whole.Shards = c.Listing.ChannelPattern, 8
	mustRun(t, whole)
	if diff := cmp.Diff(published(t, whole.Output), published(t, c.Output)); diff != "" {
		t.Errorf("made at once and grown (-at once +grown):\n%s", diff)
	}
	// Without manifest and a shard it is a run that was ended.
	for _, name := range []string{schemas.ShardsFile, schemas.ShardName(3, 8, "none")} {
		if err := os.Remove(filepath.Join(c.Output, name)); err != nil {
			t.Fatal(err)
		}
	}
	if r := mustRun(t, c); r.Made != 1 {
		t.Errorf("%d shards made again, want the one that is gone", r.Made)
	}
	if diff := cmp.Diff(published(t, whole.Output), published(t, c.Output)); diff != "" {
		t.Errorf("resumed (-at once +resumed):\n%s", diff)
	}
}
