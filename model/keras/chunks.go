package keras

import (
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

var infoChunks = regexp.MustCompile(`chunked \(chunks=\[([0-9 ]+)\]\)$`)

// checkChunks refuses packed pieces of arrays that unpack to more than a piece may
// have: the library unpacks them without a limit.
//
// Pieces are listed in nodes "TREE", type 1, of level 0: behind a head of 24 bytes,
// each takes the size it is stored in (32 bits), a mask (32 bits), its coordinates
// and its address (64 bits each). How many coordinates, only the array tells, so that
// every number is tried that an array of the file has; what then does not look like
// a piece of it is passed over.
func (t *tree) checkChunks(data []byte) error {
	var ranks []int
	largest := int64(0)
	for path, d := range t.arrays {
		info, err := d.Info()
		if err != nil {
			continue // said when the array is read
		}
		m := infoChunks.FindStringSubmatch(info)
		if m == nil {
			continue
		}
		size := int64(1)
		sides := strings.Fields(m[1]) // the last one is the bytes of a number
		for _, side := range sides {
			n, err := strconv.ParseInt(side, 10, 64)
			if err != nil || n < 1 || size > int64(t.room.limit)/n {
				return fmt.Errorf("array %s is stored in pieces of %s numbers and bytes: more than the %d bytes that are read of this file", path, strings.Join(sides, "x"), t.room.limit)
			}
			size *= n
		}
		largest = max(largest, size)
		if !slices.Contains(ranks, len(sides)) {
			ranks = append(ranks, len(sides))
		}
	}
	if len(ranks) == 0 {
		return nil
	}
	const head = 24
	for i := 0; ; {
		at := bytes.Index(data[i:], []byte("TREE\x01\x00"))
		if at < 0 || len(data)-i-at < head {
			return nil
		}
		i += at
		entries := int(binary.LittleEndian.Uint16(data[i+6:]))
		for _, rank := range ranks {
			if err := checkPieces(data, data[i+head:], entries, rank, largest); err != nil {
				return err
			}
		}
		i += head
	}
}

// checkPieces checks the pieces that a node lists, if they have so many coordinates.
func checkPieces(data, node []byte, entries, rank int, largest int64) error {
	entry := 8 + 8*rank + 8
	for e := range min(entries, len(node)/entry) {
		piece := node[e*entry:]
		size, at := uint64(binary.LittleEndian.Uint32(piece)), binary.LittleEndian.Uint64(piece[entry-8:])
		if at > uint64(len(data)) || size > uint64(len(data))-at {
			continue // the library finds that it ends too early
		}
		z, err := zlib.NewReader(bytes.NewReader(data[at : at+size]))
		if err != nil {
			continue // not packed, or otherwise
		}
		if n, _ := io.Copy(io.Discard, io.LimitReader(z, largest+checksum+1)); n > largest+checksum {
			return fmt.Errorf("is a damaged HDF5 file: the piece at byte %d unpacks to more than the %d bytes that a piece has", at, largest)
		}
	}
	return nil
}

// checksum is the size of one that a filter may have added to a piece.
const checksum = 4
