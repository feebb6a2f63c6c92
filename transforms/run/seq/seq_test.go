package seq

import (
	"errors"
	"slices"
	"testing"
)

func TestFrom(t *testing.T) {
	broken := errors.New("broken")
	all := From(func(yield func(int, error) bool) error {
		for i := range 3 {
			if !yield(i, nil) {
				return nil
			}
		}
		return broken
	})
	var got []int
	var last error
	for v, err := range all {
		if last = err; err == nil {
			got = append(got, v)
		}
	}
	if !slices.Equal(got, []int{0, 1, 2}) || last != broken {
		t.Fatalf("%v, %v", got, last)
	}
	for v, err := range all {
		if v != 0 || err != nil {
			t.Fatalf("%v, %v", v, err)
		}
		break // nothing is yielded behind it, which would panic
	}
}

func TestLists(t *testing.T) {
	var got []string
	for v, err := range Of([]string{"a", "b", "c"}) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, v); v == "b" {
			break
		}
	}
	sum := 0
	for i, err := range Up(4) {
		if err != nil {
			t.Fatal(err)
		}
		sum += i
	}
	if !slices.Equal(got, []string{"a", "b"}) || sum != 6 {
		t.Fatalf("%v, %d", got, sum)
	}
}
