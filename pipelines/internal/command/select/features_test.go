package selectcmd

import (
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
)

// commandOf returns the job of some flags.
func commandOf(t *testing.T, flags ...string) *job {
	t.Helper()
	fs := flag.NewFlagSet("", flag.ContinueOnError)
	j := setup(fs).(*job)
	if err := fs.Parse(flags); err != nil {
		t.Fatal(err)
	}
	if err := j.Validate(); err != nil {
		t.Fatal(err)
	}
	return j
}

// selectionOf runs a job and returns what it said, and its manifest.
func selectionOf(t *testing.T, j *job) (string, schemas.SelectionManifest) {
	t.Helper()
	var said strings.Builder
	if err := j.Run(t.Context(), runtest.Direct, &said); err != nil {
		t.Fatal(err)
	}
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(j.config.Output, schemas.SelectionFile))
	if err != nil {
		t.Fatal(err)
	}
	return said.String(), m
}

// TestOnlyEqualVectorsAreDuplicates: of another program's vectors those that are near to a pick are
// picked, and those that are equal are not. A folder that was made otherwise stays and is extended so.
func TestOnlyEqualVectorsAreDuplicates(t *testing.T) {
	dir := t.TempDir()
	at := func(flag, name string) string { return flag + "=" + filepath.Join(dir, name) }
	table := "name,Metadata_plate,x,y,kind\n"
	for i := range 60 { // a lattice
		table += fmt.Sprintf("i%02d,p%d,%d,%d,k%d\n", i, i%2, 10*(i%8), 10*(i/8), i%3)
	}
	table += "near,p0,30.001,30,k0\nequal,p1,30,30,k0\n" // to i27, which is nearest to the mean
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := func(more ...string) []string {
		return append(more, at("--input", "t.csv"), "--id_column=name", "--vector_columns=^[xy]$", "--label_column=kind", "--scope=global")
	}
	picks := func(output string) (ids []string) {
		data, err := os.ReadFile(filepath.Join(dir, output, schemas.SelectionCSV))
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(data)) {
			ids = append(ids, strings.Split(line, ",")[1])
		}
		return ids[1:]
	}
	said, m := selectionOf(t, commandOf(t, flags("--top=3", at("--output", "equal"))...))
	if got := picks("equal"); !slices.Equal(got, []string{"near", "equal", "i28"}) {
		t.Errorf("picked %v", got)
	}
	if m.Parameters.Picking.Duplicates != schemas.DuplicatesEqual || !strings.Contains(said, "1 image equal to a pick passed over") || !strings.Contains(said, "the numbers are x, y\n") {
		t.Errorf("duplicates %q, says %s", m.Parameters.Picking.Duplicates, said)
	}
	if said, _ = selectionOf(t, commandOf(t, flags("--top=3", at("--output", "equal"))...)); !strings.Contains(said, "Nothing to do") {
		t.Errorf("again: %s", said)
	}
	if err := commandOf(t, flags("--top=3", "--duplicates=allow", at("--output", "equal"))...).Run(t.Context(), runtest.Direct, io.Discard); err == nil ||
		!strings.Contains(Command.Words(err.Error()), "--duplicates is allow here and was equal there") {
		t.Errorf("with others: %v", err)
	}

	// As earlier versions made it, and as is asked for.
	_, m = selectionOf(t, commandOf(t, flags("--top=3", "--duplicates=skip", at("--output", "skip"))...))
	if got := picks("skip"); m.Parameters.Picking.Duplicates != schemas.DuplicatesSkip || !slices.Equal(got, []string{"near", "i28", "i35"}) {
		t.Errorf("picked %v", got)
	}
	for name, want := range map[string]string{"skip": "was made with --duplicates=skip, the default then; --overwrite", "longer": "--duplicates=skip, as "} {
		more := []string{"--top=3", at("--output", "skip")}
		if name == "longer" {
			more = []string{"--top=4", at("--output", name), at("--extend", "skip")}
		}
		for range 2 {
			said, m = selectionOf(t, commandOf(t, flags(more...)...))
			if m.Parameters.Picking.Duplicates != schemas.DuplicatesSkip || !strings.Contains(Command.Words(said), want) {
				t.Errorf("%s: duplicates %q, says %s", name, m.Parameters.Picking.Duplicates, said)
			}
		}
	}
	said, m = selectionOf(t, commandOf(t, flags("--top=3", "--overwrite", at("--output", "skip"))...))
	if m.Parameters.Picking.Duplicates != schemas.DuplicatesEqual || strings.Contains(said, "default then") {
		t.Errorf("made anew: duplicates %q, says %s", m.Parameters.Picking.Duplicates, said)
	}

	// Labels, metadata, conditions and assignments are as of other vectors.
	said, m = selectionOf(t, commandOf(t, "--input="+filepath.Join(dir, "*.csv"), "--id_column=name", "--vector_columns=^[xy]$", "--label_column=kind", at("--output", "where"),
		"--where=plate=p0", "--scope=label,Metadata_plate", "--top=1", "--assignments", "--space=zscore"))
	if m.Inside() != 31 || m.Picks != 4 || m.Assignments == nil || m.Assignments.Rows != 62 || m.Parameters.Deviation != schemas.DeviationPopulation {
		t.Errorf("%d inside, %d picks, %+v: %s", m.Inside(), m.Picks, m.Assignments, said)
	}
}

