package querying

import (
	"fmt"
	"testing"

	"exemplar/schemas"
)

// BenchmarkScan measures the pass over 20,000 vectors of 512 dimensions in four files, from
// the files to the list. Bytes are those of the vectors.
func BenchmarkScan(b *testing.B) {
	const n, d = 20_000, 512
	in, err := openInput(b.Context(), some(n, d).write(b, 5, nil))
	check(b, err)
	q, err := Config{Image: fmt.Sprintf("run0/cell %05d.png", 0)}.resolve(b.Context(), in)
	check(b, err)
	for _, metric := range schemas.Metrics {
		b.Run(metric, func(b *testing.B) {
			b.SetBytes(4 * n * d)
			for b.Loop() {
				_, _, err := in.neighbors(b.Context(), q, schemas.QueryParameters{Top: DefaultTop, Metrics: []string{metric}})
				check(b, err)
			}
		})
	}
}
