package model

import (
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"
	"time"
	"unsafe"

	"exemplar/model/internal/kernel"
)

// The scheduler cannot interrupt assembly: while a goroutine is inside a call,
// garbage collection and whoever waits for the processor wait too. So every
// call of a kernel is bounded.

// maxWork bounds one call: 4 million multiplications and additions, or a quarter
// as many numbers of the transforms and the sigmoid. That is half a millisecond
// at the most, see BenchmarkLongestCall.
const maxWork = 1 << 22

// call is one call of a kernel, timed.
type call struct {
	kernel string
	time   time.Duration
}

// traced returns the implementation with every kernel wrapped: f gets the work
// of the call, and run, which does it.
func traced(set *kernel.Set, f func(name string, work int, run func())) *kernel.Set {
	out := *set
	wrap(reflect.ValueOf(&out).Elem(), "", f)
	return &out
}

// wrap wraps the kernels of a struct, whose names are prefix and the field's.
func wrap(fields reflect.Value, prefix string, f func(name string, work int, run func())) {
	for i := range fields.NumField() {
		name, field := prefix+fields.Type().Field(i).Name, fields.Field(i)
		if field.Kind() == reflect.Struct {
			wrap(field, name+".", f)
		}
		if field.Kind() != reflect.Func || field.IsNil() {
			continue
		}
		field = reflect.NewAt(field.Type(), unsafe.Pointer(field.UnsafeAddr())).Elem() // unexported, but settable
		kernel := reflect.ValueOf(field.Interface())
		field.Set(reflect.MakeFunc(field.Type(), func(args []reflect.Value) []reflect.Value {
			f(name, workOf(name, args), func() { kernel.Call(args) })
			return nil
		}))
	}
}

// workOf measures a call by its arguments: multiplications and additions of a
// product, four times the numbers of the others.
func workOf(name string, args []reflect.Value) int {
	n := func(i int) int { return int(args[i].Int()) }
	switch name {
	case "gemm1": // rows, k and segs; 16 columns
		return n(5) * n(6) * n(7) * 16
	case "gemm2":
		return n(5) * n(6) * n(7) * 32
	case "f4.input", "f2.input", "up.input": // channels and tiles of up to 36 numbers
		return 4 * n(4) * n(5) * 36
	case "f4.output", "f4.pool", "f2.output", "f2.pool", "up.output": // of up to 81
		return 4 * n(5) * n(6) * 81
	case "narrow": // channels and pixels
		return n(4) * n(5) * 9
	case "single": // pixels
		return n(4) * 9 * 16
	case "sigmoid":
		return 4 * n(1)
	case "scale":
		return n(2)
	case "average": // channels and pixels
		return 4 * n(3) * n(4)
	}
	panic("how much work is a call of kernel " + name + "? Say so in workOf")
}

// callShape is an architecture and a batch whose calls are measured.
type callShape struct {
	name  string
	arch  Arch
	batch int
}

// callShapes are ae1m, its dense layer with a batch, larger and wider images
// with few and with many channels, and the small presets.
func callShapes(t testing.TB) []callShape {
	conv := func(height, width, latent, perStage int, filters ...int) Arch {
		return Arch{Family: FamilyConv, Input: Input{Height: height, Width: width, Channels: 1},
			Latent: latent, Filters: filters, ConvsPerStage: perStage}.withDefaults()
	}
	shapes := []callShape{
		{"ae1m", conv(256, 256, 512, 2, 16, 32, 64, 128), 2},
		{"dense 32768x512", Arch{Family: FamilyDense, Input: Input{Height: 128, Width: 256, Channels: 1}, Latent: 512}.withDefaults(), 32},
		{"ae1m of 1024x1024", conv(1024, 1024, 1, 2, 16, 32, 64, 128), 1},
		{"2048 wide, 16 channels", conv(16, 2048, 1, 2, 16), 1},
		{"2048 wide, 512 channels", conv(4, 2048, 1, 2, 512), 1},
		{"256x256, 512 channels", conv(256, 256, 1, 1, 16, 512), 1},
	}
	for _, name := range Presets() {
		if a, err := Preset(name); err != nil {
			t.Fatal(err)
		} else if a.Family == FamilyConv && name != "ae1m" {
			shapes = append(shapes, callShape{name, a, 8})
		} else if a.Family == FamilyDense {
			shapes = append(shapes, callShape{name, a, 256})
		}
	}
	return shapes
}

// zeroModel has all weights zero: what is counted and timed does not depend on
// them.
func zeroModel(a Arch) *Model {
	zeros := func(specs []TensorSpec) (w Weights) {
		for _, s := range specs {
			w = append(w, Tensor{s.Name, s.Shape, make([]float32, sizeOf(s.Shape))})
		}
		return w
	}
	return &Model{Arch: a, Encoder: zeros(a.EncoderWeights()), Decoder: zeros(a.DecoderWeights())}
}

// assemblies returns the implementations but for the one in Go, which can be
// interrupted.
func assemblies() []*kernel.Set {
	return slices.DeleteFunc(kernel.All(), func(s *kernel.Set) bool { return s.Portable() })
}

// traceCalls encodes and decodes a batch.
func traceCalls(t testing.TB, s callShape, set *kernel.Set) {
	p, err := compile(zeroModel(s.arch), set)
	if err != nil {
		t.Fatal(err)
	}
	runAll(p.NewRunner(s.batch), randomImages(s.arch.Input, s.batch, 61))
}

// TestCallsAreBounded: whatever the size of layers, images and batches, no call
// of a kernel does more than maxWork. Calls are counted, and nothing computed.
func TestCallsAreBounded(t *testing.T) {
	for _, set := range assemblies() {
		t.Run(set.Name(), func(t *testing.T) {
			for _, s := range callShapes(t) {
				if testing.Short() && s.arch.Input.Width > 28 {
					continue
				}
				calls, largest := 0, map[string]int{}
				traceCalls(t, s, traced(set, func(name string, work int, _ func()) {
					calls++
					largest[name] = max(largest[name], work)
				}))
				for name, work := range largest {
					if work > maxWork {
						t.Errorf("%s: a call of %s does %d, want at most %d", s.name, name, work, maxWork)
					}
				}
				if calls == 0 || largest["gemm1"]+largest["gemm2"] == 0 {
					t.Errorf("%s: %d calls, none of a product", s.name, calls)
				}
				t.Logf("%s: %d calls, largest %v", s.name, calls, largest)
			}
		})
	}
}

// BenchmarkLongestCall reports the microseconds of the longest call of each
// kernel. A call's time is its least in three runs: in one, the operating system
// may have stopped the program; once with -short.
func BenchmarkLongestCall(b *testing.B) {
	rounds := 3
	if testing.Short() {
		rounds = 1
	}
	for _, set := range assemblies() {
		for _, s := range callShapes(b) {
			b.Run(fmt.Sprintf("%s/%s", set.Name(), s.name), func(b *testing.B) {
				longest := map[string]time.Duration{}
				for range b.N {
					var calls []call
					for round := range rounds {
						at := 0
						traceCalls(b, s, traced(set, func(name string, _ int, run func()) {
							start := time.Now()
							run()
							d := time.Since(start)
							if round == 0 {
								calls = append(calls, call{name, d})
							}
							calls[at].time = min(calls[at].time, d)
							at++
						}))
					}
					for _, c := range calls {
						longest[c.kernel] = max(longest[c.kernel], c.time)
					}
				}
				for _, name := range slices.Sorted(maps.Keys(longest)) {
					b.ReportMetric(float64(longest[name].Nanoseconds())/1000, name+"-µs")
				}
			})
		}
	}
}
