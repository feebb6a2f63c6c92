package keras

import "fmt"

// A packed file is read as far as its arrays are at most maxRatio times larger than
// it is, and this much more: the weights of a model are all but random numbers, which
// compress by a tenth. Without a limit a megabyte could take gigabytes.
const (
	maxRatio  = 16
	freeBytes = 16 << 20
)

// room is what the arrays of one file may still take.
type room struct{ left, limit, size uint64 }

// newRoom returns the room of a file of size bytes.
func newRoom(size int) *room {
	limit := freeBytes + maxRatio*uint64(size)
	return &room{limit, limit, uint64(size)}
}

// take takes room for a part of the file that is unpacked.
func (r *room) take(part string, bytes uint64) error {
	if bytes > r.left {
		return fmt.Errorf("%s takes %d bytes: a file of %d bytes is read as far as it holds %d, %d times its size and %d; save it without compression",
			part, bytes, r.size, r.limit, maxRatio, freeBytes)
	}
	r.left -= bytes
	return nil
}
