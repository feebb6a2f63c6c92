package model

import "exemplar/model/internal/kernel"

// bound returns the lower bound that the kernels apply to a layer's results:
// all there is to ReLU.
func bound(act string) float32 {
	if act == ActReLU {
		return 0
	}
	return kernel.Unbounded
}

// activate applies an activation, as far as it is more than a bound, to vectors
// of width numbers that are stride apart in x.
func activate(set *kernel.Set, x []float32, width, stride int, act string) {
	if act != ActSigmoid && act != ActTanh {
		return
	}
	if width == stride {
		activateVector(set, x, act)
		return
	}
	if width >= 16 || width*8 > stride { // long vectors, or few gaps
		for ; len(x) >= width; x = x[min(stride, len(x)):] {
			activateVector(set, x[:width], act)
		}
		return
	}
	var buffer [256]float32 // the first numbers of many vectors, together
	for i := range width {
		for at := i; at < len(x); {
			n, from := 0, at
			for ; n < len(buffer) && at < len(x); at += stride {
				buffer[n] = x[at]
				n++
			}
			activateVector(set, buffer[:n], act)
			for _, v := range buffer[:n] {
				x[from] = v
				from += stride
			}
		}
	}
}

// activateVector applies sigmoid or tanh.
func activateVector(set *kernel.Set, x []float32, act string) {
	if act == ActSigmoid {
		set.Sigmoid(x)
		return
	}
	for i, v := range x {
		x[i] = kernel.Tanh(v)
	}
}
