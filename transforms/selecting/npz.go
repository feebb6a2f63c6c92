package selecting

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"strings"

	"exemplar/schemas"
)

// writeNPZ renders the centres as a NumPy archive: under the name of the centre
// ("mean") the coordinates, float64 (groups, D), and group_id, strings
// (groups,). Entries are stored without times, so equal centres give equal bytes.
func writeNPZ(centers []schemas.Center) ([]byte, error) {
	var rows []float64
	var ids []string
	for _, c := range centers {
		rows = append(rows, c.Embedding...)
		ids = append(ids, c.GroupID)
	}
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	entry := func(name, dtype, shape string, data any) error {
		w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
		if err != nil {
			return err
		}
		return writeNPY(w, dtype, shape, data)
	}
	d := len(centers[0].Embedding)
	if err := entry(centers[0].Center, "<f8", fmt.Sprintf("(%d, %d)", len(centers), d), rows); err != nil {
		return nil, err
	}
	text, width := utf32(ids)
	if err := entry("group_id", fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", len(centers)), text); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeNPY writes one array in NumPy's format, version 1.0.
func writeNPY(w io.Writer, dtype, shape string, data any) error {
	const start = "\x93NUMPY\x01\x00"
	header := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape)
	padding := 63 - (len(start)+2+len(header))%64 // data begins at a multiple of 64
	header += strings.Repeat(" ", padding) + "\n"
	head := binary.LittleEndian.AppendUint16([]byte(start), uint16(len(header)))
	if _, err := w.Write(append(head, header...)); err != nil {
		return err
	}
	return binary.Write(w, binary.LittleEndian, data)
}

// utf32 lays out strings as NumPy does: code points of equal numbers, padded
// with zeros.
func utf32(s []string) (points []int32, width int) {
	width = 1
	for _, v := range s {
		width = max(width, len([]rune(v)))
	}
	points = make([]int32, len(s)*width)
	for i, v := range s {
		copy(points[i*width:], []rune(v))
	}
	return points, width
}
