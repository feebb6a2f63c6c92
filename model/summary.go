package model

import (
	"bytes"
	"fmt"
	"strings"
	"text/tabwriter"

	"exemplar/schemas/words"
)

// kerasClass are the classes of Keras' layers that compute what layers do; those of the
// others are more than one of Keras' each.
var kerasClass = map[string]string{
	KindConv: "Conv2D", KindConvT: "Conv2DTranspose", KindPool: "AveragePooling2D", KindDense: "Dense",
	KindReshape: "Reshape", KindCrop: "Cropping2D", KindArea: "average pooling", KindUpsample: "enlarging",
}

// Summary returns tables of the layers with the shapes of what they give and the numbers of
// their parameters, as Keras prints them: of the encoder, of the decoder unless there is
// none, and the total. The layers of a convolutional encoder have their receptive fields
// beside that.
func (a Arch) Summary(decoder bool) string {
	var b bytes.Buffer
	in := Shape{a.Input.Height, a.Input.Width, a.Input.Channels}
	encoders, decoders := a.Parameters()
	input := "image"
	if a.Input.Rows() {
		input = "row"
	}
	summarize(&b, "encoder", input, in, a.EncoderLayers(), encoders, a.Family == FamilyConv)
	if decoder {
		summarize(&b, "decoder", "embedding", Shape{1, 1, a.Latent}, a.DecoderLayers(), decoders, false)
		fmt.Fprintf(&b, "autoencoder: %s parameters\n", words.Count(encoders+decoders))
	}
	return b.String()
}

// receptive is how many pixels of the image, in a row or column, a number of a layer depends
// on, and how far apart those of neighboring numbers begin.
type receptive struct{ height, width, step int }

// after returns the receptive field behind a layer, at most the whole image.
func (f receptive) after(l Layer, image Shape) receptive {
	switch l.Kind {
	case KindConv: // 3 x 3
		f.height, f.width = f.height+2*f.step, f.width+2*f.step
	case KindPool: // 2 x 2
		f.height, f.width, f.step = f.height+f.step, f.width+f.step, 2*f.step
	default:
		f.height, f.width = image.Height, image.Width
	}
	f.height, f.width = min(f.height, image.Height), min(f.width, image.Width)
	return f
}

// summarize writes the table of one half.
func summarize(b *bytes.Buffer, half, input string, at Shape, layers []Layer, total int64, fields bool) {
	fmt.Fprintf(b, "%s\n", half)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	field := receptive{1, 1, 1}
	line := func(cells ...string) {
		if !fields {
			cells = cells[:3]
		}
		fmt.Fprintf(w, "  %s\n", strings.Join(cells, "\t"))
	}
	row := func(name, class string, out Shape, vector bool, parameters int64) {
		shape := fmt.Sprintf("(None, %d, %d, %d)", out.Height, out.Width, out.Channels)
		if vector {
			shape = fmt.Sprintf("(None, %d)", out.Size())
		}
		line(fmt.Sprintf("%s (%s)", name, class), shape, words.Count(parameters), fmt.Sprintf("%dx%d", field.height, field.width))
	}
	line("layer (type)", "output shape", "parameters", "receptive field")
	image, vector := at, half == "decoder"
	row(input, "InputLayer", at, vector, 0)
	for i, l := range layers {
		if l.Kind == KindDense && !vector {
			row("flatten", "Flatten", l.In, true, 0)
		}
		vector = l.Kind == KindDense
		var n int64
		if k := l.KernelShape(); k != nil {
			n = int64(sizeOf(k)) + int64(l.Out.Channels)
		}
		name := l.Name
		if name == "" {
			name = fmt.Sprintf("%s%d", l.Kind, i)
		}
		field = field.after(l, image)
		row(name, kerasClass[l.Kind], l.Out, vector, n)
	}
	w.Flush() // into memory
	fmt.Fprintf(b, "  %s parameters\n", words.Count(total))
}
