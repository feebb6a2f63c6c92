package ingesting

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/data/vectors/vectorstest"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

var runner = runtest.Direct

type cell = vectorstest.Cell

var (
	writeTable = vectorstest.WriteTable
	write      = vectorstest.Write
	cells      = vectorstest.Cells
	npyFile    = vectorstest.NPY
)

// read returns all rows of a folder of latents.
func read(t testing.TB, dir string, m *schemas.LatentsManifest) (rows []schemas.Latent) {
	t.Helper()
	for _, info := range m.Files {
		data, err := os.ReadFile(filepath.Join(dir, info.File))
		if err != nil {
			t.Fatal(err)
		}
		f, err := latents.Open(bytes.NewReader(data), int64(len(data)), info.File)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(m.Spec, f.Spec()); diff != "" {
			t.Errorf("%s: specification (-want +got):\n%s", info.File, diff)
		}
		for b, err := range f.Batches(latents.All) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range b.N {
				d := m.Spec.Dimension
				r := schemas.Latent{ImageID: b.ImageID[i], Embedding: append([]float32(nil), b.Embedding[i*d:(i+1)*d]...), Shard: b.Shard[i],
					Record: b.Record[i], Offset: b.Offset[i], SHA256: b.SHA256[i], HasMSE: b.HasMSE[i], Label: b.Label[i], HasLabel: b.HasLabel[i]}
				for _, column := range b.Metadata {
					r.Metadata = append(r.Metadata, column[i])
				}
				rows = append(rows, r)
			}
		}
	}
	return rows
}

func convertAll(t testing.TB, c Config) (*schemas.LatentsManifest, []schemas.Latent) {
	t.Helper()
	if err := c.Validate(); err != nil {
		t.Fatal(err)
	}
	r, err := Run(t.Context(), c, runner)
	if err != nil {
		t.Fatal(err)
	}
	return r.Manifest, read(t, c.Output, r.Manifest)
}

