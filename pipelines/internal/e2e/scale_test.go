package e2e

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/run/runtest"
)

// twelveBits writes 400 cells of 12 bits in 16, of which every fortieth is overexposed, and returns the names of these.
func twelveBits(t *testing.T, dir string) (over []string) {
	t.Helper()
	rng := rand.New(rand.NewPCG(1, 2))
	const side = 16
	for i := range 400 {
		p := runtest.TIFF{Height: side, Width: side, Pixels: make([]uint16, side*side)}
		top := 1000 + 600*rng.Float64()
		name := fmt.Sprintf("c%03d.tif", i)
		if i%40 == 7 {
			top *= 20
			over = append(over, name)
		}
		y, x, width := 7+rng.Float64(), 7+rng.Float64(), 8+4*rng.Float64()
		for k := range p.Pixels {
			dy, dx := float64(k/side)-y, float64(k%side)-x
			v := 200 + 20*rng.Float64() + top*math.Exp(-(dy*dy+dx*dx)/width)
			p.Pixels[k] = uint16(min(v, 4095))
		}
		p.Write(t, filepath.Join(dir, name))
	}
	return over
}

// TestTwelveBitsInSixteen: without any flag the overexposed images are found, and none of them is picked; --bits=8 uses
// the levels that there are; a model is better than the mean image by far; everything holds.
func TestTwelveBitsInSixteen(t *testing.T) {
	dir := t.TempDir()
	in, out := filepath.Join(dir, "crops"), filepath.Join(dir, "out")
	over := twelveBits(t, in)
	says := must(t, nil, "quickstart", "--input="+in, "--output="+out, "--arch=linear", "--latent=8", "--budget=30")
	for _, want := range []string{"full scale 4,095, the smallest of 8, 10, 12, 14 and 16 bits that holds all pixels", "10 gated out"} {
		if !strings.Contains(says, want) {
			t.Errorf("no %q in %s", want, says)
		}
	}
	data, err := os.ReadFile(filepath.Join(out, "selection", schemas.SelectionFile))
	if err != nil {
		t.Fatal(err)
	}
	var m struct {
		Exclusions []struct {
			ID     string `json:"image_id"`
			Reason string `json:"reason"`
		} `json:"exclusions"`
	}
	if err := json.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	var found []string
	for _, e := range m.Exclusions {
		found = append(found, e.ID)
		if e.Reason != "saturated" {
			t.Errorf("%s is left out as %s", e.ID, e.Reason)
		}
	}
	if slices.Sort(found); !slices.Equal(found, over) {
		t.Errorf("left out are %v, overexposed %v", found, over)
	}
	var wrong, mean float64
	_, after, ok := strings.Cut(says, "mean squared error ")
	if ok {
		fmt.Sscanf(after, "%g,", &wrong)
		_, after, ok = strings.Cut(after, "the mean image has ")
		fmt.Sscanf(after, "%g,", &mean)
	}
	if !ok || !(wrong*5 <= mean) {
		t.Errorf("the error is %g, of the mean image %g", wrong, mean)
	}
	eight := filepath.Join(dir, "eight")
	for _, args := range [][]string{{"--bits=8"}, {"--bits=8", "--full_scale=2000"}} {
		says := must(t, nil, "shard", append([]string{"--input=" + in, "--output=" + eight + args[len(args)-1]}, args...)...)
		if want := map[int]string{1: "full scale 4,095 became 255", 2: "full scale 2,000 became 255"}[len(args)]; !strings.Contains(says, want) {
			t.Errorf("%v: no %q in %s", args, want, says)
		}
		must(t, nil, "verify", "--input="+eight+args[len(args)-1])
	}
	refused := start(t, nil, "shard", "--input="+in, "--output="+eight+"--bits=8", "--bits=8", "--full_scale=1000")
	if refused.code != 1 || !strings.Contains(refused.stderr, "--full_scale is 1000 here and was 4095 there") || strings.Count(refused.stderr, "\n") != 1 {
		t.Errorf("another full scale of 8 bits: exit code %d\n%s", refused.code, refused.stderr)
	}
	for flag, code := range map[string]int{"--full_scale=0": 2, "--full_scale=4095.5": 2, "--range=nan,1": 2, "--projection=sum": 2, "--microns_per_pixel=NaN": 2, "--microns_per_pixel=0": 2, "--size=p101": 2, "--size=largest256": 2, "--project=max": 2} {
		got := start(t, nil, "shard", "--input="+in, "--output="+filepath.Join(dir, "no"), flag)
		name, _, _ := strings.Cut(flag, "=")
		if got.code != code || !strings.Contains(got.stderr, name) || strings.Count(got.stderr, "\n") != 1 || exists(t, filepath.Join(dir, "no")) {
			t.Errorf("%s: exit code %d\n%s", flag, got.code, got.stderr)
		}
	}
}
