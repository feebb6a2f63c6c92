package decoding

import (
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"exemplar/model"
)

// TestNames: no two images have one file, on systems that tell no capitals apart too, no
// file is hidden or leaves the folder, and a name is that of a pick where it can be.
func TestNames(t *testing.T) {
	ids := slices.Concat(awkward, []string{"../../etc/passwd", "..", "plain.tif", "CON", "nul.png", "x~", "Plain/2.tif", "plain_2.tif",
		"a/1~00a3b0b5e6b36e21.tif", "image-con", "con~", "com1.old.tif", "日本.tif", "a\x00b.tif",
		"caf\u00e9.png", "cafe\u0301.png", "CAF\u00c9.tif", "\u01c4.tif", "\u01c5.tif", "\u1fb3.tif", "\u0391\u0399.tif", "\u212a.tif", "k.tif"})
	var keys []uint64
	for _, id := range ids {
		keys = append(keys, keyOf(id))
	}
	n := namer{extension: ".tif", shared: shared(keys)}
	seen := map[string]string{}
	for _, id := range ids {
		file := n.file(id)
		name, ok := strings.CutPrefix(file, "images/")
		if other, taken := seen[strings.ToLower(file)]; taken || !ok || strings.ContainsAny(name, "/\\:\x00\n") || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") || len(name) > 200 || !owns(file) {
			t.Errorf("%q becomes %q, as %q", id, file, other)
		}
		seen[strings.ToLower(file)] = id
		if base := strings.SplitN(strings.ToLower(strings.TrimSuffix(name, ".tif")), ".", 2)[0]; slices.Contains([]string{"con", "nul", "com1"}, base) {
			t.Errorf("%q becomes %q, a device", id, file)
		}
	}
	for id, want := range map[string]string{"plain.tif": "images/plain.tif", "日本.tif": "images/日本.tif", "../../etc/passwd": "images/"} {
		if got := n.file(id); !strings.HasPrefix(got, want) || strings.HasSuffix(want, ".tif") && got != want {
			t.Errorf("%q becomes %q", id, got)
		}
	}
	for _, id := range []string{"Plain/2.tif", "plain_2.tif", "a/1.tif", "A_1.png", "caf\u00e9.png", "cafe\u0301.png", "\u01c4.tif", "\u01c5.tif", "\u1fb3.tif", "\u0391\u0399.tif", "\u212a.tif"} {
		if got := n.file(id); !strings.Contains(got, "~") {
			t.Errorf("%q shares its name, and becomes %q", id, got)
		}
	}
}

// TestShared: what is there more than once, by brute force.
func TestShared(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	for range 50 {
		var keys, want []uint64
		count := map[uint64]int{}
		for range r.IntN(40) {
			k := r.Uint64N(30)
			keys = append(keys, k)
			if count[k]++; count[k] == 2 {
				want = append(want, k)
			}
		}
		slices.Sort(want)
		if got := shared(keys); !slices.Equal(got, want) {
			t.Errorf("%v of %v, want %v", got, keys, want)
		}
	}
}

// TestQuantize: the nearest number of a pixel, clipped and counted; the first that is not
// finite is told.
func TestQuantize(t *testing.T) {
	nan, inf := float32(math.NaN()), float32(math.Inf(-1))
	for _, tc := range []struct {
		v       float32
		bits    int
		want    int
		clipped int64
	}{
		{0, 8, 0, 0}, {1, 8, 255, 0}, {0.5, 8, 128, 0}, {-0.001, 8, 0, 0}, {-0.01, 8, 0, 1}, {1.001, 8, 255, 0}, {1.01, 8, 255, 1}, {3e38, 8, 255, 1}, {-3e38, 16, 0, 1},
		{0, 16, 0, 0}, {1, 16, 65535, 0}, {0.5, 16, 32768, 0}, {4095.0 / 65535, 16, 4095, 0}, {256.0 / 65535, 16, 256, 0}, {2, 16, 65535, 1},
	} {
		p := make([]byte, tc.bits/8)
		clipped, at := quantize(p, []float32{tc.v}, model.Input{Bits: tc.bits})
		if got, _ := sample(p, tc.bits, 0); got != tc.want || clipped != tc.clipped || at != -1 {
			t.Errorf("%g in %d bits is %d, %d clipped, want %d, %d", tc.v, tc.bits, got, clipped, tc.want, tc.clipped)
		}
	}
	for _, v := range []float32{nan, inf, -inf} {
		if _, at := quantize(make([]byte, 3), []float32{0, 1, v}, model.Input{Bits: 8}); at != 2 {
			t.Errorf("%g is at %d", v, at)
		}
	}
}
