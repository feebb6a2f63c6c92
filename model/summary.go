package model

import (
	"bytes"
	"fmt"
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
// none, and the total.
func (a Arch) Summary(decoder bool) string {
	var b bytes.Buffer
	in := Shape{a.Input.Height, a.Input.Width, a.Input.Channels}
	encoders, decoders := a.Parameters()
	input := "image"
	if a.Input.Rows() {
		input = "row"
	}
	summarize(&b, "encoder", input, in, a.EncoderLayers(), encoders)
	if decoder {
		summarize(&b, "decoder", "embedding", Shape{1, 1, a.Latent}, a.DecoderLayers(), decoders)
		fmt.Fprintf(&b, "autoencoder: %s parameters\n", words.Count(encoders+decoders))
	}
	return b.String()
}

// summarize writes the table of one half.
func summarize(b *bytes.Buffer, half, input string, at Shape, layers []Layer, total int64) {
	fmt.Fprintf(b, "%s\n", half)
	w := tabwriter.NewWriter(b, 0, 0, 2, ' ', 0)
	row := func(name, class string, out Shape, vector bool, parameters int64) {
		shape := fmt.Sprintf("(None, %d, %d, %d)", out.Height, out.Width, out.Channels)
		if vector {
			shape = fmt.Sprintf("(None, %d)", out.Size())
		}
		fmt.Fprintf(w, "  %s (%s)\t%s\t%s\n", name, class, shape, words.Count(parameters))
	}
	fmt.Fprintln(w, "  layer (type)\toutput shape\tparameters")
	vector := half == "decoder"
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
		row(name, kerasClass[l.Kind], l.Out, vector, n)
	}
	w.Flush() // into memory
	fmt.Fprintf(b, "  %s parameters\n", words.Count(total))
}
