package main

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"github.com/parquet-go/parquet-go"

	"exemplar/transforms/data/parquetguard"
)

// dumpTables writes the columns of the Parquet files that a list names, one per line:
// of each leaf its numbers as little-endian float64, null as NaN (.N.f64), or its
// texts, one per line (.N.txt). What is not read has its error in a file (.error).
func dumpTables(list, output string) error {
	names, err := os.ReadFile(list)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	for name := range strings.Lines(string(names)) {
		name = strings.TrimSpace(name)
		stem := filepath.Join(output, filepath.Base(name))
		if err := dumpTable(name, stem); err != nil {
			if err := os.WriteFile(stem+".error", []byte(err.Error()), 0o644); err != nil {
				return err
			}
		}
	}
	return nil
}

func dumpTable(name, stem string) error {
	in, err := os.Open(name)
	if err != nil {
		return err
	}
	defer in.Close()
	info, err := in.Stat()
	if err != nil {
		return err
	}
	file, err := parquetguard.Open(in, info.Size())
	if err != nil {
		return err
	}
	for column, path := range file.Schema().Columns() {
		leaf, _ := file.Schema().Lookup(path...)
		if err := dumpColumn(file, leaf, fmt.Sprintf("%s.%d", stem, column)); err != nil {
			return fmt.Errorf("column %s: %w", strings.Join(path, "."), err)
		}
	}
	return nil
}

func dumpColumn(file *parquetguard.File, leaf parquet.LeafColumn, stem string) (err error) {
	ext, write := ".f64", writeNumber
	if leaf.Node.Type().Kind() == parquet.ByteArray {
		ext, write = ".txt", writeText
	}
	out, err := os.Create(stem + ext)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, out.Close()) }()
	b := bufio.NewWriterSize(out, 1<<20)
	for group := range file.NumRowGroups() {
		if err := dumpPages(file.Pages(group, leaf.ColumnIndex), func(v parquet.Value) { write(b, v) }); err != nil {
			return err
		}
	}
	return b.Flush()
}

func dumpPages(in parquet.Pages, write func(parquet.Value)) error {
	defer in.Close()
	var buffer [1024]parquet.Value
	for {
		page, err := in.ReadPage()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		for values := page.Values(); err == nil; {
			var n int
			n, err = values.ReadValues(buffer[:])
			for _, v := range buffer[:n] {
				write(v)
			}
		}
		parquet.Release(page)
		if !errors.Is(err, io.EOF) {
			return err
		}
	}
}

func writeText(b *bufio.Writer, v parquet.Value) { fmt.Fprintf(b, "%s\n", v.ByteArray()) }

func writeNumber(b *bufio.Writer, v parquet.Value) {
	x := math.NaN()
	switch v.Kind() {
	case parquet.Int32:
		x = float64(v.Int32())
	case parquet.Int64:
		x = float64(v.Int64())
	case parquet.Float:
		x = float64(v.Float())
	case parquet.Double:
		x = v.Double()
	}
	b.Write(binary.LittleEndian.AppendUint64(b.AvailableBuffer(), math.Float64bits(x))) // Flush reports whether it could
}
