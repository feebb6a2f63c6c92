package ingesting

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// ids returns the ids of rows, and one column of metadata.
func idsOf(rows []schemas.Latent, metadata int) (ids, values []string) {
	for _, r := range rows {
		ids = append(ids, r.ImageID)
		if metadata < len(r.Metadata) {
			values = append(values, r.Metadata[metadata])
		}
	}
	return ids, values
}

// TestKindsOfNumbers: unsigned numbers are no negative ones, decimals no bytes and
// dates no counts of days. The file is pyarrow's.
func TestKindsOfNumbers(t *testing.T) {
	for column, want := range map[string][]string{
		"unsigned": {"18446744073709551615", "9223372036854775808", "7"},
		"small":    {"4294967295", "2147483648", "7"},
		"decimal":  {"-1.05", "12345678901234567.00", "0.07"},
		"cents":    {"-1.05", "12.00", "0.07"},
	} {
		_, rows := convertAll(t, Config{Input: "testdata/kinds.parquet", Output: t.TempDir(), IDColumn: column})
		ids, at := idsOf(rows, 0)
		_, day := idsOf(rows, 1)
		if !slices.Equal(ids, want) {
			t.Errorf("%s: %q, want %q", column, ids, want)
		}
		if want := []string{"2026-01-31T01:02:03.5Z", "1969-12-31T23:59:59.25Z", "2000-02-29T00:00:00Z"}; !slices.Equal(at, want) {
			t.Errorf("times %q, want %q", at, want)
		}
		if want := []string{"2026-01-31", "1969-12-31", "2000-02-29"}; !slices.Equal(day, want) {
			t.Errorf("days %q, want %q", day, want)
		}
	}
	_, rows := convertAll(t, Config{Input: "testdata/kinds.parquet", Output: t.TempDir(), VectorColumn: "whole"})
	if got := rows[0].Embedding; !slices.Equal(got, []float32{1 << 64, 1}) {
		t.Errorf("unsigned list: %v", got)
	}
	_, rows = convertAll(t, Config{Input: "testdata/kinds.parquet", Output: t.TempDir(), VectorColumns: "^f0$"})
	if got := rows[0].Embedding; !slices.Equal(got, []float32{1 << 32}) {
		t.Errorf("unsigned column: %v", got)
	}
}

// TestWhatIsRefused: one line that says what is wrong with a column or file.
func TestWhatIsRefused(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{
		"a.h5ad": "\x89HDF\r\n\x1a\n....", "a.csv": "id,f1\na,1\n", "a.txt": "id,f1\na,1\n", "a.csv.gz": "\x1f\x8b\x08....", "half.npy": string(npyFile("<f2", "False", []int{1, 2}, make([]byte, 4))),
		"m.npy":         string(npyFile("<f4", "False", []int{2, 1}, make([]byte, 8))),
		"semicolon.csv": "image_id;site\na;1\nb;2\n", "latin.csv": "image_id,Metadata_site\na,x\nb,Z\xfcrich\n", "twice.csv": "image_id,image_id\na,b\nc,d\n",
		"a.arrow": "ARROW1\x00\x00....", "a.tsv": "",
		"same.csv": "image_id\na\na\n",
	} {
		write(t, filepath.Join(dir, name), []byte(data))
	}
	kinds := Config{Input: "testdata/kinds.parquet"}
	with := func(change func(c *Config)) Config { c := kinds; change(&c); return c }
	matrix := func(ids string) Config {
		return Config{Input: filepath.Join(dir, "m.npy"), IDs: filepath.Join(dir, ids)}
	}
	for _, c := range []struct {
		c    Config
		want string
	}{
		{Config{Input: "testdata/twice.parquet"}, `2 columns are named "image_id"`},
		{with(func(c *Config) { c.IDColumn = "latin" }), "row 1, column latin is not UTF-8"},
		{with(func(c *Config) { c.LabelColumn = "latin" }), "row 1, column latin is not UTF-8"},
		{with(func(c *Config) { c.LabelColumn = "time" }), `column "time" holds values of type TIME`},
		{with(func(c *Config) { c.VectorColumn = "half" }), `column "half" holds lists of float16 numbers: write them as float32`},
		{with(func(c *Config) { c.VectorColumn = "f0" }), `column "f0" holds one value per row, no list of numbers`},
		{with(func(c *Config) { c.VectorColumns = "cents" }), "holds decimal numbers of 5 digits: write them as float64"},
		{Config{Input: filepath.Join(dir, "a.arrow")}, "is an Arrow (Feather) file"},
		{Config{Input: filepath.Join(dir, "a.tsv")}, "is empty"},
		{Config{Input: filepath.Join(dir, "a.h5ad")}, "is an HDF5 file (.h5, .h5ad)"},
		{Config{Input: filepath.Join(dir, "a.csv"), IDColumn: "id"}, "Config.VectorColumns is missing: a CSV table has no lists of numbers"},
		{Config{Input: filepath.Join(dir, "a.txt"), IDColumn: "id"}, "not a Parquet file, but text: let the name of a table of features end in .csv"},
		{Config{Input: filepath.Join(dir, "a.csv.gz")}, "is a gzip file"},
		{Config{Input: filepath.Join(dir, "half.npy"), IDs: filepath.Join(dir, "same.csv")}, "holds float16 numbers, which are not read: save it with"},
		{matrix("semicolon.csv"), `the separator seems to be ";": save the table with commas`},
		{matrix("latin.csv"), "line 3, column Metadata_site is not UTF-8"},
		{matrix("twice.csv"), `more than one column is named "image_id"`},
		{matrix("same.csv"), `the id "a" is there more than once, in row 0 of m.npy and row 1 of m.npy`},
	} {
		c.c.Output = filepath.Join(t.TempDir(), "out")
		if !c.c.Given() && c.c.Input != kinds.Input {
			t.Errorf("%s is taken for a folder of latents", c.c.Input)
		}
		_, err := Run(t.Context(), c.c, runner)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v:\n%v\nwant one line with %q", c.c, err, c.want)
		}
	}
}

