package e2e

import (
	"cmp"
	"encoding/csv"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readCSV returns the rows of a table, without its header.
func readCSV(t *testing.T, name string) [][]string {
	t.Helper()
	in, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer in.Close()
	rows, err := csv.NewReader(in).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

// TestStudyTable: of the study's 1,600 fields the ten nearest to the mean, in z-scores of two features,
// are those that all distances give, and have the distances that were published.
func TestStudyTable(t *testing.T) {
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA does not name the folder of real data")
	}
	table, output := filepath.Join(root, "study", "stitched_features.csv"), filepath.Join(t.TempDir(), "selection")
	published := []string{"0.046", "0.066", "0.074", "0.076", "0.079", "0.080", "0.080", "0.099", "0.104", "0.109"}

	type field struct {
		id string
		x  [2]float64
		d  float64
	}
	var fields []field
	var mean, square [2]float64
	for _, row := range readCSV(t, table) {
		f := field{id: row[0]}
		for j := range f.x {
			v, err := strconv.ParseFloat(row[1+j], 64)
			if err != nil {
				t.Fatal(err)
			}
			f.x[j] = v
			mean[j] += v / 1600
		}
		fields = append(fields, f)
	}
	for _, f := range fields {
		for j, v := range f.x {
			square[j] += (v - mean[j]) * (v - mean[j])
		}
	}
	for i := range fields {
		f := &fields[i]
		f.d = math.Hypot((f.x[0]-mean[0])/math.Sqrt(square[0]/1600), (f.x[1]-mean[1])/math.Sqrt(square[1]/1600))
	}
	slices.SortFunc(fields, func(a, b field) int { return cmp.Compare(a.d, b.d) })

	flags := []string{"--input=" + table, "--id_column=image", "--vector_columns=^(num_rois|mean_intensity)$", "--space=zscore", "--scope=global", "--strategy=nearest", "--top=10", "--output=" + output}
	said := must(t, nil, "select", flags...)
	if want := "1,600 rows = 1,600 vectors of 2 numbers + 0 rejected"; len(fields) != 1600 || !strings.Contains(said, want) {
		t.Errorf("of %d fields it says %s", len(fields), said)
	}
	picks := readCSV(t, filepath.Join(output, "selection.csv"))
	if len(picks) != 10 {
		t.Fatalf("%d picks", len(picks))
	}
	for i, p := range picks {
		d, err := strconv.ParseFloat(p[7], 64)
		if err != nil || p[1] != fields[i].id || fmt.Sprintf("%.3f", d) != published[i] || !(math.Abs(d-fields[i].d) <= 1e-5*d) {
			t.Errorf("rank %d is %s at %v, want %s at %v, published as %s", i+1, p[1], d, fields[i].id, fields[i].d, published[i])
		}
	}
	must(t, nil, "verify", "--input="+output)
	if said := must(t, nil, "report", "--selection="+output); !strings.Contains(said, "map: num_rois and mean_intensity of 1,600 images\n") {
		t.Errorf("the report says %s", said)
	}
}
