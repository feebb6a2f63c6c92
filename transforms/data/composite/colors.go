package composite

import (
	"image/color"
	"math"
)

// sets are the colors of channels by how many there are: those of the palette of Okabe and Ito
// (and for two and three magenta and pure green, which are opposites) that lie farthest apart
// for people with full color vision and without red, green or blue receptors (Apart).
var sets = [][]color.RGBA{
	{white},
	{magenta, green},
	{magenta, bluishGreen, yellow},
	{blue, vermillion, skyBlue, yellow},
	{blue, vermillion, skyBlue, yellow, reddishPurple},
	{blue, vermillion, skyBlue, yellow, reddishPurple, white},
}

var (
	white         = color.RGBA{0xff, 0xff, 0xff, 0xff}
	magenta       = color.RGBA{0xff, 0x00, 0xff, 0xff}
	green         = color.RGBA{0x00, 0xff, 0x00, 0xff}
	bluishGreen   = color.RGBA{0x00, 0x9e, 0x73, 0xff}
	yellow        = color.RGBA{0xf0, 0xe4, 0x42, 0xff}
	blue          = color.RGBA{0x00, 0x72, 0xb2, 0xff}
	vermillion    = color.RGBA{0xd5, 0x5e, 0x00, 0xff}
	skyBlue       = color.RGBA{0x56, 0xb4, 0xe9, 0xff}
	reddishPurple = color.RGBA{0xcc, 0x79, 0xa7, 0xff}
)

// called are the names of colors that have a common one.
var called = map[color.RGBA]string{
	white: "white", magenta: "magenta", green: "green", bluishGreen: "bluish green", yellow: "yellow", blue: "blue", vermillion: "vermillion",
	skyBlue: "sky blue", reddishPurple: "reddish purple", {0xff, 0, 0, 0xff}: "red", {0, 0, 0xff, 0xff}: "blue", {0, 0xff, 0xff, 0xff}: "cyan", {0xff, 0xff, 0, 0xff}: "yellow",
}

// Named returns a color in a legend: "magenta (#ff00ff)", or its number where it has no common name.
func Named(c color.RGBA) string {
	if name, ok := called[c]; ok {
		return name + " (" + Hex(c) + ")"
	}
	return Hex(c)
}

// Set returns the colors of n channels.
func Set(n int) []color.RGBA {
	if n == 0 {
		return nil
	}
	return sets[n-1]
}

// enough is the distance of colors that are told apart well.
const enough = 30

// least is the distance below which the colors of files are replaced: the colors of Set, which
// lie at most a little farther apart where they are many, are then no worse.
func least(n int) float64 { return min(enough, Apart(Set(n))) }

// Apart returns how far the two of some colors that are most alike lie apart, black among them,
// in the worst of full color vision and the three kinds of its lack: the Euclidean distance in
// CIELAB of what Machado, Oliveira and Fernandes (2009) say is seen.
func Apart(colors []color.RGBA) float64 {
	nearest := math.Inf(1)
	all := append([]color.RGBA{{A: 0xff}}, colors...)
	for _, sight := range sights {
		for i := range all {
			for k := range i {
				nearest = min(nearest, distance(sight.lab(all[i]), sight.lab(all[k])))
			}
		}
	}
	return nearest
}

func distance(a, b [3]float64) float64 {
	var sum float64
	for i := range a {
		sum += float64((a[i] - b[i]) * (a[i] - b[i]))
	}
	return math.Sqrt(sum)
}

// matrix maps linear RGB.
type matrix [3][3]float64

// sights are full color vision, protanopia, deuteranopia and tritanopia.
var sights = []matrix{
	{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}},
	{{0.152286, 1.052583, -0.204868}, {0.114503, 0.786281, 0.099216}, {-0.003882, -0.048116, 1.051998}},
	{{0.367322, 0.860646, -0.227968}, {0.280085, 0.672501, 0.047413}, {-0.011820, 0.042940, 0.968881}},
	{{1.255528, -0.076749, -0.178779}, {-0.078411, 0.930809, 0.147602}, {0.004733, 0.691367, 0.303900}},
}

// toXYZ maps linear sRGB to CIE XYZ, over the white of D65.
var toXYZ = matrix{
	{0.4124564 / 0.95047, 0.3575761 / 0.95047, 0.1804375 / 0.95047},
	{0.2126729, 0.7151522, 0.0721750},
	{0.0193339 / 1.08883, 0.1191920 / 1.08883, 0.9503041 / 1.08883},
}

func (m *matrix) times(v [3]float64) (out [3]float64) {
	for i := range out {
		for k := range v {
			out[i] += float64(m[i][k] * v[k])
		}
	}
	return out
}

// lab returns how a color is seen, in CIELAB.
func (m *matrix) lab(c color.RGBA) [3]float64 {
	var v [3]float64
	for i, s := range []uint8{c.R, c.G, c.B} {
		if v[i] = float64(s) / 255; v[i] <= 0.04045 {
			v[i] /= 12.92
		} else {
			v[i] = math.Pow((v[i]+0.055)/1.055, 2.4)
		}
	}
	v = m.times(v)
	for i := range v {
		v[i] = min(1, max(0, v[i]))
	}
	v = toXYZ.times(v)
	for i := range v {
		if v[i] > 216.0/24389 {
			v[i] = math.Cbrt(v[i])
		} else {
			v[i] = (24389.0/27*v[i] + 16) / 116
		}
	}
	return [3]float64{116*v[1] - 16, 500 * (v[0] - v[1]), 200 * (v[1] - v[2])}
}
