package tfrecord

import (
	"encoding/binary"
	"errors"
	"math"

	"google.golang.org/protobuf/encoding/protowire"
)

// Value is a feature of a decoded Example. It aliases the message.
type Value struct {
	name []byte
	kind Kind
	n    int
	list []byte // a BytesList, FloatList or Int64List message that countValues accepted
}

// Name returns the name of the feature.
func (v Value) Name() string { return string(v.name) }

// Kind returns the type of the feature's list.
func (v Value) Kind() Kind { return v.kind }

// Len returns the number of elements of the feature's list.
func (v Value) Len() int { return v.n }

// AppendBytes appends the elements of a list of byte strings to dst; they alias
// the message. A value of another kind has none.
func (v Value) AppendBytes(dst [][]byte) [][]byte {
	if v.kind == KindBytes {
		v.each(func(_ protowire.Type, field []byte) { dst = append(dst, field) })
	}
	return dst
}

// AppendFloats appends the elements of a list of floats to dst. A value of
// another kind has none.
func (v Value) AppendFloats(dst []float32) []float32 {
	if v.kind == KindFloat {
		v.each(func(_ protowire.Type, field []byte) {
			for ; len(field) >= 4; field = field[4:] {
				dst = append(dst, math.Float32frombits(binary.LittleEndian.Uint32(field)))
			}
		})
	}
	return dst
}

// AppendInt64s appends the elements of a list of integers to dst. A value of
// another kind has none.
func (v Value) AppendInt64s(dst []int64) []int64 {
	if v.kind == KindInt64 {
		v.each(func(_ protowire.Type, field []byte) {
			for len(field) > 0 {
				x, n := protowire.ConsumeVarint(field)
				dst = append(dst, int64(x))
				field = field[n:]
			}
		})
	}
	return dst
}

// each calls f with the bytes of every field of the list that holds elements.
func (v Value) each(f func(typ protowire.Type, field []byte)) {
	// The error was nil when the list was counted.
	_ = eachField(v.list, func(num protowire.Number, typ protowire.Type, field []byte) error {
		if num == 1 && holdsElements(v.kind, typ) {
			f(typ, field)
		}
		return nil
	})
}

// holdsElements reports whether field 1 with that wire type belongs to the
// list: numbers may be packed or not. Others are unknown fields.
func holdsElements(k Kind, typ protowire.Type) bool {
	switch typ {
	case protowire.BytesType:
		return true
	case protowire.VarintType:
		return k == KindInt64
	case protowire.Fixed32Type:
		return k == KindFloat
	}
	return false
}

// countValues checks a list message and returns the number of its elements.
func countValues(k Kind, list []byte) (int, error) {
	count := 0
	err := eachField(list, func(num protowire.Number, typ protowire.Type, field []byte) error {
		if num != 1 || !holdsElements(k, typ) {
			return nil
		}
		n, err := countField(k, field)
		count += n
		return err
	})
	return count, err
}

// countField returns the number of elements in one field of a list.
func countField(k Kind, field []byte) (int, error) {
	switch k {
	case KindFloat:
		if len(field)%4 != 0 {
			return 0, errors.New("a packed list of floats is not a multiple of 4 bytes")
		}
		return len(field) / 4, nil
	case KindInt64:
		count := 0
		for len(field) > 0 {
			_, n := protowire.ConsumeVarint(field)
			if n < 0 {
				return 0, protowire.ParseError(n)
			}
			field = field[n:]
			count++
		}
		return count, nil
	}
	return 1, nil
}

// eachField calls f with every field of a message, until an error. Of a
// length-delimited field it passes the contents, of others the encoded value.
func eachField(b []byte, f func(num protowire.Number, typ protowire.Type, field []byte) error) error {
	for len(b) > 0 {
		num, typ, n := protowire.ConsumeTag(b)
		if n < 0 {
			return protowire.ParseError(n)
		}
		if num > protowire.MaxValidNumber {
			return errors.New("a field number is out of range")
		}
		b = b[n:]
		if n = protowire.ConsumeFieldValue(num, typ, b); n < 0 {
			return protowire.ParseError(n)
		}
		field := b[:n:n]
		if typ == protowire.BytesType {
			field, _ = protowire.ConsumeBytes(field)
		}
		if err := f(num, typ, field); err != nil {
			return err
		}
		b = b[n:]
	}
	return nil
}
