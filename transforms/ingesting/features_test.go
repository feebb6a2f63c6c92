package ingesting

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/runtest"
)

// csvOf writes cells as a spreadsheet program does: what may need quotes has them.
func csvOf(cells []cell) string {
	var b strings.Builder
	b.WriteString("\ufeffCells_Area,\"key\",Cells_Texture,Metadata_Well,Metadata_Plate,class,Cells_Count,remark\r\n")
	for _, c := range cells {
		texture, plate, class := "", "", ""
		if c.F2 != nil {
			texture = fmt.Sprint(*c.F2)
		}
		if c.Plate != nil {
			plate = fmt.Sprint(*c.Plate)
		}
		if c.Class != nil {
			class = *c.Class
		}
		fmt.Fprintf(&b, "%v,%d, %s ,\"%s\",%s,%s,%d,\"a, \"\"b\"\"\nc\"\r\n", c.F1, c.Key, texture, c.Well, plate, class, c.F3)
	}
	return b.String()
}

// TestCSVIsLikeParquet: a table gives the same latents, with labels and metadata, whether it is
// CSV or Parquet, in any number of files.
func TestCSVIsLikeParquet(t *testing.T) {
	dir := t.TempDir()
	path := func(names ...string) string { return filepath.Join(append([]string{dir}, names...)...) }
	first, second := cells(0, 300), cells(300, 100)
	second[7].F2, second[9].Class, second[9].Plate = nil, nil, nil
	for i := range first {
		first[i].F3, first[i].F1 = int64(i), float32(i)*1.25e-30
	}
	for i := range second {
		second[i].F3 = -int64(i)
	}
	writeTable(t, path("parquet", "a.parquet"), first, 64)
	writeTable(t, path("parquet", "b.parquet"), second, 64)
	write(t, path("csv", "a.csv"), []byte(csvOf(first)))
	write(t, path("csv", "b.CSV"), []byte(csvOf(second)))
	write(t, path("csv", "_notes.csv"), []byte("no table"))
	write(t, path("csv", "readme.txt"), []byte("no table"))
	c := Config{IDColumn: "key", VectorColumns: "^Cells_", LabelColumn: "class", Resume: true}
	convert := func(input, output string) (*schemas.LatentsManifest, map[string]schemas.Latent) {
		c.Input, c.Output = path(input), path(output)
		m, rows := convertAll(t, c)
		byID := map[string]schemas.Latent{}
		for _, r := range rows {
			values := map[string]float32{}
			for i, name := range m.Columns {
				values[name] = r.Embedding[i]
			}
			r.Embedding = []float32{values["Cells_Area"], values["Cells_Texture"], values["Cells_Count"]}
			byID[r.ImageID] = r
		}
		return m, byID
	}
	want, rows := convert("parquet", "of-parquet")
	for _, input := range []string{"csv", filepath.Join("csv", "[ab].*")} {
		m, got := convert(input, "of-csv")
		if m.Rows != want.Rows || m.Rejected != 1 || m.Records != 400 || m.Spec.Dimension != 3 || m.Spec.Source != "CSV columns ^Cells_" {
			t.Fatalf("%s: %d rows, %d rejected, %+v", input, m.Rows, m.Rejected, m.Spec)
		}
		if diff := cmp.Diff([]string{"Cells_Area", "Cells_Texture", "Cells_Count"}, m.Columns); diff != "" {
			t.Error(diff)
		}
		if diff := cmp.Diff(rows, got); diff != "" {
			t.Errorf("%s (-parquet +csv):\n%.2000s", input, diff)
		}
	}
	errors, err := os.ReadFile(filepath.Join(c.Output, schemas.LatentsErrorsFile))
	if want := `"name":"307"`; err != nil || !strings.Contains(string(errors), want) || !strings.Contains(string(errors), "row 7 of b.CSV: line 16, column Cells_Texture holds ") {
		t.Errorf("%v: %s", err, errors)
	}
	direct := c.Output
	if again, err := Run(t.Context(), c, runner); err != nil || again.Made != 0 {
		t.Errorf("a second run converted %d parts, error %v", again.Made, err)
	}
	c.Output = path("prism")
	if _, err := Run(t.Context(), c, runtest.Prism); err != nil {
		t.Fatal(err)
	}
	runtest.Same(t, c.Output, direct)
}

