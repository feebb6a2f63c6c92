package reporting

import (
	"cmp"
	"context"
	"math"
	"strings"

	"exemplar/model/affine"
	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
)

// neighborsOf is the number of neighbors of a pick.
const neighborsOf = 5

// near is one image near a pick.
type near struct {
	records.Place
	square float64 // Euclidean distance in the selection's space, squared
}

// nearer orders images by distance, and by id where that is equal.
func nearer(a, b near) int {
	return cmp.Or(cmp.Compare(a.square, b.square), strings.Compare(a.ImageID, b.ImageID))
}

// findNeighbors returns for each of some vectors, in the selection's space, the
// nearest images of all the latents but that of its own id. All distances are
// computed: picks times images.
func (in *inputs) findNeighbors(ctx context.Context, space *affine.Map, ids []string, vectors [][]float32) ([][]near, error) {
	wide := make([][]float64, len(vectors))
	for i, x := range vectors {
		wide[i] = nearest.Widen(x)
	}
	total := make([][]near, len(ids))
	err := eachFile(ctx, in, func(ctx context.Context, info schemas.LatentsInfo) ([][]near, error) {
		part := make([][]near, len(ids))
		s := &neighborSearch{ids: ids, centers: wide, lists: part, square: make([]float64, searchRows)}
		return part, in.eachBatch(ctx, info, latents.IDs|latents.Embedding|latents.Location|latents.SHA, func(b *latents.Batch) error {
			s.batch(b, mapped(space, b.Embedding))
			return nil
		})
	}, func(part [][]near) {
		for i, list := range part {
			for _, n := range list {
				total[i] = insertNear(total[i], n)
			}
		}
	})
	return total, err
}

// searchRows is the number of rows that stay in the cache while they are compared
// with all picks.
const searchRows = 64

// neighborSearch keeps the nearest rows of one file.
type neighborSearch struct {
	ids     []string
	centers [][]float64
	lists   [][]near
	square  []float64
}

func (s *neighborSearch) batch(b *latents.Batch, x []float32) {
	d := len(x) / b.N
	for from := 0; from < b.N; from += searchRows {
		n := min(searchRows, b.N-from)
		for i, center := range s.centers {
			square := s.square[:n]
			nearest.SquaredDistances(square, x[from*d:(from+n)*d], center)
			most := math.Inf(1)
			if list := s.lists[i]; len(list) == neighborsOf {
				most = list[neighborsOf-1].square
			}
			for k, v := range square {
				if v > most || b.ImageID[from+k] == s.ids[i] {
					continue
				}
				s.lists[i] = insertNear(s.lists[i], near{placeOf(b, from+k), v})
				if list := s.lists[i]; len(list) == neighborsOf {
					most = list[neighborsOf-1].square
				}
			}
		}
	}
}

// insertNear keeps the nearest images in order.
func insertNear(list []near, n near) []near {
	list, _ = nearest.Keep(list, n, neighborsOf, nearer)
	return list
}

func placeOf(b *latents.Batch, k int) records.Place {
	return records.Place{ImageID: b.ImageID[k], Shard: b.Shard[k], Record: b.Record[k], Offset: b.Offset[k], SHA256: b.SHA256[k]}
}
