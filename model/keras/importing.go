package keras

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"path"
	"strings"
	"unicode"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
)

// Source is a file that was read: its name, for messages, and its bytes.
type Source struct {
	Name string
	Data []byte
}

// Options say what Import takes.
type Options struct {
	Encoder Source
	Decoder *Source // nil: the model gets none

	// Arch is the architecture. Nil: it is read out of the encoder's file, which
	// must be a .keras file or a whole model as .h5.
	Arch *model.Arch

	Latent int        // overrides the architecture's latent size, unless 0
	Input  model.Size // overrides the architecture's input size, unless zero
	Scale  string     // overrides the architecture's scale of pixels, unless empty, see model.Arch.WithScale

	// FullScale is the pixel that was 1 when the weights were trained, model.Input.FullScale; more
	// than 255 are pixels of 16 bits. 0: that of the architecture, or the largest of the type.
	FullScale int
	Channels  []schemas.Channel // what the channels of its images are, in their order; nil: not known
}

// Import returns the model that the files hold. An error is one line that
// starts with the file's name.
func Import(o Options) (*model.Model, error) {
	m, err := importModel(o)
	if err != nil {
		return nil, &lineError{err}
	}
	return m, nil
}

// lineError is an error in one line, whatever the names in a file hold.
type lineError struct{ err error }

func (e *lineError) Error() string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, e.err.Error())
}

func (e *lineError) Unwrap() error { return e.err }

func importModel(o Options) (*model.Model, error) {
	enc, err := read(o.Encoder)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.Encoder.Name, err)
	}
	var dec *contents
	if o.Decoder != nil {
		if dec, err = read(*o.Decoder); err != nil {
			return nil, fmt.Errorf("%s: %w", o.Decoder.Name, err)
		}
	}
	if enc.config != nil && enc.config.whole() {
		return nil, fmt.Errorf("%s: %w", o.Encoder.Name, errWhole)
	}
	arch, err := architecture(o, enc, dec)
	if err != nil {
		return nil, err
	}
	m := &model.Model{Arch: arch, Channels: o.Channels, Provenance: model.Provenance{Tool: "import", Version: schemas.CodeVersion}}
	if m.Encoder, err = take(m, o.Encoder, enc, arch.EncoderLayers()); err != nil {
		return nil, err
	}
	if dec != nil {
		if m.Decoder, err = take(m, *o.Decoder, dec, arch.DecoderLayers()); err != nil {
			return nil, err
		}
	}
	return m, m.Validate()
}

// take assigns a file's arrays to layers and notes the file in the provenance.
func take(m *model.Model, src Source, c *contents, layers []model.Layer) (model.Weights, error) {
	if c.config != nil {
		err := c.config.checkScale(m.Arch.Input)
		if err == nil {
			err = c.config.matches(layers)
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.Name, err)
		}
	}
	if err := c.inOrder(layers); err != nil {
		return nil, fmt.Errorf("%s: %w", src.Name, err)
	}
	w, err := assign(c.layers, layers)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", src.Name, err)
	}
	sum := sha256.Sum256(src.Data)
	base := path.Base(src.Name)
	m.Provenance.Sources = append(m.Provenance.Sources, model.Source{File: base, SHA256: hex.EncodeToString(sum[:])})
	if c.rounded {
		m.Provenance.Notes = append(m.Provenance.Notes, base+": float64 numbers were rounded to float32")
	}
	return w, nil
}

// architecture returns the one that the options give, or else the one in the
// encoder's file, with the overrides.
func architecture(o Options, enc, dec *contents) (model.Arch, error) {
	var a model.Arch
	var err error
	switch {
	case o.Arch != nil:
		a = *o.Arch
	case enc.config != nil:
		var decoder *config
		if dec != nil {
			decoder = dec.config
		}
		if a, err = enc.config.arch(decoder, o.Input, o.Scale); err != nil {
			return a, fmt.Errorf("%s: %w", o.Encoder.Name, err)
		}
	default:
		return a, fmt.Errorf("%s: holds weights but no architecture: give one with Config.Arch", o.Encoder.Name)
	}
	if o.Scale != "" {
		a = a.WithScale(o.Scale)
	}
	if o.Latent != 0 {
		a.Latent = o.Latent
	}
	if o.Input != (model.Size{}) {
		a.Input.Height, a.Input.Width = o.Input.Height, o.Input.Width
	}
	if o.FullScale != 0 {
		if a.Input, err = withFullScale(a.Input, o.FullScale, enc.config); err != nil {
			return a, fmt.Errorf("%s: %w", o.Encoder.Name, err)
		}
	}
	if n := len(o.Channels); n > 0 && o.Arch != nil && a.Name != "" {
		a.Input.Channels = n // presets take any
	}
	if n := len(o.Channels); n > 0 && n != a.Input.Channels {
		return a, fmt.Errorf("%s: its images have %s, and Config.Channels names %d: give as many names, in the model's order", o.Encoder.Name, words.Plural(a.Input.Channels, "channel", "channels"), n)
	}
	if a.Name != "" && o.Arch != nil && (a.Latent != o.Arch.Latent || a.Input != o.Arch.Input) {
		a.Name = "" // no longer the preset
	}
	if err := a.Validate(); err != nil {
		return a, fmt.Errorf("architecture: %w", err)
	}
	return a, nil
}

// withFullScale returns the input with the pixel that is 1. A Rescaling layer must say the same.
func withFullScale(in model.Input, full int, c *config) (model.Input, error) {
	if in.Bits == 8 && full > 255 {
		in.Bits = 16
	}
	if in.FullScale = full; full == 1<<in.Bits-1 {
		in.FullScale = 0
	}
	if c != nil && c.scale != "" && schemas.FullScale(c.full, c.bits) != full {
		return in, fmt.Errorf("its Rescaling layer is for pixels whose full scale is %d, Config.FullScale=%d says another", schemas.FullScale(c.full, c.bits), full)
	}
	return in, nil
}

// contents are what a file holds: its layers with weights, in order, and its
// configuration where it has one.
type contents struct {
	layers  []layer
	config  *config
	rounded bool // some numbers were float64
	sorted  bool // the layers' order is that of their names
}

var errEmpty = errors.New("holds no arrays of weights")

var errUnknown = errors.New("is no HDF5, .keras, .npz or safetensors file")

// Known reports whether a file that begins with these bytes, 16 or more, is of a kind
// that is read.
func Known(head []byte) error {
	switch {
	case isHDF5(head), isZip(head), isSafetensors(head):
		return nil
	case isPickle(head):
		return errPickle
	}
	return errUnknown
}

func isSafetensors(data []byte) bool { return len(data) > 8 && data[8] == '{' }

// read tells the file's kind by its first bytes.
func read(src Source) (*contents, error) {
	var c *contents
	var err error
	switch {
	case isHDF5(src.Data):
		c, err = readHDF5(src.Data, newRoom(len(src.Data)))
	case isZip(src.Data):
		c, err = readZip(src.Data)
	case isSafetensors(src.Data):
		c, err = readSafetensors(src.Data)
	case isPickle(src.Data):
		return nil, errPickle
	default:
		return nil, errUnknown
	}
	if err == nil && len(c.layers) == 0 {
		err = errEmpty
	}
	return c, err
}
