package verifying

import (
	"context"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
)

// condition is the condition of a selection, as it is checked.
type condition struct {
	parts   []comparison
	columns latents.Columns // that it needs
}

// comparison is one of its comparisons. A value satisfies it whose sign, compared with
// one of the values, is among those of the operator.
type comparison struct {
	schemas.Comparison
	values []value
	of     func(b *latents.Batch, k int) value
	typed  bool // all values of the column decide how they compare
}

// value is what an image has in a column.
type value struct {
	text   string
	number float64 // NaN: it is none
}

// missing reports whether a text is no value.
func missing(text string) bool { return text == "" || strings.EqualFold(text, "nan") }

var decimal = regexp.MustCompile(`^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$`)

// valueOf reads a text.
func valueOf(text string) value {
	v := value{text, math.NaN()}
	if decimal.MatchString(text) {
		if n, err := strconv.ParseFloat(text, 64); err == nil {
			v.number = n
		}
	}
	return v
}

// figures are the columns of numbers.
var figures = map[string]func(b *latents.Batch, k int) float32{
	schemas.ColMSE: func(b *latents.Batch, k int) float32 {
		if !b.HasMSE[k] {
			return float32(math.NaN())
		}
		return b.MSE[k]
	},
	schemas.ColMean:       func(b *latents.Batch, k int) float32 { return b.Quality[k].Mean },
	schemas.ColMax:        func(b *latents.Batch, k int) float32 { return b.Quality[k].Max },
	schemas.ColSaturated:  func(b *latents.Batch, k int) float32 { return b.Quality[k].Saturated },
	schemas.ColForeground: func(b *latents.Batch, k int) float32 { return b.Quality[k].Foreground },
	schemas.ColSharpness:  func(b *latents.Batch, k int) float32 { return b.Quality[k].Sharpness },
	schemas.ColBorder:     func(b *latents.Batch, k int) float32 { return b.Quality[k].Border },
	schemas.ColQCFlags:    func(b *latents.Batch, k int) float32 { return float32(b.QCFlags[k]) },
	schemas.ColObject: func(b *latents.Batch, k int) float32 {
		if !b.HasObject[k] {
			return float32(math.NaN())
		}
		return b.Quality[k].Object
	},
}

// ofChannel is a column of numbers of one channel.
type ofChannel struct {
	at   int
	name string // of the image's column of the same kind
}

var channelColumn = regexp.MustCompile(`^(mean|max|saturated_fraction|foreground_fraction|sharpness|border_fraction|object_fraction)_c([0-9]|1[0-5])$`)

// channelFigures reads the name of such a column.
func channelFigures(column string) (c ofChannel, ok bool) {
	m := channelColumn.FindStringSubmatch(column)
	if m == nil {
		return c, false
	}
	c.name = m[1]
	c.at, _ = strconv.Atoi(m[2])
	return c, true
}

func (c ofChannel) of(b *latents.Batch, k int) float32 {
	q := b.ChannelsOf(k)[c.at]
	return map[string]float32{schemas.ColMean: q.Mean, schemas.ColMax: q.Max, schemas.ColSaturated: q.Saturated, schemas.ColForeground: q.Foreground,
		schemas.ColSharpness: q.Sharpness, schemas.ColBorder: q.Border, schemas.ColObject: q.Object}[c.name]
}

// findCondition prepares the condition; false where the latents have no column of it.
func (s *selection) findCondition(r *Report) bool {
	spec := &s.latents.manifest.Spec
	for _, p := range s.m.Parameters.Where {
		c := comparison{Comparison: p}
		figure, isFigure := figures[p.Column]
		channel, isChannel := channelFigures(p.Column)
		isChannel = isChannel && channel.at < len(spec.Channels)
		for _, text := range p.Values {
			v := valueOf(text)
			if isFigure || isChannel {
				v.number = float64(float32(v.number))
			}
			c.values = append(c.values, v)
		}
		column := slices.Index(spec.Metadata, p.Column)
		switch {
		case column >= 0:
			s.where.columns |= latents.Metadata
			c.of, c.typed = func(b *latents.Batch, k int) value { return valueOf(b.Metadata[column][k]) }, true
		case p.Column == schemas.ColLabel:
			s.where.columns |= latents.Labels
			c.of, c.typed = func(b *latents.Batch, k int) value { return valueOf(b.Label[k]) }, true
		case p.Column == schemas.ColImageID:
			s.where.columns |= latents.IDs
			c.of = func(b *latents.Batch, k int) value { return value{b.ImageID[k], math.NaN()} }
		case isFigure && spec.Source == "" && (p.Column != schemas.ColObject || spec.ObjectFraction):
			s.where.columns |= latents.Quality | latents.MSE
			c.of = func(b *latents.Batch, k int) value { return value{"-", float64(figure(b, k))} }
		case isChannel && spec.Source == "":
			s.where.columns |= latents.Quality
			c.of = func(b *latents.Batch, k int) value { return value{"-", float64(channel.of(b, k))} }
		default:
			r.problemf(schemas.SelectionFile, "its condition %s names a column that the latents do not have", p)
			return false
		}
		s.where.parts = append(s.where.parts, c)
	}
	return true
}

