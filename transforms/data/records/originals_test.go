package records

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
)

// folder is a folder of shards and the place of each image in it.
type folder struct {
	dir    string
	places map[string]Place
}

// makeFolder writes shards of images with these names, each with pixels of its own. A
// name that begins with "bad" is a record that holds no usable image.
func makeFolder(t *testing.T, compression string, shards ...[]string) folder {
	t.Helper()
	f := folder{t.TempDir(), map[string]Place{}}
	m := schemas.ShardsManifest{Parameters: schemas.ShardParameters{Compression: compression}, Image: schemas.ImageShape{Height: 2, Width: 2, Channels: 1, Bits: 8}}
	for i, names := range shards {
		var data bytes.Buffer
		w := tfrecord.NewWriter(&data, tfrecord.WriterOptions{Gzip: compression == schemas.CompressionGzip})
		for k, name := range names {
			pixels := []byte{byte(i), byte(k), 7, 9}
			record := Append(nil, &Image{Filename: name, Pixels: pixels, Height: 2, Width: 2, Channels: 1, Bits: 8})
			if strings.HasPrefix(name, "bad") {
				record = []byte("no example")
			}
			offset, err := w.Write(record)
			if err != nil {
				t.Fatal(err)
			}
			sum := sha256.Sum256(pixels)
			f.places[name] = Place{ImageID: name, Shard: int32(i), Record: int64(k), Offset: offset, SHA256: hex.EncodeToString(sum[:])}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		info := schemas.ShardInfo{File: fmt.Sprintf("images-%05d-of-%05d.tfrecords", i, len(shards))}
		m.Shards = append(m.Shards, info)
		if err := os.WriteFile(filepath.Join(f.dir, info.File), data.Bytes(), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	data, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, schemas.ShardsFile), data, 0o666); err != nil {
		t.Fatal(err)
	}
	return f
}

// seen is what Fetch handed on, in its order.
type seen struct {
	mu     sync.Mutex
	at     []int
	images map[int]*Image
}

func (s *seen) visit(_ context.Context, i int, im *Image) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = append(s.at, i)
	if s.images == nil {
		s.images = map[int]*Image{}
	}
	s.images[i] = im
	return nil
}

// both calls a test for shards that are read by offset, and for compressed ones.
func both(t *testing.T, test func(t *testing.T, compression string)) {
	for _, compression := range []string{schemas.CompressionNone, schemas.CompressionGzip} {
		t.Run(compression, func(t *testing.T) { test(t, compression) })
	}
}

// TestFetch: every place is visited once, with its image; those of one shard in the
// order of its records, and a record that several places name is read once.
func TestFetch(t *testing.T) {
	both(t, func(t *testing.T, compression string) {
		f := makeFolder(t, compression, []string{"a", "b", "bad", "c"}, []string{"d"}, nil)
		var places []Place
		for _, name := range []string{"c", "a", "d", "b", "a"} {
			places = append(places, f.places[name])
		}
		var s seen
		if err := Fetch(t.Context(), f.dir, places, s.visit); err != nil {
			t.Fatal(err)
		}
		for i, p := range places {
			im := s.images[i]
			if im == nil || im.Filename != p.ImageID || im.Height != 2 || im.Width != 2 {
				t.Errorf("place %d, of %q, is visited with %+v", i, p.ImageID, im)
			}
		}
		first := slices.DeleteFunc(slices.Clone(s.at), func(i int) bool { return places[i].Shard != 0 })
		if !slices.Equal(first, []int{1, 4, 3, 0}) || len(s.at) != len(places) {
			t.Errorf("visited in the order %v, and in the first shard in that of %v", s.at, first)
		}
		if s.images[1] != s.images[4] {
			t.Error("one record was read for each place that names it")
		}
	})
	if err := Fetch(t.Context(), t.TempDir(), nil, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("without shards.json: %v", err)
	}
}

