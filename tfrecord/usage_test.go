package tfrecord_test

import (
	"bytes"
	"fmt"
	"io"

	"exemplar/tfrecord"
)

// A file of two records, written and read.
func Example() {
	var file bytes.Buffer
	w := tfrecord.NewWriter(&file, tfrecord.WriterOptions{})
	for _, name := range []string{"a.tif", "b.tif"} {
		record := tfrecord.AppendExample(nil,
			tfrecord.BytesFeature("filename", []byte(name)),
			tfrecord.Int64Feature("height", 256))
		if _, err := w.Write(record); err != nil {
			panic(err)
		}
	}
	if err := w.Close(); err != nil {
		panic(err)
	}

	r, err := tfrecord.NewReader(&file, tfrecord.ReaderOptions{File: "two.tfrecords"})
	if err != nil {
		panic(err)
	}
	var e tfrecord.Example // one for all records
	for {
		record, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			panic(err) // names the file, the record and its offset
		}
		if err := e.Parse(record); err != nil {
			panic(err)
		}
		name, _ := e.Bytes("filename")
		height, _ := e.Int64("height")
		fmt.Printf("record %d at byte %d: %s, height %d\n", r.Record(), r.Offset(), name, height)
	}
	// Output:
	// record 0 at byte 0: a.tif, height 256
	// record 1 at byte 59: b.tif, height 256
}