// outside reports whether an image does not satisfy the condition of the manifest.
func (s *selection) outside(b *latents.Batch, k int) bool {
	return slices.ContainsFunc(s.where.parts, func(c comparison) bool { return !c.satisfied(c.of(b, k)) })
}

// mayBePicked reports whether an image is eligible, by the condition and the gate of the
// manifest.
func (s *selection) mayBePicked(b *latents.Batch, k int) bool {
	_, excluded := exclusionOf(b, k, &s.m.Gate)
	return !excluded && !s.outside(b, k)
}

// signs are those of a value compared with another one that satisfy an operator.
var signs = map[string]string{schemas.OpEqual: "0", schemas.OpIn: "0", schemas.OpNotEqual: "-+", schemas.OpLess: "-", schemas.OpLessEqual: "-0",
	schemas.OpGreater: "+", schemas.OpGreaterEqual: "0+"}

func (c *comparison) satisfied(v value) bool {
	return slices.ContainsFunc(c.values, func(w value) bool {
		sign := strings.Compare(v.text, w.text)
		switch {
		case c.As == schemas.AsNumber && math.IsNaN(v.number), missing(v.text):
			return false
		case c.As == schemas.AsNumber && v.number < w.number:
			sign = -1
		case c.As == schemas.AsNumber && v.number > w.number:
			sign = 1
		case c.As == schemas.AsNumber:
			sign = 0
		}
		return strings.Contains(signs[c.Op], string("-0+"[sign+1]))
	})
}

// whereTally counts what the condition leaves out, and by comparison what decides how
// its column compares.
type whereTally struct {
	outside int64
	numbers []int64 // values that are numbers
	others  []int64 // that are neither numbers nor missing
}

func (s *selection) newWhereTally() *whereTally {
	n := len(s.where.parts)
	return &whereTally{numbers: make([]int64, n), others: make([]int64, n)}
}

// add takes an image in.
func (t *whereTally) add(s *selection, b *latents.Batch, k int) {
	for i, c := range s.where.parts {
		switch v := c.of(b, k); {
		case !c.typed || missing(v.text):
		case math.IsNaN(v.number):
			t.others[i]++
		default:
			t.numbers[i]++
		}
	}
	if s.outside(b, k) {
		t.outside++
	}
}

func (t *whereTally) fold(o *whereTally) {
	t.outside += o.outside
	for i := range t.numbers {
		t.numbers[i] += o.numbers[i]
		t.others[i] += o.others[i]
	}
}

// checkWhere holds what the manifest says of its condition against all latents. ok is
// false where that does not hold: everything else would differ for the same cause.
func (s *selection) checkWhere(ctx context.Context, r *Report) (ok bool, err error) {
	if len(s.m.Parameters.Where) == 0 {
		return true, nil
	}
	if !s.findCondition(r) {
		return false, nil
	}
	t := s.newWhereTally()
	ok, err = eachFile(ctx, s, r, func(ctx context.Context, info schemas.LatentsInfo) (*whereTally, error) {
		part := s.newWhereTally()
		return part, s.eachEncoded(ctx, info, s.where.columns, func(b *latents.Batch) {
			for k := range b.N {
				part.add(s, b, k)
			}
		})
	}, t.fold)
	if err != nil || !ok {
		return false, err
	}
	if s.m.Outside != t.outside {
		r.problemf(schemas.SelectionFile, "outside is %d, the latents give %d", s.m.Outside, t.outside)
		ok = false
	}
	for i, c := range s.where.parts {
		as := schemas.AsText
		if t.numbers[i] > 0 && t.others[i] == 0 {
			as = schemas.AsNumber
		}
		if c.typed && c.As != as {
			r.problemf(schemas.SelectionFile, "%s compares as %s, by its %s and %s it is %s", c.Column, c.As,
				words.Plural(t.numbers[i], "value that is a number", "values that are numbers"), words.Plural(t.others[i], "that is none", "that are none"), as)
			ok = false
		}
	}
	return ok, nil
}

// eligible is the number of images that may be picked.
func (s *selection) eligible() int64 {
	return s.rows - int64(len(s.exclusions)) - s.m.Outside // which checkWhere has counted
}
