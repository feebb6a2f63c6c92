package model

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"exemplar/model/internal/safetensors"
	"exemplar/schemas"
	"exemplar/schemas/caught"
)

// Files are the files of a model directory by name: schemas.ModelFile,
// schemas.EncoderFile and, where there is a decoder, schemas.DecoderFile; schemas.HeadFile
// where there is a head.
type Files map[string][]byte

// FileNames returns the names that a model directory may hold, model.json
// first. The decoder's may be absent.
func FileNames() []string {
	return []string{schemas.ModelFile, schemas.EncoderFile, schemas.DecoderFile}
}

// AllFileNames returns those of FileNames, and the name of the head's, which may be absent.
func AllFileNames() []string { return append(FileNames(), schemas.HeadFile) }

// headManifest is what model.json says of a head; Files has its weights.
type headManifest struct {
	Classes []string `json:"classes"`
}

// manifest is model.json.
type manifest struct {
	Format     string            `json:"format"`
	Arch       Arch              `json:"architecture"`
	Channels   []schemas.Channel `json:"channels,omitempty"`
	Files      map[string]string `json:"files"` // sha256 of the weights, by file name
	Provenance Provenance        `json:"provenance"`
	Parent     string            `json:"parent,omitempty"`
	Training   *Training         `json:"training,omitempty"`
	Table      *Table            `json:"table,omitempty"`
	Head       *headManifest     `json:"head,omitempty"`
}

// Marshal checks the model and returns its files. The same model gives the same
// bytes.
func (m *Model) Marshal() (Files, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	files := Files{schemas.EncoderFile: marshalWeights(m.Encoder)}
	if len(m.Decoder) > 0 {
		files[schemas.DecoderFile] = marshalWeights(m.Decoder)
	}
	var head *headManifest
	if m.Head != nil {
		data, err := marshalHead(m.Head)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", schemas.HeadFile, err)
		}
		files[schemas.HeadFile], head = data, &headManifest{m.Head.Classes}
	}
	sums := make(map[string]string, len(files))
	for name, data := range files {
		sums[name] = hexSum(data)
	}
	doc, err := json.MarshalIndent(manifest{
		Format: schemas.ModelFormat, Arch: m.Arch, Channels: m.Channels, Files: sums,
		Provenance: m.Provenance, Parent: m.Parent, Training: m.Training, Table: m.Table, Head: head,
	}, "", "  ")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", schemas.ModelFile, err)
	}
	files[schemas.ModelFile] = append(doc, '\n')
	return files, nil
}

func marshalWeights(w Weights) []byte {
	tensors := make([]safetensors.Tensor, len(w))
	for i, t := range w {
		tensors[i] = safetensors.Tensor{Name: t.Name, Shape: t.Shape, Data: safetensors.EncodeF32(t.Data)}
	}
	return safetensors.Marshal(tensors)
}

// SHA256 returns the hex sha256 of the model's model.json, which holds those of
// the weights: it identifies the model. It is empty for a model that Marshal
// refuses.
func (m *Model) SHA256() string {
	files, err := m.Marshal()
	if err != nil {
		return ""
	}
	return files.SHA256()
}

// SHA256 returns Model.SHA256 of the model that the files hold.
func (f Files) SHA256() string { return hexSum(f[schemas.ModelFile]) }

func hexSum(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}

// Unmarshal reads the files of a model directory and checks all of them:
// format, architecture, the sha256 of each file of weights, every name, shape
// and number. An error is one line that starts with the file's name.
func Unmarshal(f Files) (*Model, error) {
	m, doc, err := unmarshalEncoder(f)
	if err != nil {
		return nil, err
	}
	if doc.Files[schemas.DecoderFile] != "" || f[schemas.DecoderFile] != nil {
		m.Decoder, err = unmarshalWeights(f, doc, schemas.DecoderFile, m.Arch.DecoderWeights())
		if err != nil {
			return nil, fmt.Errorf("%s: %w", schemas.DecoderFile, err)
		}
	}
	return m, nil
}