// TestPartsOfCSV: parts begin where rows do, whatever stands there, and tell the lines of the table.
func TestPartsOfCSV(t *testing.T) {
	const n = 2*vectors.PartRows + 10
	var b strings.Builder
	b.WriteString("\ufeffimage_id,x,Metadata_note\n")
	lines := 2
	line := make([]int, n)
	for i := range n {
		id, note := fmt.Sprintf("i%d", i), "note"
		switch {
		case i == vectors.PartRows:
			id = "\ufeffPAR1"
			b.WriteString("\n\n") // empty lines
			lines += 2
		case i == 2*vectors.PartRows:
			id = "BZh"
		case i%1000 == 3:
			note = "\"two\nlines\""
			lines++
		}
		x := fmt.Sprint(i)
		if i == vectors.PartRows+5 {
			x = "NaN"
		}
		fmt.Fprintf(&b, "%s,%s,%s\n", id, x, note)
		line[i] = lines
		lines++
	}
	b.WriteString("\n") // and one at the end
	dir := t.TempDir()
	write(t, filepath.Join(dir, "t.csv"), []byte(b.String()))
	m, rows := convertAll(t, Config{Input: filepath.Join(dir, "t.csv"), Output: filepath.Join(dir, "out"), VectorColumns: "^x$"})
	if m.Rows != n-1 || len(m.Files) != 3 || m.Files[0].Rows != vectors.PartRows || m.Files[1].Rows != vectors.PartRows-1 {
		t.Fatalf("%d rows in %+v", m.Rows, m.Files)
	}
	for k, r := range rows {
		i := k
		if k >= vectors.PartRows+5 {
			i++
		}
		if r.Embedding[0] != float32(i) || r.Record != int64(i) || i == vectors.PartRows && r.ImageID != "\ufeffPAR1" || i == 2*vectors.PartRows && r.ImageID != "BZh" {
			t.Fatalf("row %d is %+v", i, r)
		}
	}
	errors, err := os.ReadFile(filepath.Join(dir, "out", schemas.LatentsErrorsFile))
	if want := fmt.Sprintf(`row %d of t.csv: line %d, column x holds \"NaN\"`, vectors.PartRows+5, line[vectors.PartRows+5]); err != nil || !strings.Contains(string(errors), want) {
		t.Errorf("%v: %s, want %s", err, errors, want)
	}
	if i := vectors.PartRows + 5; strings.Count(b.String()[:strings.Index(b.String(), fmt.Sprintf("\ni%d,", i))], "\n")+2 != line[i] {
		t.Error("the test counts other lines than there are")
	}
}

// TestRejectedCells: a row without a number is rejected, by its line and column.
func TestRejectedCells(t *testing.T) {
	for cell, want := range map[string]string{
		"":             "line 3, column x is empty",
		"  ":           `line 3, column x holds "  "`,
		"NaN":          `line 3, column x holds "NaN"`,
		"-nan":         `line 3, column x holds "-nan"`,
		"NA":           `line 3, column x holds "NA"`,
		"null":         `line 3, column x holds "null"`,
		"-Inf":         `line 3, column x holds "-Inf"`,
		"1e999":        `line 3, column x holds "1e999"`,
		"1e39":         `line 3, column x holds "1e39", which is not finite in float32`,
		"1e-400":       "all numbers of its vector are 0 in float32",
		"1e-50":        "all numbers of its vector are 0 in float32",
		"0.0e5":        "",
		"-.5":          "",
		"+3":           "",
		"3.":           "",
		" 1E+3\t":      "",
		"\"7\"":        "",
		"1e38":         "",
		"000001.50000": "",
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, "t.csv"), []byte("image_id,x\na,1\nb,"+cell+"\nc,2\n"))
		m, _ := convertAll(t, Config{Input: filepath.Join(dir, "t.csv"), Output: filepath.Join(dir, "out"), VectorColumns: "^x$"})
		errors, err := os.ReadFile(filepath.Join(dir, "out", schemas.LatentsErrorsFile))
		if err != nil || (m.Rejected == 1) != (want != "") || !strings.Contains(strings.ReplaceAll(string(errors), `\"`, `"`), strings.ReplaceAll(want, "\t", `\t`)) {
			t.Errorf("%q: %d rejected, %v: %s, want %s", cell, m.Rejected, err, errors, want)
		}
	}
}

