package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// published are the files of decoded images that readers use.
func published(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	for name, sum := range tree(t, dir) {
		if strings.HasPrefix(name, "images") || name == "contact_sheet.png" || name == "errors.jsonl" {
			files[name] = sum
		}
	}
	return files
}

// TestDecode: the images of shards, reconstructed, are those of their latents, byte for
// byte; what is missing is made again, what is there holds, and other images are refused
// before any are encoded.
func TestDecode(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, nil, "encode", "--input="+r.shards, "--model="+r.model, "--reconstruct", "--output="+at("latents"))
	out := must(t, nil, "decode", "--input="+at("latents"), "--model="+r.model, "--output="+at("a"))
	if !strings.Contains(out, "400 vectors = 400 decoded + 0 rejected\n") || !strings.Contains(out, "400 images of 64x64 8-bit, tiff") || !strings.Contains(out, "; 400 on ") {
		t.Errorf("%s", out)
	}
	images := []string{"--shards=" + r.shards, "--model=" + r.model, "--reconstruct", "--output=" + at("b")}
	out = must(t, nil, "decode", images...)
	if !strings.HasPrefix(out, "400 images in the shards = 400 encoded + 0 rejected\nreconstruction of 400 images: ") {
		t.Errorf("%s", out)
	}
	if d := cmp.Diff(published(t, at("a")), published(t, at("b"))); d != "" || len(published(t, at("a"))) != 403 {
		t.Errorf("images of shards are not those of their latents:\n%s", d)
	}
	whole := tree(t, at("b"))
	for range 2 {
		if out := must(t, nil, "decode", images...); !strings.Contains(out, "Nothing to do: "+at("b")+" already holds these images.\n") {
			t.Errorf("%s", out)
		}
		if out := must(t, nil, "decode", append(images, "--plan")...); !strings.HasPrefix(out, "Nothing to do: ") {
			t.Errorf("%s", out)
		}
	}
	lost, err := filepath.Glob(at("b") + "/images/*.tif")
	if err != nil || len(lost) != 400 {
		t.Fatalf("%d images: %v", len(lost), err)
	}
	for _, name := range []string{lost[7], at("b/latents/_latents.json")} {
		if err := os.Remove(name); err != nil {
			t.Fatal(err)
		}
	}
	if out := must(t, nil, "decode", images...); !strings.Contains(out, "1 of 20 parts made, the images of the others were there\n") {
		t.Errorf("%s", out)
	}
	if d := cmp.Diff(whole, tree(t, at("b"))); d != "" {
		t.Errorf("made again (-before +after):\n%s", d)
	}
	must(t, nil, "verify", "--input="+at("b"), "--model="+r.model, "--embeddings=all")
	must(t, nil, "verify", "--input="+at("b/latents"), "--model="+r.model, "--shards="+r.shards)

	must(t, nil, "shard", "--input="+r.images, "--shards=3", "--output="+at("shards"))
	before := tree(t, at("b"))
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"--shards=" + at("shards"), "--model=" + r.model, "--reconstruct", "--output=" + at("b")}, 1, "--shards has other images here than it had there"},
		{append(images, "--format=png"), 1, "--format is png here and was tiff there"},
		{[]string{"--input=" + at("latents"), "--model=" + r.model, "--output=" + at("b")}, 1, "which this step did not write: move it away"},
		{[]string{"--shards=" + r.shards, "--model=" + r.model, "--denoise", "--output=" + at("c")}, 1, "was trained without noise"},
		{[]string{"--sample=3", "--model=" + r.model, "--output=" + at("c")}, 1, "is not variational"},
		{[]string{"--input=" + at("latents"), "--model=" + r.model, "--seed=3", "--output=" + at("c")}, 2, "--seed: is for --sample"},
		{[]string{"--input=" + at("latents"), "--model=" + r.model, "--traverse=-1", "--output=" + at("c")}, 2, "--traverse"},
		{[]string{"--input=" + at("latents"), "--model=" + r.model, "--sample=0", "--output=" + at("c")}, 2, "--sample"},
		{[]string{"--input=" + at("latents"), "--shards=" + r.shards, "--model=" + r.model, "--output=" + at("c")}, 2, "--input and --shards exclude each other"},
	} {
		for _, more := range [][]string{nil, {"--plan"}} {
			got := start(t, nil, "decode", append(c.args[:len(c.args):len(c.args)], more...)...)
			if got.code != c.code || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, c.want) {
				t.Errorf("%v: exit code %d, want %q\n%s%s", c.args, got.code, c.want, got.stdout, got.stderr)
			}
		}
	}
	if _, err := os.Stat(at("c")); err == nil {
		t.Error("what was refused wrote something")
	}
	if d := cmp.Diff(before, tree(t, at("b"))); d != "" {
		t.Errorf("what was refused changed the folder (-before +after):\n%s", d)
	}
}

// TestDecodeOfTrainedModels: a model that was trained with noise denoises, a variational one has
// a prior.
func TestDecodeOfTrainedModels(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	at := func(name string) string { return filepath.Join(dir, name) }
	must(t, nil, "train", r.gradient(at("model"), "--epochs=1", "--limit=40", "--noise=0.1", "--variational", "--beta=0.001")...)
	out := must(t, nil, "decode", "--model="+at("model"), "--sample=12", "--seed=5", "--format=png", "--output="+at("draws"))
	if !strings.Contains(out, "12 draws from the prior, seed 5\n12 vectors = 12 decoded + 0 rejected\n") {
		t.Errorf("%s", out)
	}
	must(t, nil, "decode", "--shards="+r.shards, "--model="+at("model"), "--denoise", "--output="+at("clean"))
	must(t, nil, "decode", "--shards="+r.shards, "--model="+at("model"), "--reconstruct", "--output="+at("again"))
	if d := cmp.Diff(published(t, at("clean")), published(t, at("again"))); d != "" {
		t.Errorf("denoised are other images than reconstructed:\n%s", d)
	}
	out = must(t, nil, "decode", "--input="+at("clean/latents"), "--model="+at("model"), "--traverse=1", "--steps=3", "--output="+at("steps"))
	if !strings.Contains(out, "3 steps along dimension 1, from ") {
		t.Errorf("%s", out)
	}
	for _, name := range []string{"draws", "clean", "steps"} {
		if out := must(t, nil, "verify", "--input="+at(name), "--latents="+at("clean/latents"), "--embeddings=all"); !strings.Contains(out, "decoded again, with the same pixels") {
			t.Errorf("%s: %s", name, out)
		}
	}
}
