package selecting

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"
	"golang.org/x/image/tiff"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selection/picking"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

var runner = runtest.Direct

const dim = 6

// collection is n rows around 7 centers; every tenth is a blank at the origin,
// half of them constant and half with a few specks.
func collection(n int) []schemas.Latent {
	rng := rand.New(rand.NewPCG(5, 5))
	rows := make([]schemas.Latent, n)
	for i := range rows {
		r := &rows[i]
		pixels := []byte{byte(i), byte(i >> 8), 3, 4, 5, 6}
		sum := sha256.Sum256(pixels)
		*r = schemas.Latent{ImageID: fmt.Sprintf("batch %d/img%04d.tif", i%3, i), Embedding: make([]float32, dim),
			SHA256: hex.EncodeToString(sum[:]), Quality: schemas.Quality{Foreground: 0.2},
			Label: []string{"mitosis", "a/b", "rest"}[i%3], HasLabel: i%7 != 0, Metadata: []string{[]string{"run0", "", "run2", "run3"}[i%4]}}
		if i%10 == 0 {
			r.Quality.Foreground = 0.001
			if i%20 == 0 {
				r.QCFlags = schemas.QCConstant
			}
			continue
		}
		for j := range r.Embedding {
			r.Embedding[j] = float32(20*((i*i%7)>>(j%3)&1)+1+rng.IntN(3)*0) + float32(rng.NormFloat64())
		}
	}
	return rows
}

// write spreads rows over n latents files and as many image shards.
func write(t *testing.T, dir string, rows []schemas.Latent, n int, compression string) {
	t.Helper()
	writeWith(t, dir, rows, n, compression, "Metadata_run")
}

