package model

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestSummary: the tables of a dense stack are those of its Keras model, whose numbers are
// published: 78,500 and 2,020, 2,100 and 79,184, 161,804 in all.
func TestSummary(t *testing.T) {
	got := mustPreset(t, "dense-784-100-20").Summary(true)
	want := `encoder
  layer (type)        output shape       parameters
  image (InputLayer)  (None, 28, 28, 1)  0
  flatten (Flatten)   (None, 784)        0
  dense0 (Dense)      (None, 100)        78,500
  dense1 (Dense)      (None, 20)         2,020
  80,520 parameters
decoder
  layer (type)            output shape       parameters
  embedding (InputLayer)  (None, 20)         0
  dense0 (Dense)          (None, 100)        2,100
  dense1 (Dense)          (None, 784)        79,184
  reshape2 (Reshape)      (None, 28, 28, 1)  0
  81,284 parameters
autoencoder: 161,804 parameters
`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if encoder := mustPreset(t, "dense-784-100-20").Summary(false); encoder != want[:strings.Index(want, "decoder")] {
		t.Errorf("without a decoder:\n%s", encoder)
	}
}

// TestSummaries: of every preset and a linear model, the rows add up to the totals, and these
// to what the weights have.
func TestSummaries(t *testing.T) {
	archs := map[string]Arch{"linear": {Family: FamilyLinear, Input: Input{Height: 9, Width: 8, Channels: 3, Bits: 8, Scale: ScaleUnit},
		Latent: 4, Working: Size{3, 4}, Upsample: UpsampleBilinear, Activations: Activations{ActLinear, ActLinear, ActLinear, ActLinear}}}
	for _, name := range Presets() {
		archs[name] = mustPreset(t, name)
	}
	row := regexp.MustCompile(`^  \S.* \(None.*\)  +([0-9,]+)(?:  +\d+x\d+)?$`)
	total := regexp.MustCompile(`^(  |autoencoder: )([0-9,]+) parameters$`)
	number := func(text string) (n int64) {
		n, err := strconv.ParseInt(strings.ReplaceAll(text, ",", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	for name, a := range archs {
		encoder, decoder := a.Parameters()
		var sum int64
		var totals []int64
		for line := range strings.Lines(a.Summary(true)) {
			line = strings.TrimSuffix(line, "\n")
			if m := row.FindStringSubmatch(line); m != nil {
				sum += number(m[1])
			}
			if m := total.FindStringSubmatch(line); m != nil {
				totals = append(totals, number(m[2]))
				if m[1] == "  " && sum != number(m[2]) {
					t.Errorf("%s: rows have %d parameters, the total is %s", name, sum, m[2])
				}
				sum = 0
			}
			if strings.Contains(line, "()") {
				t.Errorf("%s: a layer without a type: %s", name, line)
			}
		}
		if want := []int64{encoder, decoder, encoder + decoder}; fmt.Sprint(totals) != fmt.Sprint(want) {
			t.Errorf("%s: totals %d, want %d", name, totals, want)
		}
	}
}

// TestReceptiveFields: the receptive field of a layer of the study's encoder is where a pixel
// that changes can change its numbers: found from the layers backwards, interval by interval.
func TestReceptiveFields(t *testing.T) {
	for _, name := range []string{"mnist-conv", "ae1m"} {
		a := mustPreset(t, name)
		var want []string
		layers := a.EncoderLayers()
		for i, l := range layers {
			low, high := l.Out.Height/2, l.Out.Height/2 // rows of a number in the middle
			for j := i; j >= 0; j-- {
				switch layers[j].Kind {
				case KindConv:
					low, high = low-1, high+1
				case KindPool:
					low, high = 2*low, 2*high+1
				default:
					low, high = 0, layers[j].In.Height-1
				}
			}
			n := min(high-low+1, a.Input.Height)
			want = append(want, fmt.Sprintf("%dx%d", n, n))
		}
		var got []string
		for line := range strings.Lines(a.Summary(false)) {
			if f := strings.Fields(line); strings.Contains(line, "(None") && !strings.Contains(line, "InputLayer") && !strings.Contains(line, "Flatten") {
				got = append(got, f[len(f)-1])
			}
		}
		if strings.Join(got, " ") != strings.Join(want, " ") {
			t.Errorf("%s: receptive fields %q, want %q", name, got, want)
		}
	}
}
