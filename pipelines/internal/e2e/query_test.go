package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestQuery asks for the neighbors of every kind of image, and both ends of the errors: what
// is printed says what is in the tables, verify holds it, and mistakes are one line.
func TestQuery(t *testing.T) {
	r := reference(t)
	dir := t.TempDir()
	file := filepath.Join(r.images, filepath.FromSlash(cropName(3)))
	encode := filepath.Join(dir, "latents")
	must(t, nil, "encode", "--input="+r.shards, "--model="+r.model, "--reconstruct", "--output="+encode)
	for name, c := range map[string]struct {
		args []string
		says []string
	}{
		"id":    {[]string{"--image=" + cropName(3), "--top=7"}, []string{"7 rows in neighbours.csv, in "}},
		"file":  {[]string{"--image=" + file, "--metrics=euclidean,cosine", "--shards=" + r.shards}, []string{"  euclidean    1  0             " + cropName(3), "1 image is at distance 0 (cosine)", "40 rows in neighbours.csv, 40 images on contact_sheet.png, in "}},
		"tails": {[]string{"--tails=mse", "--shards=" + r.shards, "--model=" + r.model, "--top=3"}, []string{"  best     1  ", "  worst    3  ", "6 rows in tails.csv, 6 images on contact_sheet.png, in "}},
	} {
		output := filepath.Join(dir, name)
		args := append([]string{"--input=" + encode, "--output=" + output}, c.args...)
		if name == "file" {
			args = append(args, "--model="+r.model)
		}
		out := must(t, nil, "query", args...)
		for _, want := range c.says {
			if !strings.Contains(out, want) {
				t.Errorf("%s: not %q:\n%s", name, want, out)
			}
		}
		if again := must(t, nil, "exemplar", append([]string{"query"}, args...)...); !strings.HasPrefix(again, "Nothing to do: ") {
			t.Errorf("%s, once more:\n%s", name, again)
		}
		if out := must(t, nil, "verify", "--input="+output); !strings.Contains(out, "measured again") && !strings.Contains(out, "by the latents") {
			t.Errorf("%s: verify says\n%s", name, out)
		}
	}
	for want, args := range map[string][]string{
		"query: --image is missing: give an image id of the latents":  {},
		"query: --metrics: --tails compares no vectors; leave it out": {"--tails=mse", "--metrics=cosine"},
		"query: --tails=best: must be mse":                            {"--tails=best"},
		"query: --top=0: must be 1 to 10000":                          {"--image=x", "--top=0"},
		"query: --tails=mse: is asked instead of --image":             {"--image=x", "--tails=mse"},
		"query: --metrics=l2: \"l2\" is not one of euclidean, cosine": {"--image=x", "--metrics=l2"},
		"1query: --image=\"x\": is no image id of the ":               {"--image=x"},
		"1, which encode writes where --reconstruct asks for it":      {"--tails=mse"},
	} {
		output := filepath.Join(dir, "none")
		got := start(t, nil, "query", append([]string{"--input=" + r.latents, "--output=" + output}, args...)...)
		code := 2
		if strings.HasPrefix(want, "1") {
			code, want = 1, want[1:]
		}
		if got.code != code || got.stdout != "" || strings.Count(got.stderr, "\n") != 1 || !strings.Contains(got.stderr, want) {
			t.Errorf("%q: exit code %d, want %d and %q\n%s%s", args, got.code, code, want, got.stdout, got.stderr)
		}
		if _, err := os.Stat(output); err == nil {
			t.Fatalf("%q wrote something", args)
		}
	}
}