// writeWith does so with other columns of metadata.
func writeWith(t *testing.T, dir string, rows []schemas.Latent, n int, compression string, metadata ...string) {
	t.Helper()
	spec := schemas.LatentsSpec{Dimension: dim, Layout: "list", Metadata: metadata, ModelSHA256: "model", Preprocessing: "p", Kernel: "k"}
	sm := schemas.ShardsManifest{Format: schemas.ShardsFormat, Image: schemas.ImageShape{Height: 2, Width: 3, Channels: 1, Bits: 8},
		Parameters: schemas.ShardParameters{Shards: n, Compression: compression, Fit: "reject", BitsMode: "keep", MaxPixels: 9}}
	lm := schemas.LatentsManifest{Format: schemas.LatentsFormat, Spec: spec}
	for s := range n {
		var lb, sb bytes.Buffer
		lw, err := latents.NewWriter(&lb, spec)
		check(t, err)
		sw := tfrecord.NewWriter(&sb, tfrecord.WriterOptions{Gzip: compression == "gzip"})
		count := int64(0)
		for i, r := range rows {
			if i%n != s {
				continue
			}
			im := records.Image{Filename: r.ImageID, Pixels: []byte{byte(i), byte(i >> 8), 3, 4, 5, 6}, Height: 2, Width: 3, Channels: 1, Bits: 8}
			r.Offset, err = sw.Write(records.Append(nil, &im))
			check(t, err)
			r.Shard, r.Record = int32(s), count
			check(t, lw.Write(&r))
			count++
		}
		check(t, lw.Close())
		check(t, sw.Close())
		check(t, os.MkdirAll(filepath.Join(dir, "latents"), 0o777))
		check(t, os.MkdirAll(filepath.Join(dir, "shards"), 0o777))
		li := schemas.LatentsInfo{File: schemas.LatentsName(s, n), Rows: count, Bytes: int64(lb.Len()), SHA256: outdir.SHA256(lb.Bytes())}
		si := schemas.ShardInfo{File: schemas.ShardName(s, n, compression), Records: count}
		check(t, os.WriteFile(filepath.Join(dir, "latents", li.File), lb.Bytes(), 0o666))
		check(t, os.WriteFile(filepath.Join(dir, "shards", si.File), sb.Bytes(), 0o666))
		lm.Files, sm.Shards = append(lm.Files, li), append(sm.Shards, si)
		lm.Rows, lm.Records, lm.Bytes = lm.Rows+count, lm.Records+count, lm.Bytes+li.Bytes
	}
	ctx := context.Background()
	check(t, outdir.WriteJSON(ctx, filepath.Join(dir, "shards", schemas.ShardsFile), sm))
	data, err := os.ReadFile(filepath.Join(dir, "shards", schemas.ShardsFile))
	check(t, err)
	lm.Shards = outdir.SHA256(data)
	check(t, outdir.WriteJSON(ctx, filepath.Join(dir, "latents", schemas.LatentsFile), lm))
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// scopes are all kinds of them.
var scopes = append(slices.Clone(schemas.Scopes), "Metadata_run")

func config(dir string, scopes ...string) Config {
	return Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "selection"), Resume: true,
		Parameters: schemas.SelectionParameters{Scopes: scopes, Clusters: 7, Top: 3, Centers: []string{"mean"}, Metrics: []string{"euclidean"},
			Seed: 1, Restarts: 3, MaxPasses: 15, SampleSize: 120, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
}

func mustRun(t *testing.T, c Config) *schemas.SelectionManifest {
	t.Helper()
	check(t, c.Validate())
	r, err := Run(context.Background(), c, runner)
	check(t, err)
	return r.Manifest
}

// readPicks reads selection.parquet with the library's own generic reader.
func readPicks(t *testing.T, dir string) []schemas.Pick {
	t.Helper()
	type row struct {
		Rank       int32   `parquet:"rank"`
		ImageID    string  `parquet:"image_id"`
		Scope      string  `parquet:"scope"`
		GroupID    string  `parquet:"group_id"`
		GroupSize  int64   `parquet:"group_size"`
		Center     string  `parquet:"center"`
		Metric     string  `parquet:"metric"`
		Distance   float64 `parquet:"distance"`
		Percentile float64 `parquet:"percentile"`
		Margin     float64 `parquet:"margin"`
		Next       string  `parquet:"next_image_id"`
		Shard      int32   `parquet:"shard"`
		Record     int64   `parquet:"record"`
		Offset     int64   `parquet:"offset"`
		SHA256     string  `parquet:"sha256"`
		Label      *string `parquet:"label,optional"`
		Run        string  `parquet:"Metadata_run"`
		Weight     float64 `parquet:"weight"`
	}
	rows, err := parquet.ReadFile[row](filepath.Join(dir, schemas.SelectionParquet))
	check(t, err)
	var picks []schemas.Pick
	for _, r := range rows {
		p := schemas.Pick{Rank: r.Rank, ImageID: r.ImageID, Scope: r.Scope, GroupID: r.GroupID, GroupSize: r.GroupSize, Center: r.Center,
			Metric: r.Metric, Distance: r.Distance, Percentile: r.Percentile, Margin: r.Margin, NextID: r.Next, SHA256: r.SHA256, Metadata: []string{r.Run}, Weight: r.Weight}
		if r.Label != nil {
			p.Label, p.HasLabel = *r.Label, true
		}
		picks = append(picks, p)
	}
	return picks
}

// eligible returns the rows that the gate leaves.
func eligible(rows []schemas.Latent) (list []schemas.Latent) {
	for _, r := range rows {
		if r.QCFlags == 0 && r.Quality.Foreground >= 0.003 {
			list = append(list, r)
		}
	}
	return list
}

// members returns the rows of a group by brute force; kmeans are the centers of
// all clusters by group.
func members(rows []schemas.Latent, scope, group string, kmeans map[string][]float64) (list []schemas.Latent) {
	for _, r := range eligible(rows) {
		in := true
		switch scope {
		case "cluster":
			for _, other := range kmeans {
				in = in && nearest.SquaredDistance(r.Embedding, kmeans[group]) <= nearest.SquaredDistance(r.Embedding, other)
			}
		case "label":
			in = r.HasLabel && r.Label == group
		case "Metadata_run":
			in = r.Metadata[0] != "" && r.Metadata[0] == group
		}
		if in {
			list = append(list, r)
		}
	}
	return list
}

// ranking orders rows by their distance to a center, by brute force in float64.
func ranking(rows []schemas.Latent, center schemas.Center, metric string, top int) (picks []schemas.Pick) {
	for _, r := range rows {
		var d2, dot, xx, cc float64
		for j, v := range center.Embedding {
			x := float64(r.Embedding[j])
			d2, dot, xx, cc = d2+(x-v)*(x-v), dot+x*v, xx+x*x, cc+v*v
		}
		d := math.Sqrt(d2)
		if metric == "cosine" {
			d = 1 - dot/math.Sqrt(xx*cc)
		}
		p := schemas.Pick{ImageID: r.ImageID, Scope: center.Scope, GroupID: center.GroupID, GroupSize: int64(len(rows)), Center: center.Center,
			Metric: metric, Distance: d, SHA256: r.SHA256, HasLabel: r.HasLabel, Metadata: r.Metadata}
		if r.HasLabel {
			p.Label = r.Label
		}
		picks = append(picks, p)
	}
	slices.SortFunc(picks, picking.ByDistance)
	for i := range picks {
		p := &picks[i]
		p.Rank, p.Margin = int32(i+1), math.NaN()
		p.Percentile = 100 * float64(i+1) / float64(len(rows))
		if i+1 < len(picks) {
			p.Margin, p.NextID = picks[i+1].Distance-p.Distance, picks[i+1].ImageID
		}
	}
	return picks[:min(top, len(picks))]
}

// TestPicksEqualBruteForce: for all scopes, centers and metrics in one run, the
// picks are those of a float64 reference over centers.parquet, and the means are
// those of the groups' images. Some images have no value of a column.
func TestPicksEqualBruteForce(t *testing.T) {
	rows := collection(300)
	dir := t.TempDir()
	write(t, dir, rows, 3, "none")
	c := config(dir, scopes...)
	p := &c.Parameters
	p.Centers, p.Metrics = schemas.Centers, schemas.Metrics
	m := mustRun(t, c)
	centers, err := parquet.ReadFile[schemas.Center](filepath.Join(c.Output, schemas.CentersParquet))
	check(t, err)

	kmeans := map[string][]float64{}
	var groups [][2]string
	for _, center := range centers {
		if center.Center == "kmeans" {
			kmeans[center.GroupID] = center.Embedding
		}
		if g := [2]string{center.Scope, center.GroupID}; !slices.Contains(groups, g) {
			groups = append(groups, g)
		}
	}
	if want := 1 + 7 + 3 + 3; len(groups) != want || len(centers) != 4*want+7 || len(kmeans) != 7 {
		t.Errorf("%d groups, %d centers; want %d and %d: %v", len(groups), len(centers), want, 4*want+7, groups)
	}
	var want []schemas.Pick
	for i := 0; i < len(centers); i++ {
		center := centers[i]
		in := members(rows, center.Scope, center.GroupID, kmeans)
		if int64(len(in)) != center.GroupSize {
			t.Errorf("%s %s has size %d, want %d", center.Scope, center.GroupID, center.GroupSize, len(in))
		}
		if center.Center == "kmeans" {
			continue
		}
		if center.Center == "mean" {
			checkMean(t, in, center)
		}
		for _, metric := range p.Metrics {
			want = append(want, ranking(in, center, metric, p.Top)...)
		}
	}
	got := readPicks(t, c.Output)
	if diff := cmp.Diff(want, got, cmpopts.EquateNaNs(), cmpopts.EquateApprox(0, 1e-12), cmpopts.IgnoreFields(schemas.Pick{}, "Weight")); diff != "" {
		t.Errorf("picks (-reference +got)\n%s", diff)
	}
	if m.Rows != 300 || m.Eligible != 270 || m.Excluded != 30 || !m.Clustering.Converged || m.Picks != int64(len(got)) {
		t.Errorf("manifest %+v", m)
	}
	for _, s := range m.Scopes[:2] {
		if s.Ungrouped != 0 || s.Images != 270 {
			t.Errorf("%+v", s)
		}
	}
	for _, s := range m.Scopes[2:] {
		if s.Ungrouped == 0 || s.Groups != 3 {
			t.Errorf("%+v", s)
		}
	}
	if g := m.Centering.GeometricMedian; g.Unfinished != 0 || m.Centering.MedoidCandidates != 32 {
		t.Errorf("%+v %+v", m.Centering, g)
	}
}

func checkMean(t *testing.T, rows []schemas.Latent, center schemas.Center) {
	t.Helper()
	for j, v := range center.Embedding {
		sum := 0.0
		for _, r := range rows {
			sum += float64(r.Embedding[j])
		}
		if !(math.Abs(sum/float64(len(rows))-v) <= 1e-11) {
			t.Errorf("group %s coordinate %d is %g, the mean of its images %g", center.GroupID, j, v, sum/float64(len(rows)))
		}
	}
}

// TestCentersAreTheSameAlone: what else is asked for changes no center.
func TestCentersAreTheSameAlone(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(200), 3, "none")
	read := func(c Config) map[[3]string][]float64 {
		mustRun(t, c)
		rows, err := parquet.ReadFile[schemas.Center](filepath.Join(c.Output, schemas.CentersParquet))
		check(t, err)
		centers := map[[3]string][]float64{}
		for _, r := range rows {
			centers[[3]string{r.Scope, r.GroupID, r.Center}] = r.Embedding
		}
		return centers
	}
	c := config(dir, scopes...)
	c.Parameters.Centers = schemas.Centers
	all := read(c)
	for _, scope := range scopes {
		for _, center := range schemas.Centers {
			c := config(dir, scope)
			c.Parameters.Centers, c.Parameters.Metrics = []string{center}, []string{"cosine"}
			c.Output = filepath.Join(dir, scope, center)
			for id, embedding := range read(c) {
				if !slices.Equal(all[id], embedding) {
					t.Errorf("alone, center %v is %v, with the others %v", id, embedding, all[id])
				}
			}
		}
	}
}

