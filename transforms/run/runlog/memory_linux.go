package runlog

import (
	"bufio"
	"os"
	"strconv"
	"strings"
)

// PeakMemory returns the largest resident set of this process so far in bytes, 0
// where it is not known.
func PeakMemory() int64 { return status("VmHWM:") }

// Memory returns the resident set of this process in bytes, 0 where it is not known.
func Memory() int64 { return status("VmRSS:") }

// status reads a size from /proc/self/status.
func status(key string) int64 {
	f, err := os.Open("/proc/self/status")
	if err != nil {
		return 0
	}
	defer f.Close() // only read
	for lines := bufio.NewScanner(f); lines.Scan(); {
		if rest, ok := strings.CutPrefix(lines.Text(), key); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				return 0
			}
			return kib << 10
		}
	}
	return 0
}
