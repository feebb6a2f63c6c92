package querying

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"

	"github.com/parquet-go/parquet-go"

	"exemplar/model/npy"
	"exemplar/schemas"
)

// neighborRows are the rows of the table of neighbors, by metric and rank.
func neighborRows(l lists, metrics []string) (rows []schemas.Neighbour) {
	for i, metric := range metrics {
		for k, f := range l[i] {
			rows = append(rows, schemas.Neighbour{Rank: int64(k + 1), ImageID: f.id, Distance: f.value, Metric: metric})
		}
	}
	return rows
}

// tailRows are the rows of the table of both ends, by end and rank.
func tailRows(l lists) (rows []schemas.Tail) {
	for i, end := range schemas.Ends {
		for k, f := range l[i] {
			rows = append(rows, schemas.Tail{Rank: int64(k + 1), ImageID: f.id, MSE: float32(math.Abs(f.value)), End: end})
		}
	}
	return rows
}

// writeCSV renders lines.
func writeCSV(lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(lines)
	return b.Bytes(), err
}

// writeParquet renders rows, the columns in the order of the CSV.
func writeParquet[T any](rows []T) ([]byte, error) {
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.Compression(&parquet.Zstd),
		parquet.KeyValueMetadata(schemas.FooterFormat, schemas.QueryFormat),
		parquet.KeyValueMetadata(schemas.FooterCodeVersion, schemas.CodeVersion))
	if _, err := w.Write(rows); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// writeVector renders a vector as an array of NumPy.
func writeVector(x []float32) []byte {
	b := npy.AppendHeader(nil, "<f4", fmt.Sprintf("(%d,)", len(x)))
	for _, v := range x {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(v))
	}
	return b
}
