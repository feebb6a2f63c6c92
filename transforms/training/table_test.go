package training

import (
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"
	"gonum.org/v1/gonum/stat"

	"exemplar/model"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/data/vectors"
)

// tableFile writes a table of n rows of columns x0, x1, … that two hidden numbers make, with an
// offset that float32 does not hold, and returns its name and its numbers.
func tableFile(t *testing.T, n, columns int, offset float64) (name string, x *mat.Dense) {
	t.Helper()
	rng := rand.New(rand.NewPCG(5, 6))
	var b strings.Builder
	b.WriteString("id")
	for j := range columns {
		fmt.Fprintf(&b, ",x%d", j)
	}
	x = mat.NewDense(n, columns, nil)
	for i := range n {
		u, v := rng.NormFloat64(), rng.NormFloat64()
		fmt.Fprintf(&b, "\nr%04d", i)
		for j := range columns {
			x.Set(i, j, offset+float64(j)*u+v*float64(j%3)+0.3*rng.NormFloat64())
			fmt.Fprintf(&b, ",%v", x.At(i, j))
		}
	}
	name = filepath.Join(t.TempDir(), "t.csv")
	if err := os.WriteFile(name, []byte(b.String()+"\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	return name, x
}

func tableConfig(t *testing.T, name string) Config {
	c := DefaultConfig()
	c.Shards, c.Output, c.Table = name, filepath.Join(t.TempDir(), "model"), NewTable()
	c.Table.Read.IDColumn, c.Table.Read.VectorColumns = "id", "^x"
	return c
}

// TestPassesOfExactComponents: a number that decides nothing is refused, of a table and of images.
func TestPassesOfExactComponents(t *testing.T) {
	name, _ := tableFile(t, 30, 8, 0)
	c := tableConfig(t, name)
	c.Output, c.Latent, c.Passes = t.TempDir(), 2, 5
	refused(t, c, "Config.Passes=5: the principal components of 8 numbers are exact")
	c.Passes = 4
	if _, err := Run(t.Context(), c); err != nil {
		t.Errorf("the default: %v", err)
	}
	c = config(shardsOf(t, spots(30, 12), 2), t.TempDir())
	c.Working, c.Latent, c.Passes = 4, 2, 5
	refused(t, c, "Config.Passes=5: the principal components of 16 numbers are exact")
	c.Working = 12
	r, err := Run(t.Context(), c)
	if err != nil || r.Linear.Passes != 6 {
		t.Errorf("%+v, %v", r, err)
	}
}

// TestPrincipalComponentsOfATable are those of gonum's decomposition of z-scores, which
// model.json has the means and deviations of.
func TestPrincipalComponentsOfATable(t *testing.T) {
	const n, columns = 300, 40
	name, x := tableFile(t, n, columns, 1e9)
	c := tableConfig(t, name)
	c.Latent = 6
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	m, _, err := modeldir.Read(t.Context(), c.Output, true)
	if err != nil {
		t.Fatal(err)
	}
	z := mat.NewDense(n, columns, nil)
	for j := range columns {
		column := mat.Col(nil, j, x)
		mean, deviation := stat.PopMeanStdDev(column, nil)
		if is := m.Table.Columns[j]; is.Name != fmt.Sprintf("x%d", j) || !(math.Abs(is.Mean-mean) <= 1e-6) || !(math.Abs(is.Deviation-deviation) <= 1e-7*deviation) {
			t.Fatalf("column %d: %+v, want the mean %v and the deviation %v", j, is, mean, deviation)
		}
		for i, v := range column {
			z.Set(i, j, (v-mean)/deviation)
		}
	}
	var pc stat.PC
	if !pc.PrincipalComponents(z, nil) {
		t.Fatal("no components")
	}
	vars := pc.VarsTo(nil)
	for k, v := range r.Linear.Components {
		if want := vars[k] * (n - 1) / n; !(math.Abs(v-want) <= 1e-5*want) {
			t.Errorf("component %d has the variance %v, want %v", k, v, want)
		}
	}
}

// TestStepsOnATable: a dense model learns the rows, whatever the workers, has its table beside
// its weights, and the same command again has nothing to do.
func TestStepsOnATable(t *testing.T) {
	name, _ := tableFile(t, 600, 12, 0)
	c := tableConfig(t, name)
	c.Arch, c.Fit.Epochs, c.Fit.LR = "dense-12-16-2", 15, 0.01
	r, err := Run(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	if l := r.Fit.Learned; !(l.Share() < 0.3) || r.Fit.Held == 0 || r.Arch.Input != model.RowInput(12, model.TableZScore) || r.Arch.Activations.Output != model.ActLinear {
		t.Errorf("%v of the variance is left, %+v", l.Share(), r.Arch)
	}
	again, err := Run(t.Context(), c)
	if err != nil || again.Made || again.SHA256 != r.SHA256 {
		t.Errorf("again: %+v, %v", again, err)
	}
	other := c
	other.Output, other.Learner.Workers = filepath.Join(t.TempDir(), "model"), 1
	if o, err := Run(t.Context(), other); err != nil || o.SHA256 != r.SHA256 {
		t.Errorf("with one worker: %v, %v", o, err)
	}
	for want, change := range map[string]func(c *Config){
		"Config.Scaling is range here and was zscore": func(c *Config) { t := *c.Table; t.Scaling = model.TableRange; c.Table = &t },
		"Config.VectorColumns is ^x.$ here and was ^": func(c *Config) { t := *c.Table; t.Read.VectorColumns = "^x.$"; c.Table, c.Arch = &t, "dense-10-16-2" },
	} {
		other := c
		change(&other)
		if _, err := Run(t.Context(), other); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}

// TestArchitecturesOfRows: what names an architecture for a table, and what does not.
func TestArchitecturesOfRows(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a.json")
	if err := os.WriteFile(file, []byte(`{"family":"dense","input":{"height":2,"width":5},"latent":3,"widths":[8],"activations":{"hidden":"tanh"}}`), 0o666); err != nil {
		t.Fatal(err)
	}
	c := tableConfig(t, "t.csv")
	for name, want := range map[string]string{
		"dense-10-2": "[] 2 relu linear", "dense-10-8-4-2": "[8 4] 2 relu linear", "dense": "[6] 3 relu linear", file: "[8] 3 tanh linear",
	} {
		c := c
		if c.Arch = name; name == "dense" {
			c.Latent, c.Change.Widths = 3, []int{6}
		}
		a, err := c.architectureOfRows(t.Context(), 10)
		if got := fmt.Sprintf("%v %d %s %s", a.Widths, a.Latent, a.Activations.Hidden, a.Activations.Output); err != nil || got != want || a.Input.Width != 10 {
			t.Errorf("%s: %s, %v", name, got, err)
		}
	}
	c.Table.Scaling = model.TableRange
	c.Arch = "dense-10-2"
	if a, err := c.architectureOfRows(t.Context(), 10); err != nil || a.Activations.Output != model.ActSigmoid || a.Input.Scale != model.ScaleUnit {
		t.Errorf("of a range: %+v, %v", a, err)
	}
	for name, want := range map[string]string{
		"ae1m": "is convolutional", "dense-11-2": "takes 11 numbers, and t.csv has 10 columns", "dense": "Config.Latent is missing",
		"dense-10": "is no architecture for a table", "dense-784-100-20": "takes 784 numbers, and t.csv has 10 columns",
	} {
		c.Arch = name
		if _, err := c.architectureOfRows(t.Context(), 10); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

// TestTableOfAMatrix: its model names no column of lists, so that encode asks a table for none.
func TestTableOfAMatrix(t *testing.T) {
	for name, want := range map[string]string{"m.npy": "", "m.parquet": "embedding"} {
		of := &vectors.Table{Inputs: []string{name}, Columns: []string{"0"}, From: []int{0}, Numbers: []float64{1, 2}, IDs: []string{"a", "b"}}
		by, err := NewTable().scaling(of)
		if err != nil || by.VectorColumn != want {
			t.Errorf("%s: %+v, %v, want the column %q", name, by, err, want)
		}
	}
}
