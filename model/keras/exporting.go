package keras

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"

	"exemplar/model"
	"exemplar/schemas"
)

// kerasVersion is the oldest Keras whose format is written.
const kerasVersion = "3.0.0"

// Marshal returns a model as files of Keras 3 by name: schemas.EncoderKeras,
// whole, and schemas.EncoderKerasHDF5, the weights alone, and the same of the
// decoder where there is one. The encoder takes raw pixels, its first layer
// scales them. The same model gives the same bytes.
func Marshal(m *model.Model) (map[string][]byte, error) {
	sha := m.SHA256()
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("model: %w", err)
	}
	encoder, decoder := halves(m)
	files := map[string][]byte{}
	for _, half := range []struct {
		*sequential
		whole, weights string
	}{
		{encoder, schemas.EncoderKeras, schemas.EncoderKerasHDF5},
		{decoder, schemas.DecoderKeras, schemas.DecoderKerasHDF5},
	} {
		if half.sequential == nil {
			continue
		}
		var err error
		if files[half.weights], err = writeHDF5(half.arrays()); err != nil {
			return nil, fmt.Errorf("%s: %w", half.weights, err)
		}
		if files[half.whole], err = half.marshal(files[half.weights], sha); err != nil {
			return nil, fmt.Errorf("%s: %w", half.whole, err)
		}
	}
	return files, nil
}

// marshal returns the .keras file, an archive of the configuration and the
// weights.
func (s *sequential) marshal(weights []byte, sha string) ([]byte, error) {
	config, err := json.Marshal(s.config())
	if err != nil {
		return nil, err
	}
	metadata, err := json.Marshal(map[string]string{
		"keras_version": kerasVersion, "writer": "exemplar " + schemas.CodeVersion, "model_sha256": sha,
	})
	if err != nil {
		return nil, err
	}
	return archive([]entry{{"metadata.json", metadata}, {kerasConfig, config}, {kerasWeights, weights}})
}

// entry is a file in an archive.
type entry struct {
	name string
	data []byte
}

// archive returns a zip archive without times and without compression, which
// gains nothing on weights.
func archive(entries []entry) ([]byte, error) {
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.CreateHeader(&zip.FileHeader{Name: e.name, Method: zip.Store})
		if err != nil {
			return nil, err
		}
		if _, err := w.Write(e.data); err != nil {
			return nil, err
		}
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}
