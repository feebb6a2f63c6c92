package vectors

import (
	"fmt"
	"math/big"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
)

// textOf returns how the values of a leaf are written as text; nil where they are
// neither text nor numbers. What a number means is in its logical type: an unsigned
// one is no negative one, a decimal no heap of bytes, a date no count of days.
func textOf(t parquet.Type) func(parquet.Value) string {
	if l := t.LogicalType(); l != nil {
		switch v := l.Value.(type) {
		case *format.DecimalType:
			return decimalOf(int(v.Scale))
		case *format.DateType:
			return func(v parquet.Value) string { return time.Unix(int64(v.Int32())*86400, 0).UTC().Format(time.DateOnly) }
		case *format.TimestampType:
			if v.Unit.Value == nil {
				return nil
			}
			n := int64(time.Second / v.Unit.Value.Duration())
			return func(v parquet.Value) string {
				whole := floor(v.Int64(), n)
				return time.Unix(whole, (v.Int64()-whole*n)*int64(time.Second)/n).UTC().Format(time.RFC3339Nano)
			}
		case *format.IntType:
			if !v.IsSigned && t.Kind() == parquet.Int32 {
				return func(v parquet.Value) string { return strconv.FormatUint(uint64(v.Uint32()), 10) }
			}
			if !v.IsSigned {
				return func(v parquet.Value) string { return strconv.FormatUint(v.Uint64(), 10) }
			}
		case *format.UUIDType:
			return parquet.Value.String
		case *format.StringType, *format.EnumType, *format.JsonType:
		default: // a time, a half float, a place, what is to come
			return nil
		}
	}
	switch t.Kind() {
	case parquet.ByteArray, parquet.FixedLenByteArray:
		return func(v parquet.Value) string { return string(v.ByteArray()) }
	case parquet.Int32:
		return func(v parquet.Value) string { return strconv.FormatInt(int64(v.Int32()), 10) }
	case parquet.Int64:
		return func(v parquet.Value) string { return strconv.FormatInt(v.Int64(), 10) }
	case parquet.Float:
		return func(v parquet.Value) string { return strconv.FormatFloat(float64(v.Float()), 'g', -1, 32) }
	case parquet.Double:
		return func(v parquet.Value) string { return strconv.FormatFloat(v.Double(), 'g', -1, 64) }
	case parquet.Boolean:
		return func(v parquet.Value) string { return strconv.FormatBool(v.Boolean()) }
	}
	return nil
}

// floor divides toward the smaller number.
func floor(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// decimalOf writes decimal numbers of a scale: whole numbers, in two's complement
// from the highest byte on where they are bytes.
func decimalOf(scale int) func(parquet.Value) string {
	return func(v parquet.Value) string {
		n := new(big.Int)
		switch v.Kind() {
		case parquet.Int32:
			n.SetInt64(int64(v.Int32()))
		case parquet.Int64:
			n.SetInt64(v.Int64())
		default:
			b := v.ByteArray()
			if n.SetBytes(b); len(b) > 0 && b[0] >= 0x80 {
				n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
			}
		}
		digits := new(big.Int).Abs(n).String()
		if scale > 0 {
			if len(digits) <= scale {
				digits = strings.Repeat("0", scale-len(digits)+1) + digits
			}
			digits = digits[:len(digits)-scale] + "." + digits[len(digits)-scale:]
		}
		if n.Sign() < 0 {
			digits = "-" + digits
		}
		return digits
	}
}

// number is one of a vector, in float32 and as nearly as float64 holds it.
type number struct {
	single float32
	exact  float64
}

func numberFrom[T float32 | float64 | int32 | uint32 | int64 | uint64](v T) number {
	return number{float32(v), float64(v)}
}

// numberOf returns how the values of a leaf are converted to float32; nil where they
// cannot be numbers of a vector.
func numberOf(t parquet.Type) func(parquet.Value) number {
	unsigned := false
	if l := t.LogicalType(); l != nil {
		i, ok := l.Value.(*format.IntType)
		if !ok {
			return nil // a date, a time, a decimal, a half float
		}
		unsigned = !i.IsSigned
	}
	switch kind := t.Kind(); {
	case kind == parquet.Float:
		return func(v parquet.Value) number { return numberFrom(v.Float()) }
	case kind == parquet.Double:
		return func(v parquet.Value) number { return numberFrom(v.Double()) }
	case kind == parquet.Int32 && unsigned:
		return func(v parquet.Value) number { return numberFrom(v.Uint32()) }
	case kind == parquet.Int32:
		return func(v parquet.Value) number { return numberFrom(v.Int32()) }
	case kind == parquet.Int64 && unsigned:
		return func(v parquet.Value) number { return numberFrom(v.Uint64()) }
	case kind == parquet.Int64:
		return func(v parquet.Value) number { return numberFrom(v.Int64()) }
	}
	return nil
}

// holds says what the values of a leaf are, for a message.
func (t *table) holds(l parquet.LeafColumn) string {
	if t.file.Half(l.ColumnIndex) {
		return "float16 numbers: write them as float32"
	}
	kind := l.Node.Type()
	if l := kind.LogicalType(); l != nil {
		if d, decimal := l.Value.(*format.DecimalType); decimal {
			return fmt.Sprintf("decimal numbers of %d digits: write them as float64", d.Precision)
		}
		return "values of type " + l.String()
	}
	return "values of type " + kind.Kind().String()
}

// textOf is the function textOf for a leaf.
func (t *table) textOf(l parquet.LeafColumn) func(parquet.Value) string {
	if t.file.Half(l.ColumnIndex) {
		return nil
	}
	return textOf(l.Node.Type())
}

// anew reports whether the table has a column that earlier versions read as something
// else: one packed with LZ4, unsigned numbers, decimals or dates.
func (t *table) anew() bool {
	for _, l := range slices.Concat([]*leaf{t.id, t.label}, t.vector, t.metadata) {
		if l == nil {
			continue
		}
		if t.file.LZ4(l.ColumnIndex) {
			return true
		}
		logical := l.Node.Type().LogicalType()
		if logical == nil {
			continue
		}
		switch v := logical.Value.(type) {
		case *format.IntType:
			if !v.IsSigned {
				return true
			}
		case *format.DecimalType, *format.DateType, *format.TimestampType:
			return true
		}
	}
	return false
}