// unmarshalHeadOf reads the head that model.json names.
func unmarshalHeadOf(f Files, doc *manifest, latent int) (*Head, error) {
	data, ok := f[schemas.HeadFile]
	switch {
	case !ok:
		return nil, fmt.Errorf("missing, though %s names it", schemas.ModelFile)
	case hexSum(data) != doc.Files[schemas.HeadFile]:
		return nil, fmt.Errorf("sha256 is %s, %s says %q: the file is damaged or of another model", hexSum(data), schemas.ModelFile, doc.Files[schemas.HeadFile])
	}
	if n := len(doc.Head.Classes); n > maxClasses {
		return nil, fmt.Errorf("it has %d classes: must be 2 to %d", n, maxClasses)
	}
	w, err := unmarshalHead(data, HeadWeights(latent, len(doc.Head.Classes)))
	if err != nil {
		return nil, err
	}
	h := &Head{Classes: doc.Head.Classes, Weights: w}
	return h, h.validate(latent)
}

// UnmarshalEncoder is Unmarshal without the decoder: it is neither checked nor
// has to be there.
func UnmarshalEncoder(f Files) (*Model, error) {
	m, _, err := unmarshalEncoder(f)
	return m, err
}

func unmarshalEncoder(f Files) (*Model, *manifest, error) {
	doc, err := unmarshalManifest(f)
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", schemas.ModelFile, err)
	}
	m := &Model{Arch: doc.Arch, Channels: doc.Channels, Provenance: doc.Provenance, Parent: doc.Parent, Training: doc.Training, Table: doc.Table}
	m.Encoder, err = unmarshalWeights(f, doc, schemas.EncoderFile, m.Arch.EncoderWeights())
	if err != nil {
		return nil, nil, fmt.Errorf("%s: %w", schemas.EncoderFile, err)
	}
	if doc.Head != nil {
		if m.Head, err = unmarshalHeadOf(f, doc, m.Arch.Latent); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", schemas.HeadFile, err)
		}
	}
	return m, doc, nil
}

func unmarshalManifest(f Files) (*manifest, error) {
	data, ok := f[schemas.ModelFile]
	if !ok {
		return nil, errors.New("missing: this is no model directory")
	}
	var doc manifest
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&doc); err != nil {
		return nil, fmt.Errorf("not readable as JSON: %w", schemas.JSONError(err))
	}
	if _, err := dec.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the JSON object")
	}
	if doc.Format != schemas.ModelFormat {
		return nil, fmt.Errorf("format is %q, this version reads %q", doc.Format, schemas.ModelFormat)
	}
	if err := doc.Arch.Validate(); err != nil {
		return nil, fmt.Errorf("architecture: %w", err)
	}
	if err := checkChannels(doc.Channels, doc.Arch.Input); err != nil {
		return nil, err
	}
	if doc.Table != nil {
		if err := doc.Table.validate(doc.Arch.Input); err != nil {
			return nil, err
		}
	}
	for name := range doc.Files {
		if name != schemas.EncoderFile && name != schemas.DecoderFile && (name != schemas.HeadFile || doc.Head == nil) {
			return nil, fmt.Errorf("names a file %q that is none of a model's", name)
		}
	}
	return &doc, nil
}

func unmarshalWeights(f Files, doc *manifest, name string, want []TensorSpec) (Weights, error) {
	data, ok := f[name]
	if !ok {
		return nil, fmt.Errorf("missing, though %s names it", schemas.ModelFile)
	}
	sum := ""
	var hashing caught.Group
	hashing.Go(func() { sum = hexSum(data) }) // as long as all the rest takes
	w, err := decodeWeights(data)
	if err == nil {
		err = CheckWeights(w, want)
	}
	if hashing.Wait(); sum != doc.Files[name] { // before any other fault: it may be the cause
		return nil, fmt.Errorf("sha256 is %s, %s says %q: the file is damaged or of another model", sum, schemas.ModelFile, doc.Files[name])
	}
	return w, err
}

// decodeWeights returns the arrays of a file of weights.
func decodeWeights(data []byte) (Weights, error) {
	tensors, err := safetensors.Unmarshal(data)
	if err != nil {
		return nil, err
	}
	w := make(Weights, len(tensors))
	for i, t := range tensors {
		if t.DType != "F32" {
			return nil, fmt.Errorf("array %s is of type %s, want F32", t.Name, t.DType)
		}
		w[i] = Tensor{Name: t.Name, Shape: slices.Clone(t.Shape), Data: safetensors.DecodeF32(t.Data)}
	}
	return w, nil
}