// TestLZ4: lists with pages that do not pack, as pyarrow writes them.
func TestLZ4(t *testing.T) {
	m, rows := convertAll(t, Config{Input: "testdata/lz4.parquet", Output: t.TempDir()})
	if m.Rows != 60 {
		t.Fatalf("%d rows of 60", m.Rows)
	}
	for i, want := range map[int][]float32{0: {0.34558418, 0.82161814, 0.33043706, -1.3031572}, 30: {1.5239375, -1.524686, -2.4662292, 0.61687875}, 59: {-1.4123812, 0.7703221, -0.7010998, -1.1261882}} {
		if !slices.Equal(rows[i].Embedding, want) {
			t.Errorf("row %d: %v, want %v", i, rows[i].Embedding, want)
		}
	}
}

// TestLengthsAreCounted: the length of most vectors is that of all, and where more
// rows are rejected than read, nothing is written.
func TestLengthsAreCounted(t *testing.T) {
	name, in := filepath.Join(t.TempDir(), "t.parquet"), cells(0, 60)
	in[0].Emb = []float64{1}
	writeTable(t, name, in, 100)
	m, _ := convertAll(t, Config{Input: name, Output: t.TempDir(), IDColumn: "key", VectorColumn: "emb"})
	if m.Rows != 59 || m.Rejected != 1 {
		t.Errorf("%d rows, %d rejected, want 59 and 1", m.Rows, m.Rejected)
	}
	for i := range in {
		in[i].Emb = make([]float64, 1+i)
	}
	writeTable(t, name, in, 100)
	_, err := Run(t.Context(), Config{Input: name, Output: t.TempDir(), IDColumn: "key", VectorColumn: "emb"}, runner)
	if err == nil || !strings.Contains(err.Error(), "59 of 60 rows") {
		t.Errorf("%v", err)
	}
}

// TestLongIDs: an id that would make a file that cannot be read is rejected.
func TestLongIDs(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "m.npy"), npyFile("<f4", "False", []int{3, 1}, make([]byte, 12)))
	write(t, filepath.Join(dir, "ids.csv"), []byte("image_id\na\nb\n"+strings.Repeat("c", 1<<20)+"\n"))
	c := Config{Input: filepath.Join(dir, "m.npy"), IDs: filepath.Join(dir, "ids.csv"), Output: filepath.Join(dir, "out")}
	m, rows := convertAll(t, c)
	if m.Rows != 2 || m.Rejected != 1 || len(rows) != 2 {
		t.Errorf("%d rows, %d rejected", m.Rows, m.Rejected)
	}
	errors, err := os.ReadFile(filepath.Join(c.Output, schemas.LatentsErrorsFile))
	if err != nil || !strings.Contains(string(errors), "its id has 1048576 bytes, more than the 4096 that an id may have") || len(errors) > 1000 {
		t.Errorf("%.300s, %v", errors, err)
	}
}
