package tfrecord

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"

	"pgregory.net/rapid"
)

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		// Lengths on both sides of the buffer's, where reading changes its way.
		length := rapid.OneOf(rapid.IntRange(0, 20), rapid.IntRange(bufferSize-20, bufferSize+20))
		var want [][]byte
		for range rapid.IntRange(0, 4).Draw(rt, "records") {
			b := bytes.Repeat([]byte{rapid.Byte().Draw(rt, "byte")}, length.Draw(rt, "length"))
			want = append(want, b)
		}
		o := WriterOptions{Gzip: rapid.Bool().Draw(rt, "gzip")}
		b, offsets := file(t, o, want...)
		got, err := readAll(t, bytes.NewReader(b), ReaderOptions{})
		if err != nil {
			rt.Fatal(err)
		}
		equalRecords(t, got, want)
		for i := range want {
			if o.Gzip {
				break
			}
			one, err := ReadAt(bytes.NewReader(b), offsets[i], ReaderOptions{})
			if err != nil || !bytes.Equal(one, want[i]) {
				rt.Fatalf("ReadAt(%d): %v", offsets[i], err)
			}
		}
	})
}

func TestReaderOverAwkwardReaders(t *testing.T) {
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		b, _ := file(t, o, samples()...)
		for name, wrap := range map[string]func(io.Reader) io.Reader{
			"one byte": iotest.OneByteReader, "half": iotest.HalfReader, "data with EOF": iotest.DataErrReader,
		} {
			got, err := readAll(t, wrap(bytes.NewReader(b)), ReaderOptions{})
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			equalRecords(t, got, samples())
		}
	}
}

func TestReaderOffsets(t *testing.T) {
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		b, offsets := file(t, o, samples()...)
		r, err := NewReader(bytes.NewReader(b), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Gzip() != o.Gzip {
			t.Errorf("Gzip() = %v", r.Gzip())
		}
		for i := range samples() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
			if r.Offset() != offsets[i] || r.Record() != int64(i) {
				t.Errorf("record %d at %d, want %d at %d", r.Record(), r.Offset(), i, offsets[i])
			}
		}
	}
}

// complete returns how many records end at or before byte n.
func complete(offsets []int64, n int) int {
	i := 0
	for i+1 < len(offsets) && offsets[i+1] <= int64(n) {
		i++
	}
	return i
}

func TestTruncatedAtEveryByte(t *testing.T) {
	b, offsets := file(t, WriterOptions{}, samples()...)
	for n := range len(b) {
		got, err := readAll(t, bytes.NewReader(b[:n]), ReaderOptions{})
		k := complete(offsets, n)
		equalRecords(t, got, samples()[:k])
		if offsets[k] == int64(n) {
			if err != nil {
				t.Fatalf("%d bytes, the end of a record: %v", n, err)
			}
			continue
		}
		wantCorrupt(t, err, int64(k), offsets[k])
		if !strings.Contains(err.Error(), "truncated") {
			t.Fatalf("%d bytes: %q does not say truncated", n, err)
		}
		_, err = ReadAt(bytes.NewReader(b[:n]), offsets[k], ReaderOptions{})
		wantCorrupt(t, err, -1, offsets[k])
	}
}

func TestBitFlippedAtEveryPosition(t *testing.T) {
	b, offsets := file(t, WriterOptions{}, samples()...)
	for i := range len(b) * 8 {
		bad := bytes.Clone(b)
		bad[i/8] ^= 1 << (i % 8)
		got, err := readAll(t, bytes.NewReader(bad), ReaderOptions{})
		k := complete(offsets, i/8)
		equalRecords(t, got, samples()[:k])
		wantCorrupt(t, err, int64(k), offsets[k])
		_, err = ReadAt(bytes.NewReader(bad), offsets[k], ReaderOptions{})
		wantCorrupt(t, err, -1, offsets[k])
	}
}

func header(n uint64) []byte {
	h := binary.LittleEndian.AppendUint64(nil, n)
	return binary.LittleEndian.AppendUint32(h, maskedCRC(h))
}

func TestOversizedLengths(t *testing.T) {
	ok, offsets := file(t, WriterOptions{}, []byte("fine"))
	for _, n := range []uint64{DefaultMaxRecord + 1, math.MaxInt64 - 3, math.MaxInt64, math.MaxInt64 + 1, math.MaxUint64} {
		for _, limit := range []int64{0, math.MaxInt64} {
			in := append(bytes.Clone(ok), append(header(n), "data"...)...)
			got, err := readAll(t, bytes.NewReader(in), ReaderOptions{MaxRecord: limit})
			equalRecords(t, got, [][]byte{[]byte("fine")})
			wantCorrupt(t, err, 1, offsets[1])
			_, err = ReadAt(bytes.NewReader(in), offsets[1], ReaderOptions{MaxRecord: limit})
			wantCorrupt(t, err, -1, offsets[1])
		}
	}
	b, _ := file(t, WriterOptions{}, make([]byte, 10), make([]byte, 11))
	_, err := readAll(t, bytes.NewReader(b), ReaderOptions{MaxRecord: 10})
	wantCorrupt(t, err, 1, 26)
}

