package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mathext"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/engine"
	"exemplar/transforms/records"
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
		info := schemas.ShardInfo{File: schemas.ShardName(s, shards, compression), Records: int64(len(group)), Bytes: int64(buf.Len()), SHA256: engine.SHA256(buf.Bytes())}
		write(buf.Bytes(), info.File)
		if index {
			data, err := x.File(info)
			if err != nil {
				t.Fatal(err)
			}
			write(data, schemas.StateDir, schemas.IndexName(s, shards))
		}
		m.Shards, m.Bytes = append(m.Shards, info), m.Bytes+info.Bytes
	}
	if err := engine.WriteJSON(context.Background(), filepath.Join(dir, schemas.ShardsFile), m); err != nil {
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

// TestIndexOfOtherNames: an index that names other images than the shard holds is
// noticed when they are read.
func TestIndexOfOtherNames(t *testing.T) {
	images := collection(4)[:40]
	dir := indexed(t, images, 1, schemas.CompressionNone, false)
	f := open(t, dir)
	x := records.NewIndex()
	for i := range images {
		x.Add("x"+images[i].Filename[1:], len(records.Append(nil, &images[i])))
	}
	data, err := x.File(f.Shards[0].info)
	if err == nil {
		err = os.MkdirAll(filepath.Join(dir, schemas.StateDir), 0o777)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, schemas.StateDir, schemas.IndexName(0, 1)), data, 0o666)
	}
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Scan(context.Background(), Config{Train: f, Limit: 5, Buffer: 1}); err == nil || !bytes.Contains([]byte(err.Error()), []byte("its index says")) {
		t.Errorf("an index of other images: %v", err)
	}
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
