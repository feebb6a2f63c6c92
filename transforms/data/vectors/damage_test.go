package vectors

import (
	"bytes"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
)

// TestDamagedMatrix: an array whose file is cut, goes on behind its numbers, or has
// a header that is changed in any byte is refused, or has the numbers that were saved.
func TestDamagedMatrix(t *testing.T) {
	name := filepath.Join(t.TempDir(), "x.npy")
	numbers := []byte("abcdefghijklmnopqrstuvwxyz012345") // eight of four bytes
	data := npyFile("<f4", "False", []int{4, 2}, numbers)
	rows := func(file []byte) (all []float32, d int, err error) {
		write(t, name, file)
		m, err := openMatrix(t.Context(), name)
		if err != nil {
			return nil, 0, err
		}
		defer m.close()
		err = m.read(0, m.count, func(x []float32, _ []float64, _ bool) bool { all = append(all, x...); return true })
		return all, m.d, err
	}
	want, _, err := rows(data)
	if err != nil || len(want) != 8 {
		t.Fatal(want, err)
	}
	check := func(what string, bad []byte, mayHold bool) {
		got, d, err := rows(bad)
		if err == nil && (!mayHold || d != 2 || !slices.Equal(got, want)) {
			t.Errorf("%s: read as %v, %d a row", what, got, d)
		}
	}
	for n := range data {
		check(fmt.Sprintf("cut to %d of %d bytes", n, len(data)), data[:n], false)
	}
	for _, more := range []string{"\x00", "\x00\x00\x00\x00", "12345678", string(data)} {
		check(fmt.Sprintf("%d bytes behind its end", len(more)), append(bytes.Clone(data), more...), false)
	}
	for i := range len(data) - len(numbers) {
		for _, bit := range []int{i % 8, (i + 3) % 8} {
			bad := bytes.Clone(data)
			bad[i] ^= 1 << bit
			check(fmt.Sprintf("bit %d of byte %d", bit, i), bad, true)
		}
	}
}
