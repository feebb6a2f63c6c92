//go:build !unix

package main

import "math"

// processorTime returns that the time is not known here.
func processorTime() float64 { return math.NaN() }
