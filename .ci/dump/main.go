// Command dump writes what this project's own reader finds in a folder of
// latents as plain files, for the comparison with other readers: for each
// Parquet file the embeddings as little-endian float32 (.f32, rows one after
// another) and the image ids, one per line (.ids). With --tables it writes the
// columns of any Parquet files instead.
//
// What never enters: Beam, Gorgonia, pipelines; what the columns mean.
package main

import (
	"bytes"
	"context"
	"encoding/binary"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"exemplar/transforms/data/latents"
)

func main() {
	input := flag.String("input", "", "folder of latents")
	tables := flag.String("tables", "", "list of Parquet files of any columns, instead of --input")
	output := flag.String("output", "", "folder for the plain files")
	flag.Parse()
	err := error(nil)
	if *tables != "" {
		err = dumpTables(*tables, *output)
	} else {
		err = dump(context.Background(), *input, *output)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "dump:", err)
		os.Exit(1)
	}
}

func dump(ctx context.Context, input, output string) error {
	files, err := filepath.Glob(filepath.Join(input, "latents-*.parquet"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("%s has no latents-*.parquet", input)
	}
	if err := os.MkdirAll(output, 0o755); err != nil {
		return err
	}
	for _, name := range files {
		stem := filepath.Join(output, strings.TrimSuffix(filepath.Base(name), ".parquet"))
		if err := dumpFile(ctx, name, stem); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func dumpFile(ctx context.Context, name, stem string) error {
	var values, ids bytes.Buffer
	for b, err := range latents.Read(ctx, name, latents.Embedding|latents.IDs) {
		if err != nil {
			return err
		}
		if err := binary.Write(&values, binary.LittleEndian, b.Embedding); err != nil {
			return err
		}
		for _, id := range b.ImageID {
			fmt.Fprintln(&ids, id)
		}
	}
	if err := os.WriteFile(stem+".f32", values.Bytes(), 0o644); err != nil {
		return err
	}
	return os.WriteFile(stem+".ids", ids.Bytes(), 0o644)
}
