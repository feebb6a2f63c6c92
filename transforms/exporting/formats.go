package exporting

import (
	"exemplar/model"
	"exemplar/model/keras"
	"exemplar/model/onnx"
	"exemplar/schemas"
)

// format is a value of Config.Format.
type format struct {
	name    string
	title   string
	marshal func(*model.Model) (map[string][]byte, error)
}

var formats = []format{
	{"onnx", "ONNX", onnx.Marshal},
	{"keras", "Keras 3", keras.Marshal},
	{"npz", "NumPy archives", keras.MarshalNPZ},
}

// contents says what each file is for.
var contents = map[string]string{
	schemas.EncoderONNX:      "raw pixels to latents",
	schemas.DecoderONNX:      "latents to pixels in [0,1]",
	schemas.AutoencoderONNX:  "raw pixels to latents and pixels in [0,1]",
	schemas.EncoderKeras:     "raw pixels to latents, for keras.saving.load_model",
	schemas.DecoderKeras:     "latents to pixels in [0,1], for keras.saving.load_model",
	schemas.EncoderKerasHDF5: "the encoder's weights alone, for load_weights",
	schemas.DecoderKerasHDF5: "the decoder's weights alone, for load_weights",
	schemas.EncoderNPZ:       "the encoder's arrays, in Keras' order",
	schemas.DecoderNPZ:       "the decoder's arrays, in Keras' order",
}

// Formats returns the values of Config.Format.
func Formats() []string {
	names := make([]string, len(formats))
	for i, f := range formats {
		names[i] = f.name
	}
	return names
}

// Title names a format, for people.
func Title(name string) string { return formatOf(name).title }

// Contents says what a file of an export is for.
func Contents(file string) string { return contents[file] }

// formatOf returns the format of a name, or nil.
func formatOf(name string) *format {
	for i := range formats {
		if formats[i].name == name {
			return &formats[i]
		}
	}
	return nil
}
