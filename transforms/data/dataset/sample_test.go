package dataset

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// indexed writes images as a finished folder of shards; with an index beside each
// where that is asked for.
func indexed(t testing.TB, images []records.Image, shards int, compression string, index bool) string {
	t.Helper()
	dir := t.TempDir()
	first := images[0].Shape()
	m := schemas.ShardsManifest{Format: schemas.ShardsFormat, Image: first, Written: int64(len(images)), Listed: int64(len(images)),
		Parameters: schemas.ShardParameters{Shards: shards, Compression: compression, Height: first.Height, Width: first.Width, Fit: "reject", BitsMode: "keep", MaxPixels: 1e8}}
	write := func(data []byte, names ...string) {
		name := filepath.Join(append([]string{dir}, names...)...)
		if err := errors.Join(os.MkdirAll(filepath.Dir(name), 0o777), os.WriteFile(name, data, 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	groups := make([][]records.Image, shards)
	for _, im := range images {
		s := schemas.ShardOf(im.Filename, shards)
		groups[s] = append(groups[s], im)
	}
	for s, group := range groups {
		slices.SortFunc(group, func(a, b records.Image) int { return bytes.Compare([]byte(a.Filename), []byte(b.Filename)) })
		var buf bytes.Buffer
		w, x := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{Gzip: compression == schemas.CompressionGzip}), records.NewIndex()
		for i := range group {
			record := records.Append(nil, &group[i])
			if _, err := w.Write(record); err != nil {
				t.Fatal(err)
			}
			x.Add(group[i].Filename, len(record))
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		info := schemas.ShardInfo{File: schemas.ShardName(s, shards, compression), Records: int64(len(group)), Bytes: int64(buf.Len()), SHA256: outdir.SHA256(buf.Bytes())}
		write(buf.Bytes(), info.File)
		if index {
			data, err := x.File(info)
			if err != nil {
				t.Fatal(err)
			}
			write(data, schemas.StateDir, schemas.IndexName(s, shards))
			part, err := json.Marshal(schemas.ShardPart{Shard: s, Info: info, IndexSHA256: outdir.SHA256(data)})
			if err != nil {
				t.Fatal(err)
			}
			write(part, schemas.StateDir, schemas.PartName("images", s, shards))
		}
		m.Shards, m.Bytes = append(m.Shards, info), m.Bytes+info.Bytes
	}
	if err := outdir.WriteJSON(context.Background(), filepath.Join(dir, schemas.ShardsFile), m); err != nil {
		t.Fatal(err)
	}
	return dir
}

func open(t testing.TB, dir string) *Folder {
	t.Helper()
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// drawnOf returns the names of the images of a sample, which are read.
func drawnOf(t testing.TB, f *Folder, limit int64, seed uint64) (ids []string) {
	t.Helper()
	ctx := context.Background()
	s, err := f.Draw(ctx, limit, seed)
	if err != nil {
		t.Fatal(err)
	}
	for shard := range f.Shards {
		for im, err := range f.Usable(ctx, shard, s, nil) {
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, im.Filename)
		}
	}
	return ids
}

// sources are the sizes of the sources of a collection whose names sort by source.
var sources = []int{700, 40, 300, 5, 900, 60, 500, 495}

func collection(side int) (images []records.Image) {
	for source, n := range sources {
		for i := range n {
			images = append(images, records.Image{Filename: fmt.Sprintf("%c source/cell_%04d.tif", 'a'+source, i), Pixels: make([]byte, side*side), Height: side, Width: side, Channels: 1, Bits: 8})
		}
	}
	return images
}

// TestLimitIsAHashSample: over 100 seeds the sources of the images that a limit takes
// differ from those of all images as chance has it: the p-values of chi-square are
// uniform. (The images are drawn without return: the statistic is the hypergeometric
// distribution's, which has as many degrees of freedom. The two sources of 5 and 40
// images count as one, so that five images and more are expected of each.)
func TestLimitIsAHashSample(t *testing.T) {
	f := open(t, indexed(t, collection(2), 7, schemas.CompressionNone, true))
	const limit, seeds, all = 600, 100, 3000
	var p []float64
	for seed := range uint64(seeds) {
		s, err := f.Draw(context.Background(), limit, seed)
		if err != nil {
			t.Fatal(err)
		}
		count := make([]float64, len(sources))
		for _, shard := range s.shards {
			for _, e := range shard {
				count[e.Name[0]-'a']++
			}
		}
		count[1] += count[3]
		chi, groups := 0.0, 0
		for i, n := range sources {
			if i == 3 {
				continue
			}
			if i == 1 {
				n += sources[3]
			}
			groups++
			want := float64(limit*n) / all
			chi += (count[i] - want) * (count[i] - want) / want
		}
		chi *= float64(all-1) / (all - limit)
		p = append(p, mathext.GammaIncRegComp(float64(groups-1)/2, chi/2))
	}
	checkUniform(t, p)
}

// checkUniform fails where p-values are not those of chance: by the test of
// Kolmogorov and Smirnov, or one of them by itself.
func checkUniform(t *testing.T, p []float64) {
	t.Helper()
	slices.Sort(p)
	d, n := 0.0, float64(len(p))
	for i, v := range p {
		d = max(d, v-float64(i)/n, float64(i+1)/n-v)
	}
	// The limiting distribution with Stephens' correction.
	x, ks := d*(math.Sqrt(n)+0.12+0.11/math.Sqrt(n)), 0.0
	for k := 1.0; k < 100; k++ {
		ks += 2 * math.Pow(-1, k-1) * math.Exp(-2*k*k*x*x)
	}
	if !(ks > 0.001) || !(p[0] >= 1e-5) {
		t.Errorf("the p-values are not uniform: Kolmogorov-Smirnov D %.3f, p %.2g; the least is %.2g", d, ks, p[0])
	}
}

// TestSampleIsTheSame: the images drawn are those of the smallest hashes, whether an
// index says where they are, whether that is damaged or another shard's, in
// compressed shards and in those of other programs, and however they are sharded.
func TestSampleIsTheSame(t *testing.T) {
	images := collection(4)[:400]
	damage := func(change func(data []byte) []byte) string {
		dir := indexed(t, images, 3, schemas.CompressionNone, true)
		name := filepath.Join(dir, schemas.StateDir, schemas.IndexName(1, 3))
		data, err := os.ReadFile(name)
		if err == nil {
			err = os.WriteFile(name, change(bytes.Clone(data)), 0o666)
		}
		if err != nil {
			t.Fatal(err)
		}
		return dir
	}
	foreign := indexed(t, images, 3, schemas.CompressionNone, true)
	if err := os.Remove(filepath.Join(foreign, schemas.ShardsFile)); err != nil {
		t.Fatal(err)
	}
	var want []string
	for name, dir := range map[string]string{
		"with indexes":           indexed(t, images, 3, schemas.CompressionNone, true),
		"without":                indexed(t, images, 3, schemas.CompressionNone, false),
		"sharded otherwise":      indexed(t, images, 11, schemas.CompressionNone, true),
		"gzip":                   indexed(t, images, 3, schemas.CompressionGzip, true),
		"gzip without":           indexed(t, images, 3, schemas.CompressionGzip, false),
		"another program's":      foreign,
		"a flipped bit":          damage(func(b []byte) []byte { b[len(b)-20] ^= 4; return b }),
		"a cut index":            damage(func(b []byte) []byte { return b[:len(b)/2] }),
		"an empty index":         damage(func([]byte) []byte { return nil }),
		"an index of others":     damage(func(b []byte) []byte { return bytes.Replace(b, []byte(`"sha256":"`), []byte(`"sha256":"0`), 1) }),
		"an index of other size": damage(func(b []byte) []byte { return bytes.Replace(b, []byte(`"records":`), []byte(`"records":1`), 1) }),
	} {
		got := drawnOf(t, open(t, dir), 50, 7)
		slices.Sort(got)
		if want == nil {
			want = got
		}
		if len(got) != 50 || !slices.Equal(got, want) {
			t.Errorf("%s: %d images, the first %q; another folder gives %q", name, len(got), got[:3], want[:3])
		}
	}
	f := open(t, indexed(t, images, 3, schemas.CompressionNone, true))
	// Smaller samples are part of larger ones; other seeds draw others.
	if few := drawnOf(t, f, 20, 7); slices.ContainsFunc(few, func(id string) bool { return !slices.Contains(want, id) }) {
		t.Error("20 images are not among 50")
	}
	if other := drawnOf(t, f, 50, 8); slices.Equal(other, want) {
		t.Error("two seeds draw the same images")
	}
	if s, err := f.Draw(context.Background(), 400, 7); s != nil || err != nil {
		t.Errorf("all images are a sample: %v, %v", s, err)
	}
}

// TestForgedIndexes: an index that says anything else than what was written with its
// shard is not used: the images are those that are drawn without it. Where the hash of
// it was forged as well, a record that is not what the index says ends the run in a line
// that names the shard.
func TestForgedIndexes(t *testing.T) {
	images := collection(4)[:200]
	for _, compression := range schemas.Compressions {
		dir := indexed(t, images, 2, compression, true)
		index := filepath.Join(dir, schemas.StateDir, schemas.IndexName(0, 2))
		part := filepath.Join(dir, schemas.StateDir, schemas.PartName("images", 0, 2))
		f := open(t, dir)
		want := drawnOf(t, f, 60, 7)
		whole, err := os.ReadFile(index)
		if err != nil {
			t.Fatal(err)
		}
		entries, err := records.ParseIndex(whole, f.Shards[0].info)
		if err != nil {
			t.Fatal(err)
		}
		written, err := os.ReadFile(part)
		if err != nil {
			t.Fatal(err)
		}
		forge := func(info schemas.ShardInfo, change func(e []records.Entry) []records.Entry) []byte {
			x := records.NewIndex()
			for _, e := range change(slices.Clone(entries)) {
				x.Add(e.Name, int(e.Bytes))
			}
			data, err := x.File(info)
			if err != nil {
				t.Fatal(err)
			}
			return data
		}
		info, same := f.Shards[0].info, func(e []records.Entry) []records.Entry { return e }
		other := func(change func(i *schemas.ShardInfo)) schemas.ShardInfo {
			i := info
			change(&i)
			return i
		}
		n := len(entries)
		for what, data := range map[string][]byte{
			"no images named": forge(info, func(e []records.Entry) []records.Entry { return rename(e, func(int, string) string { return "x" }) }),
			"all names moved by one": forge(info, func(e []records.Entry) []records.Entry {
				return rename(e, func(i int, _ string) string { return e[(i+1)%n].Name })
			}),
			"one image passed over":    forge(info, func(e []records.Entry) []records.Entry { return append(e[:3], e[4:]...) }),
			"one image twice":          forge(info, func(e []records.Entry) []records.Entry { return append(e[:n-1], e[0]) }),
			"longer than the shard":    forge(info, func(e []records.Entry) []records.Entry { return append(e, records.Entry{Name: "y", Bytes: 9}) }),
			"a record longer":          forge(info, func(e []records.Entry) []records.Entry { e[5].Bytes++; return e }),
			"a byte to the next":       forge(info, func(e []records.Entry) []records.Entry { e[5].Bytes--; e[6].Bytes++; return e }),
			"no records":               forge(info, func([]records.Entry) []records.Entry { return nil }),
			"another file":             forge(other(func(i *schemas.ShardInfo) { i.File = f.Shards[1].info.File }), same),
			"another size":             forge(other(func(i *schemas.ShardInfo) { i.Bytes++ }), same),
			"another hash":             forge(other(func(i *schemas.ShardInfo) { i.SHA256 = f.Shards[1].info.SHA256 }), same),
			"another format":           bytes.Replace(whole, []byte(schemas.IndexFormat), []byte("exemplar.index/9"), 1),
			"another number of images": bytes.Replace(whole, []byte(`"records":`), []byte(`"records":1`), 1),
			"that of the other shard":  must(os.ReadFile(filepath.Join(dir, schemas.StateDir, schemas.IndexName(1, 2)))),
		} {
			if err := os.WriteFile(index, data, 0o666); err != nil {
				t.Fatal(err)
			}
			if got := drawnOf(t, open(t, dir), 60, 7); !slices.Equal(got, want) {
				t.Errorf("%s, %s: other images are drawn", compression, what)
			}
			forged := bytes.Replace(written, []byte(outdir.SHA256(whole)), []byte(outdir.SHA256(data)), 1)
			if err := os.WriteFile(part, forged, 0o666); err != nil {
				t.Fatal(err)
			}
			ctx, f := context.Background(), open(t, dir)
			s, err := f.Draw(ctx, 60, 7)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for shard := range f.Shards {
				for im, e := range f.Usable(ctx, shard, s, nil) {
					if err = cmp.Or(err, e); e == nil {
						got = append(got, im.Filename)
					}
				}
			}
			if !slices.Equal(got, want) && (err == nil || !strings.Contains(err.Error(), info.File)) {
				t.Errorf("%s, %s, its hash forged as well: other images are drawn, and what is said is %v", compression, what, err)
			}
			if err := os.WriteFile(part, written, 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func rename(e []records.Entry, name func(i int, was string) string) []records.Entry {
	named := slices.Clone(e)
	for i := range named {
		named[i].Name = name(i, e[i].Name)
	}
	return named
}

func must(data []byte, err error) []byte {
	if err != nil {
		panic(err)
	}
	return data
}

// TestSampleReadsTheSample: a hundredth of the images takes at most 3 % of the bytes,
// with an index, and without one where images are not tiny.
func TestSampleReadsTheSample(t *testing.T) {
	for _, c := range []struct {
		side, n int
		index   bool
	}{{48, 3000, true}, {128, 1000, false}} {
		dir := indexed(t, collection(c.side)[:c.n], 4, schemas.CompressionNone, c.index)
		before := store.Traffic().Read
		f := open(t, dir)
		s, err := Scan(context.Background(), Config{Train: f, Limit: int64(c.n / 100), Buffer: DefaultBuffer})
		if err != nil {
			t.Fatal(err)
		}
		read, all := store.Traffic().Read-before, int64(c.n*c.side*c.side)
		if share := float64(read) / float64(all); s.Training != int64(c.n/100) || s.Drawn != int64(c.n) || !(share < 0.03) {
			t.Errorf("%d of %d images of %d pixels a side, index: %v: %d read, %.1f %% of the bytes", s.Training, s.Drawn, c.side, c.index, read, 100*share)
		}
	}
}

// TestALargeDrawIsWhole: candidates of one shard are left out when others are sure to
// come before them, never because they are many.
func TestALargeDrawIsWhole(t *testing.T) {
	const limit = 1<<20 + 1<<9
	of := make([]candidate, 2<<20+1<<10)
	if n := len(thin(of, limit)); n < limit {
		t.Errorf("of %d candidates %d are left, %d are drawn", len(of), n, int64(limit))
	}
	for i := range of[:2<<10] {
		of[i].hash = uint64(i * 7 % (2 << 10))
	}
	if left := thin(of[:2<<10], 512); len(left) != 512 || left[511].hash != 511 {
		t.Errorf("%d are left, want the 512 of the smallest hashes", len(left))
	}
	if n := len(thin(of, math.MaxInt64)); n != len(of) {
		t.Errorf("%d of all are left", n)
	}
}