// tree reads all files of a folder but those of the state.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	check(t, filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		name, _ := filepath.Rel(dir, path)
		if !strings.HasPrefix(name, schemas.StateDir) {
			files[name] = string(data)
		}
		return err
	}))
	return files
}

// TestSameBytes: files in another number and order, and another number of
// processors and another runner, change nothing but the place of an image in its shard.
func TestSameBytes(t *testing.T) {
	rows := collection(400)
	dir := t.TempDir()
	write(t, dir, rows, 16, "none")
	c := config(dir, scopes...)
	c.Shards = filepath.Join(dir, "shards")
	c.Parameters.MaxPasses, c.Parameters.Centers, c.Parameters.Metrics = 2, schemas.Centers, schemas.Metrics
	mustRun(t, c)
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
	oc := config(other, scopes...)
	oc.Parameters = c.Parameters
	mustRun(t, oc)
	for _, name := range []string{schemas.CentersParquet, schemas.CentersNPZ} {
		if tree(t, oc.Output)[name] != want[name] {
			t.Errorf("%s depends on how the images are spread", name)
		}
	}
	if diff := cmp.Diff(readPicks(t, c.Output), readPicks(t, oc.Output), cmpopts.EquateNaNs(), cmpopts.IgnoreFields(schemas.Pick{}, "SHA256")); diff != "" {
		t.Errorf("picks depend on how the images are spread:\n%s", diff)
	}
}

