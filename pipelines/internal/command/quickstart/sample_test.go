package quickstart

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/sample"
)

// TestKeepsSample: images that shards were made of are not replaced by others, and the plan
// refuses it as the run does; it tells of as many as are asked for.
func TestKeepsSample(t *testing.T) {
	ctx := t.Context()
	r := &workflow{output: t.TempDir(), generated: true, images: 9}
	r.sharding.Output = filepath.Join(r.output, shardsDir)
	var text strings.Builder
	p, err := r.planSample()
	if err == nil {
		p.Print(&text)
	}
	if err != nil || !strings.Contains(text.String(), "9 crops of 256x256") {
		t.Errorf("%s, %v", text.String(), err)
	}
	if _, err := sample.Generate(ctx, filepath.Join(r.output, sampleDir), sample.Options{Images: 8}); err != nil {
		t.Fatal(err)
	}
	if err := r.keepsSample(ctx); err != nil {
		t.Errorf("nothing was made of it: %v", err)
	}
	if err := os.Mkdir(r.sharding.Output, 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(r.sharding.Output, schemas.ShardsFile), []byte("{}"), 0o666); err != nil {
		t.Fatal(err)
	}
	const want = "holds a sample of 8 images"
	if _, err := r.plan(ctx, true); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("plan: %v", err)
	}
	if err := r.steps(ctx, nil, nil, nil); err == nil || !strings.Contains(err.Error(), want) {
		t.Errorf("run: %v", err)
	}
	r.sharding.Overwrite = true
	if err := r.keepsSample(ctx); err != nil {
		t.Errorf("with leave: %v", err)
	}
}
