package model

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestPresets checks sizes that the study's models are known by.
func TestPresets(t *testing.T) {
	for _, c := range []struct {
		name             string
		encoder, decoder int64
	}{
		{
			"ae1m",
			16*10 + 16*145 + 32*145 + 32*289 + 64*289 + 64*577 + 128*577 + 128*1153 + 512*32769,
			513*32768 + 128*1153*2 + 64*1153 + 64*577 + 32*577 + 32*289 + 16*289 + 16*145 + 145,
		},
		{"mnist-conv", 160 + 4640 + 64*1569, 65*1568 + 9*32*32 + 32 + 9*32*16 + 16 + 9*16 + 1},
		{"dense-784-128-64-12-2", 785*128 + 129*64 + 65*12 + 13*2, 3*12 + 13*64 + 65*128 + 129*784},
	} {
		a := mustPreset(t, c.name)
		if err := a.Validate(); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if enc, dec := a.Parameters(); enc != c.encoder || dec != c.decoder {
			t.Errorf("%s has %d and %d parameters, want %d and %d", c.name, enc, dec, c.encoder, c.decoder)
		}
	}
	if _, err := Preset("ae2m"); err == nil || !strings.Contains(err.Error(), "ae1m, dense-784-100-20") {
		t.Errorf("unknown preset: %v", err)
	}
	a := mustPreset(t, "ae1m")
	a.Filters[0] = 99
	if mustPreset(t, "ae1m").Filters[0] == 99 {
		t.Error("a preset can be changed through its result")
	}
}

// TestChains: each layer takes what the last one gave, from pixels to latent
// and back.
func TestChains(t *testing.T) {
	odd := mustPreset(t, "mnist-conv")
	odd.Input.Height, odd.Input.Width = 31, 5
	for _, a := range []Arch{mustPreset(t, "ae1m"), odd, mustPreset(t, "dense-784-128-32")} {
		image := Shape{a.Input.Height, a.Input.Width, a.Input.Channels}
		for _, half := range []struct {
			layers  []Layer
			in, out Shape
		}{{a.EncoderLayers(), image, Shape{1, 1, a.Latent}}, {a.DecoderLayers(), Shape{1, 1, a.Latent}, image}} {
			at := half.in
			for _, l := range half.layers {
				if l.In != at {
					t.Errorf("%s: layer %s takes %v after %v", a.Name, l.Name, l.In, at)
				}
				at = l.Out
			}
			if at != half.out {
				t.Errorf("%s: ends with %v, want %v", a.Name, at, half.out)
			}
		}
	}
}

func TestParseArch(t *testing.T) {
	got, err := ParseArch([]byte(`{"family":"conv","input":{"height":64,"width":48},"latent":8,"filters":[4,8],"convs_per_stage":1}`))
	if err != nil {
		t.Fatal(err)
	}
	want := Arch{
		Family: FamilyConv, Latent: 8, Filters: []int{4, 8}, ConvsPerStage: 1,
		Input:       Input{Height: 64, Width: 48, Channels: 1, Bits: 8, Scale: ScaleUnit},
		Activations: Activations{ActReLU, ActLinear, ActLinear, ActSigmoid},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("defaults differ (-want +got):\n%s", d)
	}
	for _, name := range Presets() {
		a := mustPreset(t, name)
		data, err := json.Marshal(a)
		if err != nil {
			t.Fatal(err)
		}
		if back, err := ParseArch(data); err != nil || cmp.Diff(a, back) != "" {
			t.Errorf("%s: %v %s", name, err, cmp.Diff(a, back))
		}
	}
	const in = `"input":{"height":28,"width":28},"latent":2`
	for _, c := range []struct{ json, want string }{
		{`{`, "unexpected EOF"},
		{`{"family":"conv","filtres":[1]}`, "filtres"},
		{`{"family":"dense",` + in + `} {}`, "data after"},
		{`{"family":"rnn",` + in + `}`, `family "rnn"`},
		{`{"family":"dense","input":{"height":0,"width":28},"latent":2}`, "input size 0x28"},
		{`{"family":"dense","input":{"height":28,"width":28,"channels":17},"latent":2}`, "17 channels"},
		{`{"family":"dense","input":{"height":28,"width":28,"bits":12},"latent":2}`, "12 bits"},
		{`{"family":"dense","input":{"height":28,"width":28,"scale":"z"},"latent":2}`, `scale "z"`},
		{`{"family":"dense","input":{"height":28,"width":28,"scale":"symmetric"},"latent":2,"activations":{"output":"sigmoid"}}`, "output activation sigmoid never gives a number below 0"},
		{`{"family":"dense","input":{"height":28,"width":28,"scale":"symmetric"},"latent":2,"activations":{"output":"relu"}}`, "need tanh or linear"},
		{`{"family":"dense","input":{"height":28,"width":28,"scale":"byte"},"latent":2,"activations":{"output":"sigmoid"}}`, "never gives a number above 1: pixels in [0,255] need relu or linear"},
		{`{"family":"dense","input":{"height":28,"width":28,"scale":"byte"},"latent":2,"activations":{"output":"tanh"}}`, "pixels in [0,255] need relu or linear"},
		{`{"family":"dense","input":{"height":28,"width":28}}`, "latent size 0"},
		{`{"family":"dense",` + in + `,"widths":[0]}`, "widths [0]"},
		{`{"family":"dense",` + in + `,"filters":[4]}`, "family dense has no filters"},
		{`{"family":"conv",` + in + `,"convs_per_stage":1}`, "filters []"},
		{`{"family":"conv",` + in + `,"filters":[4]}`, "convs_per_stage 0"},
		{`{"family":"conv",` + in + `,"filters":[1,1,1,1,1],"convs_per_stage":1}`, "too small for 5 stages"},
		{`{"family":"linear",` + in + `}`, "working size 0x0"},
		{`{"family":"linear",` + in + `,"working":{"height":9,"width":29}}`, "working size 9x29"},
		{`{"family":"linear",` + in + `,"working":{"height":9,"width":9},"upsample":"cubic"}`, `upsample "cubic"`},
		{`{"family":"dense",` + in + `,"activations":{"hidden":"gelu"}}`, `hidden activation "gelu"`},
		{`{"family":"dense","input":{"height":16384,"width":16384},"widths":[1000000],"latent":2}`, "too large"},
	} {
		if _, err := ParseArch([]byte(c.json)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: error is %v, want %q", c.json, err, c.want)
		}
	}
}