// TestImages: the originals are fetched from plain and compressed shards and
// decode to the encoded pixels; metadata.csv names each of them.
func TestImages(t *testing.T) {
	for _, compression := range schemas.Compressions {
		dir := t.TempDir()
		write(t, dir, collection(60), 4, compression)
		c := config(dir, "label")
		c.Shards = filepath.Join(dir, "shards")
		m := mustRun(t, c)
		files := tree(t, c.Output)
		lines := strings.Split(strings.TrimSpace(files["images/metadata.csv"]), "\n")
		if len(lines) != 10 || m.Picks != 9 || !strings.HasPrefix(lines[0], "file_name,rank,image_id,") {
			t.Fatalf("%d picks, metadata.csv:\n%s", m.Picks, files["images/metadata.csv"])
		}
		for _, line := range lines[1:] {
			fields := strings.Split(line, ",")
			data, ok := files["images/"+fields[0]]
			if !ok || strings.Contains(fields[0], "a/b") {
				t.Fatalf("metadata.csv names %q; files %v", fields[0], files)
			}
			im, err := tiff.Decode(strings.NewReader(data))
			check(t, err)
			var index int
			fmt.Sscanf(filepath.Base(fields[2]), "img%d", &index)
			if r, _, _, _ := im.At(0, 0).RGBA(); byte(r) != byte(index) || im.Bounds().Dx() != 3 || im.Bounds().Dy() != 2 {
				t.Errorf("%s: first pixel %d of %v, want %d", fields[0], byte(r), im.Bounds(), byte(index))
			}
		}
	}
}