// TestRefusedTables: what is no table of numbers is one line with its file and place, before
// anything is written.
func TestRefusedTables(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		table, columns, want string
	}{
		{"image_id,x\na,1\nb,\"0,5\"\n", "^x$", `t.csv: line 3, column "x" holds "0,5": numbers are read with a point for decimals and nothing between thousands; save the table with such`},
		{"image_id,x\na,\"1,234\"\n", "^x$", `line 2, column "x" holds "1,234": numbers are read with a point`},
		{"image_id,x\na,1.234.567\n", "^x$", `holds "1.234.567": numbers are read with a point`},
		{"image_id,x\na,1 234\n", "^x$", `holds "1 234": numbers are read`},
		{"image_id,x\na,1\u202f234\n", "^x$", `: numbers are read`},
		{"image_id,x\na,1'234\n", "^x$", `holds "1'234": numbers are read`},
		{"image_id,x\na,0,5\n", "^x$", "t.csv: line 2 has 3 fields, the header 2 (wrong number of fields): is there a comma outside quotes, a decimal one"},
		{"image_id,x,site\na,1,A01\n", "x|site", `t.csv: column "site" matches Config.VectorColumns=x|site, but holds text ("A01" in line 2): make the expression narrower`},
		{"image_id,x\na,1\nb,1\nc,#DIV/0!\n", "^x$", `line 4, column "x" holds "#DIV/0!", which is no number: correct it, or leave the cell empty`},
		{"image_id,x\na,0x10\n", "^x$", `holds text ("0x10" in line 2)`},
		{"image_id,x\na,True\n", "^x$", `holds text ("True" in line 2)`},
		{"image_id,x\na,2024-01-05\n", "^x$", `holds text ("2024-01-05" in line 2)`},
		{"image_id,x\na,1\n", "^y$", "t.csv: no column matches Config.VectorColumns=^y$; there are image_id, x"},
		{"image_id,x\na,1\n", "", "Config.VectorColumns is missing: a CSV table has no lists of numbers"},
		{",image_id,x\n0,a,1\n", ".*", "column 1 has no name, and matches Config.VectorColumns=.*: name it"},
		{"image_id,x,x\na,1,2\n", "^x$", `more than one column is named "x"`},
		{"image_id,image_id,x\na,b,2\n", "^x$", `more than one column is named "image_id"`},
		{"a,1,2\nb,3,4\n", "^x$", `no column "image_id": name one of a, 1, 2 with Config.IDColumn (1 is a number: is the line with the names missing?)`},
		{"image_id;x\na;1\n", "^x$", `the separator seems to be ";": save the table with commas`},
		{"image_id\tx\na\t1\n", "^x$", "the separator seems to be a tab: save the table with commas"},
		{"image_id,x\na,1\na,2\n", "^x$", `the id "a" is there more than once, in row 0 of t.csv and row 1 of t.csv`},
		{"image_id,x\na,1\nZ\xfcrich,2\n", "^x$", "t.csv: line 3, column image_id is not UTF-8 (it has the byte 0xFC): save the table as CSV UTF-8"},
		{"image_id,x\na,1\nb\x00,\"2\n", "^x$", "it is no text: byte 16 is zero"},
		{"image_id,x\na,1\nb,\"2\n", "^x$", `t.csv: parse error on line 3, column 6: extraneous or missing " in quoted-field`},
		{"\xff\xfei\x00", "^x$", "it is text in UTF-16: save it as UTF-8"},
		{"PAR1....", "^x$", "it is no text, but a Parquet file"},
		{"image_id,x\ra,1\r", "^x$", "carriage returns alone"},
		{"", "^x$", "t.csv: no CSV table: it is empty"},
		{"image_id,x\n", "^x$", "t.csv holds no vectors"},
		{"image_id,x\na,\nb,\n", "^x$", "none of 2 rows in "},
		{"image_id,x\na,\nb,\nc,1\n", "^x$", "2 of 3 rows in "},
		{"image_id,x\n,1\nb,2\n", "^y", "no column matches"},
	} {
		write(t, filepath.Join(dir, "t.csv"), []byte(c.table))
		config := Config{Input: filepath.Join(dir, "t.csv"), Output: filepath.Join(t.TempDir(), "out"), VectorColumns: c.columns}
		_, planned := Plan(t.Context(), config)
		_, err := Run(t.Context(), config, runner)
		if err == nil || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 400 {
			t.Errorf("%q, %q:\n%v\nwant one line with %q", c.table, c.columns, err, c.want)
		}
		late := strings.Contains(c.want, " rows in ") // which only a run counts
		if !late && (planned == nil || planned.Error() != err.Error()) {
			t.Errorf("%q: the plan says %v", c.table, planned)
		}
		if _, err := os.Stat(filepath.Join(config.Output, schemas.LatentsFile)); err == nil {
			t.Errorf("%q: a manifest was written", c.table)
		}
	}
}

