package dataset

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/schemas/caught"
	"exemplar/tfrecord"
	"exemplar/transforms/data/records"
)

const side = 4

// picture makes image i of a test collection: its pixels tell its number.
func picture(i int) records.Image {
	pixels := make([]byte, side*side)
	pixels[0], pixels[1] = byte(i), byte(i>>8)
	return records.Image{Filename: fmt.Sprintf("cell %03d.tif", i), Pixels: pixels, Height: side, Width: side, Channels: 1, Bits: 8}
}

// folder writes n pictures as shards without a manifest.
func folder(t testing.TB, n, shards int) *Folder {
	t.Helper()
	dir := t.TempDir()
	for s := range shards {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
		for i := range n {
			im := picture(i)
			if schemas.ShardOf(im.Filename, shards) != s {
				continue
			}
			if _, err := w.Write(records.Append(nil, &im)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), os.WriteFile(filepath.Join(dir, schemas.ShardName(s, shards, "none")), buf.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func scan(t testing.TB, c Config) *Set {
	t.Helper()
	if c.Buffer == 0 {
		c.Buffer = DefaultBuffer
	}
	s, err := Scan(context.Background(), c)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// names reads a sequence to its end, checking that the pixels are those of the
// image.
func names(t testing.TB, in iter.Seq2[records.Image, error]) (out []string) {
	t.Helper()
	for im, err := range in {
		if err != nil {
			t.Fatal(err)
		}
		if want := picture(int(im.Pixels[0]) + int(im.Pixels[1])<<8); im.Filename != want.Filename || !bytes.Equal(im.Pixels, want.Pixels) {
			t.Fatalf("image %q has the pixels of %q", im.Filename, want.Filename)
		}
		out = append(out, im.Filename)
	}
	return out
}

func (s *Set) order(t testing.TB, epoch int, skip int64) []string {
	return names(t, s.Epoch(context.Background(), epoch, skip))
}

// TestSplit: no image is in both parts, none is lost, and the parts are the same
// when the collection is sharded otherwise.
func TestSplit(t *testing.T) {
	const n = 600
	var before *Set
	for _, shards := range []int{3, 7} {
		s := scan(t, Config{Train: folder(t, n, shards), Fraction: 0.1, Sample: 5})
		training, held := s.order(t, 0, 0), names(t, s.Validation(context.Background()))
		if int64(len(training)) != s.Training || int64(len(held)) != s.Held {
			t.Errorf("%d and %d images, the scan says %d and %d", len(training), len(held), s.Training, s.Held)
		}
		// The number held out is binomial: 60 +- 7.3.
		if len(held) < 60-30 || len(held) > 60+30 {
			t.Errorf("%d of %d images are held out, want about a tenth", len(held), n)
		}
		all := append(slices.Clone(training), held...)
		slices.Sort(all)
		if all = slices.Compact(all); len(all) != n || len(training)+len(held) != n {
			t.Errorf("%d + %d images, %d different", len(training), len(held), len(all))
		}
		for _, im := range s.Sample {
			if !slices.Contains(held, im.Filename) {
				t.Errorf("%s is in the sample but not held out", im.Filename)
			}
		}
		if before != nil {
			if s.Held != before.Held || cmp.Diff(before.Sample, s.Sample) != "" || len(s.Sample) != 5 {
				t.Errorf("resharded: %d held out, before %d\n%s", s.Held, before.Held, cmp.Diff(before.Sample, s.Sample))
			}
			if diff := cmp.Diff(sorted(names(t, before.Validation(context.Background()))), sorted(held)); diff != "" {
				t.Errorf("resharding changed the split:\n%s", diff)
			}
		}
		before = s
	}
}

func sorted(s []string) []string {
	s = slices.Clone(s)
	slices.Sort(s)
	return s
}

// TestOrder: an epoch's order does not depend on the number of processors or on
// whether the images are kept in memory; a position in it is resumed exactly.
func TestOrder(t *testing.T) {
	for _, buffer := range []int64{1, 40 * side * side, DefaultBuffer} {
		f := folder(t, 200, 11)
		s := scan(t, Config{Train: f, Fraction: 0.2, Seed: 3, Buffer: buffer})
		if kept := s.kept != nil; kept != (buffer == DefaultBuffer) {
			t.Fatalf("buffer of %d bytes: images are kept: %v", buffer, kept)
		}
		first, second := s.order(t, 0, 0), s.order(t, 1, 0)
		if slices.Equal(first, second) || !slices.Equal(sorted(first), sorted(second)) {
			t.Error("two epochs have the same order, or other images")
		}
		other := scan(t, Config{Train: f, Fraction: 0.2, Seed: 4, Buffer: buffer}).order(t, 0, 0)
		if slices.Equal(first, other) {
			t.Error("two seeds have the same order")
		}
		before := runtime.GOMAXPROCS(1)
		again := scan(t, Config{Train: f, Fraction: 0.2, Seed: 3, Buffer: buffer})
		again.kept = nil
		for skip := range len(first) + 1 {
			if got := again.order(t, 0, int64(skip)); !slices.Equal(got, first[skip:]) {
				t.Fatalf("buffer of %d bytes: from image %d on the order is another", buffer, skip)
			}
		}
		runtime.GOMAXPROCS(before)
	}
}

// TestShuffleIsFair: with a buffer that holds the collection every order is as
// likely as the others.
func TestShuffleIsFair(t *testing.T) {
	s := scan(t, Config{Train: folder(t, 4, 1)})
	const epochs = 4800
	count := map[string]int{}
	for epoch := range epochs {
		count[strings.Join(s.order(t, epoch, 0), " ")]++
	}
	chi := 0.0
	for _, n := range count {
		d := float64(n) - epochs/24
		chi += d * d / (epochs / 24)
	}
	// 23 degrees of freedom: above 60 with probability 4e-5; the seeds are fixed.
	if len(count) != 24 || !(chi < 60) {
		t.Errorf("%d different orders of 24, chi-square %.1f", len(count), chi)
	}
}

// TestBufferIsBounded: no more images are read ahead than fit into the buffer.
func TestBufferIsBounded(t *testing.T) {
	s := scan(t, Config{Train: folder(t, 300, 1), Buffer: 25*side*side + 5})
	if s.capacity() != 25 {
		t.Fatalf("the buffer holds %d images, want 25", s.capacity())
	}
	read, left := 0, 0
	counted := func(yield func(records.Image, error) bool) {
		for i := range 300 {
			if read++; !yield(picture(i), nil) {
				return
			}
		}
	}
	far := 0
	for im, err := range shuffle(counted, newRand(1, 2), s.capacity()) {
		if err != nil {
			t.Fatal(err)
		}
		if left++; read-left > 25 {
			t.Fatalf("%d images are in the buffer", read-left)
		}
		if d := int(im.Pixels[0]) + int(im.Pixels[1])<<8 - left; d > 25 || d < -25 {
			far++
		}
	}
	// An image is in the buffer for more than 50 steps with probability 1/e^2.
	if left != 300 || far < 15 || far > 75 {
		t.Errorf("%d images left, %d of them more than 25 places from where they were", left, far)
	}
}

// TestSome: the images are held out, about as many as asked for, and the same
// ones however the collection is sharded.
func TestSome(t *testing.T) {
	ctx := context.Background()
	for _, fraction := range []float64{0, 0.5} {
		var before []string
		for _, shards := range []int{2, 5} {
			s := scan(t, Config{Train: folder(t, 400, shards), Fraction: fraction})
			some := sorted(names(t, s.Some(ctx, 60)))
			// Binomial: 60 +- 7.
			if len(some) < 30 || len(some) > 90 || before != nil && !slices.Equal(some, before) {
				t.Errorf("%d images, before %d", len(some), len(before))
			}
			for _, id := range some {
				if fraction > 0 && !Held(id, fraction) {
					t.Errorf("%s is not held out", id)
				}
			}
			if all := names(t, s.Some(ctx, 400)); int64(len(all)) != max(s.Held, s.Training*int64(1-2*fraction)) {
				t.Errorf("%d of all images", len(all))
			}
			before = some
		}
	}
}

func TestLimit(t *testing.T) {
	s := scan(t, Config{Train: folder(t, 100, 4), Limit: 10})
	if got := s.order(t, 0, 0); len(got) != 10 || s.Training != 10 {
		t.Errorf("%d images, the scan says %d, want 10", len(got), s.Training)
	}
}

// TestDamage: records of another size or without an image are reported, counted and
// passed over; a truncated file is an error, and so is a record with a wrong checksum.
func TestDamage(t *testing.T) {
	dir := t.TempDir()
	var buf bytes.Buffer
	w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
	var offsets []int64
	odd := picture(9)
	odd.Height, odd.Width = 2, 8
	for i := range 5 {
		im := picture(i)
		if i == 3 {
			im = odd
		}
		offset, err := w.Write(records.Append(nil, &im))
		if err != nil {
			t.Fatal(err)
		}
		offsets = append(offsets, offset)
	}
	if _, err := w.Write([]byte("no example")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	data := buf.Bytes()
	name := filepath.Join(dir, "images.tfrecords")
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	f, err := Open(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	s := scan(t, Config{Train: f, Buffer: 1})
	if got := sorted(s.order(t, 0, 0)); !slices.Equal(got, []string{picture(0).Filename, picture(1).Filename, picture(2).Filename, picture(4).Filename}) {
		t.Errorf("trained on %v", got)
	}
	var rows []string
	for _, r := range s.Rejected {
		rows = append(rows, r.Name+" "+r.Reason)
		if r.Stage != schemas.StageRecord || r.Detail == "" {
			t.Errorf("row %+v", r)
		}
	}
	if want := []string{odd.Filename + " wrong_size", "images.tfrecords#5 corrupt"}; !slices.Equal(rows, want) {
		t.Errorf("rejected %q, want %q", rows, want)
	}

	if err := os.WriteFile(name, data[:len(data)-1], 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Scan(context.Background(), Config{Train: f, Buffer: 1}); !errors.Is(err, tfrecord.ErrCorrupt) || !strings.Contains(err.Error(), name) {
		t.Errorf("truncated file: %v", err)
	}
	data[offsets[1]+30] ^= 1
	if err := os.WriteFile(name, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Scan(context.Background(), Config{Train: f, Buffer: 1}); !errors.Is(err, tfrecord.ErrCorrupt) || !strings.Contains(err.Error(), name+": record 1 at byte") {
		t.Errorf("wrong checksum: %v", err)
	}
}

// TestEmptyShards: a file of no bytes is a shard of no records, and where its name says
// gzip a damaged one, whichever way its records are found.
func TestEmptyShards(t *testing.T) {
	dir, im := t.TempDir(), picture(1)
	var buf bytes.Buffer
	w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
	if _, err := w.Write(records.Append(nil, &im)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	for name, data := range map[string][]byte{"a.tfrecord": buf.Bytes(), "b.tfrecord": nil, "c.tfrecord.gz": nil} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	f, err := Open(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	_, scanned := Scan(t.Context(), Config{Train: f, Buffer: 1})
	_, drawn := f.Draw(t.Context(), 1, 0)
	for way, err := range map[string]error{"scan": scanned, "draw": drawn, "names": f.Twice(t.Context())} {
		if !errors.Is(err, tfrecord.ErrCorrupt) || !strings.Contains(err.Error(), "c.tfrecord.gz: record 0 at byte 0 is corrupt: the file is empty") {
			t.Errorf("%s: %v", way, err)
		}
	}
	if err := os.Remove(filepath.Join(dir, "c.tfrecord.gz")); err != nil {
		t.Fatal(err)
	}
	if f, err = Open(t.Context(), dir); err != nil {
		t.Fatal(err)
	}
	if s := scan(t, Config{Train: f, Buffer: 1}); s.Training != 1 {
		t.Errorf("%d images, want 1", s.Training)
	}
}

// TestValidationFolder: images of an own folder are all held out, and must not
// be among those for training.
func TestValidationFolder(t *testing.T) {
	ctx := context.Background()
	train, test := folder(t, 40, 3), t.TempDir()
	write := func(images ...records.Image) *Folder {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{})
		for _, im := range images {
			if _, err := w.Write(records.Append(nil, &im)); err != nil {
				t.Fatal(err)
			}
		}
		if err := errors.Join(w.Close(), os.WriteFile(filepath.Join(test, "t.tfrecords"), buf.Bytes(), 0o666)); err != nil {
			t.Fatal(err)
		}
		f, err := Open(ctx, test)
		if err != nil {
			t.Fatal(err)
		}
		return f
	}
	// The same name with other pixels is another image.
	other := picture(1000)
	other.Filename = picture(7).Filename
	for _, buffer := range []int64{1, DefaultBuffer} {
		s := scan(t, Config{Train: train, Validation: write(picture(500), other, picture(501)), Fraction: 0.5, Buffer: buffer, Sample: 9})
		var got []string
		for im, err := range s.Validation(ctx) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, im.Filename)
		}
		if len(got) != 3 || s.Held != 3 || s.Training != 40 || len(s.order(t, 0, 0)) != 40 || len(s.Sample) != 3 {
			t.Errorf("%d held out (%v), %d for training, sample of %d", s.Held, got, s.Training, len(s.Sample))
		}
	}
	_, err := Scan(ctx, Config{Train: train, Validation: write(picture(500), picture(7)), Buffer: 1})
	if err == nil || !strings.Contains(err.Error(), picture(7).Filename) {
		t.Errorf("an image in both folders: %v", err)
	}
}

func TestRefusals(t *testing.T) {
	f := folder(t, 30, 2)
	for want, c := range map[string]Config{
		"choose a larger share":  {Train: f, Fraction: 1e-9},
		"choose a smaller":       {Train: f, Fraction: 0.9999999},
		"images of the same kin": {Train: f, Validation: &Folder{Dir: "x", Shape: schemas.ImageShape{Height: 1, Width: 1, Channels: 1, Bits: 8}}},
	} {
		c.Buffer = 1
		if _, err := Scan(context.Background(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
	// Shards that change while a run goes on are noticed.
	s := scan(t, Config{Train: f, Buffer: 1})
	*f = *folder(t, 29, 2)
	for _, err := range s.Epoch(context.Background(), 0, 0) {
		if err != nil {
			if !strings.Contains(err.Error(), "have changed") {
				t.Error(err)
			}
			return
		}
	}
	t.Error("changed shards were not noticed")
}

func TestBatches(t *testing.T) {
	s := scan(t, Config{Train: folder(t, 25, 2)})
	var sizes []int
	var all []string
	for batch, err := range Batches(s.Epoch(context.Background(), 0, 0), 8, 2) {
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, len(batch))
		for _, im := range batch {
			all = append(all, im.Filename)
		}
	}
	if !slices.Equal(sizes, []int{8, 8, 8, 1}) || !slices.Equal(all, s.order(t, 0, 0)) {
		t.Errorf("batches of %v", sizes)
	}
	for range Batches(s.Epoch(context.Background(), 0, 0), 3, 1) {
		break // returns although the reader is ahead
	}
	failing := func(yield func(records.Image, error) bool) {
		_ = yield(picture(1), nil) && yield(records.Image{}, errors.New("disk"))
	}
	for batch, err := range Batches(failing, 3, 1) {
		if err == nil || batch != nil {
			t.Errorf("%d images, %v; want the error", len(batch), err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	for _, err := range Batches(s.Epoch(ctx, 0, 0), 3, 1) {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("canceled: %v", err)
		}
	}
}

// TestBatchesPanic: what the reader panics with reaches the one who takes batches.
func TestBatchesPanic(t *testing.T) {
	defer func() {
		if p, ok := recover().(*caught.Panic); !ok || p.Value != "damaged" {
			t.Errorf("recovered %v", p)
		}
	}()
	for range Batches(func(yield func(records.Image, error) bool) { panic("damaged") }, 3, 1) {
	}
	t.Error("it went on")
}

func TestNeverHeldTwice(t *testing.T) {
	for i := range 10000 {
		id := picture(i).Filename
		if Held(id, 0.1) && !Held(id, 0.3) || Held(id, 0) {
			t.Fatalf("%s is held out with a smaller share only", id)
		}
	}
}
