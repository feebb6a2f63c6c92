package sample

import "math"

// plate is a mass of condensed chromosomes: a bar across the spindle, curved
// where its ends lag behind or run ahead.
type plate struct {
	x, y   float64 // center, pixels from the scene's center
	half   float64 // half length, along the plate
	thick  float64 // half thickness
	curve  float64 // pixels by which the ends lean toward +y (before the turn)
	turn   turn
	weight float64
	arms   []arm
}

// arm is a chromosome arm that sticks out of a plate: a short round-ended rod.
type arm struct{ x, y, dx, dy, radius float64 }

// depth returns how far (x, y) lies inside the plate, in pixels.
func (p *plate) depth(x, y float64) float64 {
	u, v := p.turn.apply(x-p.x, y-p.y)
	k := u / p.half
	v -= float64(p.curve * (float64(k*k) - 0.3))
	// A stadium whose ends are drawn in: half-way between a rod and an ellipse.
	t := float64(p.thick * (1 - float64(0.35*min(1, float64(k*k)))))
	over := max(0, math.Abs(u)-(p.half-t))
	d := t - math.Sqrt(float64(over*over)+float64(v*v))
	for _, a := range p.arms {
		d = max(d, a.depth(u, v))
	}
	return d
}

func (a arm) depth(x, y float64) float64 {
	px, py := x-a.x, y-a.y
	along := float64(px*a.dx) + float64(py*a.dy)
	t := clamp(along/(float64(a.dx*a.dx)+float64(a.dy*a.dy)), 0, 1)
	ex, ey := px-float64(t*a.dx), py-float64(t*a.dy)
	return a.radius - math.Sqrt(float64(ex*ex)+float64(ey*ey))
}

// grow gives the plate n arms on the side of sign side (0: both sides).
func (p *plate) grow(r *rng, n int, length, side float64) {
	for range n {
		s := side
		if s == 0 {
			s = r.sign()
		}
		p.arms = append(p.arms, arm{
			x: float64(r.between(-0.9, 0.9) * p.half), y: float64(float64(s*p.thick) * 0.45),
			dx: float64(length * r.between(-0.45, 0.45)), dy: float64(float64(s*length) * r.between(0.5, 1.2)),
			radius: r.between(2.6, 4.2),
		})
	}
}

// look says how condensed chromatin appears.
type look struct {
	rough float64 // unevenness of the outline, pixels
	lumps float64 // contrast of the texture
	haze  float64 // dye in the cell around the chromosomes
	cell  oval
}

// chromosomes draws plates with the uneven outline and lumpy texture of packed
// chromosomes, in the thin haze of dye that fills the cell around them.
func chromosomes(r *rng, s *scene, plates []plate, l look) {
	edge := cloud(r, s.w, s.h, 3.4)
	wave := cloud(r, s.w, s.h, 8)
	lump := cloud(r, s.w, s.h, 3)
	fine := cloud(r, s.w, s.h, 1.6)
	s.margin = 12
	s.each(func(x, y float64, i int) {
		total := 0.0
		wobble := float64(l.rough * (edge.v[i] + wave.v[i]))
		for k := range plates {
			p := &plates[k]
			d := p.depth(x, y) + wobble
			if d <= 0 {
				continue
			}
			t := 1 + float64(l.lumps*lump.v[i]) + float64(0.07*fine.v[i])
			body := 0.6 + float64(0.4*ramp(d, 1, p.thick))
			total = max(total, float64(float64(ramp(d, 0, 4)*body)*float64(max(t, 0.25)*p.weight)))
		}
		depth, _ := l.cell.depth(x, y)
		s.v[i] = total + float64(ramp(depth, -10, 26)*l.haze)
	})
}

// metaphase draws the chromosomes lined up in one plate, seen from the side as a
// bar or, one time in six, from a pole as a ring.
func metaphase(r *rng) scene {
	half := float64(50 * (1 + float64(0.11*r.norm())))
	if r.chance(1.0 / 6) {
		return rosette(r, float64(half*0.86))
	}
	p := plate{
		half: half, thick: r.between(14, 20), curve: float64(4 * r.norm()),
		turn:   tilt(1 + r.between(-0.05, 0.05)), // upright
		weight: r.between(1.5, 1.95),
	}
	p.grow(r, 4+r.intn(7), r.between(8, 14), 0)
	s := newScene(48, half+14)
	cell := oval{a: half * 1.1, b: r.between(36, 46), turn: tilt(0)}
	chromosomes(r, &s, []plate{p}, look{rough: 1.6, lumps: 0.15, haze: r.between(0.06, 0.24), cell: cell})
	return s
}

