package tfrecord

import (
	"bytes"
	"io"
	"testing"
)

// benchmarks use records of the size of a 256x256 8-bit image.
const imageSize = 256*256 + 120

func BenchmarkWriter(b *testing.B) {
	record := make([]byte, imageSize)
	w := NewWriter(io.Discard, WriterOptions{})
	b.SetBytes(imageSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := w.Write(record); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReader(b *testing.B) {
	content, _ := file(b, WriterOptions{}, make([]byte, imageSize))
	r, err := NewReader(&loop{b: content}, ReaderOptions{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(imageSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Next(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReadAt(b *testing.B) {
	content, _ := file(b, WriterOptions{}, make([]byte, imageSize))
	b.SetBytes(imageSize)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ReadAt(bytes.NewReader(content), 0, ReaderOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkAppendExample(b *testing.B) {
	pixels, name := make([]byte, 256*256), []byte("run1/quadrant2/000123.tif")
	var dst []byte
	b.SetBytes(imageSize)
	b.ReportAllocs()
	for b.Loop() {
		dst = AppendExample(dst[:0], BytesFeature("filename", name), BytesFeature("image_raw", pixels), Int64Feature("height", 256), Int64Feature("width", 256))
	}
}

func BenchmarkParseExample(b *testing.B) {
	record := AppendExample(nil, BytesFeature("filename", []byte("a.tif")), BytesFeature("image_raw", make([]byte, 256*256)), Int64Feature("height", 256))
	var e Example
	b.ReportAllocs()
	for b.Loop() {
		if err := e.Parse(record); err != nil {
			b.Fatal(err)
		}
	}
}