// TestSeveralTables: they need the same columns, and are of one kind.
func TestSeveralTables(t *testing.T) {
	dir := t.TempDir()
	for name, text := range map[string]string{
		"other/a.csv": "image_id,x,y\na,1,2\n", "other/b.csv": "image_id,x\nb,1\n",
		"order/a.csv": "image_id,x,y\na,1,2\n", "order/b.csv": "image_id,y,x\nb,1,2\n",
		"late/a.csv": "image_id,x\na,1\n", "late/b.csv": "image_id,x\nb,1\nc,none yet\n", "late/c.csv": "image_id,x\nd,?\n",
		"mixed/a.csv": "image_id,x\na,1\n", "mixed/b.parquet": "PAR1",
		"twice/a.csv": "image_id,x\na,1\n", "twice/b.csv": "image_id,x\na,1\n",
	} {
		write(t, filepath.Join(dir, filepath.FromSlash(name)), []byte(text))
	}
	for input, want := range map[string]string{
		"other":   `a.csv and b.csv: only one of them has column "y": all files need the same columns`,
		"order":   "a.csv and b.csv: their columns stand in another order",
		"late":    filepath.Join("late", "b.csv") + `: line 3, column "x" holds "none yet", which is no number`,
		"mixed":   "not a Parquet file, or damaged", // and the table beside is something else
		"mixed/*": "a.csv is a CSV table and ",
		"twice":   `the id "a" is there more than once, in row 0 of a.csv and row 0 of b.csv`,
	} {
		c := Config{Input: filepath.Join(dir, filepath.FromSlash(input)), Output: filepath.Join(t.TempDir(), "out"), VectorColumns: "^[xy]$"}
		if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want %q", input, err, want)
		}
	}
}

// TestATableThatChanges while it is read is no other one's latents.
func TestATableThatChanges(t *testing.T) {
	name := filepath.Join(t.TempDir(), "t.csv")
	write(t, name, []byte("image_id,x\na,1\nb,2\nc,3\n"))
	c := Config{Input: name, Output: filepath.Join(t.TempDir(), "out"), VectorColumns: "^x$"}.withDefaults()
	s, err := vectors.Open(t.Context(), c.columns())
	if err != nil {
		t.Fatal(err)
	}
	part := s.Parts()[0]
	for _, text := range []string{"image_id,x\na,1\nb,2\n", "image_id,x\na,1\nb,2\n\n\n\n\n", "image_id,x\na,1\nbbbbb,2\nc,3\n", "image_id,x\n\na,1\n\n\n\n\n\n\n\n"} {
		write(t, name, []byte(text))
		var last error
		for _, err := range part.Read(t.Context(), c.columns()) {
			last = err
		}
		if last == nil || !strings.Contains(last.Error(), "changed while it was read") {
			t.Errorf("%q: %v", text, last)
		}
	}
}
