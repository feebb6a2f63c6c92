package kernel

// Compress copies the first n of every stride numbers to dst, without gaps.
func Compress(dst, src []float32, n, stride int) {
	switch {
	case n == stride:
		copy(dst, src)
		return
	case n == 1:
		for i := range dst {
			dst[i] = src[i*stride]
		}
		return
	case n <= 16: // 16 at once, of which the next pixel overwrites those that are too many
		for len(dst) >= 16 && len(src) >= 16 && len(src) >= stride {
			pixel := *(*[16]float32)(src)
			*(*[16]float32)(dst) = pixel
			dst, src = dst[n:], src[stride:]
		}
	}
	for ; len(dst) > 0; src = src[min(stride, len(src)):] {
		dst = dst[copy(dst[:n], src):]
	}
}

// Expand is the reverse of Compress; it leaves the others alone.
func Expand(dst, src []float32, n, stride int) {
	switch n {
	case stride:
		copy(dst, src)
		return
	case 1:
		for i, v := range src {
			dst[i*stride] = v
		}
		return
	}
	for ; len(src) > 0; dst = dst[min(stride, len(dst)):] {
		src = src[copy(dst[:n], src):]
	}
}
