package main

import "exemplar/model/internal/kernel/generate/transform"

// input writes an input transform, eight channels of a tile at a time.
func (g generator) input(of func(transform.Machine[vec, place]) transform.Input[vec, place]) {
	m := &machine{}
	t := of(m)
	f := g.Function(t.Name+"NEON", transform.InputSignature, t.Does(), t.Loop()...)
	m.begin(g, f)
	v, plane, tiles := f.Load("v"), f.Bytes("plane"), f.Load("tiles")
	row := rows(f, f.Load("src"), f.Bytes("pitch"), t.Side)
	channels := f.Bytes("channels")
	var pixel []distance
	for x := range t.Side {
		pixel = append(pixel, multiple(f, x, channels))
	}
	f.Label("tile")
	block := f.Load("channels")
	f.Label("block")
	out := f.Copy(v)
	for _, column := range t.Columns {
		var group [][]vec
		for x := range t.Side {
			for i, e := range column(func(y int) place { return place{row[y], pixel[x]} }) {
				if x == 0 {
					group = append(group, nil)
				}
				group[i] = append(group[i], e)
			}
		}
		for _, e := range group {
			t.Row(e, func(v vec) {
				m.store(v, place{out, near(0)})
				f.Add(out, out, plane)
			})
		}
	}
	for _, r := range append(row, v) {
		f.AddImm(r, r, pair)
	}
	f.CountDown(block, 2*lanes, "block")
	for _, r := range row {
		f.Add(r, r, pixel[t.Step-1].first)
	}
	f.CountDown(tiles, 1, "tile")
	f.Return()
}
