package keras

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
)

// TestDamagedArchives: an archive with a member that is damaged is refused, or has
// the weights that were saved: its checksums are compared.
func TestDamagedArchives(t *testing.T) {
	for name, step := range map[string]int{"dense_encoder.npz": 1, "symmetric_encoder.keras": 23, "conv_decoder.keras": 61} {
		data := source(t, "testdata/"+name).Data
		want, err := read(Source{name, data})
		if err != nil {
			t.Fatal(err)
		}
		refused := 0
		check := func(what string, bad []byte) {
			got, err := read(Source{name, bad})
			switch {
			case err != nil && strings.Contains(err.Error(), "\n"):
				t.Errorf("%s, %s: %q is not one line", name, what, err)
			case err != nil:
				refused++
			case !sameWeights(want, got):
				t.Errorf("%s, %s: read with other weights", name, what)
			}
		}
		for n := 0; n < len(data); n += step {
			check(fmt.Sprintf("cut to %d of %d bytes", n, len(data)), data[:n])
		}
		if cuts := (len(data) + step - 1) / step; refused != cuts {
			t.Errorf("%s: %d of %d cut files are refused", name, refused, cuts)
		}
		for i := 0; i < len(data); i += step {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << (i % 8)
			check(fmt.Sprintf("byte %d of %d", i, len(data)), bad)
		}
	}
}

// sameWeights reports whether files hold the same numbers.
func sameWeights(a, b *contents) bool {
	return slices.EqualFunc(a.layers, b.layers, func(a, b layer) bool {
		return sameArray(a.kernel, b.kernel) && sameArray(a.bias, b.bias)
	})
}

func sameArray(a, b *array) bool {
	if a == nil || b == nil {
		return a == b
	}
	return slices.Equal(a.shape, b.shape) && slices.Equal(a.data, b.data)
}