// TestRunAgain: nothing is done twice, other parameters remove what they
// replace, and a lost file is made again.
func TestRunAgain(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "cluster")
	c.Shards = filepath.Join(dir, "shards")
	mustRun(t, c)
	want := tree(t, c.Output)
	forbidden := func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil }
	r, err := Run(context.Background(), c, forbidden)
	check(t, err)
	if r.Made {
		t.Error("the second run says that it did work")
	}
	check(t, os.Remove(filepath.Join(c.Output, schemas.SelectionFile))) // killed before the last step
	p, err := Plan(t.Context(), c)
	check(t, err)
	if len(p.Reads) > 0 || len(p.Writes) != 1 || !strings.HasPrefix(p.Writes[0], schemas.SelectionFile+",") {
		t.Errorf("where all but the manifest is there, the plan is %+v", p)
	}
	if r, err := Run(context.Background(), c, forbidden); err != nil || !r.Made {
		t.Errorf("where all but the manifest is there: %+v, %v", r, err)
	}
	check(t, os.Remove(filepath.Join(c.Output, schemas.CentersNPZ)))
	mustRun(t, c)
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("runs after the first changed the output:\n%s", diff)
	}
	// The result of another run in the state folder: it may have written the files.
	result, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), resultName(c.Output))
	check(t, err)
	result.Latents = "other"
	result.SHA256, err = outdir.SealSelection(result)
	check(t, err)
	check(t, outdir.WriteJSON(t.Context(), resultName(c.Output), result))
	if r, err := Run(context.Background(), c, runner); err != nil || !r.Made {
		t.Errorf("beside the result of another run: %+v, %v, want a selection made", r, err)
	}
	if diff := cmp.Diff(want, tree(t, c.Output)); diff != "" {
		t.Errorf("the selection made again differs:\n%s", diff)
	}
	c.Shards, c.Parameters.Top = "", 1
	finished := tree(t, c.Output)
	_, err = Run(t.Context(), c, forbidden)
	_, planned := Plan(t.Context(), c)
	for _, err := range []error{err, planned} {
		if err == nil || !strings.Contains(err.Error(), "finished work that would be replaced: Config.Top is 1 here and was 3 there, Config.Shards is not given here") || !strings.Contains(err.Error(), "Config.Overwrite") {
			t.Errorf("other parameters: %v", err)
		}
	}
	if diff := cmp.Diff(finished, tree(t, c.Output)); diff != "" {
		t.Errorf("a run that was refused changed the output:\n%s", diff)
	}
	c.Overwrite = true
	mustRun(t, c)
	for name := range tree(t, c.Output) {
		if strings.HasPrefix(name, "images/") {
			t.Errorf("%s is left from the earlier selection", name)
		}
	}
}

// TestWhatReplacesASelection: a grown collection is selected from again; another model,
// other lists and a smaller collection are refused.
func TestWhatReplacesASelection(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "global")
	c.Parameters.Top, c.Parameters.Picking.Budget = 0, 0 // a tenth of the collection
	c.Exclude = filepath.Join(dir, "out.txt")
	check(t, os.WriteFile(c.Exclude, []byte(collection(60)[7].ImageID+"\n"), 0o666))
	if m := mustRun(t, c); m.Picks != 6 {
		t.Fatalf("%d picks", m.Picks)
	}
	write(t, dir, collection(90), 2, "none")
	if m := mustRun(t, c); m.Picks != 9 {
		t.Errorf("grown: %d picks", m.Picks)
	}
	forbidden := func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil }
	for want, change := range map[string]func(c *Config){
		"Config.Input has 60 images here and had 90 there": func(c *Config) { write(t, dir, collection(60), 2, "none") },
		"Config.Exclude names other images here (2) than there (1)": func(c *Config) {
			c.Exclude = filepath.Join(dir, "two.txt")
			check(t, os.WriteFile(c.Exclude, []byte(collection(60)[7].ImageID+"\n"+collection(60)[8].ImageID+"\n"), 0o666))
		},
	} {
		write(t, dir, collection(90), 2, "none")
		c := c
		change(&c)
		if _, err := Plan(t.Context(), c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
		if _, err := Run(t.Context(), c, forbidden); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		} else if hint := "; to replace just the picks that Config.Exclude names,"; strings.Contains(err.Error(), hint) != strings.HasPrefix(want, "Config.Exclude") {
			t.Errorf("%v: is it with %q?", err, hint)
		}
	}
	write(t, dir, collection(90), 2, "none")
	there, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(c.Output, schemas.SelectionFile))
	check(t, err)
	p, _, err := makePlan(t.Context(), c, nil)
	check(t, err)
	p.options.ModelSHA256, p.options.Fingerprint, p.options.Latents = "other", "another", "others"
	if err := p.replaces(t.Context(), &there, nil); err == nil || !strings.Contains(err.Error(), "the latents are of model other here and were of model there") {
		t.Errorf("another model: %v", err)
	}
	p.config.ModelDerived = true
	check(t, p.replaces(t.Context(), &there, nil))
}

