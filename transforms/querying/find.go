package querying

import (
	"cmp"
	"context"
	"path"
	"slices"
	"strings"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/rows"
)

// spot is where an image is in the latents.
type spot struct {
	file int
	row  int64
}

// find looks for the image of an id. The file that the rule of shards puts it into is
// read first: with shards of this program it is the one.
func (in *input) find(ctx context.Context, id string) (at spot, ok bool, err error) {
	first := schemas.ShardOf(id, len(in.files))
	row, err := in.rowOf(ctx, first, id)
	if err != nil || row >= 0 {
		return spot{first, row}, err == nil, err
	}
	for row, err := range parallel.EachComputed(ctx, len(in.files), filesAhead(), func(ctx context.Context, i int) (int64, error) {
		if i == first {
			return -1, nil
		}
		return in.rowOf(ctx, i, id)
	}) {
		if err != nil || row >= 0 {
			return spot{at.file, row}, err == nil, err
		}
		at.file++
	}
	return spot{}, false, nil
}

// rowOf returns the row of an image in a file, -1 where it has none.
func (in *input) rowOf(ctx context.Context, file int, id string) (row int64, err error) {
	row = -1
	err = in.eachBatch(ctx, file, latents.IDs, func(b *latents.Batch) bool {
		if k := slices.Index(b.ImageID[:b.N], id); k >= 0 {
			row = b.First + int64(k)
		}
		return row < 0
	})
	return row, err
}

// eachBatch reads columns of a file until visit returns false.
func (in *input) eachBatch(ctx context.Context, file int, cols latents.Columns, visit func(b *latents.Batch) bool) error {
	f, closer, err := rows.OpenFile(ctx, in.files[file])
	if err != nil {
		return err
	}
	defer closer.Close() // only read
	for b, err := range f.Batches(cols) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil || !visit(b) {
			return err
		}
	}
	return nil
}

// places returns where in the shards the images of some rows are.
func (in *input) places(ctx context.Context, spots []spot) ([]records.Place, error) {
	places, of := make([]records.Place, len(spots)), map[int][]int{} // positions in spots, by file
	for i, s := range spots {
		of[s.file] = append(of[s.file], i)
	}
	var files []int
	for file, list := range of {
		files = append(files, file)
		slices.SortFunc(list, func(a, b int) int { return cmp.Compare(spots[a].row, spots[b].row) })
	}
	slices.Sort(files)
	for _, err := range parallel.EachComputed(ctx, len(files), filesAhead(), func(ctx context.Context, i int) (any, error) {
		left := of[files[i]]
		return nil, in.eachBatch(ctx, files[i], latents.IDs|latents.Location|latents.SHA, func(b *latents.Batch) bool {
			for len(left) > 0 && spots[left[0]].row < b.First+int64(b.N) {
				places[left[0]] = placeOf(b, int(spots[left[0]].row-b.First))
				left = left[1:]
			}
			return len(left) > 0
		})
	}) {
		if err != nil {
			return nil, err
		}
	}
	return places, nil
}

// placeOf returns where in the shards the image at position k of a batch is.
func placeOf(b *latents.Batch, k int) records.Place {
	return records.Place{ImageID: b.ImageID[k], Shard: b.Shard[k], Record: b.Record[k], Offset: b.Offset[k], SHA256: b.SHA256[k]}
}

// mostNamed is the number of ids that an error names.
const mostNamed = 3

// likeness is how much an id is like an unknown one.
type likeness struct {
	changes int
	id      string
}

func compareLikeness(a, b likeness) int {
	return cmp.Or(cmp.Compare(a.changes, b.changes), strings.Compare(a.id, b.id))
}

// like returns the image ids that are most like an unknown one: those of the same name in
// another folder or with another ending, and those that differ in a few letters.
func (in *input) like(ctx context.Context, id string) (ids []string, err error) {
	var best []likeness
	for list, err := range parallel.EachComputed(ctx, len(in.files), filesAhead(), func(ctx context.Context, i int) (list []likeness, err error) {
		err = in.eachBatch(ctx, i, latents.IDs, func(b *latents.Batch) bool {
			for _, known := range b.ImageID[:b.N] {
				if n := changes(id, known); n >= 0 {
					list, _ = nearest.Keep(list, likeness{n, known}, mostNamed, compareLikeness)
				}
			}
			return true
		})
		return list, err
	}) {
		if err != nil {
			return nil, err
		}
		for _, l := range list {
			best, _ = nearest.Keep(best, l, mostNamed, compareLikeness)
		}
	}
	for _, l := range best {
		ids = append(ids, l.id)
	}
	return ids, nil
}

// bare is a name without folders and ending.
func bare(id string) string {
	base := path.Base(id)
	return strings.ToLower(strings.TrimSuffix(base, path.Ext(base)))
}

// sameName is the number of changes of an id of which only folders or the ending differ.
const sameName = 100

// changes counts the letters that must be changed, added or left out to make one id of
// another, sameName where they are many but the names are the same, -1 where the ids are not
// alike.
func changes(a, b string) int {
	most := min(len(a)/4+1, 8)
	if n := edits(a, b, most); n <= most {
		return n
	}
	if bare(a) == bare(b) {
		return sameName
	}
	return -1
}

// edits returns the number of changed letters (Levenshtein), or one above most where there
// are more.
func edits(a, b string, most int) int {
	if max(len(a), len(b))-min(len(a), len(b)) > most {
		return most + 1
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diagonal, least := row[0], i+1
		row[0] = i + 1
		for j := range len(b) {
			replace := diagonal
			if a[i] != b[j] {
				replace++
			}
			diagonal = row[j+1]
			row[j+1] = min(replace, row[j]+1, row[j+1]+1)
			least = min(least, row[j+1])
		}
		if least > most {
			return most + 1
		}
	}
	return row[len(b)]
}
