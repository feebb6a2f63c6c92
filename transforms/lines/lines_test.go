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
