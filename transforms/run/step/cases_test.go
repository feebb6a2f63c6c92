package step_test

import (
	"context"
	"fmt"
	"image"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/comparing"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/decoding"
	"exemplar/transforms/encoding"
	"exemplar/transforms/encoding/tabular"
	"exemplar/transforms/exporting"
	"exemplar/transforms/importing"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/querying"
	"exemplar/transforms/reporting"
	"exemplar/transforms/reporting/publish"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
	"exemplar/transforms/training"
)

// side of the images.
const side = 12

// workflow is a small collection with the folder that each step makes of it, for those that
// come after.
type workflow string

func (w workflow) path(names ...string) string {
	return filepath.Join(append([]string{string(w)}, names...)...)
}

// subject is a step as the test of all steps knows it.
type subject struct {
	name     string
	manifest string // the file that is written last
	points   int    // the most places at which it is stopped; 0 for all
	pipeline bool   // it runs pipelines
	shares   bool   // its folder with files of others: only those that it would write are its own
	// run carries the step out with choice 0 or 1, which give other bytes, and reports
	// whether anything was to do.
	run func(ctx context.Context, w workflow, output string, choice int, overwrite bool) (made bool, err error)
}

// subjects are all steps. One that is added here is held to everything that the others
// are.
var subjects = []subject{
	{name: "shard", manifest: schemas.ShardsFile, pipeline: true, run: shard},
	{name: "encode", manifest: schemas.LatentsFile, pipeline: true, run: encode},
	{name: "encode a table", manifest: schemas.LatentsFile, run: encodeTable},
	{name: "decode", manifest: schemas.DecodedFile, points: 24, pipeline: true, run: decode},
	{name: "vectors", manifest: schemas.LatentsFile, pipeline: true, run: ingest},
	{name: "select", manifest: schemas.SelectionFile, points: 8, pipeline: true, run: sel},
	{name: "train", manifest: schemas.ModelFile, run: train},
	{name: "train on a table", manifest: schemas.ModelFile, run: trainTable},
	{name: "import", manifest: schemas.ModelFile, run: imported},
	{name: "export", manifest: schemas.ExportFile, run: export},
	{name: "query", manifest: schemas.QueryFile, run: query},
	{name: "report", manifest: schemas.ReportPage, points: 8, shares: true, run: report},
	{name: "compare", manifest: schemas.CompareFile, points: 16, run: compare},
}

func shard(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := sharding.Run(ctx, sharding.Config{
		Listing: listing.Config{Inputs: []string{w.path("images")}}, Output: output, Shards: 2 + choice, Fit: "reject", Bits: "keep",
		Compression: schemas.CompressionNone, MaxPixels: sharding.DefaultMaxPixels, MetadataPattern: `^(?P<run>run\d)/`,
		Resume: true, Overwrite: overwrite,
	}, runtest.Direct)
	return err == nil && got.Made > 0, err
}

func encode(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := encoding.Run(ctx, encoding.Config{Shards: w.path("shards"), Model: w.path("model"), Output: output,
		Layout: schemas.Layouts[choice], Batch: 8, Resume: true, Overwrite: overwrite}, runtest.Direct)
	return err == nil && got.Made > 0, err
}

func encodeTable(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	c := tabular.DefaultConfig()
	c.Input, c.Model, c.Output, c.Layout, c.Overwrite = w.path("table.csv"), w.path("rows-model"), output, schemas.Layouts[choice], overwrite
	got, err := tabular.Run(ctx, c)
	return err == nil && got.Made > 0, err
}

func decode(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := decoding.Run(ctx, decoding.Config{Input: w.path("latents"), Model: w.path("model"), Output: output, Traverse: -1,
		Format: schemas.DecodedFormats[choice], Resume: true, Overwrite: overwrite}, runtest.Direct)
	return err == nil && got.Made > 0, err
}

func ingest(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	c := ingesting.Config{Input: w.path("latents"), Output: output, IDColumn: schemas.ColImageID, Resume: true, Overwrite: overwrite}
	if choice == 1 {
		c.LabelColumn = schemas.ColImageID
	}
	got, err := ingesting.Run(ctx, c, runtest.Direct)
	return err == nil && got.Made > 0, err
}