// TestAnotherCollectionIsRefused although it has as many images or more, of the same
// model: its images are others, or have other pixels under the same names. One that lost
// a pick, or in which some images were changed, goes on.
func TestAnotherCollectionIsRefused(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "global")
	c.Parameters.Top = 10
	c.Parameters.Centers, c.Parameters.Metrics = c.Parameters.Centers[:1], c.Parameters.Metrics[:1]
	c.Shards = "" // the pixels there stay what they are
	first := mustRun(t, c)
	data, err := os.ReadFile(filepath.Join(c.Output, schemas.SelectionCSV))
	check(t, err)
	targets, err := keptTargets(data, true)
	check(t, err)
	picks := targets[0].ImageIDs
	if first.Picks != 10 || len(picks) != 10 {
		t.Fatalf("%d picks, %d images", first.Picks, len(picks))
	}
	change := func(n int, change func(r *schemas.Latent)) []schemas.Latent {
		rows := collection(n)
		for i := range rows {
			change(&rows[i])
		}
		return rows
	}
	without := func(ids ...string) []schemas.Latent {
		return slices.DeleteFunc(collection(90), func(r schemas.Latent) bool { return slices.Contains(ids, r.ImageID) })
	}
	finished := tree(t, c.Output)
	for _, tc := range []struct {
		name string
		rows []schemas.Latent
		want string
	}{
		{"others", change(60, func(r *schemas.Latent) { r.ImageID = "other/" + r.ImageID }), "10 of the 10 images picked there are not in Config.Input, the first \"batch "},
		{"more others", change(90, func(r *schemas.Latent) { r.ImageID = "other/" + r.ImageID }), "10 of the 10 images picked there are not in Config.Input"},
		{"without two", without(picks[3], picks[5]), "2 of the 10 images picked there are not in Config.Input, the first "},
		{"other pixels", change(90, func(r *schemas.Latent) { r.SHA256 = strings.Repeat("0", 64) }), "Config.Input has the images that were picked there with other pixels, all 10, the first "},
		{"without one", without(picks[3]), ""},
		{"one with the same pixels", change(90, func(r *schemas.Latent) {
			if r.ImageID != picks[2] {
				r.SHA256 = strings.Repeat("0", 64)
			}
		}), ""},
	} {
		write(t, dir, tc.rows, 2, "none")
		if tc.want == "" {
			p, _, err := makePlan(t.Context(), c, nil)
			check(t, err)
			if err := p.replaces(t.Context(), first, nil); err != nil {
				t.Errorf("%s: %v", tc.name, err)
			}
			continue
		}
		_, err := Run(t.Context(), c, func(context.Context, *beam.Pipeline) error { t.Error("a pipeline ran"); return nil })
		_, planned := Plan(t.Context(), c)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(err.Error(), "finished work that would be replaced: "+tc.want) {
				t.Errorf("%s: %v, want %q", tc.name, err, tc.want)
			}
		}
	}
	if diff := cmp.Diff(finished, tree(t, c.Output)); diff != "" {
		t.Errorf("a run that was refused changed the output:\n%s", diff)
	}
}

