package tfrecord

import (
	"cmp"
	"encoding/binary"
	"math"
	"slices"

	"google.golang.org/protobuf/encoding/protowire"
)

// Kind is the type of the list that a feature holds.
type Kind uint8

// Kinds of a feature. The values of the last three are the field numbers of
// Feature in the protocol.
const (
	KindEmpty Kind = iota // no list at all: what TensorFlow writes for a missing value
	KindBytes
	KindFloat
	KindInt64
)

// String returns "empty", "bytes", "float" or "int64".
func (k Kind) String() string {
	return [...]string{"empty", "bytes", "float", "int64"}[k]
}

// Feature is one feature to encode. Make it with BytesFeature, FloatFeature or
// Int64Feature; a Feature with a Name alone is of KindEmpty.
type Feature struct {
	Name string // valid UTF-8

	kind   Kind
	bytes  [][]byte
	floats []float32
	ints   []int64
}

// BytesFeature returns a feature that is a list of byte strings.
func BytesFeature(name string, values ...[]byte) Feature {
	return Feature{Name: name, kind: KindBytes, bytes: values}
}

// FloatFeature returns a feature that is a list of float32.
func FloatFeature(name string, values ...float32) Feature {
	return Feature{Name: name, kind: KindFloat, floats: values}
}

// Int64Feature returns a feature that is a list of int64.
func Int64Feature(name string, values ...int64) Feature {
	return Feature{Name: name, kind: KindInt64, ints: values}
}

// AppendExample appends the encoding of a tf.train.Example with these features
// to dst. Features are written sorted by name, numbers as packed lists, lengths
// in their shortest form: equal features give equal bytes, in any order. Of
// features with the same name the last is written.
func AppendExample(dst []byte, features ...Feature) []byte {
	var few [16]int
	order := sortedOrder(few[:0], features)
	total := 0
	for _, i := range order {
		total += fieldLen(features[i].entryLen())
	}
	dst = appendLen(dst, 1, total)
	for _, i := range order {
		dst = features[i].appendEntry(dst)
	}
	return dst
}

// sortedOrder appends to order the indices of features by name, without those
// that a later feature of the same name replaces.
func sortedOrder(order []int, features []Feature) []int {
	for i := range features {
		order = append(order, i)
	}
	slices.SortFunc(order, func(i, j int) int {
		return cmp.Or(cmp.Compare(features[i].Name, features[j].Name), cmp.Compare(i, j))
	})
	kept := order[:0]
	for k, i := range order {
		if k+1 < len(order) && features[order[k+1]].Name == features[i].Name {
			continue
		}
		kept = append(kept, i)
	}
	return kept
}

// packedLen returns the size of the packed numbers, 0 for other kinds.
func (f *Feature) packedLen() int {
	n := 4 * len(f.floats)
	for _, v := range f.ints {
		n += protowire.SizeVarint(uint64(v))
	}
	return n
}

// listLen returns the size of the BytesList, FloatList or Int64List.
func (f *Feature) listLen() int {
	n := 0
	for _, v := range f.bytes {
		n += fieldLen(len(v))
	}
	if packed := f.packedLen(); packed > 0 {
		n += fieldLen(packed)
	}
	return n
}

// valueLen returns the size of the Feature message.
func (f *Feature) valueLen() int {
	if f.kind == KindEmpty {
		return 0
	}
	return fieldLen(f.listLen())
}

// entryLen returns the size of the entry of the features map.
func (f *Feature) entryLen() int {
	return fieldLen(len(f.Name)) + fieldLen(f.valueLen())
}

func (f *Feature) appendEntry(dst []byte) []byte {
	dst = appendLen(dst, 1, f.entryLen())
	dst = appendLen(dst, 1, len(f.Name))
	dst = append(dst, f.Name...)
	dst = appendLen(dst, 2, f.valueLen())
	if f.kind == KindEmpty {
		return dst
	}
	dst = appendLen(dst, protowire.Number(f.kind), f.listLen())
	for _, v := range f.bytes {
		dst = appendLen(dst, 1, len(v))
		dst = append(dst, v...)
	}
	if packed := f.packedLen(); packed > 0 {
		dst = appendLen(dst, 1, packed)
	}
	for _, v := range f.floats {
		dst = binary.LittleEndian.AppendUint32(dst, math.Float32bits(v))
	}
	for _, v := range f.ints {
		dst = protowire.AppendVarint(dst, uint64(v))
	}
	return dst
}

// fieldLen returns the size of a length-delimited field of n bytes; all field
// numbers here are below 16, whose tag is one byte.
func fieldLen(n int) int { return 1 + protowire.SizeBytes(n) }

// appendLen appends the tag and the length of a length-delimited field.
func appendLen(dst []byte, num protowire.Number, n int) []byte {
	dst = protowire.AppendTag(dst, num, protowire.BytesType)
	return protowire.AppendVarint(dst, uint64(n))
}
