package dataset

import (
	"flag"
	"fmt"
	"os"
	"strings"
	"testing"

	"exemplar/transforms/data/draw"
)

var update = flag.Bool("update", false, "rewrite the golden split")

const golden = "testdata/split.txt"

// TestSplitIsAsItWas: which images are held out and which are drawn stays for good. Programs
// that train elsewhere decide it by themselves: .ci/interop/check_split.py holds them to the
// same file.
func TestSplitIsAsItWas(t *testing.T) {
	var b strings.Builder
	line := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	// Ids of every length of the hash's branches, of no text: byte i of n is (7i²+13i+n) mod 251.
	lengths := []int{300, 511, 1023, 1024, 1025, 1088, 1089, 2048, 2049, 4096}
	for n := range 260 {
		lengths = append(lengths, n)
	}
	for _, n := range lengths {
		id := make([]byte, n)
		for i := range id {
			id[i] = byte((7*i*i + 13*i + n) % 251)
		}
		line("length %d part %.17g draw %016x", n, partOf(string(id)), draw.Hash(1^sampleSalt, string(id)))
	}
	for i := range 400 {
		id := fmt.Sprintf("plate ü/well %c%d/%04d.tif", 'A'+i%8, i%12, i)
		if Held(id, 0.1) {
			line("held %s", id)
		}
	}
	if *update {
		if err := os.WriteFile(golden, []byte(b.String()), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := b.String(); got != string(want) {
		t.Errorf("the split is another one than that of %s:\n%s", golden, got)
	}
}
