package parquetguard

import (
	"github.com/parquet-go/parquet-go/format"
)

// chunk is what the footer says of one column chunk.
type chunk struct {
	codec      format.CompressionCodec
	start, end int64 // in the file
	values     int64 // nulls among them
	bad        error // why it cannot be read

	statistics format.Statistics
	// What the library does not read of the statistics: whether the number of nulls
	// is there, and whether a bound is a value that occurs, or was made shorter.
	nulls, ordered         bool
	exactMin, exactMax     bool
	inexactMin, inexactMax bool
}

// Numbers of the fields of a footer that are looked at.
const (
	fileRowGroups     = 4
	fileOrders        = 7
	groupColumns      = 1
	columnMetadata    = 3
	metadataCodec     = 4
	metadataStats     = 12
	statsNulls        = 3
	statsExactMax     = 7
	statsExactMin     = 8
	codedUncompressed = 0
)

// readChunks reads the column chunks of each row group in a footer, in which it
// then writes that they are not packed.
func readChunks(footer []byte) (groups [][]*chunk, err error) {
	w, ordered := &walker{footer}, false
	err = w.fields(0, func(id int, kind byte) (bool, error) {
		switch {
		case id == fileOrders && kind == typeList:
			ordered = true
		case id == fileRowGroups && kind == typeList:
			return true, w.elements(func(kind byte) error {
				group, err := w.group(kind)
				groups = append(groups, group)
				return err
			})
		}
		return false, nil
	})
	for _, group := range groups {
		for _, c := range group {
			c.ordered = ordered
		}
	}
	return groups, err
}

// group reads the column chunks of a row group.
func (w *walker) group(kind byte) (group []*chunk, err error) {
	if kind != typeStruct {
		return nil, w.value(kind, 1)
	}
	return group, w.fields(1, func(id int, kind byte) (bool, error) {
		if id != groupColumns || kind != typeList {
			return false, nil
		}
		return true, w.elements(func(kind byte) error {
			c := &chunk{}
			group = append(group, c)
			if kind != typeStruct {
				return w.value(kind, 2)
			}
			return w.fields(2, func(id int, kind byte) (bool, error) {
				if id != columnMetadata || kind != typeStruct {
					return false, nil
				}
				return true, w.fields(3, func(id int, kind byte) (bool, error) { return w.metadata(c, id, kind) })
			})
		})
	})
}

// metadata reads a field of the metadata of a column chunk.
func (w *walker) metadata(c *chunk, id int, kind byte) (done bool, err error) {
	switch {
	case id == metadataCodec && kind == typeI32 && len(w.left) > 0:
		// A codec takes one byte, as has the one that stands for none.
		if b := w.left[0]; b < 0x80 {
			c.codec, w.left[0] = format.CompressionCodec(b>>1), codedUncompressed
		}
	case id == metadataStats && kind == typeStruct:
		return true, w.fields(4, func(id int, kind byte) (bool, error) {
			switch {
			case id == statsNulls && kind == typeI64:
				c.nulls = true
			case id == statsExactMax:
				c.exactMax, c.inexactMax = kind == typeTrue, kind == typeFalse
			case id == statsExactMin:
				c.exactMin, c.inexactMin = kind == typeTrue, kind == typeFalse
			}
			return false, nil
		})
	}
	return false, nil
}
