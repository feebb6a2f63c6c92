package listing

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// idxFile returns an IDX file: the dimensions that its header states, and content.
func idxFile(kind byte, content []byte, dims ...uint32) []byte {
	b := []byte{0, 0, 8, kind}
	for _, d := range dims {
		b = binary.BigEndian.AppendUint32(b, d)
	}
	return append(b, content...)
}

func packed(t *testing.T, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(data); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// listIDX lists a folder with one IDX file, and returns what it takes in bytes, too.
func listIDX(t *testing.T, name string, data, labels []byte) (*Result, uint64, error) {
	t.Helper()
	dir := t.TempDir()
	c := Config{Inputs: []string{filepath.Join(dir, name)}}
	if err := os.WriteFile(c.Inputs[0], data, 0o666); err != nil {
		t.Fatal(err)
	}
	if labels != nil {
		c.Labels = filepath.Join(dir, "labels")
		if err := os.WriteFile(c.Labels, labels, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	r, err := List(t.Context(), c)
	runtime.ReadMemStats(&after)
	return r, after.TotalAlloc - before.TotalAlloc, err
}

const (
	idxName = "a-images-idx3-ubyte"
	gzName  = idxName + ".gz"
)

// TestIDXThatClaimsMore: no entry is made for an image that is only claimed, and a
// packed file is believed only when its checksum was compared.
func TestIDXThatClaimsMore(t *testing.T) {
	pixels := bytes.Repeat([]byte{1, 2, 3, 4}, 3)
	sound := packed(t, idxFile(3, pixels, 3, 2, 2))
	flipped, checksum := bytes.Clone(sound), bytes.Clone(sound)
	flipped[24] ^= 1
	checksum[len(sound)-8] ^= 1
	for what, c := range map[string]struct {
		name string
		data []byte
		want string
	}{
		"4e9 images":         {idxName, idxFile(3, pixels, 4_000_000_000, 28, 28), "claims 4000000000 images of 28x28 in a file of 28 bytes: at most 100001"},
		"2e7 images, packed": {gzName, packed(t, idxFile(3, make([]byte, 1<<20), 20_000_000, 1, 1)), "claims 20000000 images"},
		"90,000 images":      {idxName, idxFile(3, pixels, 90_000, 2, 2), "holds 3: less than half"},
		"90,000, packed":     {gzName, packed(t, idxFile(3, pixels, 90_000, 2, 2)), "cut off in image 3 of 90000"},
		"flipped bit":        {gzName, flipped, ""},
		"wrong checksum":     {gzName, checksum, "invalid checksum"},
		"no trailer":         {gzName, sound[:len(sound)-8], "behind the 3 images of 2x2 the checksum is cut off"},
		"half a trailer":     {gzName, sound[:len(sound)-3], "behind the 3 images of 2x2 the checksum is cut off"},
		"cut":                {gzName, sound[:len(sound)-14], "is cut off"},
		"bytes behind":       {gzName, append(bytes.Clone(sound), "more"...), "behind the 3 images of 2x2"},
		"images behind":      {gzName, packed(t, idxFile(3, pixels, 2, 2, 2)), "goes on after the 2 images"},
		"plain, behind":      {idxName, idxFile(3, pixels, 2, 2, 2), "goes on after the 2 images of 2x2 that its header declares: it has 28 bytes, not 24"},
	} {
		_, n, err := listIDX(t, c.name, c.data, nil)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.name) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line with %q", what, err, c.want)
		}
		if n > 8<<20 {
			t.Errorf("%s: %d MiB allocated", what, n>>20)
		}
	}
	if r, _, err := listIDX(t, gzName, sound, nil); err != nil || len(r.Entries) != 3 {
		t.Errorf("the sound file: %+v, %v", r, err)
	}
	if r, _, err := listIDX(t, idxName, idxFile(3, pixels[:5], 3, 2, 2), nil); err != nil || len(r.Entries) != 3 {
		t.Errorf("a plain file that is cut off: %+v, %v; want an entry for each image, to be accounted for", r, err)
	}
}

// TestLabelsThatClaimMore: as many labels are read as there are images.
func TestLabelsThatClaimMore(t *testing.T) {
	idx := idxFile(3, make([]byte, 12), 3, 2, 2)
	for want, labels := range map[string][]byte{
		"holds 2000000000 labels": packed(t, idxFile(1, make([]byte, 1<<20), 2_000_000_000)),
		"goes on after":           packed(t, idxFile(1, make([]byte, 1<<20), 3)),
		"invalid checksum":        append(packed(t, idxFile(1, make([]byte, 3), 3))[:30], make([]byte, 8)...),
	} {
		_, n, err := listIDX(t, idxName, idx, labels)
		if err == nil || !strings.Contains(err.Error(), want) || n > 8<<20 {
			t.Errorf("%v, %d MiB allocated; want %q", err, n>>20, want)
		}
	}
	r, _, err := listIDX(t, idxName, idx, packed(t, idxFile(1, []byte{7, 8, 9}, 3)))
	if err != nil || r.Entries[2].Label != "9" || r.LabelsSHA256 == "" {
		t.Errorf("%+v, %v", r, err)
	}
}
