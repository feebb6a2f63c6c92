package tfrecord

import (
	"bytes"
	"fmt"
	"iter"
	"slices"
	"sort"
	"unicode/utf8"

	"google.golang.org/protobuf/encoding/protowire"
)

// Example is a decoded tf.train.Example. It holds slices of the bytes it was
// parsed from and is valid as long as they are. The zero Example is empty; to
// parse many records without allocating, use one Example for all of them.
type Example struct {
	values []Value // sorted by name, each name once
}

// ParseExample decodes one message; see Example.Parse.
func ParseExample(b []byte) (*Example, error) {
	e := new(Example)
	if err := e.Parse(b); err != nil {
		return nil, err
	}
	return e, nil
}

// Parse replaces the contents of e by the message b, without copying: b must
// not change while e is in use. The whole message is checked. An error, found
// with errors.Is(err, ErrCorrupt), leaves e empty.
func (e *Example) Parse(b []byte) error {
	e.values = e.values[:0]
	err := eachField(b, func(num protowire.Number, typ protowire.Type, field []byte) error {
		if num != 1 || typ != protowire.BytesType {
			return nil
		}
		return eachField(field, e.addEntry)
	})
	if err != nil {
		e.values = e.values[:0]
		return fmt.Errorf("%w: not a tf.train.Example: %w", ErrCorrupt, err)
	}
	e.sortValues()
	return nil
}

// addEntry takes one field of Features: an entry of the map, if it is field 1.
func (e *Example) addEntry(num protowire.Number, typ protowire.Type, entry []byte) error {
	if num != 1 || typ != protowire.BytesType {
		return nil
	}
	var name []byte
	var feature pieces
	err := eachField(entry, func(num protowire.Number, typ protowire.Type, field []byte) error {
		switch {
		case typ != protowire.BytesType:
		case num == 1:
			if !utf8.Valid(field) {
				return fmt.Errorf("the feature name %q is not UTF-8", field)
			}
			name = field
		case num == 2:
			if err := feature.checkParts(field); err != nil {
				return err
			}
			feature.add(field)
		}
		return nil
	})
	if err != nil {
		return err
	}
	v, err := parseFeature(feature.bytes)
	if err != nil {
		return fmt.Errorf("feature %q: %w", name, err)
	}
	v.name = name
	e.values = append(e.values, v)
	return nil
}

// parseFeature decodes a Feature message. The last kind of list wins; several
// lists of that kind in a row are one.
func parseFeature(b []byte) (Value, error) {
	var v Value
	var list pieces
	err := eachField(b, func(num protowire.Number, typ protowire.Type, field []byte) error {
		if typ != protowire.BytesType || num > protowire.Number(KindInt64) {
			return nil
		}
		if k := Kind(num); k != v.kind {
			v.kind, v.n, list = k, 0, pieces{}
		}
		n, err := countValues(v.kind, field)
		v.n += n
		list.add(field)
		return err
	})
	v.list = list.bytes
	return v, err
}

// sortValues sorts the values by name and drops those whose name comes again:
// the last one of a map key wins.
func (e *Example) sortValues() {
	for i := 1; i < len(e.values); i++ {
		if bytes.Compare(e.values[i-1].name, e.values[i].name) >= 0 {
			slices.SortStableFunc(e.values, func(a, b Value) int { return bytes.Compare(a.name, b.name) })
			break
		}
	}
	kept := e.values[:0]
	for i, v := range e.values {
		if i+1 < len(e.values) && bytes.Equal(e.values[i+1].name, v.name) {
			continue
		}
		kept = append(kept, v)
	}
	e.values = kept
}

// Len returns the number of features.
func (e *Example) Len() int { return len(e.values) }

// All yields the features, sorted by name.
func (e *Example) All() iter.Seq[Value] { return slices.Values(e.values) }

// Lookup returns the feature of that name.
func (e *Example) Lookup(name string) (Value, bool) {
	i := sort.Search(len(e.values), func(i int) bool { return string(e.values[i].name) >= name })
	if i == len(e.values) || string(e.values[i].name) != name {
		return Value{}, false
	}
	return e.values[i], true
}

// Bytes returns the value of a feature that holds exactly one byte string. It
// aliases the message.
func (e *Example) Bytes(name string) (b []byte, ok bool) {
	v, _ := e.Lookup(name)
	if v.kind != KindBytes || v.n != 1 {
		return nil, false
	}
	v.each(func(_ protowire.Type, field []byte) { b = field })
	return b, true
}

// Float returns the value of a feature that holds exactly one float.
func (e *Example) Float(name string) (x float32, ok bool) {
	v, _ := e.Lookup(name)
	if v.kind != KindFloat || v.n != 1 {
		return 0, false
	}
	var one [1]float32
	return v.AppendFloats(one[:0])[0], true
}

// Int64 returns the value of a feature that holds exactly one integer.
func (e *Example) Int64(name string) (x int64, ok bool) {
	v, _ := e.Lookup(name)
	if v.kind != KindInt64 || v.n != 1 {
		return 0, false
	}
	var one [1]int64
	return v.AppendInt64s(one[:0])[0], true
}

// pieces joins the parts of a message that came in several fields: for protocol
// buffers, concatenation is merging. One part is not copied.
type pieces struct {
	bytes []byte
	many  bool
}

// checkParts checks that a Feature that comes in several parts is sound in each:
// two halves of a field are damage, though their concatenation parses.
func (p *pieces) checkParts(next []byte) error {
	if p.bytes == nil {
		return nil // the only part so far; it is parsed with the whole
	}
	for _, part := range [...][]byte{p.bytes, next} {
		if _, err := parseFeature(part); err != nil {
			return err
		}
	}
	return nil
}

func (p *pieces) add(b []byte) {
	switch {
	case p.bytes == nil:
		p.bytes = b
	case !p.many:
		p.bytes = append(slices.Clip(p.bytes), b...)
		p.many = true
	default:
		p.bytes = append(p.bytes, b...)
	}
}