// TestScales: how pixels of each scale are described, which output activation
// goes with it, and that models of [0,1] are written as they always were.
func TestScales(t *testing.T) {
	for _, c := range []struct {
		in   Input
		want string
	}{
		{Input{Bits: 8, Scale: ScaleUnit}, "uint8/255"},
		{Input{Bits: 16, Scale: ScaleUnit}, "uint16/65535"},
		{Input{Bits: 8, Scale: ScaleSymmetric}, "uint8/127.5-1"},
		{Input{Bits: 16, Scale: ScaleSymmetric}, "uint16/32767.5-1"},
		{Input{Bits: 8, Scale: ScaleByte}, "uint8/1"},
		{Input{Bits: 16, Scale: ScaleByte}, "uint16/257"},
	} {
		if got := c.in.Preprocessing(); got != c.want {
			t.Errorf("%+v is %q, want %q", c.in, got, c.want)
		}
	}
	unit := mustPreset(t, "mnist-conv")
	symmetric := unit.WithScale(ScaleSymmetric)
	parsed, err := ParseArch([]byte(`{"name":"mnist-conv","family":"conv","input":{"height":28,"width":28,"scale":"symmetric"},"latent":64,"filters":[16,32],"convs_per_stage":1}`))
	if d := cmp.Diff(parsed, symmetric); err != nil || d != "" || parsed.Activations.Output != ActTanh {
		t.Errorf("%v, parsed and changed differ:\n%s", err, d)
	}
	if d := cmp.Diff(unit, symmetric.WithScale(ScaleUnit)); d != "" {
		t.Errorf("there and back (-want +got):\n%s", d)
	}
	for _, output := range []string{ActLinear, ActTanh} {
		a := unit
		a.Activations.Output = output
		if got := a.WithScale(ScaleSymmetric); got.Activations.Output != output || got.Validate() != nil {
			t.Errorf("output %s became %s, %v", output, got.Activations.Output, got.Validate())
		}
		if got := a.WithScale(ScaleUnit); cmp.Diff(a, got) != "" {
			t.Errorf("the scale that it has changes %+v to %+v", a, got)
		}
	}
	parsed, err = ParseArch([]byte(`{"name":"mnist-conv","family":"conv","input":{"height":28,"width":28,"scale":"byte"},"latent":64,"filters":[16,32],"convs_per_stage":1}`))
	for from, a := range map[string]Arch{"unit": unit, "symmetric": symmetric} {
		if d := cmp.Diff(parsed, a.WithScale(ScaleByte)); err != nil || d != "" || parsed.Activations.Output != ActLinear {
			t.Errorf("%v, parsed and changed from %s differ:\n%s", err, from, d)
		}
	}
	data, err := json.Marshal(unit.Input)
	if err != nil || string(data) != `{"height":28,"width":28,"channels":1,"bits":8,"scale":"unit"}` {
		t.Errorf("%s, %v", data, err)
	}
}
