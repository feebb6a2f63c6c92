package npy

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// AppendHeader adds the header of an array in C order, version 1.0 of the format, as NumPy
// writes it. The type is as NumPy writes it, "<f4", and the shape a tuple of Python,
// "(3, 4)". The numbers follow, at a multiple of 64 bytes.
func AppendHeader(b []byte, dtype, shape string) []byte {
	const start = "\x93NUMPY\x01\x00"
	dict := fmt.Sprintf("{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtype, shape)
	padding := 63 - (len(start)+2+len(dict))%64
	b = append(b, start...)
	b = binary.LittleEndian.AppendUint16(b, uint16(len(dict)+padding+1))
	return append(b, dict+strings.Repeat(" ", padding)+"\n"...)
}
