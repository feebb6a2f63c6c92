// Command latents writes and reads a file of latents several times, for bench/latents.py, which measures the processor
// time that it takes.
//
// What never enters: Beam, Gorgonia; measuring.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"log"
	"math/rand/v2"
	"os"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

func main() {
	log.SetFlags(0)
	create := flag.String("create", "", "write a file of generated latents, and do nothing else")
	input := flag.String("input", "", "the file to read, and whose rows are written")
	rows, dimension := flag.Int("rows", 8192, "of generated latents"), flag.Int("dimension", 512, "of generated latents")
	layout := flag.String("layout", "list", "of generated latents")
	writes, reads := flag.Int("writes", 0, "how often the rows are written"), flag.Int("reads", 0, "how often the embeddings are read")
	flag.Parse()
	run := func() error {
		if *create != "" {
			return generate(*create, *rows, *dimension, *layout)
		}
		return repeat(*input, *writes, *reads)
	}
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

// generate writes a file of normal embeddings with the other columns that encode writes.
func generate(name string, n, d int, layout string) error {
	spec := schemas.LatentsSpec{Dimension: d, Layout: layout, Reconstruct: true, Format: schemas.LatentsFormat3, ObjectFraction: true,
		ModelSHA256: strings.Repeat("ab", 32), Preprocessing: "unit", Kernel: "float32", Metadata: []string{"Metadata_well"}}
	r := rand.New(rand.NewPCG(1, 2))
	var list []schemas.Latent
	for i := range n {
		row := schemas.Latent{ImageID: fmt.Sprintf("plate%d/%05d.tif", i%7, i), Record: int64(i), Offset: int64(i) * 4321,
			SHA256: fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64()), MSE: r.Float32(), HasMSE: true, HasObject: true,
			Quality:  schemas.Quality{Mean: r.Float32(), Max: 1, Foreground: r.Float32(), Sharpness: r.Float32(), Border: r.Float32(), Object: r.Float32()},
			Metadata: []string{fmt.Sprint("A", i%12)}, Label: fmt.Sprint(i % 10), HasLabel: true}
		for range d {
			row.Embedding = append(row.Embedding, float32(5*r.NormFloat64()))
		}
		list = append(list, row)
	}
	var data bytes.Buffer
	if err := write(&data, spec, list); err != nil {
		return err
	}
	return os.WriteFile(name, data.Bytes(), 0o666)
}

// repeat reads the file once, and then writes its rows and reads its embeddings as often as it is told.
func repeat(name string, writes, reads int) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	spec, rows, err := read(data, name)
	if err != nil {
		return err
	}
	var size counter
	for range writes {
		size = 0
		if err := write(&size, spec, rows); err != nil {
			return err
		}
	}
	for range reads {
		f, err := latents.Open(bytes.NewReader(data), int64(len(data)), name)
		if err != nil {
			return err
		}
		for _, err := range f.Batches(latents.Embedding) {
			if err != nil {
				return err
			}
		}
	}
	fmt.Println(int64(size))
	return nil
}

// read returns the rows of a file.
func read(data []byte, name string) (spec schemas.LatentsSpec, rows []schemas.Latent, err error) {
	f, err := latents.Open(bytes.NewReader(data), int64(len(data)), name)
	if err != nil {
		return spec, nil, err
	}
	spec = f.Spec()
	spec.Format = schemas.LatentsFormat3
	d := spec.Dimension
	for b, err := range f.Batches(latents.All) {
		if err != nil {
			return spec, nil, err
		}
		for i := range b.N {
			row := schemas.Latent{ImageID: b.ImageID[i], Embedding: append([]float32(nil), b.Embedding[i*d:(i+1)*d]...),
				Shard: b.Shard[i], Record: b.Record[i], Offset: b.Offset[i], SHA256: b.SHA256[i], MSE: b.MSE[i], HasMSE: b.HasMSE[i],
				Quality: b.Quality[i], HasObject: b.HasObject[i], QCFlags: b.QCFlags[i], Label: b.Label[i], HasLabel: b.HasLabel[i]}
			for _, m := range b.Metadata {
				row.Metadata = append(row.Metadata, m[i])
			}
			rows = append(rows, row)
		}
	}
	return spec, rows, nil
}

func write(to interface{ Write([]byte) (int, error) }, spec schemas.LatentsSpec, rows []schemas.Latent) error {
	w, err := latents.NewWriter(to, spec)
	if err != nil {
		return err
	}
	for i := range rows {
		if err := w.Write(&rows[i]); err != nil {
			return err
		}
	}
	return w.Close()
}

// counter counts bytes.
type counter int64

func (c *counter) Write(b []byte) (int, error) {
	*c += counter(len(b))
	return len(b), nil
}
