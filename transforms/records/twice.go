package records

import (
	"fmt"
	"iter"
	"slices"

	"github.com/zeebo/xxh3"
)

// Named is where an image is, with the file that holds it.
type Named struct {
	Entry
	File string
}

// Twice returns an error where an id is there more than once among the images of
// shards, which are ranged over a second time only where hashes agree. It holds a 64-bit
// hash of every id. advice says what to do.
func Twice(all iter.Seq2[Named, error], advice string) error {
	var hashes []uint64
	for e, err := range all {
		if err != nil {
			return err
		}
		if e.Name != "" {
			hashes = append(hashes, xxh3.HashString(e.Name))
		}
	}
	slices.Sort(hashes)
	seen := map[uint64]map[string]Named{}
	for i := 1; i < len(hashes); i++ {
		if hashes[i] == hashes[i-1] {
			seen[hashes[i]] = map[string]Named{}
		}
	}
	if len(seen) == 0 {
		return nil
	}
	for e, err := range all {
		if err != nil {
			return err
		}
		there := seen[xxh3.HashString(e.Name)]
		if e.Name == "" || there == nil {
			continue
		}
		if first, ok := there[e.Name]; ok {
			return fmt.Errorf("the id %q is there more than once, in record %d of %s and record %d of %s: %s",
				e.Name, first.Number, first.File, e.Number, e.File, advice)
		}
		there[e.Name] = e
	}
	return nil
}