// TestAnUnfinishedRunIsNotReplaced: what an unfinished run with other parameters
// left is refused by the name of the parameter, and made again with Overwrite.
func TestAnUnfinishedRunIsNotReplaced(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	c := config(dir, "global")
	killed := func(context.Context, *beam.Pipeline) error { return errors.New("killed") }
	if _, err := Run(t.Context(), c, killed); err == nil {
		t.Fatal("no error")
	}
	c.Parameters.Top, c.Parameters.Gate = 2, schemas.GateParameters{Mode: schemas.GateAuto, MaxSaturated: schemas.GateBound{Given: true, Value: 0.5}}
	_, err := Run(t.Context(), c, killed)
	_, planned := Plan(t.Context(), c)
	for _, err := range []error{err, planned} {
		if err == nil || !strings.Contains(err.Error(), "Config.Top is 2 here and was 3 there, Config.MaxSaturated is 0.5 here and was auto there") {
			t.Errorf("other parameters: %v", err)
		}
	}
	c.Overwrite = true
	mustRun(t, c)
}

func TestErrorsAreOneLine(t *testing.T) {
	cases := map[string]struct {
		spoil func(t *testing.T, dir string, c *Config, rows []schemas.Latent)
		want  string
	}{
		"more clusters than images": {func(_ *testing.T, _ string, c *Config, _ []schemas.Latent) {
			c.Parameters.Clusters, c.Parameters.SampleSize = 61, 61
		}, "Config.Clusters=61 is more than the 60 images"},
		"more clusters than eligible": {func(_ *testing.T, _ string, c *Config, _ []schemas.Latent) { c.Parameters.Clusters = 55 }, "Config.Clusters=55 is more than the 54 images"},
		"nothing eligible": {func(_ *testing.T, _ string, c *Config, _ []schemas.Latent) {
			c.Parameters.Gate.MinForeground = schemas.GateBound{Given: true, Value: 0.9}
		}, "none of 60 images passed the quality gate: 57 blank, 3 all pixels equal; look at what was encoded, or give exemplar select Config.MinForeground=off, or Config.Gate.Mode=off"},
		"no labels": {func(t *testing.T, dir string, c *Config, rows []schemas.Latent) {
			c.Parameters.Scopes = []string{"label"}
			for i := range rows {
				rows[i].HasLabel = false
			}
			write(t, dir, rows, 2, "none")
		}, "Config.Scopes=label: no eligible image"},
		"no such column": {func(_ *testing.T, _ string, c *Config, _ []schemas.Latent) {
			c.Parameters.Scopes = []string{"global", "Metadata_well"}
		}, "Config.Scopes=Metadata_well: the latents in"},
		"missing file": {func(t *testing.T, dir string, _ *Config, _ []schemas.Latent) {
			check(t, os.Remove(filepath.Join(dir, "latents", schemas.LatentsName(1, 2))))
		}, "latents-00001-of-00002.parquet"},
		"another file": {func(t *testing.T, dir string, _ *Config, rows []schemas.Latent) {
			other := slices.Clone(rows)
			for i := range other {
				other[i].Embedding = slices.Clone(other[i].Embedding)
				other[i].Embedding[0]++
			}
			write(t, filepath.Join(dir, "other"), other, 2, "none")
			name := schemas.LatentsName(1, 2)
			check(t, os.Rename(filepath.Join(dir, "other", "latents", name), filepath.Join(dir, "latents", name)))
		}, "latents-00001-of-00002.parquet: its sha256 begins with"},
		"another model": {func(t *testing.T, dir string, _ *Config, _ []schemas.Latent) {
			ctx, name := context.Background(), filepath.Join(dir, "latents", schemas.LatentsFile)
			m, _, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, name)
			check(t, err)
			m.Spec.ModelSHA256 = "other"
			check(t, outdir.WriteJSON(ctx, name, m))
		}, "latents of another model"},
		"no latents": {func(_ *testing.T, dir string, c *Config, _ []schemas.Latent) { c.Input = dir }, "holds no _latents.json"},
		"other shards": {func(t *testing.T, dir string, c *Config, _ []schemas.Latent) {
			c.Shards = filepath.Join(dir, "shards")
			check(t, os.WriteFile(filepath.Join(c.Shards, schemas.ShardsFile), []byte("{}\n"), 0o666))
		}, "is not the one that"},
		"foreign output": {func(t *testing.T, _ string, c *Config, _ []schemas.Latent) {
			check(t, os.MkdirAll(c.Output, 0o777))
			check(t, os.WriteFile(filepath.Join(c.Output, "thesis.doc"), nil, 0o666))
		}, "thesis.doc"},
	}
	for name, tc := range cases {
		t.Run(name, func(t *testing.T) {
			dir, rows := t.TempDir(), collection(60)
			write(t, dir, rows, 2, "none")
			c := config(dir, "cluster")
			tc.spoil(t, dir, &c, rows)
			_, err := Run(context.Background(), c, runner)
			if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v, want one line with %q", err, tc.want)
			}
		})
	}
}

