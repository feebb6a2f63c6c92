package tfrecord

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math/bits"
)

const (
	headerLen = 12 // length and its CRC
	footerLen = 4  // CRC of the data

	// FrameLen is the number of bytes that a record takes in a file besides its
	// data.
	FrameLen = headerLen + footerLen

	maskDelta = 0xa282ead8
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// maskedCRC returns the masked CRC-32C of b.
func maskedCRC(b []byte) uint32 {
	return bits.RotateLeft32(crc32.Checksum(b, castagnoli), -15) + maskDelta
}

// putHeader writes the frame's header for n bytes of data.
func putHeader(h *[headerLen]byte, n int) {
	binary.LittleEndian.PutUint64(h[:8], uint64(n))
	binary.LittleEndian.PutUint32(h[8:], maskedCRC(h[:8]))
}

// headerOK reports whether the header's CRC is that of its length.
func headerOK(h []byte) bool {
	return binary.LittleEndian.Uint32(h[8:headerLen]) == maskedCRC(h[:8])
}

// parseHeader returns the length of the data that follows the header, or the
// reason why the header cannot be right.
func parseHeader(h []byte, limit int64) (n int, reason string) {
	if !headerOK(h) {
		return 0, "the checksum of its length is wrong"
	}
	l := binary.LittleEndian.Uint64(h[:8])
	if l > uint64(limit) {
		return 0, fmt.Sprintf("its length of %d bytes is over the limit of %d", l, limit)
	}
	return int(l), ""
}

// dataOK reports whether frame, data and its footer, has the right CRC.
func dataOK(frame []byte) bool {
	n := len(frame) - footerLen
	return binary.LittleEndian.Uint32(frame[n:]) == maskedCRC(frame[:n])
}
