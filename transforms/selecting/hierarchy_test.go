package selecting

import (
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

func hierarchical(dir string) Config {
	c := config(dir, "cluster", "label")
	p := &c.Parameters
	p.Clustering, p.Clusters, p.ResamplingSteps, p.SampleSize, p.Restarts = schemas.ClusteringHierarchical, 12, 4, 150, 2
	p.Centers, p.Metrics = schemas.Centers, schemas.Metrics
	return c
}

// TestHierarchicalSameBytes: the files in another number and order, and another number
// of processors and another runner, change nothing but the place of an image in its shard. The sample is
// smaller than the collection.
func TestHierarchicalSameBytes(t *testing.T) {
	rows := collection(400)
	dir := t.TempDir()
	write(t, dir, rows, 16, "none")
	c := hierarchical(dir)
	c.Shards = filepath.Join(dir, "shards")
	m := mustRun(t, c)
	want := tree(t, c.Output)

	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(5))
	again := c
	again.Output = filepath.Join(dir, "again")
	_, err := Run(t.Context(), again, runtest.Prism)
	check(t, err)
	if diff := cmp.Diff(want, tree(t, again.Output)); diff != "" {
		t.Errorf("another number of processors and another runner change the output:\n%s", diff)
	}

	slices.Reverse(rows)
	other := t.TempDir()
	write(t, other, rows, 5, "gzip")
	oc := hierarchical(other)
	mustRun(t, oc)
	for _, name := range []string{schemas.CentersParquet, schemas.CentersNPZ} {
		if tree(t, oc.Output)[name] != want[name] {
			t.Errorf("%s depends on how the images are spread", name)
		}
	}
	if diff := cmp.Diff(readPicks(t, c.Output), readPicks(t, oc.Output), cmpopts.EquateNaNs(), cmpopts.IgnoreFields(schemas.Pick{}, "SHA256")); diff != "" {
		t.Errorf("picks depend on how the images are spread:\n%s", diff)
	}

	p, k := m.Parameters, m.Clustering
	if p.Clustering != schemas.ClusteringHierarchical || p.FineClusters != 60 || p.ResamplingSteps != 4 || p.MaxPasses != 0 {
		t.Errorf("parameters %+v", p)
	}
	if k.Passes != 0 || k.Converged || k.SampleRows >= m.Eligible || k.Clusters != 12 || m.Scopes[0].Groups != 12 {
		t.Errorf("clustering %+v, %d groups", k, m.Scopes[0].Groups)
	}
	levels := []schemas.ClusterLevel{{Rows: k.SampleRows, Clusters: 60}, {Rows: 60, Clusters: 12, Steps: 4, Kept: 3}}
	if diff := cmp.Diff(levels, k.Levels); diff != "" {
		t.Error(diff)
	}
}

// TestHierarchicalFlags: what does not fit is one line that names the flag, before any
// work; k-means says so in its parameters and has none of the others.
func TestHierarchicalFlags(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	for want, change := range map[string]func(c *Config){
		"Config.Auto: ":                               func(c *Config) { c.Parameters.Clusters, c.Parameters.Auto = 0, true },
		"Config.FineClusters=11: must be":             func(c *Config) { c.Parameters.FineClusters = 11 },
		"Config.SampleSize=20: must be at":            func(c *Config) { c.Parameters.FineClusters, c.Parameters.SampleSize = 30, 20 },
		"Config.Clustering=hierarchical: none":        func(c *Config) { c.Parameters.Scopes = []string{"label"} },
		"Config.Clustering=ward: choose from":         func(c *Config) { c.Parameters.Clustering = "ward" },
		"Config.FineClusters=30: only Config.Cluster": func(c *Config) { c.Parameters.Clustering, c.Parameters.FineClusters = "kmeans", 30 },
		"Config.FineClusters=61 is more than the":     func(c *Config) { c.Parameters.FineClusters = 61 },
		"Config.ResamplingSteps=101: must be":         func(c *Config) { c.Parameters.ResamplingSteps = 101 },
	} {
		c := hierarchical(dir)
		change(&c)
		err := c.Validate()
		if err == nil {
			_, _, err = options(t.Context(), c)
		}
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want an error with %q", err, want)
		}
	}
	c := config(dir, "cluster")
	c.Parameters.ResamplingSteps = 10 // the flag's default
	check(t, c.Validate())
	o, _, err := options(t.Context(), c)
	check(t, err)
	if p := o.Parameters; p.Clustering != schemas.ClusteringKMeans || p.FineClusters != 0 || p.ResamplingSteps != 0 {
		t.Errorf("parameters of k-means are %+v", p)
	}
	c = config(dir, "label")
	c.Parameters.Clustering, c.Parameters.ResamplingSteps = schemas.ClusteringKMeans, 10
	check(t, c.Validate())
	o, _, err = options(t.Context(), c)
	check(t, err)
	if p := o.Parameters; p.Clustering != "" || p.ResamplingSteps != 0 {
		t.Errorf("parameters without clusters are %+v", p)
	}
}
