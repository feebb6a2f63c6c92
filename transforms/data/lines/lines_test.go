package lines

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// endless repeats a text n times without holding it.
func endless(text string, n int) io.Reader {
	r := make([]io.Reader, n)
	for i := range r {
		r[i] = strings.NewReader(text)
	}
	return io.MultiReader(r...)
}

var block = strings.Repeat("a", 1<<16)

// allocated returns the bytes that f takes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func readLines(r io.Reader) (all []string, err error) {
	in := NewReader(r)
	for {
		line, err := in.Next()
		if len(line) > 0 {
			all = append(all, string(line))
		}
		if err == io.EOF {
			return all, nil
		}
		if err != nil {
			return all, err
		}
	}
}

func TestLines(t *testing.T) {
	long := strings.Repeat("b", Max-1) + "\n"
	for _, text := range []string{"", "a", "a\n", "a\n\nb", "a\r\nb\n", block + "\nb\n" + block, "x\n" + long + "y"} {
		got, err := readLines(strings.NewReader(text))
		if err != nil || strings.Join(got, "") != text {
			t.Errorf("%.20q: %d lines, %v", text, len(got), err)
		}
	}
}

func TestLinesThatAreTooLong(t *testing.T) {
	var err error
	if n := allocated(func() { _, err = readLines(io.MultiReader(strings.NewReader("one\ntwo\n"), endless(block, 2000))) }); n > 16<<20 {
		t.Errorf("%d MiB allocated", n>>20)
	}
	const want = `line 3 has more than 1048576 bytes, the most that are read (it starts "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" …): is this no list of lines?`
	if !errors.Is(err, ErrTooLong) || err.Error() != want {
		t.Errorf("%.200v, want %s", err, want)
	}
}

func readCSV(r io.Reader) (rows [][]string, err error) {
	in := NewCSV(r)
	for {
		row, err := in.Read()
		if err == io.EOF {
			return rows, nil
		}
		if err != nil {
			return rows, err
		}
		rows = append(rows, row)
	}
}

func TestCSV(t *testing.T) {
	var big strings.Builder
	for i := range 20000 {
		fmt.Fprintf(&big, "%d,\"two\nlines\",%s\r\n", i, strings.Repeat("x", i%50))
	}
	for _, text := range []string{"", "a", "a,b\n1,2\n\n3,4", big.String(), "a," + strings.Repeat("b", MaxRow-9000) + "\n1,2\n"} {
		want, werr := csv.NewReader(strings.NewReader(text)).ReadAll()
		for _, mark := range []string{"", "\ufeff"} {
			got, err := readCSV(strings.NewReader(mark + text))
			if d := cmp.Diff(want, got); d != "" || err != nil || werr != nil {
				t.Errorf("%.20q: %v, %.300s", text, err, d)
			}
		}
	}
}

func TestRowsThatAreTooLong(t *testing.T) {
	for start, want := range map[string]string{
		"a,b\n\"1\n\",2\n":      "the row that begins in line 4 ",
		"a,b\n1,2\n\"not\nend,": "the row that begins in line 3 ",
	} {
		var err error
		if n := allocated(func() { _, err = readCSV(io.MultiReader(strings.NewReader(start), endless(block, 2000))) }); n > 64<<20 {
			t.Errorf("%d MiB allocated", n>>20)
		}
		if !errors.Is(err, ErrTooLong) || !strings.HasPrefix(err.Error(), want) || len(err.Error()) > 250 {
			t.Errorf("%.300v, want %s", err, want)
		}
	}
}

