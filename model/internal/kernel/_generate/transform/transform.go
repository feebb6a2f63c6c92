// Package transform holds the transforms of Winograd's convolutions as sequences of
// vector instructions, for every processor's generator: a formula stands here once.
//
// What lives here: the transforms of one dimension, which numbers of a tile they take
// and make, and the comments of the routines. What never enters: registers, addresses
// and loops, which are each processor's own.
//
// All multiplications are by powers of two, so that fusing them with an addition
// changes no bit.
package transform

import "fmt"

// Constant is what a transform multiplies by.
type Constant int

const (
	Two Constant = iota
	Four
	Eight
)

// Machine writes instructions on vectors, V, and on vectors in memory, at places P. A
// result is a new vector unless it overwrites one.
type Machine[V, P any] interface {
	Load(p P) V
	Copy(x V) V
	Add(a, b V) V                    // a + b
	Sub(a, b V) V                    // a - b
	AddPlace(a V, p P) V             // a + what is at p
	SubPlace(a V, p P) V             // a - what is at p
	Plus(acc V, c Constant, x V) V   // acc + c·x, overwrites acc
	Minus(acc V, c Constant, x V) V  // acc - c·x, overwrites acc
	Scaled(x V, c Constant, acc V) V // c·x + acc, overwrites x
}

// Input is an input transform: of tiles of Side x Side pixels that are Step apart, to
// Result x Result numbers. Its one dimension comes in two forms: Columns makes some of
// the rows of a column's transform from memory, in groups that share loads; Row
// transforms what is in registers, and passes the results to store in order.
type Input[V, P any] struct {
	Name, Spec         string // of the routine, and in Go of the transform
	Side, Step, Result int
	Columns            []func(pixel func(y int) P) []V
	Row                func(e []V, store func(V))
}

// Output is an output transform: of Side x Side products of a tile to Result x Result
// pixels. It has phases, each with results of its own: one for a convolution, four for
// a transposed convolution, whose products have as many slots in a plane.
type Output[V, P any] struct {
	Spec                string // name in Go of the transform
	Side, Result, Slots int
	Phases              []Phase[V, P]
}

// Phase is one transform of a tile's products. In one dimension, Columns makes some of
// the rows of a column's transform from memory, Row all of a row's from registers.
type Phase[V, P any] struct {
	Cols    int               // products of a row
	Slot    func(col int) int // of the products
	Y, X    func(i int) int   // pixel of row and column i of the results
	Right   int               // to be added to X
	Groups  [][]int           // rows of the results that are made together
	Columns []func(product func(i int) P) []V
	Row     func(e []V) []V
}

// Does and Loop are the comment of the routine: what it does, and the equal loop in Go.
func (t Input[V, P]) Does() string {
	return fmt.Sprintf("transforms tiles of %dx%d pixels that are %d apart in one row of the plane:", t.Side, t.Side, t.Step)
}

func (t Input[V, P]) Loop() []string {
	return []string{
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		fmt.Sprintf("\t\t\td[y][x] = src[y*pitch+(%d*t+x)*channels+c]  // y, x = 0…%d", t.Step, t.Side-1),
		fmt.Sprintf("\t\t\te[i][x] = transform of column d[0…%d][x]     // see %s", t.Side-1, t.Spec),
		fmt.Sprintf("\t\t\tf[i][j] = transform of row e[i][0…%d]", t.Side-1),
		fmt.Sprintf("\t\t\tv[(%d*i+j)*plane+t*channels+c] = f[i][j]", t.Result),
		"\t\t}",
		"\t}",
	}
}

// InputSignature is that of all input transforms.
const InputSignature = "func(v *float32, plane int, src *float32, pitch, channels, tiles int)"

// Kind is what an output transform does with its results: bias and lower bound, the
// same and then the average of each 2x2 pixels, or zeros where those of a mask, which
// is laid out like the pixels, are not positive.
type Kind int

const (
	Plain Kind = iota
	Pool
	Masked
)

// Name, Signature, Does and Loop describe the routine of a kind.
func (t Output[V, P]) Name(k Kind) string {
	switch k {
	case Pool:
		return "pool" + t.Spec[len("output"):]
	case Masked:
		return "masked"
	}
	return t.Spec
}

func (t Output[V, P]) Signature(k Kind) string {
	if k == Masked {
		return "func(dst *float32, pitch int, m *float32, plane int, mask *float32, channels, tiles int)"
	}
	return "func(dst *float32, pitch int, m *float32, plane int, bias *float32, channels, tiles int, lo float32)"
}

func (t Output[V, P]) Does(k Kind) string {
	if k == Masked {
		return "transforms products back to pixels, where those of a mask are positive:"
	}
	return "transforms products back to pixels:"
}

func (t Output[V, P]) Loop(k Kind) []string {
	last := t.Side - 1
	pixel := fmt.Sprintf("\t\t\tg[y][x] = max(lo, transform of row f[y][0…%d] + bias[c])", last)
	if k == Masked {
		pixel = fmt.Sprintf("\t\t\tg[y][x] = transform of row f[y][0…%d] where mask[as dst] > 0, 0 elsewhere", last)
	}
	doc := []string{
		"\tfor t := range tiles {",
		"\t\tfor c := range channels {",
		fmt.Sprintf("\t\t\te[i][j] = m[(%d*i+j)*plane+t*channels+c]  // i, j = 0…%d", t.Side, last),
		fmt.Sprintf("\t\t\tf[y][j] = transform of column e[0…%d][j]  // see %s", last, t.Spec),
		pixel,
	}
	if len(t.Phases) > 1 {
		doc = append(doc[:2], "\t\t\tg[y][x] = max(lo, result (y, x) of a tile + bias[c])  // see "+t.Spec+"Generic")
	}
	result := []string{fmt.Sprintf("\t\t\tdst[y*pitch+(%d*t+x)*channels+c] = g[y][x]  // y, x = 0…%d", t.Result, t.Result-1)}
	if k == Pool {
		result = []string{
			"\t\t\th[y][x] = ((g[2*y][2*x] + g[2*y][2*x+1]) + (g[2*y+1][2*x] + g[2*y+1][2*x+1])) * 0.25",
			fmt.Sprintf("\t\t\tdst[y*pitch+(%d*t+x)*channels+c] = h[y][x]  // y, x = 0…%d", t.Result/2, t.Result/2-1),
		}
	}
	return append(append(doc, result...), "\t\t}", "\t}")
}
