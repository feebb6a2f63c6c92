package selecting

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"

	"exemplar/schemas"
)

// writeNPZ renders the centers as a NumPy archive: under the name of each center
// ("mean") the coordinates, float64 (groups, D), and group_id, strings (groups,).
// Where there are several scopes, each name has its scope in front ("label/mean").
// Entries are stored without times, so equal centers give equal bytes.
func writeNPZ(p *schemas.SelectionParameters, centers []schemas.Center) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, scope := range p.Scopes {
		prefix := ""
		if len(p.Scopes) > 1 {
			prefix = scope + "/"
		}
		var ids []string
		for _, name := range p.CentersOf(scope) {
			var rows []float64
			ids = nil
			for _, c := range centers {
				if c.Scope == scope && c.Center == name {
					rows, ids = append(rows, c.Embedding...), append(ids, c.GroupID)
				}
			}
			if err := addArray(z, prefix+name, "<f8", fmt.Sprintf("(%d, %d)", len(ids), len(rows)/len(ids)), rows); err != nil {
				return nil, err
			}
		}
		text, width := utf32(ids)
		if err := addArray(z, prefix+"group_id", fmt.Sprintf("<U%d", width), fmt.Sprintf("(%d,)", len(ids)), text); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// addArray adds one array in NumPy's format, version 1.0.
func addArray(z *zip.Writer, name, dtype, shape string, data any) error {
	w, err := z.CreateHeader(&zip.FileHeader{Name: name + ".npy", Method: zip.Store})
	if err != nil {
		return err
	}
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
