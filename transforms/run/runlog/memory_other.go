//go:build !linux

package runlog

// PeakMemory returns 0: the largest resident set is not known here.
func PeakMemory() int64 { return 0 }

// Memory returns 0: the resident set is not known here.
func Memory() int64 { return 0 }
