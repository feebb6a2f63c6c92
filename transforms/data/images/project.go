package images

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Projections of the planes of z and t to one image.
const (
	ProjectMax    = "max"    // the largest sample
	ProjectMean   = "mean"   // the mean, rounded to the nearest, halves up
	ProjectMiddle = "middle" // the plane in the middle of each, of an even number the one before it
)

// projection is a parsed Options.Project: a kind, or the planes that are taken, from 0; -1 where
// nothing is said.
type projection struct {
	kind string
	z, t int
}

// CheckProject refuses what Options.Project cannot be.
func CheckProject(s string) error {
	_, err := parseProject(s)
	return err
}

func parseProject(s string) (projection, error) {
	p := projection{kind: s, z: -1, t: -1}
	switch s {
	case "", ProjectMax, ProjectMean, ProjectMiddle:
		return p, nil
	}
	p.kind = ""
	for _, part := range strings.Split(s, ",") {
		axis, number, _ := strings.Cut(part, "=")
		to := map[string]*int{"z": &p.z, "t": &p.t}[axis]
		n, err := strconv.Atoi(number)
		if to == nil || err != nil || n < 0 || *to >= 0 {
			return p, fmt.Errorf("%q is not max, mean, middle, or the number of a plane from 0 on, as z=2 or z=2,t=0", s)
		}
		*to = n
	}
	return p, nil
}

// projected are what notes begin with that tell of a projection, see range_.
var projected = []string{"max over ", "mean over ", "the middle ", "z ", "t "}

// Projected reports whether a note tells that Options.Project decided what became of planes.
func Projected(note string) bool {
	return slices.ContainsFunc(projected, func(begin string) bool { return strings.HasPrefix(note, begin) })
}

// channel decodes a channel: its one plane, or what Options.Project makes of several.
func (st *stack) channel(c int, o Options) (Image, error) {
	if st.z*st.t == 1 {
		return st.plane(st.planes[c], o)
	}
	p, err := parseProject(o.Project)
	if err != nil {
		return Image{}, err
	}
	zs, what, err := p.range_("z", p.z, st.z)
	if err != nil {
		return Image{}, st.unclear(err)
	}
	ts, time, err := p.range_("t", p.t, st.t)
	if err != nil {
		return Image{}, st.unclear(err)
	}
	var planes []int
	for z := zs[0]; z < zs[1]; z++ {
		for t := ts[0]; t < ts[1]; t++ {
			planes = append(planes, st.planes[(c*st.z+z)*st.t+t])
		}
	}
	im, err := st.project(planes, p.kind, o)
	if err != nil || c > 0 {
		return im, err
	}
	return im.noted(strings.TrimSuffix(what+", "+time, ", ")), nil
}

// unclear completes the refusal of a file of several planes.
func (st *stack) unclear(err error) error {
	return unsupported("the file has %d z and %d t (%s): %v", st.z, st.t, st.who, err)
}

// range_ returns the first and the end of the planes that are taken of n along an axis, and what that is.
func (p projection) range_(axis string, given, n int) (span [2]int, what string, err error) {
	switch {
	case n == 1:
		return [2]int{0, 1}, "", nil
	case given >= n:
		return span, "", fmt.Errorf("--projection=%s=%d: there are planes 0 to %d", axis, given, n-1)
	case given >= 0:
		return [2]int{given, given + 1}, fmt.Sprintf("%s %d taken", axis, given), nil
	case p.kind == ProjectMiddle:
		m := (n - 1) / 2
		return [2]int{m, m + 1}, "the middle " + axis + " taken", nil
	case p.kind == "":
		return span, "", fmt.Errorf("say with --projection what becomes of them: max, mean, middle, or one, as --projection=%s=0", axis)
	}
	return [2]int{0, n}, fmt.Sprintf("%s over %s", p.kind, axis), nil
}

// project decodes planes and makes one image of them.
func (st *stack) project(planes []int, kind string, o Options) (Image, error) {
	first, err := st.plane(planes[0], o)
	if err != nil || len(planes) == 1 {
		return first, err
	}
	size := first.Bits / 8
	sums := make([]uint32, len(first.Pixels)/size)
	for i := range planes {
		im := first
		if i > 0 {
			if im, err = st.plane(planes[i], o); err != nil {
				return im, err
			}
		}
		if len(im.Pixels) != len(first.Pixels) {
			return im, unsupported("its planes have different depths: %d and %d bits", first.Bits, im.Bits)
		}
		for k := range sums {
			v := uint32(sampleOf(im.Pixels, k, size))
			if kind == ProjectMax {
				sums[k] = max(sums[k], v)
			} else {
				sums[k] += v // at most 10,000 planes of 16 bits
			}
		}
	}
	n := uint32(len(planes))
	for k, v := range sums {
		if kind == ProjectMean {
			v = (2*v + n) / (2 * n)
		}
		if size == 1 {
			first.Pixels[k] = byte(v)
		} else {
			binary.LittleEndian.PutUint16(first.Pixels[2*k:], uint16(min(v, math.MaxUint16)))
		}
	}
	return first, nil
}

func sampleOf(pixels []byte, k, size int) uint16 {
	if size == 1 {
		return uint16(pixels[k])
	}
	return binary.LittleEndian.Uint16(pixels[2*k:])
}