// TestDegenerate: duplicates and identical rows give fewer groups, not an
// endless or failing run; as many clusters as images give each its own.
func TestDegenerate(t *testing.T) {
	for _, tc := range []struct{ distinct, clusters, want int }{{1, 4, 1}, {3, 7, 3}, {20, 20, 20}} {
		rows := collection(60)
		for i := range rows {
			rows[i].QCFlags, rows[i].Quality.Foreground = 0, 0.2
			for j := range rows[i].Embedding {
				rows[i].Embedding[j] = float32(i % tc.distinct * (j + 1))
			}
		}
		dir := t.TempDir()
		write(t, dir, rows, 2, "none")
		for _, sample := range []int{tc.clusters, 60} { // a sample this small misses some rows
			c := config(dir, "cluster")
			c.Parameters.Clusters, c.Parameters.SampleSize, c.Overwrite = tc.clusters, sample, true
			m := mustRun(t, c)
			if m.Scopes[0].Groups != tc.want || !m.Clustering.Converged || m.Clustering.Inertia != 0 {
				t.Errorf("%d distinct rows, %d clusters, sample %d: %d groups, %+v", tc.distinct, tc.clusters, sample, m.Scopes[0].Groups, m.Clustering)
			}
		}
	}
}

func TestFolders(t *testing.T) {
	ids := []string{"G1", "g1", "..", "", "_x"}
	var groups []group
	for _, id := range ids {
		groups = append(groups, group{scope: "label", id: id})
	}
	var folders []string
	byGroup := groupFolders(append(groups, group{scope: "cluster", id: "G1"}))
	for i, id := range ids {
		f := byGroup[[2]string{"label", id}]
		if !strings.HasPrefix(f, "label/") || strings.ContainsAny(f[6:7], "._") || slices.ContainsFunc(folders[:i], func(o string) bool { return strings.EqualFold(o, f) }) {
			t.Errorf("folder %d is %q of %q", i, f, folders)
		}
		folders = append(folders, f)
	}
	if folders[0] != "label/G1" || byGroup[[2]string{"cluster", "G1"}] != "cluster/G1" || !owns("images/Metadata_run/G1/mean/euclidean/001__x.tif") || owns("images/cluster/mine.tif") {
		t.Errorf("folders %q", folders)
	}
}

// TestOwnTablesAreKept: a file of somebody's own is not replaced because it has the name of one of
// a selection, also not with Config.Overwrite; the folder of a selection is, without its manifest.
func TestOwnTablesAreKept(t *testing.T) {
	dir := t.TempDir()
	write(t, dir, collection(60), 2, "none")
	for _, name := range []string{schemas.SelectionCSV, schemas.SelectionParquet, schemas.CentersNPZ, schemas.LabelsCSV, schemas.SelectionFile, "images/metadata.csv", "report.html"} {
		c := config(dir, "global")
		c.Output = filepath.Join(dir, "own", strings.ReplaceAll(name, "/", "_"))
		own := filepath.Join(c.Output, name)
		check(t, os.MkdirAll(filepath.Dir(own), 0o777))
		check(t, os.WriteFile(own, []byte("image_id\nmine\n"), 0o666))
		for _, c.Overwrite = range []bool{false, true} {
			_, err := Run(t.Context(), c, runner)
			_, planned := Plan(t.Context(), c)
			for _, err := range []error{err, planned} {
				if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("holds %q, and neither selection.json nor anything else there says that this step wrote it: move it away, or choose another Config.Output", name)) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
		if data, err := os.ReadFile(own); err != nil || string(data) != "image_id\nmine\n" {
			t.Errorf("%s is now %.40q: %v", name, data, err)
		}
	}
	c := config(dir, "global")
	mustRun(t, c)
	check(t, os.Remove(filepath.Join(c.Output, schemas.SelectionFile)))
	mustRun(t, c)
}
