package selecting

import (
	"context"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/where"
)

// condition reads Config.Where; it is nil without one.
func (c Config) condition() (schemas.Condition, error) {
	if c.Where == "" {
		return nil, nil
	}
	condition, err := schemas.ParseCondition(c.Where)
	if err != nil {
		return nil, fmt.Errorf("Config.Where: %w", err)
	}
	return condition, nil
}

// resolve gives the columns of the condition the names that they have in latents.
func (c Config) resolve(spec *schemas.LatentsSpec) (schemas.Condition, error) {
	condition, err := c.condition()
	if err != nil {
		return nil, err
	}
	if condition, err = where.Resolve(condition, spec); err != nil {
		return nil, fmt.Errorf("Config.Where: %w", err)
	}
	return condition, nil
}

// imagesOf says which images satisfy a condition.
func imagesOf(c schemas.Condition) string {
	if len(c) == 0 {
		return "all images"
	}
	return fmt.Sprintf("the images with %s (%s)", c, c.Types())
}

// restrict makes the selection one of the images that satisfy a condition: all rows say
// first how its columns compare, and then how many satisfy it. From these the defaults
// follow, as if there were no others.
func (c Config) restrict(ctx context.Context, o *Options, condition schemas.Condition, files []rows.File) error {
	condition, err := typed(ctx, condition, o.Metadata, files)
	if err != nil {
		return fmt.Errorf("Config.Where: %w", err)
	}
	found, err := countInside(ctx, condition, o.Metadata, files)
	if err != nil {
		return err
	}
	if found.inside == 0 {
		return fmt.Errorf("Config.Where: none of %s in %s satisfies it: %s", words.Plural(o.Rows, "image", "images"), c.Input, found.why(condition))
	}
	for i := range files {
		files[i].Where = condition
	}
	o.Inside, o.Parameters = found.inside, c.parameters(found.inside, o.Dimension)
	o.Parameters.Where, o.Parameters.Labels = condition, o.Labels.SHA256
	return o.enough(c.Input)
}

// typed finds how the columns of a condition compare.
func typed(ctx context.Context, c schemas.Condition, metadata []string, files []rows.File) (schemas.Condition, error) {
	total, err := where.NewTypes(c, metadata)
	if err != nil || !slices.ContainsFunc(c, func(p schemas.Comparison) bool { return p.As == "" }) {
		return c, err
	}
	err = eachOf(ctx, files, latents.IDs|where.Columns(c), func() (*where.Types, error) { return where.NewTypes(c, metadata) },
		(*where.Types).Add, total.Merge)
	if err != nil {
		return nil, err
	}
	return total.Condition()
}

// eachOf goes through files side by side, and merges what each gives.
func eachOf[T any](ctx context.Context, files []rows.File, columns latents.Columns, empty func() (T, error), add func(T, *latents.Batch), merge func(T)) error {
	for part, err := range parallel.EachComputed(ctx, len(files), 2, func(ctx context.Context, i int) (T, error) {
		part, err := empty()
		if err != nil {
			return part, err
		}
		f, closer, err := rows.OpenFile(ctx, files[i])
		if err != nil {
			return part, err
		}
		defer closer.Close() // only read
		for b, err := range f.Batches(columns) {
			if err != nil {
				return part, err
			}
			add(part, b)
		}
		return part, ctx.Err()
	}) {
		if err != nil {
			return err
		}
		merge(part)
	}
	return nil
}

// insides counts what satisfies a condition.
type insides struct {
	all    where.Test
	inside int64
	parts  []part // of the comparisons
}

// part is what there is of one comparison.
type part struct {
	test      where.Test
	inside    int64
	values    map[string]bool // some of its column, until an image satisfies it
	low, high float64         // of its numbers until then, instead
	numbers   bool            // it compares numbers
}

// mostValues is the number of values of a column that are kept for a message, and
// mostNamed that of those that it names.
const mostValues, mostNamed = 1000, 5

func newInsides(c schemas.Condition, metadata []string) (*insides, error) {
	all, err := where.New(c, metadata)
	if err != nil {
		return nil, err
	}
	n := &insides{all: all}
	for i := range c {
		n.parts = append(n.parts, part{test: all[i : i+1], values: map[string]bool{},
			low: math.Inf(1), high: math.Inf(-1), numbers: c[i].As == schemas.AsNumber})
	}
	return n, nil
}

func (n *insides) add(b *latents.Batch) {
	for row := range b.N {
		if n.all.Inside(b, row) {
			n.inside++
		}
		for i := range n.parts {
			if p := &n.parts[i]; p.test.Inside(b, row) {
				p.inside++
			} else if p.inside == 0 {
				p.note(p.test.Value(b, row))
			}
		}
	}
}

// note keeps what a message says of a value that does not satisfy the comparison.
func (p *part) note(value string) {
	if p.numbers {
		if v, ok := schemas.Number(value); ok {
			p.low, p.high = min(p.low, v), max(p.high, v)
		}
	} else if value != "" && len(p.values) < mostValues && !p.values[value] {
		p.values[strings.Clone(value)] = true
	}
}

func (n *insides) merge(o *insides) {
	n.inside += o.inside
	for i := range n.parts {
		into, from := &n.parts[i], &o.parts[i]
		into.inside += from.inside
		maps.Copy(into.values, from.values)
		into.low, into.high = min(into.low, from.low), max(into.high, from.high)
	}
}

// why says why no image satisfies a condition.
func (n *insides) why(c schemas.Condition) string {
	for i, p := range n.parts {
		if p.inside > 0 {
			continue
		}
		values := slices.Sorted(maps.Keys(p.values))
		switch {
		case p.low <= p.high:
			return fmt.Sprintf("no image has %s, %s is from %v to %v", c[i], c[i].Column, p.low, p.high)
		case len(values) == 0:
			return fmt.Sprintf("no image has a value of %s", c[i].Column)
		}
		more := ""
		if len(values) > mostNamed {
			values, more = values[:mostNamed], ", …"
		}
		for i, v := range values {
			values[i] = strconv.Quote(v)
		}
		return fmt.Sprintf("no image has %s, the values of %s are %s%s", c[i], c[i].Column, strings.Join(values, ", "), more)
	}
	return "each of its comparisons is satisfied by some images, and all of them by none"
}

// countInside counts the rows that satisfy a condition.
func countInside(ctx context.Context, c schemas.Condition, metadata []string, files []rows.File) (*insides, error) {
	total, err := newInsides(c, metadata)
	if err != nil {
		return nil, err
	}
	return total, eachOf(ctx, files, where.Columns(c), func() (*insides, error) { return newInsides(c, metadata) }, (*insides).add, total.merge)
}
