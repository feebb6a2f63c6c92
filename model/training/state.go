package training

import (
	"encoding/binary"
	"fmt"
	"io"
	"math"
	"unsafe"

	"exemplar/model/internal/safetensors"
)

// stepName is the array of the state that counts the steps that were done, as
// four numbers of 16 bits, the lowest first. Random numbers depend on nothing
// else that changes.
const stepName = "step"

// arrays lists the arrays of the state but stepName, by name, in order.
func (t *Trainer) arrays(f func(name string, data []float32)) {
	for _, w := range t.weights {
		f("weights."+w.name, w.w)
	}
	if t.solver.kind == OptimizerSGD {
		for _, w := range t.weights {
			f("sgd.velocity."+w.name, w.m)
		}
		return
	}
	for _, w := range t.weights {
		f("adam.m."+w.name, w.m)
	}
	for _, w := range t.weights {
		f("adam.v."+w.name, w.v)
	}
}

// WriteState writes all that a run needs to go on bit for bit, as a safetensors
// file: weights, Adam's moments or the velocities of stochastic gradient descent, and
// the count of steps. Its arrays, "weights.encoder.conv0", "adam.m.encoder.conv0" or
// "sgd.velocity.encoder.conv0", …, are each kernel and bias in the layout of memory: for other programs, see Model. The configuration is not in it.
func (t *Trainer) WriteState(w io.Writer) error {
	var step [4]float32
	for i := range step {
		step[i] = float32(t.solver.steps >> (16 * i) & 0xffff)
	}
	list := []safetensors.Tensor{{Name: stepName, Shape: []int{len(step)}, Data: safetensors.EncodeF32(step[:])}}
	t.arrays(func(name string, data []float32) {
		list = append(list, safetensors.Tensor{Name: name, Shape: []int{len(data)}, Data: littleEndian(data)})
	})
	return safetensors.Write(w, list)
}

// littleEndian returns the bytes of numbers, if it can without copying them.
func littleEndian(x []float32) []byte {
	if binary.NativeEndian.Uint16([]byte{1, 0}) != 1 {
		return safetensors.EncodeF32(x)
	}
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}

// UnmarshalState makes the trainer, which must be of the same configuration, go
// on where the one was whose WriteState gave the state. After an error it is as
// it was.
func (t *Trainer) UnmarshalState(state []byte) error {
	list, err := safetensors.Unmarshal(state)
	if err != nil {
		return fmt.Errorf("training state: %w", err)
	}
	found := make(map[string][]byte, len(list))
	for _, a := range list {
		if a.DType != "F32" || len(a.Shape) != 1 {
			return fmt.Errorf("training state: array %s is %s of shape %v, want a vector of F32", a.Name, a.DType, a.Shape)
		}
		found[a.Name] = a.Data
	}
	steps, err := parseSteps(found[stepName])
	if err != nil {
		return err
	}
	want := 1
	t.arrays(func(name string, data []float32) {
		want++
		if n := len(found[name]) / 4; n != len(data) && err == nil {
			err = fmt.Errorf("training state: array %s has %d numbers, want %d: the state is of another configuration", name, n, len(data))
		}
	})
	if err == nil && len(list) != want {
		err = fmt.Errorf("training state: %d arrays, want %d: the state is of another configuration", len(list), want)
	}
	if err != nil {
		return err
	}
	t.arrays(func(name string, data []float32) {
		for i := range data {
			data[i] = math.Float32frombits(binary.LittleEndian.Uint32(found[name][4*i:]))
		}
	})
	t.solver.steps, t.step = steps, steps
	return nil
}

// parseSteps reads the array of stepName.
func parseSteps(data []byte) (steps uint64, err error) {
	pieces := safetensors.DecodeF32(data)
	if len(pieces) != 4 {
		return 0, fmt.Errorf("training state: array %s has %d numbers, want 4: this is no training state", stepName, len(pieces))
	}
	for i, v := range pieces {
		if !(v >= 0 && v <= 0xffff) || v != float32(uint16(v)) {
			return 0, fmt.Errorf("training state: array %s has the value %v", stepName, v)
		}
		steps |= uint64(v) << (16 * i)
	}
	return steps, nil
}
