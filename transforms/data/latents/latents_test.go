package latents

import (
	"bytes"
	"fmt"
	"io"
	"math"
	"math/rand/v2"
	"os"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// spec returns a specification with d dimensions and two metadata columns.
func spec(d int, layout string) schemas.LatentsSpec {
	return schemas.LatentsSpec{
		Dimension: d, Layout: layout, Reconstruct: true, Metadata: []string{"Metadata_ROI", "Metadata_run"},
		ModelSHA256: strings.Repeat("ab", 32), Preprocessing: "unit", Kernel: "generic",
	}
}

// spec3 is spec of the format in which new folders are written.
func spec3(d int, layout string) schemas.LatentsSpec {
	s := spec(d, layout)
	s.Format = schemas.LatentsFormat3
	return s
}

// withObject returns the specification of files with object_fraction.
func withObject(s schemas.LatentsSpec) schemas.LatentsSpec {
	s.ObjectFraction = true
	return s
}

// objects gives the rows an object_fraction, some none.
func objects(rows []schemas.Latent) []schemas.Latent {
	for i := range rows {
		if i%5 != 1 {
			rows[i].HasObject, rows[i].Quality.Object = true, float32(i)/7
		}
	}
	return rows
}

// makeRows returns n rows that exercise every column, nulls included.
func makeRows(n, d int) []schemas.Latent {
	r := rand.New(rand.NewPCG(1, 2))
	rows := make([]schemas.Latent, n)
	for i := range rows {
		row := &rows[i]
		*row = schemas.Latent{
			ImageID: fmt.Sprintf("plate %d/#%05d é.tif", i%7, i), Shard: 3, Record: int64(i), Offset: int64(i) * 4321,
			SHA256: fmt.Sprintf("%064x", i), QCFlags: int32(i & 1), HasMSE: i%3 != 0, HasLabel: i%2 == 0,
			Quality:  schemas.Quality{Mean: r.Float32(), Max: r.Float32(), Saturated: r.Float32(), Foreground: r.Float32(), Sharpness: r.Float32(), Border: r.Float32()},
			Metadata: []string{fmt.Sprint("r", i%11), ""},
		}
		if row.HasMSE {
			row.MSE = r.Float32()
		}
		if row.HasLabel {
			row.Label = fmt.Sprint("class ", i%5)
		}
		for range d {
			row.Embedding = append(row.Embedding, float32(r.NormFloat64())*5)
		}
	}
	if n > 0 && d > 2 { // values that only a bit-for-bit copy keeps
		rows[0].Embedding[0] = float32(math.Copysign(0, -1))
		rows[0].Embedding[1] = math.SmallestNonzeroFloat32
		rows[0].Embedding[2] = -math.MaxFloat32
	}
	return rows
}

// encode returns the file of the rows.
func encode(t testing.TB, s schemas.LatentsSpec, rows []schemas.Latent) []byte {
	t.Helper()
	var buf bytes.Buffer
	w, err := NewWriter(&buf, s)
	if err != nil {
		t.Fatal(err)
	}
	for i := range rows {
		if err := w.Write(&rows[i]); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

// decode returns the rows of a file, read by batches.
func decode(data []byte) (rows []schemas.Latent, err error) {
	f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
	if err != nil {
		return nil, err
	}
	d := f.Spec().Dimension
	for b, err := range f.Batches(All) {
		if err != nil {
			return rows, err
		}
		if b.First != int64(len(rows)) || b.N > maxRows {
			return nil, fmt.Errorf("batch of %d rows at %d after %d rows", b.N, b.First, len(rows))
		}
		for i := range b.N {
			row := schemas.Latent{
				ImageID: b.ImageID[i], Embedding: append([]float32(nil), b.Embedding[i*d:(i+1)*d]...),
				Shard: b.Shard[i], Record: b.Record[i], Offset: b.Offset[i], SHA256: b.SHA256[i],
				MSE: b.MSE[i], HasMSE: b.HasMSE[i], Quality: b.Quality[i], HasObject: b.HasObject[i], QCFlags: b.QCFlags[i],
				Label: b.Label[i], HasLabel: b.HasLabel[i], Channels: slices.Clone(b.ChannelsOf(i)),
			}
			for _, m := range b.Metadata {
				row.Metadata = append(row.Metadata, m[i])
			}
			rows = append(rows, row)
		}
	}
	return rows, nil
}

// bitwise compares floats by their bits: -0 differs from 0.
var bitwise = cmp.Comparer(func(a, b float32) bool { return math.Float32bits(a) == math.Float32bits(b) })

// differs returns how two rows differ, with the bits of floats: "" where they do not.
// It asks cmp only then, which takes far longer to say that nothing does.
func differs(want, got schemas.Latent) string {
	w, g := floats(want), floats(got)
	if slices.Equal(w, g) && reflect.DeepEqual(withoutFloats(want), withoutFloats(got)) {
		return ""
	}
	if diff := cmp.Diff(want, got, bitwise); diff != "" {
		return diff
	}
	return fmt.Sprintf("cmp sees no difference between %v and %v", want, got)
}

// floats returns the bits of all floats of a row.
func floats(r schemas.Latent) []uint32 {
	q := r.Quality
	list := []uint32{math.Float32bits(r.MSE)}
	for _, v := range []float32{q.Mean, q.Max, q.Saturated, q.Foreground, q.Sharpness, q.Border, q.Object} {
		list = append(list, math.Float32bits(v))
	}
	for _, v := range r.Embedding {
		list = append(list, math.Float32bits(v))
	}
	return list
}

func withoutFloats(r schemas.Latent) schemas.Latent {
	r.MSE, r.Quality, r.Embedding = 0, schemas.Quality{}, nil
	return r
}

// TestEveryFloatIsCompared: floats knows all of them.
func TestEveryFloatIsCompared(t *testing.T) {
	n := reflect.TypeFor[schemas.Quality]().NumField()
	if got := len(floats(schemas.Latent{Embedding: make([]float32, 3)})); got != 1+n+3 {
		t.Errorf("%d floats of a row are compared, want %d", got, 1+n+3)
	}
	row := makeRows(1, 3)[0]
	other := row
	other.Embedding = slices.Clone(row.Embedding)
	other.Embedding[0] = 0 // of -0
	if differs(row, row) != "" || differs(row, other) == "" {
		t.Error("-0 and 0 are told apart only by their bits")
	}
	other = row
	other.Metadata = append(slices.Clone(row.Metadata), "more")
	if differs(row, other) == "" {
		t.Error("other metadata are not seen")
	}
}

func TestRoundTrip(t *testing.T) {
	for _, layout := range schemas.Layouts {
		for _, size := range []struct{ n, d int }{{0, 5}, {1, 1}, {63, 3}, {64, 3}, {65, 3}, {8191, 2}, {8192, 2}, {8193, 2}, {20000, 4}, {700, 1500}} {
			t.Run(fmt.Sprintf("%s/%dx%d", layout, size.n, size.d), func(t *testing.T) {
				s := spec(size.d, layout)
				rows := makeRows(size.n, size.d)
				data := encode(t, s, rows)
				f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
				if err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(s, f.Spec()); diff != "" {
					t.Errorf("specification (-want +got):\n%s", diff)
				}
				if want := (size.n + maxRows - 1) / maxRows; f.Rows() != int64(size.n) || f.RowGroups() != want {
					t.Errorf("%d rows in %d groups, want %d in %d", f.Rows(), f.RowGroups(), size.n, want)
				}
				got, err := decode(data)
				if err != nil {
					t.Fatal(err)
				}
				if len(got) != len(rows) {
					t.Fatalf("%d rows, want %d", len(got), len(rows))
				}
				for i := range rows {
					if diff := differs(rows[i], got[i]); diff != "" {
						t.Fatalf("row %d (-want +got):\n%s", i, diff)
					}
				}
			})
		}
	}
}

// TestObjectFraction: the column is the last, nullable, and survives in both layouts; files
// without it stay as they were.
func TestObjectFraction(t *testing.T) {
	for _, layout := range schemas.Layouts {
		rows := objects(makeRows(700, 3))
		for _, s := range []schemas.LatentsSpec{withObject(spec(3, layout)), spec(3, layout)} {
			data := encode(t, s, rows)
			f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(s, f.Spec()); diff != "" {
				t.Errorf("specification (-want +got):\n%s", diff)
			}
			fields := f.file.Schema().Fields()
			last := fields[len(fields)-1]
			if (last.Name() == schemas.ColObject) != s.ObjectFraction || s.ObjectFraction && !last.Optional() {
				t.Errorf("layout %s, with it: %v: the last column is %s, nullable: %v", layout, s.ObjectFraction, last.Name(), last.Optional())
			}
			got, err := decode(data)
			if err != nil {
				t.Fatal(err)
			}
			for i, want := range rows {
				if !s.ObjectFraction {
					want.HasObject, want.Quality.Object = false, 0
				}
				if diff := differs(want, got[i]); diff != "" {
					t.Fatalf("row %d (-want +got):\n%s", i, diff)
				}
			}
		}
	}
}

// TestChannels: the columns of channels are the last ones, in their order, and survive in both
// layouts with the names of the channels; what does not fit the names is refused.
func TestChannels(t *testing.T) {
	r := rand.New(rand.NewPCG(3, 4))
	names := []string{"DNA", "", "ÄR, \"x\""}
	rows := objects(makeRows(9000, 3))
	for i := range rows {
		for range names {
			rows[i].Channels = append(rows[i].Channels, schemas.Quality{Mean: r.Float32(), Max: r.Float32(), Saturated: r.Float32(), Foreground: r.Float32(),
				Sharpness: r.Float32(), Border: r.Float32(), Object: r.Float32()})
		}
	}
	for _, layout := range schemas.Layouts {
		s := withObject(spec3(3, layout))
		s.Channels, s.FullScale = names, 4095
		data := encode(t, s, rows)
		f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(s, f.Spec()); diff != "" {
			t.Errorf("specification (-want +got):\n%s", diff)
		}
		var columns []string
		for _, field := range f.file.Schema().Fields() {
			columns = append(columns, field.Name())
		}
		var want []string
		for c := range names {
			for _, name := range []string{"mean", "max", "saturated_fraction", "foreground_fraction", "sharpness", "border_fraction", "object_fraction"} {
				want = append(want, fmt.Sprintf("%s_c%d", name, c))
			}
		}
		if got := columns[len(columns)-len(want):]; !slices.Equal(got, want) {
			t.Errorf("the last columns are %v", got)
		}
		got, err := decode(data)
		if err != nil {
			t.Fatal(err)
		}
		for i := range rows {
			if diff := differs(rows[i], got[i]); diff != "" {
				t.Fatalf("row %d (-want +got):\n%s", i, diff)
			}
		}
	}
	s := spec3(3, "list")
	for _, bad := range [][]string{{"one"}, make([]string, 17), {"a", "\xff"}} {
		s.Channels = bad
		if _, err := NewWriter(&bytes.Buffer{}, s); err == nil {
			t.Errorf("channels %q are accepted", bad)
		}
	}
	s.Channels = names[:2]
	w, err := NewWriter(&bytes.Buffer{}, s)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(&rows[0]); err == nil || !strings.Contains(err.Error(), "figures of 3 channels for 2") {
		t.Errorf("a row of three channels for two: %v", err)
	}
}

func TestColumnsAreReadAlone(t *testing.T) {
	rows := makeRows(100, 3)
	data := encode(t, spec(3, "list"), rows)
	f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
	if err != nil {
		t.Fatal(err)
	}
	for b, err := range f.Batches(IDs | Labels) {
		if err != nil {
			t.Fatal(err)
		}
		if b.N != 100 || len(b.ImageID) != 100 || len(b.Label) != 100 || b.ImageID[99] != rows[99].ImageID {
			t.Errorf("batch of %d rows, %d ids, %d labels", b.N, len(b.ImageID), len(b.Label))
		}
		if len(b.Embedding)+len(b.SHA256)+len(b.Metadata)+len(b.Quality)+len(b.Shard) != 0 {
			t.Error("columns were read that nobody asked for")
		}
	}
}

// TestBytes: the same rows give the same file at any number of processors, and
// whatever was written before in this process.
func TestBytes(t *testing.T) {
	rows := makeRows(9000, 16)
	for _, layout := range schemas.Layouts {
		want := encode(t, spec(16, layout), rows)
		encode(t, spec(7, layout), makeRows(300, 7))
		for _, procs := range []int{1, 2} {
			old := runtime.GOMAXPROCS(procs)
			got := encode(t, spec(16, layout), rows)
			runtime.GOMAXPROCS(old)
			if !bytes.Equal(got, want) {
				t.Errorf("layout %s: bytes differ at GOMAXPROCS=%d", layout, procs)
			}
		}
	}
}

func TestWriteRefuses(t *testing.T) {
	w, err := NewWriter(&bytes.Buffer{}, spec(3, "list"))
	if err != nil {
		t.Fatal(err)
	}
	for name, breakIt := range map[string]func(*schemas.Latent){
		"has 2 dimensions":  func(l *schemas.Latent) { l.Embedding = l.Embedding[:2] },
		"1 metadata values": func(l *schemas.Latent) { l.Metadata = l.Metadata[:1] },
		"is NaN":            func(l *schemas.Latent) { l.Embedding[1] = float32(math.NaN()) },
		"is +Inf":           func(l *schemas.Latent) { l.Embedding[1] = float32(math.Inf(1)) },
	} {
		row := makeRows(1, 3)[0]
		breakIt(&row)
		if err := w.Write(&row); err == nil || !strings.Contains(err.Error(), name) || !strings.HasPrefix(err.Error(), row.ImageID) {
			t.Errorf("Write: error %v, want %q of %s", err, name, row.ImageID)
		}
	}
	if w.Rows() != 0 {
		t.Errorf("%d rows counted after refusals", w.Rows())
	}
	for _, s := range []schemas.LatentsSpec{{}, spec(1<<17, "wide"), spec(1<<30, "list"), spec(4, "tall")} {
		if _, err := NewWriter(&bytes.Buffer{}, s); err == nil {
			t.Errorf("NewWriter accepts %+v", s)
		}
	}
}

// TestForeignWriter reads the file of makeRows(300, 3) as pyarrow rewrote it:
// every column nullable and in reverse order, Metadata_run null, dictionary
// coding throughout, small pages of version 2, two row groups, snappy.
func TestForeignWriter(t *testing.T) {
	data, err := os.ReadFile("testdata/pyarrow.parquet")
	if err != nil {
		t.Fatal(err)
	}
	got, err := decode(data)
	if err != nil {
		t.Fatal(err)
	}
	rows := makeRows(300, 3)
	if diff := cmp.Diff(rows, got, bitwise); diff != "" {
		t.Errorf("rows (-want +got):\n%s", diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	var other bytes.Buffer
	if err := parquet.Write(&other, []struct{ A int }{{1}}); err != nil {
		t.Fatal(err)
	}
	good := encode(t, spec(3, "list"), makeRows(10, 3))
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"empty":       {nil, "not a sound Parquet file"},
		"text":        {[]byte(strings.Repeat("not parquet\n", 10)), "not a sound Parquet file"},
		"truncated":   {good[:len(good)/2], "not a sound Parquet file"},
		"other table": {other.Bytes(), "not a latents file"},
	} {
		_, err := Open(bytes.NewReader(c.data), int64(len(c.data)), "dir/x.parquet")
		if err == nil || !strings.HasPrefix(err.Error(), "dir/x.parquet: ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want one line with %q", name, err, c.want)
		}
	}
}

// TestDamage flips and cuts a file everywhere: each reading either ends in one
// line that names the file or gives all rows; nothing panics.
func TestDamage(t *testing.T) {
	good := encode(t, spec(3, "list"), makeRows(200, 3))
	detected := 0
	try := func(what string, data []byte) {
		_, err := decode(data)
		if err == nil {
			return
		}
		detected++
		if !strings.HasPrefix(err.Error(), "x.parquet: ") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", what, err)
		}
	}
	const step = 5
	flips := 0
	for i := 0; i < len(good); i += step {
		bad := bytes.Clone(good)
		bad[i] ^= 0x41
		try(fmt.Sprint("flip at ", i), bad)
		flips++
	}
	if detected < flips/2 {
		t.Errorf("only %d of %d flipped bytes were noticed", detected, flips)
	}
	for i := 0; i < len(good); i += 7 * step {
		if _, err := decode(good[:i]); err == nil {
			t.Errorf("file cut at %d reads without error", i)
		}
	}
}

// BenchmarkWrite writes a row group of either format to nowhere; bench/latents.py times it beside pyarrow.
func BenchmarkWrite(b *testing.B) {
	rows := makeRows(8192, 512)
	for _, layout := range schemas.Layouts {
		for _, s := range []schemas.LatentsSpec{spec(512, layout), spec3(512, layout)} {
			b.Run(s.FileFormat()+"/"+layout, func(b *testing.B) {
				b.SetBytes(int64(len(rows)) * 512 * 4)
				for b.Loop() {
					w, err := NewWriter(io.Discard, s)
					if err != nil {
						b.Fatal(err)
					}
					for i := range rows {
						if err := w.Write(&rows[i]); err != nil {
							b.Fatal(err)
						}
					}
					if err := w.Close(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkReadEmbedding(b *testing.B) {
	rows := makeRows(8192, 512)
	for _, layout := range schemas.Layouts {
		for _, s := range []schemas.LatentsSpec{spec(512, layout), spec3(512, layout)} {
			b.Run(s.FileFormat()+"/"+layout, func(b *testing.B) {
				data := encode(b, s, rows)
				b.SetBytes(int64(len(rows)) * 512 * 4)
				b.ReportMetric(float64(len(data))/float64(len(rows)), "file-bytes/row")
				for b.Loop() {
					f, err := Open(bytes.NewReader(data), int64(len(data)), "x.parquet")
					if err != nil {
						b.Fatal(err)
					}
					for _, err := range f.Batches(Embedding) {
						if err != nil {
							b.Fatal(err)
						}
					}
				}
			})
		}
	}
}
