package ingesting

import (
	"context"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/store"
)

// Constant is a column of numbers that has one value in all rows.
type Constant struct {
	Name  string
	Value float32
}

// constants returns the columns that have one value in all of several rows: they tell nothing
// apart. It reads no further than it must.
func constants(ctx context.Context, dir string, m *schemas.LatentsManifest) (list []Constant, err error) {
	if len(m.Columns) == 0 || m.Rows < 2 {
		return nil, nil
	}
	var first []float32
	var left []int // columns that may be such
	for _, info := range m.Files {
		for b, err := range latents.Read(ctx, store.Join(dir, info.File), latents.Embedding) {
			if err != nil {
				return nil, err
			}
			d := len(m.Columns)
			for i := range b.N {
				x := b.Embedding[i*d : (i+1)*d]
				if first == nil {
					first = append(first, x...)
					for j := range x {
						left = append(left, j)
					}
				}
				kept := left[:0]
				for _, j := range left {
					if x[j] == first[j] {
						kept = append(kept, j)
					}
				}
				if left = kept; len(left) == 0 {
					return nil, nil
				}
			}
		}
	}
	for _, j := range left {
		list = append(list, Constant{m.Columns[j], first[j]})
	}
	return list, nil
}
