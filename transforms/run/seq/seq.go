// Package seq makes sequences of values that end with an error where one occurs.
//
// What never enters: Beam, files, flags, printing, other modules; what the values are.
package seq

import "iter"

// From turns a function that calls yield with each value, and returns an error, into a
// sequence: the error, if there is one, comes last, beside no value. The function returns
// nil as soon as yield has returned false.
func From[T any](values func(yield func(T, error) bool) error) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		if err := values(yield); err != nil {
			var none T
			yield(none, err)
		}
	}
}

// Of yields the values of a list.
func Of[T any](list []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for _, v := range list {
			if !yield(v, nil) {
				return
			}
		}
	}
}

// Up yields the numbers from 0 to below n.
func Up(n int) iter.Seq2[int, error] {
	return func(yield func(int, error) bool) {
		for i := range n {
			if !yield(i, nil) {
				return
			}
		}
	}
}
