package cli

import (
	"errors"
	"flag"
	"fmt"
	"math"
	"strconv"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
)

// FirstGiven returns the first of some flags that was given, with its dashes, or "": one
// that means nothing beside others is a mistake.
func FirstGiven(fs *flag.FlagSet, names ...string) string {
	set := map[string]bool{}
	fs.Visit(func(f *flag.Flag) { set[f.Name] = true })
	for _, name := range names {
		if set[name] {
			return "--" + name
		}
	}
	return ""
}

// Strings is a flag that may be given several times.
type Strings []string

// String returns the values with commas between them.
func (s *Strings) String() string { return strings.Join(*s, ", ") }

// Set adds one value.
func (s *Strings) Set(v string) error {
	*s = append(*s, v)
	return nil
}

// List is a flag that takes several values with commas between them.
type List []string

// String returns the values as they are typed.
func (l *List) String() string { return strings.Join(*l, ",") }

// Set replaces the values.
func (l *List) Set(v string) error {
	*l = strings.Split(v, ",")
	return nil
}

// Count is a flag for a number from 1 on; 0 where it was not given.
type Count int

// String returns the number, or nothing where it was not given.
func (c *Count) String() string {
	if c == nil || *c == 0 {
		return ""
	}
	return strconv.Itoa(int(*c))
}

// Set parses the number.
func (c *Count) Set(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 {
		return fmt.Errorf("must be a number from 1 on")
	}
	*c = Count(n)
	return nil
}

// Index is a flag for a number from 0 on; -1 where it was not given.
type Index int

// String returns the number, or nothing where it was not given.
func (i *Index) String() string {
	if i == nil || *i < 0 {
		return ""
	}
	return strconv.Itoa(int(*i))
}

// Set parses the number.
func (i *Index) Set(v string) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < 0 {
		return fmt.Errorf("must be a number from 0 on")
	}
	*i = Index(n)
	return nil
}

// Size is a flag for an image size: "256x256" (height x width) or "256".
type Size struct{ Height, Width int }

// String returns the size as it is typed, or nothing where it was not given.
func (s *Size) String() string {
	if s == nil || *s == (Size{}) {
		return ""
	}
	return fmt.Sprintf("%dx%d", s.Height, s.Width)
}

// Set parses one size.
func (s *Size) Set(v string) error {
	height, width, two := strings.Cut(v, "x")
	if !two {
		width = height
	}
	h, errH := strconv.Atoi(height)
	w, errW := strconv.Atoi(width)
	if errH != nil || errW != nil || h < 1 || w < 1 {
		return fmt.Errorf("want HEIGHTxWIDTH in pixels, as 256x256")
	}
	*s = Size{h, w}
	return nil
}

// SizeOrRule is a flag that takes a size, or a rule by which images decide it, see
// schemas.ParseSizeRule.
type SizeOrRule struct {
	Size *schemas.Size
	Rule *string
}

// String returns what is typed.
func (s SizeOrRule) String() string {
	if s.Rule == nil || *s.Rule == "" {
		return (*Size)(s.Size).String()
	}
	return *s.Rule
}

// Set parses a size or a rule.
func (s SizeOrRule) Set(v string) error {
	*s.Size, *s.Rule = schemas.Size{}, ""
	if v == "" || v[0] >= '0' && v[0] <= '9' {
		return (*Size)(s.Size).Set(v)
	}
	if _, err := schemas.ParseSizeRule(v); err != nil {
		return fmt.Errorf("want HEIGHTxWIDTH in pixels, as 256x256, or largest, frequent, or a percentile, as p95")
	}
	*s.Rule = v
	return nil
}

// FullScale is a flag that takes the largest sample that there can be, or auto, which is 0.
type FullScale int

// String returns what is typed.
func (f *FullScale) String() string {
	if f == nil || *f == 0 {
		return "auto"
	}
	return strconv.Itoa(int(*f))
}

// Set parses a sample of 16 bits, or auto.
func (f *FullScale) Set(v string) error {
	if v == "auto" {
		*f = 0
		return nil
	}
	n, err := strconv.Atoi(v)
	if err != nil || n < 1 || n > 1<<16-1 {
		return fmt.Errorf("want a number from 1 to %d, as 4095, or auto", 1<<16-1)
	}
	*f = FullScale(n)
	return nil
}

// Above0 is a flag that takes a number above 0, where 0 stands for none given.
type Above0 float64

// String returns what is typed.
func (n *Above0) String() string {
	if n == nil || *n == 0 {
		return ""
	}
	return strconv.FormatFloat(float64(*n), 'g', -1, 64)
}

// Set parses a number above 0.
func (n *Above0) Set(v string) error {
	x, err := strconv.ParseFloat(v, 64)
	if err != nil || !(x > 0) || math.IsInf(x, 0) {
		return errors.New("want a number above 0")
	}
	*n = Above0(x)
	return nil
}

// Ints is a flag that takes numbers with commas between them: "16,32,64".
type Ints []int

// String returns the numbers as they are typed.
func (n *Ints) String() string { return words.Joined(*n, ",") }

// Set parses the numbers, each at least 1, and replaces those before.
func (n *Ints) Set(text string) error {
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.Atoi(strings.TrimSpace(part))
		if err != nil || v < 1 {
			return fmt.Errorf("want numbers from 1 with commas between them, as 16,32")
		}
		*n = append(*n, v)
	}
	return nil
}

// Floats is a flag that takes numbers with commas between them.
type Floats []float64

// String returns the numbers as they are typed.
func (n *Floats) String() string {
	var texts []string
	for _, v := range *n {
		texts = append(texts, strconv.FormatFloat(v, 'g', -1, 64))
	}
	return strings.Join(texts, ",")
}

// Set parses the numbers, and replaces those before.
func (n *Floats) Set(text string) error {
	*n = nil
	for part := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(part), 64)
		if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("want numbers with commas between them, as 1,2.5")
		}
		*n = append(*n, v)
	}
	return nil
}

// InputRange is a flag that takes the range of the numbers that pixels become
// for a model: "0,1", "-1,1" or "0,255". What it holds is the model's scale, or nothing
// where it was not given.
type InputRange string

// String returns the range as it is typed.
func (r *InputRange) String() string {
	if r == nil {
		return ""
	}
	return model.RangeText(string(*r))
}

// Set parses a range.
func (r *InputRange) Set(v string) error {
	scale, err := model.ParseRange(v)
	if err == nil {
		*r = InputRange(scale)
	}
	return err
}
