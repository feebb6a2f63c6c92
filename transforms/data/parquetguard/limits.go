package parquetguard

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
	"github.com/parquet-go/parquet-go/format"
)

// limits compares the values of a column chunk with the smallest and the largest
// that its writer noted.
type limits interface {
	add(encoding.Values)  // of a page
	addOne(parquet.Value) // of a dictionary
	check(last bool) error
	reset()
}

// limitsOf returns the limits of a column chunk; nil where its statistics have
// none, or none that all programs understand alike.
func limitsOf(c *chunk, t parquet.Type) limits {
	signed, known := true, true
	if l := t.LogicalType(); l != nil {
		switch v := l.Value.(type) {
		case *format.IntType:
			signed = v.IsSigned
		case *format.DecimalType, *format.Float16Type: // as bytes their order is another one
			known = t.Kind() == parquet.Int32 || t.Kind() == parquet.Int64
		}
	}
	smallest, largest := c.statistics.MinValue, c.statistics.MaxValue
	if smallest == nil && largest == nil && signed {
		smallest, largest = c.statistics.Min, c.statistics.Max // of old files, ordered as signed numbers
		known = known && t.Kind() != parquet.ByteArray && t.Kind() != parquet.FixedLenByteArray
	} else if !signed || t.Kind() == parquet.ByteArray || t.Kind() == parquet.FixedLenByteArray {
		known = known && c.ordered
	}
	if !known || smallest == nil && largest == nil {
		return nil
	}
	switch kind := t.Kind(); {
	case kind == parquet.Int32 && signed:
		return newNumbers(c, smallest, largest, (*encoding.Values).Int32, parquet.Value.Int32, u32[int32], math.MinInt32, math.MaxInt32)
	case kind == parquet.Int32:
		return newNumbers(c, smallest, largest, (*encoding.Values).Uint32, parquet.Value.Uint32, u32[uint32], 0, math.MaxUint32)
	case kind == parquet.Int64 && signed:
		return newNumbers(c, smallest, largest, (*encoding.Values).Int64, parquet.Value.Int64, u64[int64], math.MinInt64, math.MaxInt64)
	case kind == parquet.Int64:
		return newNumbers(c, smallest, largest, (*encoding.Values).Uint64, parquet.Value.Uint64, u64[uint64], 0, math.MaxUint64)
	case kind == parquet.Float:
		return newNumbers(c, smallest, largest, (*encoding.Values).Float, parquet.Value.Float,
			func(b []byte) (float32, bool) { v, ok := u32[uint32](b); return math.Float32frombits(v), ok }, float32(math.Inf(-1)), float32(math.Inf(1)))
	case kind == parquet.Double:
		return newNumbers(c, smallest, largest, (*encoding.Values).Double, parquet.Value.Double,
			func(b []byte) (float64, bool) { v, ok := u64[uint64](b); return math.Float64frombits(v), ok }, math.Inf(-1), math.Inf(1))
	case kind == parquet.ByteArray:
		return &texts{chunk: c, low: smallest, high: largest}
	}
	return nil
}

func u32[T int32 | uint32](b []byte) (T, bool) {
	if len(b) != 4 {
		return 0, false
	}
	return T(binary.LittleEndian.Uint32(b)), true
}

func u64[T int64 | uint64](b []byte) (T, bool) {
	if len(b) != 8 {
		return 0, false
	}
	return T(binary.LittleEndian.Uint64(b)), true
}

// numbers are the limits of a column of numbers, of which NaN is none.
type numbers[T cmp.Ordered] struct {
	of   func(*encoding.Values) []T
	one  func(parquet.Value) T
	low  bound[T]
	high bound[T]

	lowest, highest T // of all: where to begin
	min, max        T // of what was read
}

// bound is what the statistics say of one end.
type bound[T any] struct {
	value T
	there bool
	exact bool // it occurs
}

func newNumbers[T cmp.Ordered](c *chunk, smallest, largest []byte, of func(*encoding.Values) []T, one func(parquet.Value) T, decode func([]byte) (T, bool), lowest, highest T) limits {
	n := &numbers[T]{of: of, one: one, lowest: lowest, highest: highest}
	n.low.value, n.low.there = decode(smallest)
	n.high.value, n.high.there = decode(largest)
	n.low.there, n.high.there = n.low.there && n.low.value == n.low.value, n.high.there && n.high.value == n.high.value // no NaN
	n.low.exact, n.high.exact = !c.inexactMin, !c.inexactMax
	n.reset()
	return n
}

func (n *numbers[T]) reset() { n.min, n.max = n.highest, n.lowest }

func (n *numbers[T]) add(values encoding.Values) {
	low, high := n.min, n.max
	for _, v := range n.of(&values) {
		if v < low {
			low = v
		}
		if v > high {
			high = v
		}
	}
	n.min, n.max = low, high
}

func (n *numbers[T]) addOne(value parquet.Value) {
	v := n.one(value)
	if v < n.min {
		n.min = v
	}
	if v > n.max {
		n.max = v
	}
}

func (n *numbers[T]) check(last bool) error {
	if n.min > n.max {
		return nil // no value yet
	}
	wrong := n.low.there && (n.min < n.low.value || last && n.low.exact && n.min != n.low.value) ||
		n.high.there && (n.max > n.high.value || last && n.high.exact && n.max != n.high.value)
	if !wrong {
		return nil
	}
	return disagree(fmt.Sprint(n.min), fmt.Sprint(n.max), n.low.text(), n.high.text())
}

// text writes a bound.
func (b bound[T]) text() string {
	if !b.there {
		return "any"
	}
	return fmt.Sprint(b.value)
}

// disagree is the error of values that are not within, or do not reach, the bounds.
func disagree(min, max, low, high string) error {
	return fmt.Errorf("its values go from %s to %s, the file says from %s to %s: %s", min, max, low, high, damagedOrNot)
}

// texts are the limits of a column of texts, whose bounds may have been made shorter.
type texts struct {
	chunk     *chunk
	low, high []byte // nil for none
	any       bool
	min, max  string
}

func (t *texts) reset() { t.any = false }

func (t *texts) add(values encoding.Values) {
	data, offsets := values.ByteArray()
	for i := 1; i < len(offsets); i++ {
		t.addText(data[offsets[i-1]:offsets[i]])
	}
}

func (t *texts) addOne(v parquet.Value) { t.addText(v.ByteArray()) }

func (t *texts) addText(v []byte) {
	if !t.any || string(v) < t.min {
		t.min = string(v)
	}
	if !t.any || string(v) > t.max {
		t.max = string(v)
	}
	t.any = true
}

func (t *texts) check(last bool) error {
	if !t.any {
		return nil
	}
	low, high := string(t.low), string(t.high)
	wrong := t.low != nil && (t.min < low || last && t.chunk.exactMin && t.min != low) ||
		t.high != nil && (t.max > high || last && t.chunk.exactMax && t.max != high)
	if !wrong {
		return nil
	}
	return disagree(shown(t.min), shown(t.max), shown(low), shown(high))
}

// shown writes a text for a message, as far as a line has room for it.
func shown(text string) string {
	const longest = 40
	if len(text) > longest {
		return strconv.Quote(text[:longest]) + "…"
	}
	return strconv.Quote(text)
}
