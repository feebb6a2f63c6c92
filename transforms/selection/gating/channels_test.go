package gating

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/rand/v2"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

const (
	side   = 40
	offset = 100 // of the camera
)

// cell is what a crop shows, in the units of a camera of 12 bits.
type cell struct {
	r      *rand.Rand
	x, y   float64 // of its center
	radius float64
	gain   float64
}

func newCell(r *rand.Rand) *cell {
	return &cell{r: r, x: 19 + 2*r.Float64(), y: 19 + 2*r.Float64(), radius: 6 + 4*r.Float64(), gain: math.Exp(0.3 * r.NormFloat64())}
}

// blob is a nucleus of that brightness before the ground of the camera, blurred by so many
// pixels at its edge; with grains if it is sharp.
func (o *cell) blob(level, blur float64) []float64 {
	v := make([]float64, side*side)
	for i := range v {
		far := math.Hypot(float64(i%side)-o.x, float64(i/side)-o.y)
		inside := 1 / (1 + math.Exp((far-o.radius)/blur))
		grain := 1.0
		if blur < 2 {
			grain += 0.25 * math.Sin(float64(i%side)*1.1+o.x) * math.Sin(float64(i/side)*1.3+o.y)
		}
		v[i] = offset + level*o.gain*inside*grain + 4*o.r.NormFloat64()
	}
	return v
}

// noise is the ground of the camera alone.
func (o *cell) noise() []float64 {
	v := make([]float64, side*side)
	for i := range v {
		v[i] = offset + 4*o.r.NormFloat64()
	}
	return v
}

// masked is a disc without ground: dim, and with grains where level is above zero.
func (o *cell) masked(level float64) []float64 {
	v := make([]float64, side*side)
	for i := range v {
		if math.Hypot(float64(i%side)-o.x, float64(i/side)-o.y) < o.radius {
			v[i] = 60 + 3*o.r.NormFloat64() + level*o.gain*(1+0.5*math.Sin(float64(i%side)*1.7)*math.Sin(float64(i/side)*1.9))
		}
	}
	return v
}

// crop interleaves channels, clipped at 12 bits.
func crop(channels ...[]float64) []byte {
	pixels := make([]byte, 2*side*side*len(channels))
	for i := range side * side {
		for c, v := range channels {
			binary.LittleEndian.PutUint16(pixels[2*(i*len(channels)+c):], uint16(min(4095, max(0, math.Round(v[i])))))
		}
	}
	return pixels
}

// judgeChannels surveys crops with channels and says what the gate excludes each for.
func judgeChannels(t *testing.T, p schemas.GateParameters, full int, names []string, crops [][]byte) (schemas.Gate, []schemas.Exclusion) {
	t.Helper()
	shape := schemas.ImageShape{Height: side, Width: side, Channels: len(names), Bits: 16}
	qualities, channels, flags := make([]schemas.Quality, len(crops)), make([][]schemas.Quality, len(crops)), make([]int32, len(crops))
	var parts [3]Survey
	for i, pixels := range crops {
		qualities[i], channels[i], flags[i] = images.ChannelQualities(pixels, shape, full)
		parts[i%3].Add(flags[i], qualities[i], 0, false, channels[i]...)
	}
	var survey Survey
	for _, i := range []int{2, 0, 1} {
		survey.Merge(&parts[i])
	}
	g := Derive(p, &survey, schemas.ChannelLabels(names)...)
	if err := g.Validate(); err != nil {
		t.Error(err)
	}
	list := make([]schemas.Exclusion, len(crops))
	for i := range crops {
		list[i] = Excludes(&g, flags[i], qualities[i], 0, false, channels[i]...)
	}
	return g, list
}

var auto = schemas.GateParameters{Mode: schemas.GateAuto}

// TestOverexposedTwelveBits: of 400 crops of 12 bits in 16 the ten that are overexposed are found,
// and no other, by full scale alone; as one channel, and as one of three, which is named.
func TestOverexposedTwelveBits(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 21))
	var one, three [][]byte
	for i := range 400 {
		o := newCell(r)
		level := 900.0
		if o.radius += 2; i%40 == 7 {
			level, o.gain = 6000, 1
		}
		one = append(one, crop(o.blob(level, 1)))
		three = append(three, crop(o.blob(800, 1), o.blob(level, 1), o.blob(300, 1.5)))
	}
	s := schemas.ImageShape{Height: side, Width: side, Channels: 1, Bits: 16}
	for _, full := range []int{4095, 0} {
		found := 0
		for i, reason := range judgeFull(t, s, full, one) {
			if want := i%40 == 7 && full == 4095; (reason == schemas.ReasonSaturated) != want || !want && full == 4095 && reason != "" {
				t.Errorf("full scale %d, crop %d is excluded for %q", full, i, reason)
			}
			if reason == schemas.ReasonSaturated {
				found++
			}
		}
		t.Logf("full scale %d: %d overexposed", full, found)
	}
	_, list := judgeChannels(t, auto, 4095, []string{"DNA", "ER", "RNA"}, three)
	for i, e := range list {
		if want := i%40 == 7; (e.Reason == schemas.ReasonSaturated && e.Channel == "ER") != want || !want && e.Reason != "" {
			t.Errorf("crop %d of three channels is excluded for %+v", i, e)
		}
	}
}

