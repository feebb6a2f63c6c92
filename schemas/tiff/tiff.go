// Package tiff writes the directory of a TIFF file: the sample, picked images and the
// figure are such files.
//
// What never enters: Beam, files, flags, printing, networks, other modules, model, tfrecord,
// transforms, pipelines; pixels and what they are compressed with.
package tiff

import "encoding/binary"

// Types of the values of a directory.
const (
	Short    = 3
	Long     = 4
	Rational = 5
)

// AppendDirectory appends the directory of the only page of a little-endian TIFF file:
// of each entry its tag, the type and number of its values, and the value or where the
// values are. Each entry takes 12 bytes, and all together 6 more.
func AppendDirectory(b []byte, entries ...[4]uint32) []byte {
	b = binary.LittleEndian.AppendUint16(b, uint16(len(entries)))
	for _, e := range entries {
		b = binary.LittleEndian.AppendUint16(b, uint16(e[0]))
		b = binary.LittleEndian.AppendUint16(b, uint16(e[1]))
		b = binary.LittleEndian.AppendUint32(b, e[2])
		b = binary.LittleEndian.AppendUint32(b, e[3]) // of a short the first two bytes
	}
	return binary.LittleEndian.AppendUint32(b, 0)
}
