package keras

import (
	"fmt"
	"strings"

	"exemplar/model"
	"exemplar/model/internal/safetensors"
	"exemplar/model/npy"
	"exemplar/schemas"
)

// MarshalNPZ returns a model's weights as NumPy archives by name,
// schemas.EncoderNPZ and, where there is a decoder, schemas.DecoderNPZ. Arrays
// have the names and the order of Arch.EncoderWeights, which is that of Keras'
// get_weights. The same model gives the same bytes.
func MarshalNPZ(m *model.Model) (map[string][]byte, error) {
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	files := map[string][]byte{}
	for name, w := range map[string]model.Weights{schemas.EncoderNPZ: m.Encoder, schemas.DecoderNPZ: m.Decoder} {
		if len(w) == 0 {
			continue
		}
		entries := make([]entry, len(w))
		for i, t := range w {
			entries[i] = entry{t.Name + ".npy", marshalNPY(t)}
		}
		var err error
		if files[name], err = archive(entries); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
	}
	return files, nil
}

// marshalNPY returns one array in NumPy's format.
func marshalNPY(t model.Tensor) []byte {
	var shape strings.Builder
	for _, d := range t.Shape {
		fmt.Fprintf(&shape, "%d,", d)
	}
	return append(npy.AppendHeader(nil, "<f4", "("+shape.String()+")"), safetensors.EncodeF32(t.Data)...)
}