// judgeFull is judge with a full scale.
func judgeFull(t *testing.T, s schemas.ImageShape, full int, crops [][]byte) (reasons []string) {
	t.Helper()
	var survey Survey
	for _, pixels := range crops {
		q, flags := images.Quality(pixels, s, full)
		survey.Add(flags, q, 0, false)
	}
	g := Derive(auto, &survey)
	for _, pixels := range crops {
		q, flags := images.Quality(pixels, s, full)
		reasons = append(reasons, Excludes(&g, flags, q, 0, false).Reason)
	}
	return reasons
}

// TestMarkersExcludeNobody: whatever a marker looks like where it is off, neither the cells without
// it nor those with it are excluded, be they one of ten, half, or nine of ten.
func TestMarkersExcludeNobody(t *testing.T) {
	kinds := map[string]func(o *cell, on bool) []float64{
		"zeros": func(o *cell, on bool) []float64 {
			if on {
				return o.masked(900)
			}
			return make([]float64, side*side)
		},
		"a constant": func(o *cell, on bool) []float64 {
			v := o.blob(700, 1)
			for i := range v {
				if !on {
					v[i] = offset
				}
			}
			return v
		},
		"noise": func(o *cell, on bool) []float64 {
			if on {
				return o.blob(700, 1)
			}
			return o.noise()
		},
		"dim within a mask": func(o *cell, on bool) []float64 {
			if on {
				return o.masked(600)
			}
			return o.masked(0)
		},
		"noise, with a neighbor at the edge": func(o *cell, on bool) []float64 {
			v := o.noise()
			if on {
				v = o.blob(700, 1)
			}
			if o.r.IntN(40) == 0 {
				n := &cell{r: o.r, x: 0, y: 8, radius: 7, gain: 1}
				for i, w := range n.blob(900, 1) {
					v[i] += w - offset
				}
			}
			return v
		},
		"haze without a ground": func(o *cell, on bool) []float64 {
			v := o.blob(150, 5)
			if on {
				v = o.blob(2000, 0.5)
			}
			for i := range v {
				v[i] += 20 - offset
			}
			return v
		},
		"diffuse": func(o *cell, on bool) []float64 {
			if on {
				return o.blob(700, 1)
			}
			return o.blob(700, 5)
		},
		"spots": func(o *cell, on bool) []float64 {
			v := o.blob(150, 1)
			for range 4 {
				at := int(o.y+4*o.r.Float64()-2)*side + int(o.x+4*o.r.Float64()-2)
				for _, d := range []int{0, 1, side, side + 1} {
					if on {
						v[at+d] += 1500
					}
				}
			}
			return v
		},
	}
	for name, marker := range kinds {
		shares := []float64{0.1, 0.5, 0.9}
		if name == "haze without a ground" { // by its mean it is told apart, however few there are
			shares = append(shares, 0.03, 0.97)
		}
		for _, share := range shares {
			r := rand.New(rand.NewPCG(5, uint64(100*share)))
			var crops [][]byte
			on := 0
			for range 400 {
				o, is := newCell(r), r.Float64() < share
				if is {
					on++
				}
				crops = append(crops, crop(o.blob(800, 1), marker(o, is), o.blob(400, 1.5)))
			}
			g, list := judgeChannels(t, auto, 0, []string{"DNA", "marker", "ER"}, crops) // not of saturation
			for i, e := range list {
				if e.Reason != "" {
					t.Errorf("%s, on in %d of 400: crop %d is excluded for %+v by %+v", name, on, i, e, g)
					break
				}
			}
		}
	}
}

// TestArtifactsOfOneChannel: what is wrong in one channel is found, and the channel named; a channel
// that fails in few images is no marker.
func TestArtifactsOfOneChannel(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 21))
	var crops [][]byte
	var want []string
	for i := range 400 {
		o := newCell(r)
		dna, er, kind := o.blob(800, 1), o.blob(500, 1), ""
		switch i {
		case 10, 20, 30:
			er, kind = o.blob(500, 9), "sharpness (channel ER)"
		case 40, 50, 60:
			dna, kind = o.noise(), "foreground (channel DNA)"
		case 70, 80, 90:
			er, kind = o.blob(20000, 1), "saturated (channel ER)"
		case 100, 110, 120:
			o.x = 0
			dna, kind = o.blob(800, 1), "border (channel DNA)"
		case 130:
			dna, er = make([]float64, side*side), make([]float64, side*side)
			for i := range er {
				er[i] = 50
			}
			kind = "constant"
		case 140:
			for i := range er {
				er[i] = 4095
			}
			kind = "saturated (channel ER)"
		}
		crops, want = append(crops, crop(dna, er)), append(want, kind)
	}
	g, list := judgeChannels(t, auto, 4095, []string{"DNA", "ER"}, crops)
	for i, e := range list {
		if got := schemas.ReasonOf(e.Reason, e.Channel); got != want[i] {
			t.Errorf("crop %d is excluded for %q, %v beyond %v, want %q", i, got, e.Value, e.Threshold, want[i])
		}
	}
	if g.Judged != 399 || g.Channels[0].Empty != 3 || g.Channels[1].Empty != 1 {
		t.Errorf("%+v", g)
	}
}