func TestListColumn(t *testing.T) {
	dir := t.TempDir()
	first, second := cells(0, 300), cells(300, 100)
	second[7].Emb = nil
	second[8].Emb = []float64{1, 2}
	second[9].Emb[2] = 1e300 // infinite in float32
	second[10].Emb[0] = math.NaN()
	second[11].Class, second[11].Plate = nil, nil
	for _, tiny := range []int{12, 13, 14} { // below 1.4e-45, the least number of float32
		for j := range second[tiny].Emb {
			second[tiny].Emb[j] = 1e-46 * float64(j%2)
		}
	}
	second[13].Emb[1] = 1e-45                             // one number is left
	second[14].Emb = make([]float64, len(second[14].Emb)) // zeros are zeros
	writeTable(t, filepath.Join(dir, "in", "a.parquet"), first, 64)
	writeTable(t, filepath.Join(dir, "in", "b.parquet"), second, 64)
	write(t, filepath.Join(dir, "in", "_SUCCESS"), nil)
	c := Config{Input: filepath.Join(dir, "in"), Output: filepath.Join(dir, "out"), IDColumn: "key", VectorColumn: "emb", LabelColumn: "class", Resume: true}
	m, rows := convertAll(t, c)
	if m.Records != 400 || m.Rows != 395 || m.Rejected != 5 || len(m.Files) != 2 {
		t.Fatalf("%d records, %d rows, %d rejected in %d files", m.Records, m.Rows, m.Rejected, len(m.Files))
	}
	at := 0
	for k, in := range append(first, second...) {
		if k >= 307 && k <= 310 || k == 312 {
			continue
		}
		want := schemas.Latent{ImageID: fmt.Sprint(k), Shard: int32(k / 300), Record: int64(k % 300), Offset: -1, Metadata: []string{"", in.Well}}
		for _, v := range in.Emb {
			want.Embedding = append(want.Embedding, float32(v))
		}
		if in.Class != nil {
			want.Label, want.HasLabel, want.Metadata[0] = *in.Class, true, fmt.Sprint(*in.Plate)
		}
		if diff := cmp.Diff(want, rows[at]); diff != "" {
			t.Fatalf("row %d (-want +got):\n%s", k, diff)
		}
		at++
	}
	errors, err := os.ReadFile(filepath.Join(c.Output, schemas.LatentsErrorsFile))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"name":"307"`, "row 7 of b.parquet: column emb has a null", "has 2 numbers", "number 2 of its vector is +Inf", "number 0 of its vector is NaN",
		`"name":"312"`, "row 12 of b.parquet: all numbers of its vector are 0 in float32"} {
		if !strings.Contains(string(errors), want) {
			t.Errorf("%s does not say %q:\n%s", schemas.LatentsErrorsFile, want, errors)
		}
	}
	if again, err := Run(t.Context(), c, runner); err != nil || again.Made != 0 {
		t.Errorf("a second run converted %d parts, error %v", again.Made, err)
	}
	direct := c.Output
	c.Output = filepath.Join(dir, "prism")
	if _, err := Run(t.Context(), c, runtest.Prism); err != nil {
		t.Fatal(err)
	}
	runtest.Same(t, c.Output, direct)
}

// TestAMixedFolderIsNoFinishedOne: a file whose part tells of other bytes than the
// manifest was written by another run, and is made again.
func TestAMixedFolderIsNoFinishedOne(t *testing.T) {
	dir := t.TempDir()
	writeTable(t, filepath.Join(dir, "in", "a.parquet"), cells(0, 30), 64)
	writeTable(t, filepath.Join(dir, "in", "b.parquet"), cells(30, 30), 64)
	c := Config{Input: filepath.Join(dir, "in"), Output: filepath.Join(dir, "out"), IDColumn: "key", VectorColumn: "emb", Resume: true}
	convertAll(t, c)
	for what, change := range map[string]func(*schemas.LatentsPart){
		"another run": func(p *schemas.LatentsPart) { p.Fingerprint, p.Info.SHA256 = "other", "other" },
		"other bytes": func(p *schemas.LatentsPart) { p.Info.SHA256 = "other" },
	} {
		name := filepath.Join(c.Output, schemas.StateDir, schemas.PartName(partStep, 1, 2))
		part, _, err := outdir.ReadJSON[schemas.LatentsPart](t.Context(), name)
		if err != nil {
			t.Fatal(err)
		}
		change(&part)
		if err := outdir.WriteJSON(t.Context(), name, part); err != nil {
			t.Fatal(err)
		}
		if r, err := Run(t.Context(), c, runner); err != nil || r.Made != 1 {
			t.Errorf("the part of %s: %+v, %v, want 1 file made", what, r, err)
		}
	}
}

// TestAnUnfinishedRunIsNotReplaced: what an unfinished run with other parameters
// left is refused by the name of the parameter, and made again with Overwrite.
func TestAnUnfinishedRunIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	writeTable(t, filepath.Join(dir, "a.parquet"), cells(0, 30), 64)
	c := Config{Input: filepath.Join(dir, "a.parquet"), Output: filepath.Join(dir, "out"), IDColumn: "key", VectorColumn: "emb", Resume: true}
	killed := func(context.Context, *beam.Pipeline) error { return errors.New("killed") }
	if _, err := Run(t.Context(), c, killed); err == nil {
		t.Fatal("no error")
	}
	c.LabelColumn = "class"
	_, err := Run(t.Context(), c, runner)
	_, planned := Plan(t.Context(), c)
	for _, err := range []error{err, planned} {
		if err == nil || !strings.Contains(err.Error(), "Config.LabelColumn is class here and was not given there") {
			t.Errorf("other parameters: %v", err)
		}
	}
	c.Overwrite = true
	if r, err := Run(t.Context(), c, runner); err != nil || r.Made != 1 {
		t.Errorf("with Overwrite: %+v, %v", r, err)
	}
}

func TestPlainColumns(t *testing.T) {
	dir := t.TempDir()
	in := cells(0, 50)
	in[3].F2 = nil
	writeTable(t, filepath.Join(dir, "t.parquet"), in, 1000)
	m, rows := convertAll(t, Config{Input: filepath.Join(dir, "t.parquet"), Output: filepath.Join(dir, "out"), IDColumn: "key", VectorColumns: "^Cells_"})
	if m.Rows != 49 || m.Rejected != 1 || m.Spec.Dimension != 3 {
		t.Fatalf("%d rows, %d rejected, %d dimensions", m.Rows, m.Rejected, m.Spec.Dimension)
	}
	got := rows[10].Embedding // of key 11, in the order of the file's columns
	byName := map[string]float32{"Cells_Area": 16.5, "Cells_Texture": float32(11.0 / 3), "Cells_Count": 11 << 40}
	src, err := vectors.Open(t.Context(), vectors.Config{Input: filepath.Join(dir, "t.parquet"), IDColumn: "key", VectorColumns: "^Cells_"})
	if err != nil {
		t.Fatal(err)
	}
	for i, name := range src.Columns {
		if got[i] != byName[name] {
			t.Errorf("%s of row 11 is %v, want %v", name, got[i], byName[name])
		}
	}
}

func TestMatrix(t *testing.T) {
	const n, d = vectors.PartRows + 10, 2
	var f4, f8 []byte
	var ids strings.Builder
	ids.WriteString("\ufeffMetadata_Site,name,Metadata_Day\n")
	for i := range n {
		for j := range d {
			f4 = binary.LittleEndian.AppendUint32(f4, math.Float32bits(float32(i*d+j)))
			f8 = binary.LittleEndian.AppendUint64(f8, math.Float64bits(float64(i*d+j)))
		}
		fmt.Fprintf(&ids, "s%d,\"img, %d\",d%d\n", i%4, i, i%2)
	}
	for descr, data := range map[string][]byte{"<f4": f4, "<f8": f8} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "x.npy"), npyFile(descr, "False", []int{n, d}, data))
		write(t, filepath.Join(dir, "ids.csv"), []byte(ids.String()))
		m, rows := convertAll(t, Config{Input: filepath.Join(dir, "x.npy"), IDs: filepath.Join(dir, "ids.csv"), IDColumn: "name", Output: filepath.Join(dir, "out")})
		if m.Rows != n || len(m.Files) != 2 {
			t.Fatalf("%s: %d rows in %d files", descr, m.Rows, len(m.Files))
		}
		for i, r := range rows {
			want := schemas.Latent{ImageID: fmt.Sprintf("img, %d", i), Embedding: []float32{float32(i * d), float32(i*d + 1)}, Record: int64(i),
				Offset: -1, Metadata: []string{fmt.Sprint("d", i%2), fmt.Sprint("s", i%4)}}
			if i%9973 == 0 || i == n-1 {
				if diff := cmp.Diff(want, r); diff != "" {
					t.Fatalf("%s: row %d (-want +got):\n%s", descr, i, diff)
				}
			}
		}
	}
}

func TestWhatIsWrongIsOneLine(t *testing.T) {
	dir := t.TempDir()
	path := func(name string) string { return filepath.Join(dir, name) }
	in := cells(0, 20)
	writeTable(t, path("good.parquet"), in, 100)
	in[19].Key = 3
	writeTable(t, path("twice.parquet"), in, 100)
	write(t, path("text.parquet"), []byte("not a table"))
	os.Mkdir(path("empty"), 0o777)
	number := make([]byte, 2*3*4)
	write(t, path("m.npy"), npyFile("<f4", "False", []int{2, 3}, number))
	write(t, path("short.npy"), npyFile("<f4", "False", []int{2, 3}, number[4:]))
	write(t, path("fortran.npy"), npyFile("<f4", "True", []int{2, 3}, number))
	write(t, path("int.npy"), npyFile("<i8", "False", []int{1, 3}, number))
	write(t, path("head.npy"), npyFile("<f4", "False", []int{2, 3}, number)[:40])
	for name, lines := range map[string]string{"two.csv": "image_id\na\nb\n", "one.csv": "image_id\na\n", "three.csv": "image_id\na\nb\nc\n", "none.csv": ""} {
		write(t, path(name), []byte(lines))
	}
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{Input: path("good.parquet")}, `no column "image_id": name one of`},
		{Config{Input: path("good.parquet"), IDColumn: "emb"}, `no column "emb"`},
		{Config{Input: path("good.parquet"), IDColumn: "key"}, `no column "embedding"`},
		{Config{Input: path("good.parquet"), IDColumn: "key", VectorColumn: "class"}, "no list of numbers"},
		{Config{Input: path("good.parquet"), IDColumn: "key", VectorColumns: "Meta"}, "holds no plain numbers"},
		{Config{Input: path("good.parquet"), IDColumn: "key", VectorColumns: "nothing"}, "no column matches"},
		{Config{Input: path("twice.parquet"), IDColumn: "key", VectorColumn: "emb"}, `the id "3" is there more than once`},
		{Config{Input: path("text.parquet"), IDColumn: "key"}, "not a Parquet file"},
		{Config{Input: path("empty")}, "holds no .parquet file"},
		{Config{Input: path("missing")}, "missing"},
		{Config{Input: path("m.npy"), IDs: path("one.csv")}, "fewer lines than the matrix has rows"},
		{Config{Input: path("m.npy"), IDs: path("three.csv")}, "more lines than the matrix has rows"},
		{Config{Input: path("m.npy"), IDs: path("none.csv")}, "no CSV table"},
		{Config{Input: path("m.npy"), IDs: path("two.csv"), IDColumn: "x"}, `no column "x"`},
		{Config{Input: path("short.npy"), IDs: path("two.csv")}, "it was cut or replaced"},
		{Config{Input: path("fortran.npy"), IDs: path("two.csv")}, "ascontiguousarray"},
		{Config{Input: path("int.npy"), IDs: path("two.csv")}, "want little-endian float32"},
		{Config{Input: path("head.npy"), IDs: path("two.csv")}, "head.npy"},
	} {
		c.c.Output = filepath.Join(t.TempDir(), "out")
		_, err := Run(t.Context(), c.c, runner)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v:\n%v\nwant one line with %q", c.c, err, c.want)
		}
		if _, err := os.Stat(filepath.Join(c.c.Output, schemas.LatentsFile)); err == nil {
			t.Errorf("%+v: a manifest was written", c.c)
		}
	}
}

func TestValidate(t *testing.T) {
	for want, c := range map[string]Config{
		"Config.Input is missing":            {Output: "o"},
		"Config.Output is missing":           {Input: "i"},
		"exclude each other":                 {Input: "i", Output: "o", VectorColumn: "a", VectorColumns: "b"},
		"Config.IDs is missing":              {Input: "i.npy", Output: "o"},
		"Config.IDs is for one .npy matrix":  {Input: "i", Output: "o", IDs: "x"},
		"Config.VectorColumn is for Parquet": {Input: "i.npy", IDs: "x", Output: "o", VectorColumn: "v"},
		"no regular expression":              {Input: "i", Output: "o", VectorColumns: "("},
	} {
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v, want %q", c, err, want)
		}
	}
}
