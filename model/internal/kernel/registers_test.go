package kernel

import (
	"os"
	"regexp"
	"strings"
	"testing"
)

// TestAVX2Registers: the AVX2 routines use the 16 registers of AVX2 alone. The
// generator's allocator knows 32, and processors of tests mostly have them.
func TestAVX2Registers(t *testing.T) {
	source, err := os.ReadFile("kernels_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	wide := regexp.MustCompile(`\b([XY](1[6-9]|2\d|3[01])|Z\d+|K[0-7])\b`)
	checked := 0
	for _, routine := range strings.Split(string(source), "\nTEXT ")[1:] {
		name, body, _ := strings.Cut(routine, "(SB)")
		if !strings.HasSuffix(name, "AVX2") {
			continue
		}
		checked++
		if found := wide.FindString(body); found != "" {
			t.Errorf("%s uses register %s of AVX-512", name, found)
		}
	}
	if checked < 10 {
		t.Errorf("%d routines for AVX2 found", checked)
	}
}