// TestGivenLimitsAreOfEveryChannel: and of a channel of no name, and of those of one name, by what
// their columns end in.
func TestGivenLimitsAreOfEveryChannel(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 21))
	var crops [][]byte
	for range 50 {
		o := newCell(r)
		crops = append(crops, crop(o.blob(800, 1), o.noise()))
	}
	p := auto
	p.MinForeground = schemas.GateBound{Given: true, Value: 0.5}
	for names, label := range map[string]string{"DNA,": "c1", "DNA,DNA": "c1", "c1,": "c1", "DNA,ER": "ER"} {
		_, list := judgeChannels(t, p, 4095, strings.Split(names, ","), crops)
		for i, e := range list {
			if e.Reason != schemas.ReasonForeground || e.Channel != label || e.Threshold != 0.5 || e.Value != 0 {
				t.Fatalf("%s: crop %d is excluded for %+v", names, i, e)
			}
		}
	}
}

// TestBrightChannels: histology and brightfield pass as gray, as RGB and as channels, and the cells
// that the edge cuts do not.
func TestBrightChannels(t *testing.T) {
	r := rand.New(rand.NewPCG(11, 3))
	var rgb, gray [][]byte
	const whole, cut = 200, 6
	for i := range whole + cut {
		x := 19 + 2*r.Float64()
		if i >= whole {
			x = 1
		}
		picture := stained(r, x, 19+2*r.Float64())
		rgb = append(rgb, picture)
		g := make([]byte, 40*40)
		for k := range g {
			g[k] = byte(min(255, 0.6*float64(picture[3*k+1])+70+3*r.Float64()))
		}
		gray = append(gray, g)
	}
	check := func(kind string, reasons []string) {
		t.Helper()
		for i, reason := range reasons {
			if i < whole && reason != "" || i >= whole && !strings.HasPrefix(reason, schemas.ReasonBorder) {
				t.Errorf("%s: cell %d is excluded for %q", kind, i, reason)
			}
		}
	}
	s := schemas.ImageShape{Height: 40, Width: 40, Channels: 3, Bits: 8}
	_, reasons := judge(t, auto, s, rgb)
	check("RGB", reasons)
	var survey Survey
	names := []string{"R", "G", "B"}
	for _, pixels := range rgb {
		q, channels, flags := images.ChannelQualities(pixels, s, 0)
		survey.Add(flags, q, 0, false, channels...)
	}
	g := Derive(auto, &survey, names...)
	reasons = nil
	for _, pixels := range rgb {
		q, channels, flags := images.ChannelQualities(pixels, s, 0)
		e := Excludes(&g, flags, q, 0, false, channels...)
		reasons = append(reasons, schemas.ReasonOf(e.Reason, e.Channel))
	}
	check("channels", reasons)
	for _, c := range g.Channels {
		if c.Ground != schemas.GroundBright {
			t.Errorf("the ground of %s is %q", c.Channel, c.Ground)
		}
	}
	s.Channels = 1
	_, reasons = judge(t, auto, s, gray)
	check("brightfield", reasons)
}

// TestGatesOfChannelsAreChecked: a limit of no channel, of another one, twice or out of order is none.
func TestGatesOfChannelsAreChecked(t *testing.T) {
	r := rand.New(rand.NewPCG(12, 3))
	var crops [][]byte
	for range 50 {
		o := newCell(r)
		crops = append(crops, crop(o.blob(800, 1), o.blob(500, 2)))
	}
	g, _ := judgeChannels(t, auto, 4095, []string{"a", "b"}, crops)
	for i, spoil := range []func(g *schemas.Gate){
		func(g *schemas.Gate) { g.Limits[1].Channel = "" },
		func(g *schemas.Gate) { g.Limits[1].Channel = "c" },
		func(g *schemas.Gate) { g.Limits[1].Channel = "a" },
		func(g *schemas.Gate) { g.Limits[0], g.Limits[1] = g.Limits[1], g.Limits[0] },
		func(g *schemas.Gate) { g.Channels[0].Ground = "green" },
		func(g *schemas.Gate) { g.Channels = g.Channels[:1] },
		func(g *schemas.Gate) { g.Channels = nil },
	} {
		bad := g
		bad.Limits, bad.Channels = append([]schemas.GateLimit{}, g.Limits...), append([]schemas.GateChannel{}, g.Channels...)
		spoil(&bad)
		if err := bad.Validate(); err == nil {
			t.Error(fmt.Sprint(i), "is accepted")
		}
	}
}