// TestFetchOthers: an image that is not the one that was encoded is an error, which
// names the shard and the image, and is not handed on.
func TestFetchOthers(t *testing.T) {
	both(t, func(t *testing.T, compression string) {
		for what, c := range map[string]struct {
			change func(f folder, p *Place)
			want   string
		}{
			"other pixels":      {func(_ folder, p *Place) { p.SHA256 = strings.Repeat("0", 64) }, `is not the image "b" that was encoded: encode the shards again`},
			"another name":      {func(_ folder, p *Place) { p.ImageID = "z" }, `is not the image "z" that was encoded`},
			"another record":    {func(f folder, p *Place) { p.Record, p.Offset = f.places["a"].Record, f.places["a"].Offset }, `is not the image "b" that was encoded`},
			"a bad record":      {func(f folder, p *Place) { p.Record, p.Offset = f.places["bad"].Record, f.places["bad"].Offset }, "images-00000-of-00001.tfrecords: "},
			"no such shard":     {func(_ folder, p *Place) { p.Shard = 1 }, `image "b" is in shard 1, but `},
			"a negative shard":  {func(_ folder, p *Place) { p.Shard = -1 }, "name the shards that were encoded"},
			"the shard is gone": {func(f folder, _ *Place) { os.Remove(filepath.Join(f.dir, "images-00000-of-00001.tfrecords")) }, "images-00000-of-00001.tfrecords"},
		} {
			f := makeFolder(t, compression, []string{"a", "b", "bad"})
			p := f.places["b"]
			c.change(f, &p)
			var s seen
			err := Fetch(t.Context(), f.dir, []Place{p}, s.visit)
			if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(s.at) > 0 {
				t.Errorf("%s: error is %v, want one line with %q; %d images were visited", what, err, c.want, len(s.at))
			}
		}
	})
}

// TestFetchWrongOffset: an offset between two records is damage, not an image.
func TestFetchWrongOffset(t *testing.T) {
	f := makeFolder(t, schemas.CompressionNone, []string{"a", "b"})
	for _, change := range []int64{-1, 1, 1 << 40} {
		p := f.places["b"]
		p.Offset += change
		var s seen
		err := Fetch(t.Context(), f.dir, []Place{p}, s.visit)
		if err == nil || !strings.Contains(err.Error(), "images-00000-of-00001.tfrecords") || len(s.at) > 0 {
			t.Errorf("offset %+d: %v", change, err)
		}
	}
}

// TestFetchDamaged: a record whose bytes changed is an error; one that nobody asks for
// is not read where offsets lead past it.
func TestFetchDamaged(t *testing.T) {
	both(t, func(t *testing.T, compression string) {
		f := makeFolder(t, compression, []string{"a", "b"})
		name := filepath.Join(f.dir, "images-00000-of-00001.tfrecords")
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if compression == schemas.CompressionGzip {
			data = data[:len(data)/2]
		} else {
			data[f.places["b"].Offset-5] ^= 1 // in record a
		}
		if err := os.WriteFile(name, data, 0o666); err != nil {
			t.Fatal(err)
		}
		var s seen
		err = Fetch(t.Context(), f.dir, []Place{f.places["a"], f.places["b"]}, s.visit)
		if !errors.Is(err, tfrecord.ErrCorrupt) || !strings.Contains(err.Error(), name) {
			t.Errorf("error is %v, want damage of %s", err, name)
		}
		if compression == schemas.CompressionNone {
			if err := Fetch(t.Context(), f.dir, []Place{f.places["b"]}, s.visit); err != nil {
				t.Errorf("the image behind a damaged record: %v", err)
			}
		}
	})
}

// TestFetchShort: a compressed shard that ends before a wanted image is another one.
func TestFetchShort(t *testing.T) {
	f := makeFolder(t, schemas.CompressionGzip, []string{"a"})
	p := f.places["a"]
	p.Record = 1
	err := Fetch(t.Context(), f.dir, []Place{p}, (&seen{}).visit)
	if err == nil || !strings.Contains(err.Error(), "ends before the wanted images: it is not the shard that was encoded") {
		t.Error(err)
	}
}

// TestFetchStops: the error of a visit ends the work and is returned.
func TestFetchStops(t *testing.T) {
	both(t, func(t *testing.T, compression string) {
		f := makeFolder(t, compression, []string{"a", "b", "c"})
		enough, visited := errors.New("enough"), 0
		err := Fetch(t.Context(), f.dir, []Place{f.places["a"], f.places["b"], f.places["c"]}, func(context.Context, int, *Image) error {
			visited++
			return enough
		})
		if !errors.Is(err, enough) || visited != 1 {
			t.Errorf("%v, after %d visits", err, visited)
		}
	})
}

// TestPlaceOf: a pick's place is where the selection says that its image lies.
func TestPlaceOf(t *testing.T) {
	got := PlaceOf(&schemas.Pick{ImageID: "a", Shard: 3, Record: 5, Offset: 700, SHA256: "ff"})
	if want := (Place{ImageID: "a", Shard: 3, Record: 5, Offset: 700, SHA256: "ff"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