// rosette is a metaphase seen along the spindle: a ring of chromosomes.
func rosette(r *rng, radius float64) scene {
	s := newScene(radius+12, radius+14)
	o := oval{a: radius * 1.06, b: radius * 0.97, turn: tilt(r.between(-0.2, 0.2))}
	edge := cloud(r, s.w, s.h, 3.4)
	lump := cloud(r, s.w, s.h, 3)
	wave := cloud(r, s.w, s.h, 9)
	weight := r.between(1.35, 1.75)
	hole := r.between(0.18, 0.34)
	s.each(func(x, y float64, i int) {
		d, q := o.depth(x, y)
		d += float64(2.6*edge.v[i]) + float64(1.5*wave.v[i])
		if d <= 0 {
			return
		}
		open := mix(0.38, 1, ramp(q+float64(0.06*edge.v[i]), hole-0.12, hole+0.16))
		t := 1 + float64(0.2*lump.v[i]) + float64(0.08*wave.v[i])
		s.v[i] = float64(float64(ramp(d, 0, 5)*open) * float64(max(t, 0.3)*weight))
	})
	return s
}

// anaphase draws the two sets of chromosomes on their way apart: two bars whose
// ends lean toward the poles and whose arms trail in the middle.
func anaphase(r *rng) scene {
	gap := r.between(21, 42) // half the distance of the two sets
	half := float64(41 * (1 + float64(0.08*r.norm())))
	thick := r.between(12, 15.5)
	curve := float64(r.between(0.05, 0.3) * gap)
	arms := r.between(7, 12)
	lean := r.between(-0.09, 0.09) // of the spindle
	plates := make([]plate, 2)
	for i, side := range []float64{-1, 1} {
		x, y := tilt(-lean).apply(0, float64(side*gap))
		p := plate{
			x: x, y: y, half: float64(half * r.between(0.93, 1.07)), thick: thick,
			curve: float64(side * curve), turn: tilt(lean + r.between(-0.05, 0.05)), weight: r.between(1.45, 1.85),
		}
		p.grow(r, 5+r.intn(4), arms, -side)
		plates[i] = p
	}
	s := newScene(half+18, gap+thick+curve+18)
	cell := oval{a: gap + thick + 10, b: half + 6, turn: tilt(0)}
	chromosomes(r, &s, plates, look{rough: 1.5, lumps: 0.14, haze: r.between(0.12, 0.26), cell: cell})
	return s
}

// telophase draws two daughter nuclei far apart, flattened across the spindle,
// whose chromatin begins to loosen.
func telophase(r *rng) scene {
	gap := r.between(44, 62)
	late := (gap - 44) / 18
	half := float64(mix(34, 36, late) * (1 + float64(0.08*r.norm())))
	thick := mix(16, 23, late) + r.between(-1.5, 1.5)
	weight := float64(mix(1.65, 1.4, late) * r.between(0.9, 1.1))
	plates := make([]plate, 2)
	for i, side := range []float64{-1, 1} {
		plates[i] = plate{
			x: float64(4 * r.norm()), y: float64(side * gap),
			half: float64(half * r.between(0.94, 1.06)), thick: float64(thick * r.between(0.93, 1.07)),
			curve: float64(side * r.between(2, 9)), turn: tilt(float64(0.07 * r.norm())),
			weight: float64(weight * r.between(0.92, 1.08)),
		}
	}
	s := newScene(half+22, gap+thick+22)
	cell := oval{a: gap + thick, b: half, turn: tilt(0)}
	chromosomes(r, &s, plates, look{rough: mix(1.3, 0.9, late), lumps: mix(0.14, 0.18, late), haze: r.between(0.03, 0.13), cell: cell})
	return s
}