// TestWhatATableLacks is refused in one line, and what tells nothing is told.
func TestWhatATableLacks(t *testing.T) {
	dir := t.TempDir()
	table := "image_id,x,y,one\n"
	for i := range 60 {
		table += fmt.Sprintf("i%02d,%d,%d,7\n", i, i, i*i%17)
	}
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(table), 0o666); err != nil {
		t.Fatal(err)
	}
	flags := func(output string, more ...string) []string {
		return append(more, "--input="+filepath.Join(dir, "t.csv"), "--output="+filepath.Join(dir, output), "--strategy=nearest", "--top=3")
	}
	first := flags("first", "--vector_columns=^(x|y|one)$", "--scope=global", "--space=zscore")
	for range 2 {
		if said, _ := selectionOf(t, commandOf(t, first...)); !strings.Contains(said, "the column one has the one value 7 in all rows, and tells nothing apart\n") {
			t.Errorf("of one value: %s", said)
		}
	}
	extend := "--extend=" + filepath.Join(dir, "first")
	for _, c := range []struct {
		flags []string
		want  string
		late  bool // a plan does not look that far
	}{
		{[]string{"--vector_columns=^[xy]$", "--min_sharpness=1"}, "--min_sharpness=1: vectors of another program have no such column", false},
		{[]string{"--vector_columns=^[xy]$", "--max_mse=1e-9", "--min_foreground=1"}, "--min_foreground=1: vectors of another program", false},
		{[]string{"--vector_columns=^[xy]$", "--max_border=off"}, "--max_border=off: vectors of another program", false},
		{[]string{"--vector_columns=^[xy]$", "--scope=label"}, "name the column of labels with --label_column, or a table of them with --labels", true},
		{[]string{"--vector_columns=^x$", "--scope=global", "--space=zscore", extend}, "that selection is of the columns x, y, one, this one of x: give the same --vector_columns", true},
	} {
		for range 2 {
			err := commandOf(t, flags("refused", c.flags...)...).Run(t.Context(), runtest.Direct, io.Discard)
			_, planned := commandOf(t, flags("planned", c.flags...)...).Plan(t.Context())
			if err == nil || !strings.Contains(Command.Words(err.Error()), c.want) || (planned == nil) != c.late || planned != nil && planned.Error() != err.Error() {
				t.Errorf("%s: %v, a plan %v, want %q", c.flags, err, planned, c.want)
			}
		}
	}
	// The same numbers of a table that has grown go on, and so do those of limits that are not.
	if err := os.WriteFile(filepath.Join(dir, "t.csv"), []byte(table+"new,30,8,7\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, m := selectionOf(t, commandOf(t, flags("longer", "--vector_columns=^(x|y|one)$", "--scope=global", "--space=zscore", extend, "--gate=off")...)); m.Picks != 3 {
		t.Errorf("%d picks", m.Picks)
	}
	said, _ := selectionOf(t, commandOf(t, flags("sign", "--vector_columns=^x$", "--scope=global", "--space=zscore", "--metrics=cosine")...))
	if !strings.Contains(said, "compare little else: of one number they tell only the sign\n") || strings.Contains(said, "weighs dimensions alike") {
		t.Errorf("of one number: %s", said)
	}
}
