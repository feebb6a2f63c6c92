package vectors

import (
	"bytes"
	"encoding/binary"
	"math"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestJoin: rows of two tables stand side by side by their ids, in the order of the first.
func TestJoin(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
	write(t, a, []byte("id,x1,Metadata_Z,x2\nr3,1,p,1e9\nr1,2,q,0.1\nr2,3,r,0.2\n"))
	write(t, b, []byte("Metadata_A,y,kind,id\nu,10,k1,r1\nv,NaN,k2,r2\nw,30,,r3\n"))
	got, err := ReadTable(t.Context(), []string{a, b}, Config{IDColumn: "id", VectorColumns: "^[xy]", LabelColumn: "kind"})
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rejected) != 1 || got.Rejected[0].Name != "r2" || !strings.Contains(got.Rejected[0].Detail, `row 1 of b.csv: line 3, column y holds "NaN"`) {
		t.Errorf("rejected %+v", got.Rejected)
	}
	want := Table{Inputs: []string{a, b}, Columns: []string{"x1", "x2", "y"}, From: []int{0, 0, 1}, IDs: []string{"r3", "r1"}, Records: []int64{0, 1},
		Labels: []Label{{}, {"k1", true}}, Labeled: true, Numbers: []float64{1, 1e9, 30, 2, 0.1, 10},
		Metadata: []string{"Metadata_A", "Metadata_Z"}, Texts: [][]string{{"w", "p"}, {"u", "q"}}}
	is := *got
	is.SHA256, is.Rejected, is.lost = "", nil, nil
	if diff := cmp.Diff(want, is, cmp.AllowUnexported(Table{})); diff != "" {
		t.Error(diff)
	}
	if err := got.Arrange([]string{"y", "x1", "x2"}); err != nil || !slices.Equal(got.Numbers, []float64{30, 1, 1e9, 10, 2, 0.1}) || !slices.Equal(got.From, []int{1, 0, 0}) {
		t.Errorf("%v, %v, %v", got.Numbers, got.From, err)
	}
	for want, names := range map[string][]string{
		"1 of the 4 columns that the model takes is missing: z": {"y", "x1", "x2", "z"},
		"1 column of numbers is none that the model takes: x2":  {"y", "x1"},
	} {
		if err := got.Arrange(names); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestRejectedByBoth: a row that both tables reject is one row, named by the first of them, and
// does not count twice against the others.
func TestRejectedByBoth(t *testing.T) {
	dir := t.TempDir()
	a, b := filepath.Join(dir, "a.csv"), filepath.Join(dir, "b.csv")
	write(t, a, []byte("id,x\nr1,\nr2,\nr3,3\nr4,4\nr5,5\n"))
	write(t, b, []byte("id,y\nr5,\nr4,4\nr3,3\nr2,\nr1,1\n"))
	c := Config{IDColumn: "id", VectorColumns: "^[xy]$"}
	if got, err := ReadTable(t.Context(), []string{a, b}, c); err == nil || !strings.Contains(err.Error(), "3 of 5 rows in ") {
		t.Errorf("%+v, %v", got, err)
	}
	write(t, b, []byte("id,y\nr5,5\nr4,4\nr3,3\nr2,\nr1,\n"))
	got, err := ReadTable(t.Context(), []string{a, b}, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(got.Rejected) != 2 || got.Rejected[0].Name != "r1" || got.Rejected[1].Name != "r2" || !strings.Contains(got.Rejected[1].Detail, "row 1 of a.csv: line 3, column x is empty") {
		t.Errorf("rejected %+v", got.Rejected)
	}
	if !slices.Equal(got.IDs, []string{"r3", "r4", "r5"}) {
		t.Errorf("rows %v", got.IDs)
	}
}

// TestMatrixInMemory: its numbers are those of float64, and its columns are named by their places.
func TestMatrixInMemory(t *testing.T) {
	dir := t.TempDir()
	c := Config{IDColumn: "id", IDs: filepath.Join(dir, "ids.csv")}
	name := filepath.Join(dir, "m.npy")
	var b bytes.Buffer
	numbers := []float64{0.1, 1e9 + 0.5, -3, 4}
	for _, v := range numbers {
		if err := binary.Write(&b, binary.LittleEndian, math.Float64bits(v)); err != nil {
			t.Fatal(err)
		}
	}
	write(t, name, npyFile("<f8", "False", []int{2, 2}, b.Bytes()))
	write(t, c.IDs, []byte("id\na\nb\n"))
	got, err := ReadTable(t.Context(), []string{name}, c)
	if err != nil || !slices.Equal(got.Numbers, numbers) || !slices.Equal(got.Columns, []string{"0", "1"}) || !slices.Equal(got.IDs, []string{"a", "b"}) {
		t.Errorf("%+v, %v", got, err)
	}
	// Names of columns have no meaning for it alone; beside a table they are of that.
	for _, names := range []Config{{VectorColumns: "^x"}, {VectorColumn: "x"}} {
		names.IDColumn, names.IDs = c.IDColumn, c.IDs
		if _, err := ReadTable(t.Context(), []string{name}, names); err == nil || !strings.Contains(err.Error(), "the rows of a .npy matrix are the vectors") {
			t.Errorf("%+v: %v", names, err)
		}
	}
	table := filepath.Join(dir, "t.csv")
	write(t, table, []byte("id,x\nb,7\na,8\n"))
	c.VectorColumns = "^x"
	if got, err := ReadTable(t.Context(), []string{name, table}, c); err != nil || !slices.Equal(got.Columns, []string{"0", "1", "x"}) || !slices.Equal(got.Numbers, []float64{0.1, 1e9 + 0.5, 8, -3, 4, 7}) {
		t.Errorf("beside a table: %+v, %v", got, err)
	}
	other := filepath.Join(dir, "o.csv")
	write(t, other, []byte("id,xx\nb,7\na,8\n"))
	if _, err := ReadTable(t.Context(), []string{table, other}, c); err == nil || !strings.Contains(err.Error(), "Config.IDs is for a .npy matrix") {
		t.Errorf("ids of no matrix: %v", err)
	}
}

// TestTablesThatAreNotJoined: each mistake is a line that names the tables.
func TestTablesThatAreNotJoined(t *testing.T) {
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	for name, text := range map[string]string{
		"a.csv": "id,x,k\na,1,u\nb,2,v\n", "b.csv": "id,y,k\na,1,u\nb,2,v\n", "less.csv": "id,y\na,1\n", "more.csv": "id,y\na,1\nb,2\nc,3\nd,4\n",
		"twice.csv": "id,y\na,1\nb,2\na,3\n", "same.csv": "id,x\na,1\nb,2\n", "text.csv": "id,y\na,1\nb,two\n", "none.csv": "id,y\na,\nb,3\nc,\n",
		"meta.csv": "id,x,Metadata_d\na,1,1\nb,2,2\n", "meta2.csv": "id,y,Metadata_d\na,1,1\nb,2,2\n",
	} {
		write(t, at(name), []byte(text))
	}
	for want, c := range map[string]struct {
		inputs, label string
	}{
		`1 of 2 ids in a.csv is not in less.csv, for example "b"`:   {"a.csv,less.csv", ""},
		`2 of 4 ids in more.csv are not in a.csv, for example "c"`:  {"a.csv,more.csv", ""},
		`the id "a" is there more than once, in row 0 of twice.csv`: {"a.csv,twice.csv", ""},
		`a.csv and same.csv: both have a column of numbers "x"`:     {"a.csv,same.csv", ""},
		`column "y" holds "two", which is no number`:                {"a.csv,text.csv", ""},
		"2 of 3 rows in ": {"none.csv", ""},
		`both have a column "k": nothing says which labels`: {"a.csv,b.csv", "k"},
		`none has a column "q": name another`:               {"same.csv,meta2.csv", "q"},
		`more than one has a column "Metadata_d"`:           {"meta.csv,meta2.csv", ""},
		"twice": {"a.csv,a.csv", ""},
	} {
		var inputs []string
		for name := range strings.SplitSeq(c.inputs, ",") {
			inputs = append(inputs, at(name))
		}
		_, err := ReadTable(t.Context(), inputs, Config{IDColumn: "id", VectorColumns: "^[xy]$", LabelColumn: c.label})
		if err == nil || !strings.Contains(strings.ReplaceAll(err.Error(), dir+"/", ""), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
