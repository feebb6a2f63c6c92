package onnx

import (
	"encoding/json"
	"fmt"
	"math"

	"exemplar/model"
	"exemplar/schemas"
)

// Names of the graphs' inputs and outputs.
const (
	imageName          = "image"
	embeddingName      = "embedding"
	reconstructionName = "reconstruction"
)

// Keys of metadata_props.
const (
	keyModel         = "exemplar.model_sha256"
	keyPreprocessing = "exemplar.preprocessing" // "uint8/255" or the like, done by the graph
	keyArchitecture  = "exemplar.architecture"  // JSON, as in model.json
)

// Marshal returns a model's ONNX files by name: schemas.EncoderONNX and, where
// there is a decoder, schemas.DecoderONNX and schemas.AutoencoderONNX. It is an
// error where one would take 2 GiB, the most that ONNX allows.
func Marshal(m *model.Model) (map[string][]byte, error) {
	sha := m.SHA256()
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	arch, err := json.Marshal(m.Arch)
	if err != nil {
		return nil, fmt.Errorf("architecture: %w", err)
	}
	properties := []property{
		{keyModel, sha}, {keyPreprocessing, m.Arch.Input.Preprocessing()}, {keyArchitecture, string(arch)},
	}
	var encoder builder
	encoder.encoder(m)
	encoder.name = "encoder"
	graphs := map[string]graph{schemas.EncoderONNX: encoder.graph}
	if len(m.Decoder) > 0 {
		decoder := builder{graph: graph{name: "decoder", inputs: []value{{embeddingName, typeFloat, []int{m.Arch.Latent}, "latent vectors"}}}}
		decoder.decoder(m)
		graphs[schemas.DecoderONNX] = decoder.graph
		encoder.decoder(m) // goes on where the encoder ended
		encoder.name = "autoencoder"
		graphs[schemas.AutoencoderONNX] = encoder.graph
	}
	files := make(map[string][]byte, len(graphs))
	for name, g := range graphs {
		if files[name], err = encode(name, g, properties); err != nil {
			return nil, err
		}
	}
	return files, nil
}

// encode returns the file of a graph.
func encode(name string, g graph, properties []property) ([]byte, error) {
	if size := g.size(); size > math.MaxInt32 {
		return nil, fmt.Errorf("%s would take %d bytes: ONNX files hold at most %d; export to keras or npz", name, size, math.MaxInt32)
	}
	return g.file(schemas.CodeVersion, properties), nil
}
