// Command arm64 writes the NEON kernels of package kernel, and their declarations.
//
// Vectors are four float32 numbers, of which a block of 16 channels or columns takes
// four; there are 32 registers. Go's arm64 has no wider form, so every routine is
// written for one width.
package main

import (
	"flag"
	"log"
	"os"

	"exemplar/model/internal/kernel/generate/arm64/asm"
	"exemplar/model/internal/kernel/generate/transform"
)

type (
	function = asm.Function
	register = asm.Register
)

const (
	lanes  = 4  // numbers of a vector
	width  = 16 // bytes of a vector
	blocks = 4  // vectors of a block
)

// generator writes one file.
type generator struct{ *asm.File }

func main() {
	log.SetFlags(0)
	out := flag.String("out", "kernels_arm64.s", "assembly `file`")
	stubs := flag.String("stubs", "stubs_arm64.go", "declarations, a `file`")
	flag.Parse()
	g := generator{&asm.File{Constraint: "arm64 && !noasm", Package: "kernel", Command: "go run ./arm64"}}
	g.gemm()
	g.tgemm()
	g.input(transform.InputF4[vec, place])
	g.input(transform.InputF2[vec, place])
	g.input(transform.InputUp[vec, place])
	g.output(transform.OutputF4[vec, place], transform.Plain)
	g.output(transform.OutputF4[vec, place], transform.Pool)
	g.output(transform.OutputF2[vec, place], transform.Plain)
	g.output(transform.OutputF2[vec, place], transform.Pool)
	g.output(transform.OutputUp[vec, place], transform.Plain)
	g.input(transform.Gradient[vec, place])
	g.output(transform.OutputF4[vec, place], transform.Masked)
	g.average()
	g.unpool()
	g.mask()
	g.adam()
	g.energy()
	g.sigmoid()
	g.scale()
	g.single()
	g.narrow()
	g.nearest()
	g.merge()
	g.norms()
	g.quantize()
	g.squares()
	g.accumulate()
	for name, text := range map[string]string{*out: g.Assembly(), *stubs: g.Stubs()} {
		if err := os.WriteFile(name, []byte(text), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// vectors returns n new vectors.
func vectors(f *function, n int) (list []register) {
	for range n {
		list = append(list, f.V())
	}
	return list
}

// zeros returns n cleared vectors.
func zeros(f *function, n int) []register {
	list := vectors(f, n)
	for _, v := range list {
		f.Zero(v)
	}
	return list
}

// rows returns the addresses of n rows that are ld bytes apart, the first in new
// registers, too.
func rows(f *function, first, ld register, n int) []register {
	list := []register{f.Copy(first)}
	for i := 1; i < n; i++ {
		next := f.X()
		f.Add(next, list[i-1], ld)
		list = append(list, next)
	}
	return list
}
