package parquetguard

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/format"
	"github.com/pierrec/lz4/v4"
)

// unreadable says why pages of a codec are not read; "" where they are.
func unreadable(codec format.CompressionCodec) string {
	switch codec {
	case format.Uncompressed, format.Snappy, format.Gzip, format.Brotli, format.Zstd, format.Lz4Raw:
		return ""
	case format.Lz4:
		return "is packed with LZ4 in Hadoop's framing, which the format has given up and which is not read"
	case format.LZO:
		return "is packed with LZO, which is not read"
	}
	return fmt.Sprintf("is packed with codec %d, which is not known", codec)
}

// unpack unpacks src into dst, which it fills to the last byte, or fails.
func unpack(codec format.CompressionCodec, dst, src []byte) error {
	if len(dst) == 0 {
		return nil // a page of nulls alone; some writers leave its data out altogether
	}
	switch codec {
	case format.Lz4Raw:
		return unpackLZ4(dst, src)
	case format.Gzip:
		return unpackGzip(dst, src)
	}
	out, err := parquet.LookupCompressionCodec(codec).Decode(dst, src)
	switch {
	case err != nil:
		return fmt.Errorf("its data is damaged: %w", err)
	case len(out) != len(dst):
		return fmt.Errorf("its data has %d bytes, its header says %d", len(out), len(dst))
	case &out[0] != &dst[0]: // the codec took another buffer
		copy(dst, out)
	}
	return nil
}

var errLZ4 = errors.New("its LZ4 block is damaged, or of another size than its header says")

// unpackLZ4 is unpack for LZ4. That of the Parquet library takes another buffer.
func unpackLZ4(dst, src []byte) error {
	if n, err := lz4.UncompressBlock(src, dst); err != nil || n != len(dst) {
		return errLZ4
	}
	return nil
}

var unzippers = sync.Pool{New: func() any { return new(gzip.Reader) }}

// unpackGzip is unpack for gzip. The library's goes on to the end, however far that is.
func unpackGzip(dst, src []byte) error {
	z := unzippers.Get().(*gzip.Reader)
	defer unzippers.Put(z)
	err := z.Reset(bytes.NewReader(src))
	if err == nil {
		_, err = io.ReadFull(z, dst)
	}
	if err != nil {
		return fmt.Errorf("its data is damaged, or shorter than the %d bytes that its header says: %w", len(dst), err)
	}
	var more [1]byte
	switch n, err := io.ReadFull(z, more[:]); { // reads the checksum, too
	case n > 0:
		return fmt.Errorf("its data has more than the %d bytes that its header says", len(dst))
	case !errors.Is(err, io.EOF):
		return fmt.Errorf("its data is damaged: %w", err)
	}
	return nil
}
