package latents

import (
	"fmt"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// values reads a column into a slice. Pages end where the writer pleased, so
// values of a page that the batch does not take are kept for the next one.
type values[T any] struct {
	leafReader
	out   *[]T
	valid *[]bool // nil: nulls are an error, unless zero
	zero  bool    // nulls read as the zero value

	decode func(dst []T, v encoding.Values) []T // appends the plain values of a page
	sound  func(v T) error                      // nil: all values are
	cast   func(v parquet.Value) T              // of a dictionary

	vals []T
	has  []bool // of vals, only where valid is set
	at   int    // of vals: first one not handed out
	dict []T
	from parquet.Dictionary // of dict
	tmp  []T
}

func newFloats(l leafReader, out *[]float32, valid *[]bool) filler {
	return &values[float32]{leafReader: l, out: out, valid: valid, cast: parquet.Value.Float,
		decode: func(dst []float32, v encoding.Values) []float32 { return append(dst, v.Float()...) }}
}

func newInts32(l leafReader, out *[]int32) filler {
	return &values[int32]{leafReader: l, out: out, cast: parquet.Value.Int32,
		decode: func(dst []int32, v encoding.Values) []int32 { return append(dst, v.Int32()...) }}
}

func newInts64(l leafReader, out *[]int64) filler {
	return &values[int64]{leafReader: l, out: out, cast: parquet.Value.Int64,
		decode: func(dst []int64, v encoding.Values) []int64 { return append(dst, v.Int64()...) }}
}

func newText(l leafReader, out *[]string, valid *[]bool, zero bool) filler {
	return &values[string]{leafReader: l, out: out, valid: valid, zero: zero, decode: appendText, sound: l.isUTF8,
		cast: func(v parquet.Value) string { return string(v.ByteArray()) }}
}

// appendText appends the strings of a page, which share one copy of its bytes.
func appendText(dst []string, v encoding.Values) []string {
	data, offsets := v.ByteArray()
	if len(offsets) == 0 {
		return dst
	}
	base := offsets[0]
	text := string(data[base:offsets[len(offsets)-1]])
	for i := range len(offsets) - 1 {
		dst = append(dst, text[offsets[i]-base:offsets[i+1]-base])
	}
	return dst
}

// fill reads n rows into the batch.
func (c *values[T]) fill(n int) error {
	want := n * c.width
	*c.out = resize(*c.out, want)[:0]
	if c.valid != nil {
		*c.valid = resize(*c.valid, want)[:0]
	}
	for len(*c.out) < want {
		if c.at == len(c.vals) {
			if err := c.nextPage(); err != nil {
				return err
			}
			continue
		}
		end := min(len(c.vals), c.at+want-len(*c.out))
		*c.out = append(*c.out, c.vals[c.at:end]...)
		if c.valid != nil {
			*c.valid = append(*c.valid, c.has[c.at:end]...)
		}
		c.at = end
	}
	return nil
}

// nextPage decodes the next page into vals.
func (c *values[T]) nextPage() error {
	p, present, err := c.page()
	if err != nil {
		return err
	}
	defer parquet.Release(p)
	c.at = 0
	if present == nil {
		if c.vals, err = c.appendPage(c.vals[:0], p); err != nil {
			return err
		}
		if c.valid != nil {
			c.has = append(c.has[:0], make([]bool, len(c.vals))...)
			for i := range c.has {
				c.has[i] = true
			}
		}
		return nil
	}
	if c.valid == nil && !c.zero {
		return fmt.Errorf("column %s: null value", c.name)
	}
	if c.tmp, err = c.appendPage(c.tmp[:0], p); err != nil {
		return err
	}
	return c.spread(present)
}

// spread puts the values of tmp where present says they are.
func (c *values[T]) spread(present []byte) error {
	c.vals, c.has = resize(c.vals, len(present)), resize(c.has, len(present))
	next := 0
	for i, d := range present {
		var v T
		if c.has[i] = d == c.max; c.has[i] {
			if next == len(c.tmp) {
				return fmt.Errorf("column %s: page has fewer values than its levels say", c.name)
			}
			v = c.tmp[next]
			next++
		}
		c.vals[i] = v
	}
	return nil
}

// appendPage appends the values of a page that are not null.
func (c *values[T]) appendPage(dst []T, p parquet.Page) ([]T, error) {
	dict := p.Dictionary()
	data := p.Data()
	if dict == nil {
		n := len(dst)
		dst = c.decode(dst, data)
		return dst, c.areSound(dst[n:])
	}
	if c.from != dict {
		c.from, c.dict = dict, c.dict[:0]
		for i := range dict.Len() {
			c.dict = append(c.dict, c.cast(dict.Index(int32(i))))
		}
		if err := c.areSound(c.dict); err != nil {
			return nil, err
		}
	}
	for _, i := range data.Int32() {
		if i < 0 || int(i) >= len(c.dict) {
			return nil, fmt.Errorf("column %s: index %d into a dictionary of %d", c.name, i, len(c.dict))
		}
		dst = append(dst, c.dict[i])
	}
	return dst, nil
}

// areSound returns the error of the first value that is not sound.
func (c *values[T]) areSound(all []T) error {
	if c.sound == nil {
		return nil
	}
	for _, v := range all {
		if err := c.sound(v); err != nil {
			return err
		}
	}
	return nil
}

// isUTF8 is the error of a text that no other program opens the file for.
func (l *leafReader) isUTF8(text string) error {
	if utf8.ValidString(text) {
		return nil
	}
	return fmt.Errorf("column %s: %.40q is not UTF-8: other programs do not open the file; make it again from UTF-8", l.name, text)
}
