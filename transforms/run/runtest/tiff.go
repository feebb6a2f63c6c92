package runtest

import (
	"encoding/binary"
	"os"
	"path/filepath"
	"testing"
)

// TIFF is a gray picture of 16 bits as tests write it, with what it says of its pixels.
type TIFF struct {
	Height, Width int
	Pixels        []uint16
	Stated        int     // MaxSampleValue; 0: nothing
	Microns       float64 // a pixel, as pixels per centimeter; 0: nothing
	MinIsWhite    bool
}

// Write writes the picture, and the folder that it is in.
func (p TIFF) Write(t testing.TB, name string) {
	t.Helper()
	le, n := binary.LittleEndian, 2*len(p.Pixels)
	type tag struct {
		tag, typ uint16
		value    uint32
	}
	white := uint32(1)
	if p.MinIsWhite {
		white = 0
	}
	tags := []tag{{256, 3, uint32(p.Width)}, {257, 3, uint32(p.Height)}, {258, 3, 16}, {259, 3, 1}, {262, 3, white}, {273, 4, 8}, {277, 3, 1}, {278, 3, uint32(p.Height)}, {279, 4, uint32(n)}}
	if p.Stated > 0 {
		tags = append(tags, tag{281, 3, uint32(p.Stated)})
	}
	if p.Microns > 0 {
		tags = append(tags, tag{282, 5, uint32(8 + n)}, tag{283, 5, uint32(8 + n)}, tag{296, 3, 3})
	}
	out := le.AppendUint32([]byte("II\x2a\x00"), uint32(8+n+8))
	for _, v := range p.Pixels {
		out = le.AppendUint16(out, v)
	}
	out = le.AppendUint32(out, 1e8)
	out = le.AppendUint32(out, uint32(1e4*p.Microns))
	out = le.AppendUint16(out, uint16(len(tags)))
	for _, e := range tags {
		out = le.AppendUint32(le.AppendUint32(le.AppendUint16(le.AppendUint16(out, e.tag), e.typ), 1), e.value)
	}
	out = le.AppendUint32(out, 0)
	if err := os.MkdirAll(filepath.Dir(name), 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, out, 0o666); err != nil {
		t.Fatal(err)
	}
}
