package e2e

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestCompare holds the model of the workflow against a linear one: what is printed says what is
// in the tables, verify holds it, and mistakes are one line.
func TestCompare(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	linear := filepath.Join(dir, "linear")
	must(t, nil, "train", "--input="+r.shards, "--latent=3", "--output="+linear)
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"all":     {nil, []string{"2 models on 400 images of ", "at the rate of each model", "JPEG", "first 3 components", "DCT and positions", "largest |r|", "7 files and compare.json in "}},
		"none":    {[]string{"--codecs=none", "--limit=20", "--seed=3"}, []string{"2 models on 20 images of ", ", drawn by hash from 400", "first 3 components"}},
		"anomaly": {[]string{"--codecs=jpeg", "--anomalies=image_id in ('" + cropName(3) + "', '" + cropName(4) + "')"}, []string{"anomalies: 2 images with image_id in ", "AUROC", " ± ", "9 files and compare.json in "}},
	} {
		output := filepath.Join(dir, name)
		args := append([]string{"--input=" + r.shards, "--models=" + r.model + "," + linear, "--output=" + output}, c.args...)
		out := must(t, nil, "compare", args...)
		for _, want := range c.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s: not %q:\n%s", name, want, out)
			}
		}
		if again := must(t, nil, "exemplar", append([]string{"compare"}, args...)...); !strings.HasPrefix(again, "Nothing to do: ") {
			t.Errorf("%s, once more:\n%s", name, again)
		}
		if out := must(t, nil, "verify", "--input="+output, "--shards="+r.shards); !strings.Contains(out, "reconstructed again by 2 models: every error") {
			t.Errorf("%s: verify says\n%s", name, out)
		}
	}
	for want, args := range map[string][]string{
		"compare: --models is missing: name the folders of the models":      {},
		"compare: --codecs=webp: \"webp\" is not one of jpeg, dct":          {"--models=" + linear, "--codecs=webp"},
		"compare: --seed: is for --limit, without which all images":         {"--models=" + linear, "--seed=2"},
		"compare: --limit=-1: must be 0":                                    {"--models=" + linear, "--limit=-1"},
		"compare: --anomalies: shards have no column mse":                   {"--models=" + linear, "--anomalies=mse>1"},
		"1compare: --anomalies=label=8: none of the 400 images has a label": {"--models=" + linear, "--anomalies=label=8"},
		"1compare: --anomalies=image_id!=x: every one of the 400 images":    {"--models=" + linear, "--anomalies=image_id!=x"},
		"1compare: " + dir + " holds no model.json":                         {"--models=" + linear + "," + dir},
	} {
		output := filepath.Join(dir, "refused")
		got := start(t, nil, "compare", append([]string{"--input=" + r.shards, "--output=" + output}, args...)...)
		code := 2
		if strings.HasPrefix(want, "1") {
			code, want = 1, want[1:]
		}
		if got.code != code || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: exit code %d, want %d and %q\n%s%s", args, got.code, code, want, got.stdout, got.stderr)
		}
	}
}