// A length is believed only as far as data arrives.
func TestHugeLengthDoesNotAllocate(t *testing.T) {
	in := append(header(DefaultMaxRecord), make([]byte, 100)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err := readAll(t, bytes.NewReader(in), ReaderOptions{})
	wantCorrupt(t, err, 0, 0)
	_, err = ReadAt(bytes.NewReader(in), 0, ReaderOptions{})
	wantCorrupt(t, err, -1, 0)
	runtime.ReadMemStats(&after)
	if got := after.TotalAlloc - before.TotalAlloc; got > 8<<20 {
		t.Errorf("a declared length of 1 GiB allocated %d bytes", got)
	}
}

func TestEmptyFile(t *testing.T) {
	for name, b := range map[string][]byte{"plain": {}, "gzip": gzipped(t, nil)} {
		got, err := readAll(t, bytes.NewReader(b), ReaderOptions{})
		if err != nil || len(got) != 0 {
			t.Errorf("%s: %d records, %v", name, len(got), err)
		}
	}
}

// Lengths whose first bytes are those of gzip must still be read as plain.
func TestLengthThatLooksLikeGzip(t *testing.T) {
	want := make([]byte, 0x088b1f)
	b, _ := file(t, WriterOptions{}, want)
	if !bytes.HasPrefix(b, []byte{0x1f, 0x8b, 8}) {
		t.Fatalf("the file begins with %x", b[:3])
	}
	got, err := readAll(t, bytes.NewReader(b), ReaderOptions{})
	if err != nil {
		t.Fatal(err)
	}
	equalRecords(t, got, [][]byte{want})
}

func TestReaderKeepsIOErrorsApart(t *testing.T) {
	network := errors.New("connection reset")
	for _, o := range []WriterOptions{{}, {Gzip: true}} {
		for _, cause := range []error{network, io.ErrUnexpectedEOF} {
			b, _ := file(t, o, samples()...)
			for n := range len(b) {
				in := io.MultiReader(bytes.NewReader(b[:n]), iotest.ErrReader(cause))
				_, err := readAll(t, in, ReaderOptions{File: "x.tfrecords"})
				if !errors.Is(err, cause) || errors.Is(err, ErrCorrupt) {
					t.Fatalf("failing after %d of %d bytes: %v", n, len(b), err)
				}
				if !strings.HasPrefix(err.Error(), "x.tfrecords: reading record ") {
					t.Fatalf("message %q", err)
				}
			}
		}
	}
}

// TestRecover damages each byte of a file in turn: a reader that recovers returns
// all other records where the damage is in the data or its checksum, and stops
// where it is in the length.
func TestRecover(t *testing.T) {
	all := samples()
	sound, offsets := file(t, WriterOptions{}, all...)
	for i := range sound {
		b := bytes.Clone(sound)
		b[i] ^= 0x40
		hit := 0
		for int64(i) >= offsets[hit+1] {
			hit++
		}
		r, err := NewReader(bytes.NewReader(b), ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		recovers := int64(i)-offsets[hit] >= headerLen
		for n := 0; n <= len(all); n++ {
			got, err := r.Next()
			switch {
			case n == hit:
				wantCorrupt(t, err, int64(n), offsets[n])
				if r.Recover() != recovers {
					t.Fatalf("byte %d of a frame: recovered %v", int64(i)-offsets[hit], !recovers)
				}
				if recovers && (r.Record() != int64(n) || r.Offset() != offsets[n] || r.Recover()) {
					t.Fatalf("after recovery at record %d, byte %d, want %d, %d", r.Record(), r.Offset(), n, offsets[n])
				}
			case n > hit && !recovers:
				wantCorrupt(t, err, int64(hit), offsets[hit])
			case n == len(all):
				if err != io.EOF {
					t.Fatalf("at the end: %v", err)
				}
			case err != nil || !bytes.Equal(got, all[n]) || r.Record() != int64(n) || r.Offset() != offsets[n]:
				t.Fatalf("damaged byte %d: record %d is %q, %v", i, n, got, err)
			}
		}
	}
}

func TestReadAtErrors(t *testing.T) {
	b, offsets := file(t, WriterOptions{}, samples()...)
	for _, off := range []int64{-1, 1, offsets[1] - 1, int64(len(b)), int64(len(b)) + 1} {
		_, err := ReadAt(bytes.NewReader(b), off, ReaderOptions{})
		wantCorrupt(t, err, -1, off)
	}
	_, err := ReadAt(failingAt{}, 0, ReaderOptions{File: "x"})
	if !errors.Is(err, errDisk) || errors.Is(err, ErrCorrupt) {
		t.Errorf("ReadAt of a failing disk: %v", err)
	}
}

type failingAt struct{}

func (failingAt) ReadAt([]byte, int64) (int, error) { return 0, errDisk }

func TestCorruptErrorMessage(t *testing.T) {
	b, _ := file(t, WriterOptions{}, samples()...)
	b[len(b)-1] ^= 1
	_, err := readAll(t, bytes.NewReader(b), ReaderOptions{File: "images-00001-of-00002.tfrecords"})
	want := fmt.Sprintf("images-00001-of-00002.tfrecords: record 4 at byte %d is corrupt: the checksum of its data is wrong", len(b)-20)
	if err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
	_, err = ReadAt(bytes.NewReader(b), int64(len(b)-20), ReaderOptions{})
	want = fmt.Sprintf("the record at byte %d is corrupt: the checksum of its data is wrong", len(b)-20)
	if err.Error() != want {
		t.Errorf("message %q, want %q", err, want)
	}
}

func TestReaderAllocates(t *testing.T) {
	for _, size := range []int{65536, bufferSize + 1000} {
		b, _ := file(t, WriterOptions{}, make([]byte, size))
		r, err := NewReader(&loop{b: b}, ReaderOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if n := testing.AllocsPerRun(100, func() {
			if _, err := r.Next(); err != nil {
				t.Fatal(err)
			}
		}); n != 0 {
			t.Errorf("Next allocates %v times per record of %d bytes", n, size)
		}
	}
}

// loop reads b over and over.
type loop struct {
	b  []byte
	at int
}

func (l *loop) Read(p []byte) (int, error) {
	n := copy(p, l.b[l.at:])
	l.at = (l.at + n) % len(l.b)
	return n, nil
}
