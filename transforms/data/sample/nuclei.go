package sample

import "math"

// A scene is what the microscope looks at: the density of stained chromatin,
// 1 being a typical interphase nucleus in focus.
type scene struct {
	*field
	cx, cy float64 // center
	margin float64 // how far a segmentation reaches beyond the stain, pixels
}

// newScene returns an empty scene for an object that reaches halfW columns and
// halfH rows from its center, with room for blur around it.
func newScene(halfW, halfH float64) scene {
	const margin = 36
	w, h := 2*(int(halfW)+margin), 2*(int(halfH)+margin)
	return scene{field: newField(w, h), cx: float64(w) / 2, cy: float64(h) / 2, margin: 13}
}

// each calls paint for every pixel with its place relative to the center, in
// pixels, and its index.
func (s scene) each(paint func(x, y float64, i int)) {
	for j := range s.h {
		y := float64(j) + 0.5 - s.cy
		for i := range s.w {
			paint(float64(i)+0.5-s.cx, y, j*s.w+i)
		}
	}
}

// oval is the outline of a nucleus: an ellipse, turned, bent, and warped.
type oval struct {
	a, b float64 // vertical and horizontal half axis, pixels
	turn turn
	bend float64 // pixels by which the ends lean to one side
}

// depth returns how far (x, y) lies inside the outline, in pixels (negative
// outside), and the radius q: 0 at the center, 1 on the outline.
func (o oval) depth(x, y float64) (depth, q float64) {
	u, v := o.turn.apply(x, y)
	v /= o.a
	u = (u + float64(o.bend*(float64(v*v)-0.35))) / o.b
	q = math.Sqrt(float64(u*u) + float64(v*v))
	return (1 - q) * o.b, q
}

// spot is a soft ellipse inside a nucleus: a nucleolus or a chromocenter.
type spot struct {
	x, y, rx, ry float64
	weight       float64
}

// cover returns 1 well inside the spot, 0 outside; wobble (pixels) deforms it.
func (s spot) cover(x, y, wobble float64) float64 {
	u, v := (x-s.x)/s.rx, (y-s.y)/s.ry
	d := float64(u*u) + float64(v*v)
	if d > 4 {
		return 0
	}
	return 1 - ramp(math.Sqrt(d)+wobble/s.rx, 0.65, 1.2)
}

// spots scatters n soft ellipses of radius lo to hi inside the outline.
func (o oval) spots(r *rng, n int, lo, hi, wlo, whi float64) []spot {
	out := make([]spot, 0, n)
	for range n {
		rx := r.between(lo, hi)
		out = append(out, spot{
			x: float64(r.between(-0.55, 0.55) * o.b), y: float64(r.between(-0.55, 0.55) * o.a),
			rx: rx, ry: float64(rx * r.between(0.75, 1.35)), weight: r.between(wlo, whi),
		})
	}
	return out
}

// longest is the half axis of the longest nucleus: with its rim it fits into a crop.
const longest = 100

// interphase draws a nucleus of a cell that does not divide: an even, grainy
// oval with one to five dark nucleoli. Its area and dye grow with its DNA
// content, from G1 (1) through S to G2 (2).
func interphase(r *rng) scene {
	dna := 1.0
	switch u := r.unit(); {
	case u > 0.78:
		dna = 2
	case u > 0.55:
		dna = 1 + r.unit()
	}
	size := float64(float64(64*clamp(1+float64(0.15*r.norm()), 0.65, 1.4)) * math.Sqrt(0.78+float64(0.22*dna)))
	ratio := math.Sqrt(clamp(1.46+float64(0.26*r.norm()), 1.04, 2.3))
	o := oval{a: min(size*ratio, longest), b: min(size/ratio, longest), turn: tilt(r.between(-0.07, 0.07)), bend: float64(5 * r.norm())}
	s := newScene(o.b+12, o.a+8)

	outline := cloud(r, s.w, s.h, r.between(14, 22))
	large := cloud(r, s.w, s.h, 13)
	grain := cloud(r, s.w, s.h, r.between(3.2, 5.2))
	fine := cloud(r, s.w, s.h, 1.7)
	warp := r.between(0.8, 2.4)
	rough := r.between(0.14, 0.3)
	rim := r.between(0, 0.16)
	nucleoli := o.spots(r, 1+r.intn(5), 4.5, 10, 0.28, 0.6)
	foci := o.spots(r, r.intn(7), 2.2, 4.2, 0.15, 0.55)
	dense := float64((0.92 + float64(0.1*dna)) * r.between(0.85, 1.15))

	s.each(func(x, y float64, i int) {
		depth, q := o.depth(x, y)
		depth += float64(warp * outline.v[i])
		if depth <= 0 {
			return
		}
		dome := math.Sqrt(max(0, 1-float64(min(q, 1)*min(q, 1))))
		t := 1 + float64(0.08*large.v[i]) + float64(rough*grain.v[i]) + float64(0.14*fine.v[i])
		for _, n := range nucleoli {
			c := n.cover(x, y, float64(1.6*grain.v[i]))
			t -= float64(float64(c*n.weight) - float64(0.9*float64(float64(c*(1-c))*n.weight)))
		}
		for _, n := range foci {
			t += float64(n.cover(x, y, 0) * n.weight)
		}
		t += float64(rim * (1 - ramp(depth, 2, 11)))
		s.v[i] = float64(float64(float64(ramp(depth, 0, 6)*(0.66+float64(0.34*dome)))*max(t, 0.12)) * dense)
	})
	return s
}

// prophase draws a rounder, swollen nucleus whose chromatin has condensed to
// bright threads; the nucleoli are gone.
func prophase(r *rng) scene {
	size := float64(64 * (1 + float64(0.08*r.norm())))
	ratio := math.Sqrt(r.between(1.03, 1.3))
	o := oval{a: size * ratio, b: size / ratio, turn: tilt(r.between(-0.1, 0.1)), bend: float64(2 * r.norm())}
	s := newScene(o.b+12, o.a+8)

	outline := cloud(r, s.w, s.h, 14)
	bumps := cloud(r, s.w, s.h, 4)
	threads := cloud(r, s.w, s.h, r.between(4.2, 5.4))
	clumps := cloud(r, s.w, s.h, 3.4)
	patchy := cloud(r, s.w, s.h, 9)
	stage := r.between(0.35, 1) // how far condensation has gone
	dense := r.between(1.05, 1.3)

	s.each(func(x, y float64, i int) {
		depth, q := o.depth(x, y)
		depth += float64(1.6*outline.v[i]) + float64(float64(1.5*stage)*bumps.v[i])
		if depth <= 0 {
			return
		}
		// Threads run where a smooth random field crosses a level, which drifts so
		// that they break and merge; clumps are where threads lie over each other.
		thread := 1 - ramp(math.Abs(threads.v[i]+float64(0.5*patchy.v[i])), 0.1, 0.95)
		clump := ramp(clumps.v[i], -0.4, 1.6)
		t := 0.5 + float64(0.75*thread) + float64(0.7*clump)
		t = mix(1, t, float64(0.5*stage)+0.4)
		t = float64(t * (1 + float64(0.1*patchy.v[i]) + float64(0.14*ramp(q, 0.5, 0.95))))
		s.v[i] = float64(float64(ramp(depth, 0, 4)*max(t, 0.08)) * dense)
	})
	return s
}
