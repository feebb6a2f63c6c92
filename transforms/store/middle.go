package store

import "strings"

// lastRune sorts behind every other character of a key.
const lastRune = "\U0010ffff"

// middle returns a key that splits the keys after one up to another ("" for no
// end) in two parts, of which the upper is not empty; "" where there is none.
//
// Nothing is known of the keys but what the store says when it is asked for the
// first after a bound. So first the place is found from which on keys differ, by
// bisection: "run07/cell000999.tif" may be followed by keys that begin with
// run07/cell000, with run07/cell00, with run0 …. There the character is chosen
// half-way up its kind (digits, letters), and lower where nothing comes after.
func (s *scanner) middle(after, upto string) (string, error) {
	_, prefix := folderPrefix(s.dir)
	low := []rune(strings.TrimPrefix(after, prefix))
	exists := func(bound string) (bool, error) { return s.anyBetween(bound, upto) }

	at, bound := len(low), ""
	for from := 0; from < at; {
		p := (from + at) / 2
		b := prefix + string(low[:p+1]) + lastRune
		is, err := exists(b)
		if err != nil {
			return "", err
		}
		if is {
			at, bound = p, b
		} else {
			from = p + 1
		}
	}
	if at == len(low) {
		return "", nil
	}
	for top := topOf(low[at]); ; {
		c := low[at] + (top-low[at])/2
		if c <= low[at] {
			return bound, nil // all that differ begin with the next character
		}
		b := prefix + string(low[:at]) + string(c)
		is, err := exists(b)
		if err != nil || is {
			return b, err
		}
		top = c
	}
}

// topOf returns the character that comes after all of the kind of r.
func topOf(r rune) rune {
	switch {
	case r < '0':
		return '0'
	case r <= '9':
		return '9' + 1
	case r <= 'Z':
		return 'Z' + 1
	case r <= 'z':
		return 'z' + 1
	}
	return r + 2 // the next character, and those behind it
}

// anyBetween reports whether there is a key after a bound, up to another.
func (s *scanner) anyBetween(bound, upto string) (bool, error) {
	for o, err := range s.store.listAfter(s.ctx, s.dir, bound, 1) {
		return err == nil && (upto == "" || keyOf(o) <= upto), err
	}
	return false, nil
}
