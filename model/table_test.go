package model

import (
	"math"
	"slices"
	"strings"
	"testing"
)

func tableOf(scale string) *Table {
	return &Table{Scale: scale, IDColumn: "id", Columns: []TableColumn{
		{Name: "a", Mean: 2, Deviation: 4, Least: -6, Largest: 10},
		{Name: "b", Mean: 7, Deviation: 0, Least: 7, Largest: 7},
		{Name: "c", Mean: 1e9, Deviation: 0.5, Least: 1e9 - 2, Largest: 1e9 + 2, Weight: 3},
	}}
}

// TestTableScales: numbers are scaled in float64, rounded once, and come back.
func TestTableScales(t *testing.T) {
	row := []float64{4, 8, 1e9 + 0.25}
	for scale, want := range map[string][]float32{
		TableZScore: {0.5, 0, 1.5},
		TableRange:  {10.0 / 16, 0, 3 * 2.25 / 4},
		TableNone:   {4, 0, float32(3 * (1e9 + 0.25))},
	} {
		of := tableOf(scale)
		got, back := make([]float32, 3), make([]float64, 3)
		if of.Scaled(got, row); !slices.Equal(got, want) {
			t.Errorf("%s: %v, want %v", scale, got, want)
		}
		of.Unscaled(back, got)
		if !(math.Abs(back[0]-4) < 1e-6) || back[1] != 7 || !(math.Abs(back[2]-row[2]) <= 64) {
			t.Errorf("%s: back %v", scale, back)
		}
	}
}

// TestRows: a model of rows keeps its table in its files, and refuses another one's.
func TestRows(t *testing.T) {
	m := &Model{Arch: Arch{Family: FamilyDense, Input: RowInput(3, TableZScore), Latent: 1}, Table: tableOf(TableZScore)}
	m.Arch = m.Arch.withDefaults()
	if act := m.Arch.Activations.Output; act != ActLinear {
		t.Errorf("the output is %s", act)
	}
	for _, s := range m.Arch.EncoderWeights() {
		data := make([]float32, sizeOf(s.Shape))
		for i := range data {
			data[i] = float32(i + 1)
		}
		m.Encoder = append(m.Encoder, Tensor{s.Name, s.Shape, data})
	}
	files, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	again, err := Unmarshal(files)
	if err != nil || again.Table == nil || !slices.Equal(again.Table.Columns, m.Table.Columns) || again.Table.Scale != TableZScore {
		t.Fatalf("%+v, %v", again, err)
	}
	p, err := Compile(again)
	if err != nil {
		t.Fatal(err)
	}
	z := make([]float32, 1)
	p.NewRunner(1).Encode(z, [][]byte{AppendRow(nil, []float32{0.5, -1, 2})})
	if z[0] != 0.5*1-1*2+2*3+1 {
		t.Errorf("encoded to %v", z)
	}
	for want, change := range map[string]func(m *Model){
		"the table has 2 columns":  func(m *Model) { m.Table.Columns = m.Table.Columns[:2] },
		`the scale "range"`:        func(m *Model) { m.Table.Scale = TableRange },
		"without a name of its":    func(m *Model) { m.Table.Columns[1].Name = "a" },
		"mean NaN":                 func(m *Model) { m.Table.Columns[1].Mean = math.NaN() },
		"deviation -1":             func(m *Model) { m.Table.Columns[0].Deviation = -1 },
		"of images has no table":   func(m *Model) { m.Arch.Input = gray(28); m.Arch.Input.Scale = ScaleUnit },
		"numbers that z-scores":    func(m *Model) { m.Arch.Activations.Output = ActSigmoid },
		"is 1 high, of 1 channel":  func(m *Model) { m.Arch.Input.Height = 2 },
		"must be 1 to 16384":       func(m *Model) { m.Arch.Input.Width = 1 << 15 },
		`input scale "byte" of a`:  func(m *Model) { m.Arch.Input.Scale = ScaleByte },
		"columns of a table have ": func(m *Model) { m.Arch.Family = FamilyConv },
	} {
		bad := *m
		table := *m.Table
		table.Columns = slices.Clone(table.Columns)
		bad.Table = &table
		change(&bad)
		if err := bad.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