// TestOnlyUTF8: what would end as something else in the files that are written is
// an error with its place, and no byte of a file that is no text is shown.
func TestOnlyUTF8(t *testing.T) {
	for text, want := range map[string]string{
		"image_id,site\na,Zürich\n":                "",
		"\ufeffimage_id,site\r\na,Z\u00fcrich\r\n": "",
		"image_id,site\na,b\nc,Z\xfcrich\n":        "line 3, column site is not UTF-8 (it has the byte 0xFC): save the table as CSV UTF-8",
		"image_id,Stra\xdfe\na,b\n":                "line 1, column 2 is not UTF-8 (it has the byte 0xDF): save the table as CSV UTF-8",
		"image_id,site\n\"a\nb\",\"\n\xe4\"\n":     "line 3, column site is not UTF-8 (it has the byte 0xE4): save the table as CSV UTF-8",
		"\xff\xfei\x00d\x00\n\x00":                 "it is text in UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)",
		"image_id,site\ra,b\rc,d\r":                "its lines end in carriage returns alone, as old Macintosh programs wrote them: save it with line feeds",
		"\x93NUMPY\x01\x00v\x00":                   "it is no text, but a NumPy array",
		"\x1f\x8b\x08\x00":                         "it is no text, but a gzip file: unpack it first",
		"abc\x00\x1b[31m":                          "it is no text: byte 3 is zero",
	} {
		_, err := readCSV(strings.NewReader(text))
		if (err == nil) != (want == "") || err != nil && (err.Error() != want || !errors.Is(err, ErrNotText)) {
			t.Errorf("table %q: %v, want %s", text, err, want)
		}
		_, err = readLines(strings.NewReader(text))
		if (err == nil) != (want == "") {
			t.Errorf("list %q: %v", text, err)
		}
	}
	_, err := readLines(strings.NewReader("a.png\nb.png\nZ\xfcrich.png\n"))
	if want := "line 3 is not UTF-8 (it has the byte 0xFC): save the list as UTF-8"; err == nil || err.Error() != want {
		t.Errorf("%v, want %s", err, want)
	}
}

func TestOtherSeparator(t *testing.T) {
	for header, want := range map[string]string{
		"image_id;site;dose":   `: the separator seems to be ";": save the table with commas`,
		"image_id\tsite":       ": the separator seems to be a tab: save the table with commas",
		"image_id;site;a, b;c": `: the separator seems to be ";": save the table with commas`,
		"image,site;2,dose":    "",
		"image":                "",
	} {
		row, err := NewCSV(strings.NewReader(header + "\n")).Read()
		if got := OtherSeparator(row); err != nil || got != want {
			t.Errorf("%q: %q, %v, want %q", header, got, err, want)
		}
	}
}

// TestCSVAt: from where any row begins, a table has the rows that follow, on the same lines.
func TestCSVAt(t *testing.T) {
	for _, text := range []string{
		"a,b\n1,2\n\n3,4\n5,\"6\n7\"\n8,9",
		"\ufeffa,b\r\n\"x\r\ny\",2\r\n\r\n\r\n\ufeff3,4\r\nPAR1,5\r\n\r\n",
		"a,b\n" + strings.Repeat("1,\"two\nlines\"\n", 5000),
	} {
		type place struct {
			offset, line int64
			row          []string
			at           int64 // line of the last field
		}
		var all []place
		in := NewCSV(strings.NewReader(text))
		for {
			row, err := in.Read()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			offset, line := in.Start()
			all = append(all, place{offset, line, row, in.Line(len(row) - 1)})
			if start := strings.Count(text[:offset], "\n") + 1; int64(start) != line {
				t.Fatalf("%.20q: the row at %d begins in line %d, want %d", text, offset, line, start)
			}
		}
		if in.End() != int64(len(text)) {
			t.Errorf("%.20q: ends at %d of %d", text, in.End(), len(text))
		}
		for k := 1; k < len(all); k = k*3/2 + 1 {
			in := NewCSVAt(strings.NewReader(text[all[k].offset:]), all[0].row, all[k].line)
			for _, want := range all[k:] {
				row, err := in.Read()
				if err != nil || cmp.Diff(want.row, row) != "" || in.Line(len(row)-1) != want.at {
					t.Fatalf("%.20q from row %d: %q in line %d, %v, want %q in line %d", text, k, row, in.Line(0), err, want.row, want.at)
				}
			}
			if _, err := in.Read(); err != io.EOF {
				t.Errorf("%.20q from row %d: %v at the end", text, k, err)
			}
		}
	}
	in := NewCSVAt(strings.NewReader("1,2\n3,\xff\n4\n\""), []string{"a", "b"}, 10)
	var said []string
	for range 4 {
		if _, err := in.Read(); err != nil {
			said = append(said, err.Error())
		}
	}
	want := []string{"line 11, column b is not UTF-8 (it has the byte 0xFF): save the table as CSV UTF-8",
		"line 12 has 1 field, the header 2 (wrong number of fields): is there a comma outside quotes, a decimal one or one of a text?",
		`parse error on line 13, column 2: extraneous or missing " in quoted-field`}
	if d := cmp.Diff(want, said); d != "" {
		t.Error(d)
	}
}
