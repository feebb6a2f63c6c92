package ingesting

import (
	"context"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/run/step"
)

// tableOf writes a table of columns of numbers, so many rows to a file.
func tableOf(t *testing.T, dir string, rows, files int, columns ...func(i int) string) {
	t.Helper()
	for file := range files {
		var b strings.Builder
		b.WriteString("image_id")
		for j := range columns {
			fmt.Fprintf(&b, ",x%d", j)
		}
		for i := file * rows / files; i < (file+1)*rows/files; i++ {
			fmt.Fprintf(&b, "\ni%d", i)
			for _, column := range columns {
				b.WriteString("," + column(i))
			}
		}
		write(t, filepath.Join(dir, fmt.Sprintf("t%d.csv", file)), []byte(b.String()+"\n"))
	}
}

// TestRoundedAway: a column of which float32 does not hold what it tells is refused, by a plan too,
// and not where the offset or the factor that the refusal names is taken out.
func TestRoundedAway(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	normal := make([]float64, 300)
	for i := range normal {
		normal[i] = random.NormFloat64()
	}
	of := func(mean, scale float64) func(i int) string {
		return func(i int) string { return fmt.Sprint(mean + scale*normal[i]) }
	}
	whole := func(first, n int) func(i int) string {
		return func(i int) string { return fmt.Sprint(first + i%n) }
	}
	for name, c := range map[string]struct {
		column func(i int) string
		want   string // "" where it is taken
	}{
		"seconds":          {whole(1700000000, 300), `column "x1" has the mean 1700000149.5 and the standard deviation 86.6, and rounding to float32, in which vectors are compared, moves its numbers by up to 64: subtract 1700000100 from the column, or leave it out`},
		"less the offset":  {whole(-100, 300), ""},
		"large":            {of(1e9, 1), "subtract 1000000000 from the column"},
		"next to 100":      {of(100, 1e-4), "the standard deviation 9.44e-05, and rounding to float32, in which vectors are compared, moves its numbers by up to 3.8e-06: subtract 100 from"},
		"next to -0.5":     {of(-0.5, 1e-7), "subtract -0.5 from the column"},
		"whole numbers":    {whole(16000000, 3), `the standard deviation 0.816, and float32, in which vectors are compared, rounds z-scores of it away: subtract 16000001 from`},
		"small":            {of(0, 1e-43), "multiply the column"},
		"smaller":          {of(0, 1e-200), "multiply the column"},
		"one outlier":      {func(i int) string { return fmt.Sprint(normal[i] + 1e6*float64(max(0, i-298))) }, ""},
		"wide":             {of(1e30, 1e30), ""},
		"one value":        {func(int) string { return "1700000001" }, ""},
		"last digits":      {func(i int) string { return []string{"0.3", "0.30000000000000004"}[i%2] }, ""},
		"of usual numbers": {of(5000, 10), ""},
		"row left out":     {func(i int) string { return map[bool]string{true: "", false: "3"}[i == 7] }, ""},
	} {
		for _, files := range []int{1, 3} {
			dir := t.TempDir()
			tableOf(t, filepath.Join(dir, "in"), len(normal), files, of(0, 1), c.column)
			config := Config{Input: filepath.Join(dir, "in"), Output: filepath.Join(dir, "out"), VectorColumns: "^x", Resume: true}
			_, planned := Plan(t.Context(), config)
			_, err := Run(t.Context(), config, runner)
			if c.want == "" && (err != nil || planned != nil) {
				t.Errorf("%s: %v, %v", name, planned, err)
			}
			if c.want != "" && (err == nil || planned == nil || planned.Error() != err.Error() || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
				t.Errorf("%s:\n%v\n%v\nwant one line with %q", name, planned, err, c.want)
			}
		}
	}
}

// TestRoundedColumnsOfParquet: those of float64 and of whole numbers are looked at; what an earlier
// version finished stays.
func TestRoundedColumnsOfParquet(t *testing.T) {
	dir := t.TempDir()
	in := cells(0, 50)
	for i := range in {
		in[i].F3 = 1700000000 + int64(i)
	}
	writeTable(t, filepath.Join(dir, "t.parquet"), in, 16)
	c := Config{Input: filepath.Join(dir, "t.parquet"), Output: filepath.Join(dir, "out"), IDColumn: "key", VectorColumns: "^Cells_(Area|Count)", Resume: true}
	for range 2 {
		if _, err := Run(t.Context(), c, runner); err == nil || !strings.Contains(err.Error(), `column "Cells_Count" has the mean 1700000024.5`) {
			t.Fatalf("a column of seconds: %v", err)
		}
	}
	earlier := func(ctx context.Context) (*plan, *work, error) {
		p, w, err := makePlan(ctx, c.withDefaults(), runner)
		if err == nil {
			w.Precheck = nil
		}
		return p, w, err
	}
	if _, _, _, err := step.Run(t.Context(), output(c.Output), Step, earlier); err != nil {
		t.Fatal(err)
	}
	if r, err := Run(t.Context(), c, runner); err != nil || r.Made != 0 {
		t.Errorf("a finished folder: %v", err)
	}
	c.VectorColumns, c.Output = "^Cells_(Area|Texture)", filepath.Join(dir, "other")
	if _, err := Run(t.Context(), c, runner); err != nil {
		t.Error(err)
	}
}

// TestConstantColumns are told, by a second run too; one that varies in the last row is none.
func TestConstantColumns(t *testing.T) {
	dir := t.TempDir()
	one := func(int) string { return "7.5" }
	late := func(i int) string { return fmt.Sprint(i / 49999) }
	tableOf(t, filepath.Join(dir, "in"), 50000, 2, one, late, func(i int) string { return fmt.Sprint(i) }, one)
	c := Config{Input: filepath.Join(dir, "in"), Output: filepath.Join(dir, "out"), VectorColumns: "^x", Resume: true}
	for range 2 {
		r, err := Run(t.Context(), c, runner)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff([]Constant{{"x0", 7.5}, {"x3", 7.5}}, r.Constant); diff != "" {
			t.Error(diff)
		}
	}
	if got, err := constants(t.Context(), c.Output, &schemas.LatentsManifest{Rows: 1, Columns: []string{"x"}}); err != nil || got != nil {
		t.Errorf("of one row: %v, %v", got, err)
	}
}
