package sample

import (
	"bytes"
	"context"
	"crypto/sha256"
	"flag"
	"fmt"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/image/tiff"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// TestGolden holds the bytes of the first images of the default sample, and of
// one of each class, on every platform. On amd64 it is worth running with
// GOAMD64=v3 too: that compiler may fuse multiplications and additions.
func TestGolden(t *testing.T) {
	crops := plan(DefaultImages, DefaultSeed)
	var want []crop
	seen := make(map[int]bool)
	for _, c := range crops {
		if c.index < 24 || !seen[c.class] {
			seen[c.class] = true
			want = append(want, c)
		}
	}
	var got strings.Builder
	for _, c := range want {
		fmt.Fprintf(&got, "%x  %s\n", sha256.Sum256(c.pixels(DefaultSeed)), c.name)
	}
	golden := filepath.Join("testdata", "golden.sha256")
	if *update {
		if err := os.WriteFile(golden, []byte(got.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(text), got.String()); diff != "" {
		t.Errorf("pixels of the sample changed (-want +got); where that is meant, change the format's version and run with -update:\n%s", diff)
	}
}

func TestPlanHasItsShares(t *testing.T) {
	crops := plan(2000, 1)
	want := map[string]int{
		Interphase: 1740, Prophase: 60, Metaphase: 50, Anaphase: 25, Telophase: 35, Blank: 40, Cut: 50,
	}
	if diff := cmp.Diff(want, counts(crops)); diff != "" {
		t.Errorf("classes (-want +got):\n%s", diff)
	}
	label, metadata := regexp.MustCompile(LabelPattern), regexp.MustCompile(MetadataPattern)
	names := make(map[string]bool)
	wells := make(map[string]int)
	for _, c := range crops {
		m := label.FindStringSubmatch(c.name)
		if m == nil || m[label.SubexpIndex("label")] != classes[c.class].name {
			t.Fatalf("label pattern finds %q in %q", m, c.name)
		}
		m = metadata.FindStringSubmatch(c.name)
		if m == nil {
			t.Fatalf("metadata pattern does not match %q", c.name)
		}
		wells[m[metadata.SubexpIndex("run")]+m[metadata.SubexpIndex("well")]]++
		if names[c.name] || !ownName.MatchString(c.name) {
			t.Fatalf("name %q occurs twice or is not one of ours", c.name)
		}
		names[c.name] = true
	}
	if len(wells) != len(runs)*wellsPerRun {
		t.Errorf("%d wells, want %d", len(wells), len(runs)*wellsPerRun)
	}
	for well, n := range wells {
		if n < 80 || n > 90 {
			t.Errorf("well %s has %d images, want an even spread", well, n)
		}
	}
}

// TestCrops looks at every class: whole nuclei are masked, lying and centered;
// cut ones reach the border; blanks hold at most specks.
func TestCrops(t *testing.T) {
	for _, c := range plan(600, 7) {
		if c.class == 0 && c.index%8 != 0 {
			continue
		}
		f := &field{w: Size, h: Size, v: make([]float64, Size*Size)}
		lit := 0
		for i, v := range c.pixels(7) {
			f.v[i] = float64(v)
			if v > 0 {
				lit++
			}
		}
		x0, y0, x1, y1 := f.bounds()
		border := x0 == 0 || y0 == 0 || x1 == Size || y1 == Size
		switch name := classes[c.class].name; name {
		case Blank:
			if lit > 20 {
				t.Errorf("%s: %d pixels are lit", c.name, lit)
			}
		case Cut:
			if !border || lit < 1000 {
				t.Errorf("%s: box %d,%d to %d,%d of %d pixels does not lie over the border", c.name, x0, y0, x1, y1, lit)
			}
		default:
			if border {
				t.Errorf("%s reaches the border", c.name)
			}
			if x1-x0 < y1-y0 {
				t.Errorf("%s is %d wide and %d high: its long side is not horizontal", c.name, x1-x0, y1-y0)
			}
			// A box of odd size cannot be centered better than to half a pixel.
			if dx, dy := x0+x1-Size, y0+y1-Size; dx < -1 || dx > 1 || dy < -1 || dy > 1 {
				t.Errorf("%s: box %d,%d to %d,%d is not centered", c.name, x0, y0, x1, y1)
			}
			if lit < 1500 || lit > Size*Size*3/5 {
				t.Errorf("%s: %d pixels are lit", c.name, lit)
			}
		}
	}
}

// TestBrightnessVaries holds what the sample is for: batches differ, and
// condensed chromosomes outshine interphase in each.
func TestBrightnessVaries(t *testing.T) {
	sum := make(map[string][2]float64) // per run and class: sum of the stained pixels, their number
	for _, c := range plan(600, 3) {
		if c.class == 0 && c.index%4 != 0 && c.index%4 != 3 && c.index > 200 {
			continue
		}
		key := fmt.Sprintf("run%d %s", c.run+1, classes[c.class].name)
		s := sum[key]
		pixels := c.pixels(3)
		rim := slices.Max(pixels) / 3 // brighter than the rim, and than the haze around chromosomes
		for _, v := range pixels {
			if v > rim {
				s[0] += float64(v)
				s[1]++
			}
		}
		sum[key] = s
	}
	mean := func(key string) float64 { return sum[key][0] / sum[key][1] }
	for run := 1; run <= len(runs); run++ {
		key := fmt.Sprintf("run%d ", run)
		if m, i := mean(key+Metaphase), mean(key+Interphase); !(m > 1.3*i) {
			t.Errorf("%smetaphase has mean %.1f, interphase %.1f: want 1.3 times as much", key, m, i)
		}
	}
	if dim, bright := mean("run2 interphase"), mean("run3 interphase"); !(bright > 1.5*dim) {
		t.Errorf("interphase means of run 2 and 3 are %.1f and %.1f: want batches that differ", dim, bright)
	}
}

// TestEarlierSampleStands leaves a complete sample of an earlier version as it is: what
// was made from it is beside it.
func TestEarlierSampleStands(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	o := Options{Images: 8, Seed: 5}
	if _, err := Generate(ctx, dir, o); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		format    string
		generated bool
	}{{"exemplar.sample/1", false}, {"exemplar.sample/0", true}} {
		name := filepath.Join(dir, Manifest)
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(name, bytes.Replace(text, []byte(format), []byte(c.format), 1), 0o666); err != nil {
			t.Fatal(err)
		}
		if s, err := Generate(ctx, dir, o); err != nil || s.Generated != c.generated {
			t.Errorf("%s: generated %v, %v; want %v", c.format, s.Generated, err, c.generated)
		}
		if err := os.WriteFile(name, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestKeeps refuses what would be drawn over images that this version does not draw again.
func TestKeeps(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	o := Options{Images: 8, Seed: 5}
	keeps := func(o Options, want string) {
		t.Helper()
		if err := Keeps(ctx, dir, o); (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	keeps(o, "") // nothing there
	if _, err := Generate(ctx, dir, o); err != nil {
		t.Fatal(err)
	}
	keeps(o, "")
	keeps(Options{Images: 9, Seed: 5}, "holds a sample of 8 images, of which all else there was made, and not of 9")
	lost := plan(o.Images, o.Seed)[3].name
	if err := os.Remove(filepath.Join(dir, filepath.FromSlash(lost))); err != nil {
		t.Fatal(err)
	}
	keeps(o, "") // is drawn again as it was
	name := filepath.Join(dir, Manifest)
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, bytes.Replace(text, []byte(format), []byte("exemplar.sample/1"), 1), 0o666); err != nil {
		t.Fatal(err)
	}
	keeps(o, "is a sample of an earlier version, and "+lost+" is missing")
}

func TestGenerateAgainDoesNothing(t *testing.T) {
	ctx := context.Background()
	dir := filepath.Join(t.TempDir(), "a sample # of ä %")
	o := Options{Images: 40, Seed: 5}

	first, err := Generate(ctx, dir, o)
	if err != nil || !first.Generated {
		t.Fatalf("Generate = %+v, %v", first, err)
	}
	before := read(t, dir)
	if len(before) != 41 {
		t.Fatalf("%d files, want 40 images and the manifest", len(before))
	}

	second, err := Generate(ctx, dir, o)
	if err != nil || second.Generated {
		t.Fatalf("the second call = %+v, %v; want nothing done", second, err)
	}
	first.Generated = false
	if diff := cmp.Diff(first, second); diff != "" {
		t.Errorf("summaries (-first +second):\n%s", diff)
	}

	// A damaged sample is made again, the same.
	for name := range before {
		if strings.HasSuffix(name, ".tif") {
			if err := os.Truncate(filepath.Join(dir, name), 100); err != nil {
				t.Fatal(err)
			}
			break
		}
	}
	if third, err := Generate(ctx, dir, o); err != nil || !third.Generated {
		t.Fatalf("after damage Generate = %+v, %v", third, err)
	}
	if diff := cmp.Diff(before, read(t, dir)); diff != "" {
		t.Errorf("files after repair (-want +got):\n%.2000s", diff)
	}

	// Other options replace it, with nothing left over.
	if _, err := Generate(ctx, dir, Options{Images: 12, Seed: 6}); err != nil {
		t.Fatal(err)
	}
	if n := len(read(t, dir)); n != 13 {
		t.Errorf("%d files after a smaller sample, want 13", n)
	}
}

func TestGenerateIsTheSameOnOneCore(t *testing.T) {
	o := Options{Images: 30, Seed: 9}
	var hashes []string
	for _, n := range []int{1, 4} {
		old := runtime.GOMAXPROCS(n)
		s, err := Generate(context.Background(), t.TempDir(), o)
		runtime.GOMAXPROCS(old)
		if err != nil {
			t.Fatal(err)
		}
		hashes = append(hashes, s.SHA256)
	}
	if hashes[0] != hashes[1] {
		t.Errorf("GOMAXPROCS 1 and 4 give %s and %s", hashes[0], hashes[1])
	}
}

func TestGenerateRefuses(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	foreign := filepath.Join(dir, "thesis.tif")
	if err := os.WriteFile(foreign, []byte("mine"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		dir    string
		o      Options
		expect string
	}{
		{dir, Options{Images: 5}, "thesis.tif"},
		{"gs://bucket/sample", Options{Images: 5}, "local"},
		{t.TempDir(), Options{Images: -1}, "choose 1 to"},
	} {
		_, err := Generate(ctx, c.dir, c.o)
		if err == nil || !strings.Contains(err.Error(), c.expect) || strings.Contains(err.Error(), "\n") {
			t.Errorf("Generate(%s, %+v) = %v, want one line about %q", c.dir, c.o, err, c.expect)
		}
	}
	if text, err := os.ReadFile(foreign); err != nil || string(text) != "mine" {
		t.Errorf("the foreign file was touched: %q, %v", text, err)
	}
}

func TestGenerateStops(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	dir := t.TempDir()
	if _, err := Generate(ctx, dir, Options{Images: 50}); err == nil {
		t.Error("Generate with a canceled context succeeds")
	}
	if _, err := os.Stat(filepath.Join(dir, Manifest)); err == nil {
		t.Error("an unfinished sample has a manifest")
	}
}

// TestTIFF reads a written file with an independent reader.
func TestTIFF(t *testing.T) {
	c := plan(10, 1)[0]
	pixels := c.pixels(1)
	file := appendTIFF(nil, pixels, Size, Size)
	if len(file) != tiffBytes {
		t.Errorf("file has %d bytes, want %d", len(file), tiffBytes)
	}
	im, err := tiff.Decode(bytes.NewReader(file))
	if err != nil {
		t.Fatal(err)
	}
	for y := range Size {
		for x := range Size {
			if v, _, _, _ := im.At(x, y).RGBA(); byte(v>>8) != pixels[y*Size+x] {
				t.Fatalf("pixel %d,%d reads %d, want %d", x, y, v>>8, pixels[y*Size+x])
			}
		}
	}
}

// TestBlurIsGaussian compares a blurred point with the Gaussian it stands for.
func TestBlurIsGaussian(t *testing.T) {
	for _, sigma := range []float64{0.8, 1.5, 2.2, 3.7, 6} {
		f := newField(81, 61)
		f.v[30*81+40] = 1
		f.blur(sigma)
		var sum, variance float64
		for y := range f.h {
			for x := range f.w {
				v := f.v[y*f.w+x]
				sum += v
				variance += v * float64((x-40)*(x-40))
			}
		}
		if !(math.Abs(sum-1) < 1e-9) {
			t.Errorf("sigma %g: blur changes the sum to %g", sigma, sum)
		}
		if got := math.Sqrt(variance); !(math.Abs(got/sigma-1) < 1e-9) {
			t.Errorf("sigma %g: blur has standard deviation %g", sigma, got)
		}
	}
}

// read returns the content of all files below dir.
func read(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := make(map[string]string)
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(text)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func BenchmarkCrop(b *testing.B) {
	crops := plan(DefaultImages, DefaultSeed)
	for i := range b.N {
		crops[i%len(crops)].pixels(DefaultSeed)
	}
}