func sel(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := selecting.Run(ctx, selecting.Config{Input: w.path("latents"), Shards: w.path("shards"), Output: output, Scratch: "off",
		Resume: true, Overwrite: overwrite, Parameters: schemas.SelectionParameters{Scopes: []string{schemas.ScopeCluster}, Clusters: 2, Top: 1 + choice,
			Centers: []string{schemas.CenterMean}, Metrics: []string{schemas.MetricEuclidean}, Seed: 1, Restarts: 1, MaxPasses: 3, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}, runtest.Direct)
	return err == nil && got.Made, err
}

func train(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := training.Run(ctx, training.Config{Shards: w.path("shards"), Output: output, Arch: training.ArchLinear, Latent: 2 + choice,
		Working: side, Seed: 1, Overwrite: overwrite})
	return err == nil && got.Made, err
}

func trainTable(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	table := training.NewTable()
	table.Read.IDColumn, table.Read.VectorColumns = "id", "^x"
	got, err := training.Run(ctx, training.Config{Shards: w.path("table.csv"), Output: output, Arch: training.ArchLinear, Latent: 2 + choice,
		Table: table, Seed: 1, Overwrite: overwrite})
	return err == nil && got.Made, err
}

func imported(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	name := []string{"dense", "conv"}[choice]
	testdata := filepath.Join("..", "..", "..", "model", "keras", "testdata")
	got, err := importing.Run(ctx, importing.Config{Encoder: filepath.Join(testdata, name+"_encoder.keras"), Decoder: filepath.Join(testdata, name+"_decoder.keras"),
		Output: output, Overwrite: overwrite})
	return err == nil && got.Made, err
}

func export(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := exporting.Run(ctx, exporting.Config{Model: w.path("model"), Format: exporting.Formats()[choice], Output: output, Overwrite: overwrite})
	return err == nil && got.Made, err
}

func query(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	c := querying.DefaultConfig()
	c.Input, c.Shards, c.Output, c.Image, c.Top, c.Overwrite = w.path("latents"), w.path("shards"), output, w.path("images/run1/cell03.png"), 3+choice, overwrite
	got, err := querying.Run(ctx, c)
	return err == nil && got.Made, err
}

func report(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	got, err := publish.Run(ctx, publish.Config{Output: filepath.Join(output, schemas.ReportPage), LeaveOut: true, Overwrite: overwrite,
		Report: reporting.Config{Selection: w.path("selection"), Latents: w.path("latents"), Shards: w.path("shards"), Model: w.path("model"),
			Embedding: reporting.EmbeddingNone, Title: strings.Repeat("A report. ", 1+choice)}})
	return err == nil && got.Report != nil, err
}

func compare(ctx context.Context, w workflow, output string, choice int, overwrite bool) (bool, error) {
	c := comparing.DefaultConfig()
	c.Input, c.Models, c.Output, c.Codecs, c.Overwrite = w.path("shards"), []string{w.path("model")}, output, c.Codecs[choice:], overwrite
	got, err := comparing.Run(ctx, c)
	return err == nil && got.Made, err
}

// makeWorkflow makes the inputs of all steps.
func makeWorkflow(t *testing.T) workflow {
	t.Helper()
	w := workflow(t.TempDir())
	rng := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		im := image.NewGray(image.Rect(0, 0, side, side))
		for k := range im.Pix {
			im.Pix[k] = uint8(40 + 20*(i%3) + 10*(k/side)*(i%2) + rng.IntN(30))
		}
		name := w.path("images", fmt.Sprintf("run%d", i%2), fmt.Sprintf("cell%02d.png", i))
		check(t, os.MkdirAll(filepath.Dir(name), 0o777))
		f, err := os.Create(name)
		check(t, err)
		check(t, png.Encode(f, im))
		check(t, f.Close())
	}
	table := "id,x0,x1,x2,x3\n"
	for i := range 40 {
		table += fmt.Sprintf("r%02d,%d,%d,%d,%d\n", i, rng.IntN(9), rng.IntN(90), rng.IntN(9), i)
	}
	check(t, os.WriteFile(w.path("table.csv"), []byte(table), 0o666))
	for _, s := range []struct {
		folder string
		run    func(ctx context.Context, w workflow, output string, choice int, overwrite bool) (made bool, err error)
	}{{"shards", shard}, {"model", train}, {"latents", encode}, {"selection", sel}, {"rows-model", trainTable}} {
		_, err := s.run(t.Context(), w, w.path(s.folder), 0, false)
		check(t, err)
	}
	return w
}

func check(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
