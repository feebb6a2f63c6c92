package training

import (
	"context"
	"fmt"
	"slices"

	"exemplar/model"
	"exemplar/schemas/words"
	"exemplar/transforms/data/modeldir"
)

// start is the model that a training starts from.
type start struct {
	model *model.Model // nil where only the hash is known, of the model that was trained
	sha   string
}

// readStart reads the model of Config.From, where one is named.
func (c Config) readStart(ctx context.Context) (*start, error) {
	if c.From == "" || c.Arch == ArchLinear {
		return nil, nil
	}
	m, sha, err := modeldir.Read(ctx, c.From, true)
	if err != nil {
		return nil, fmt.Errorf("Config.From: %w", err)
	}
	return &start{m, sha}, nil
}

// short is what the folder remembers of the model; "" where there is none.
func (s *start) short() string {
	if s == nil {
		return ""
	}
	return fmt.Sprintf("%.12s", s.sha)
}

// fits reports how the model is not one of the layers of an architecture, of the encoder alone
// for a head.
func (s *start) fits(from string, a model.Arch, head bool, table *model.Table) error {
	there := s.model.Arch
	if len(s.model.Decoder) == 0 && !head {
		return fmt.Errorf("Config.From=%s: the model has no decoder", from)
	}
	if has := s.model.Table; has != nil && table != nil && !slices.Equal(has.Names(), table.Names()) {
		return fmt.Errorf("Config.From=%s: the model takes other columns: %s", from, otherColumn(has.Names(), table.Names()))
	}
	if there.Input.Rows() != a.Input.Rows() {
		return fmt.Errorf("Config.From=%s: the model is one of %s, and here are %s", from, inputWord(there.Input), inputWord(a.Input))
	}
	if there.Input != a.Input {
		in := func(i model.Input) string {
			if i.Rows() {
				return fmt.Sprintf("of %s in %s", words.Plural(i.Width, "column", "columns"), i.Range())
			}
			full := ""
			if there.Input.FullScale != a.Input.FullScale {
				full = fmt.Sprintf(" with full scale %d", i.Full())
			}
			return fmt.Sprintf("%dx%dx%d of %d bits%s in %s", i.Height, i.Width, i.Channels, i.Bits, full, i.Range())
		}
		return fmt.Errorf("Config.From=%s: the model takes %s %s, and here they are %s", from, inputWord(a.Input), in(there.Input), in(a.Input))
	}
	for half, layers := range [][2][]model.Layer{{there.EncoderLayers(), a.EncoderLayers()}, {there.DecoderLayers(), a.DecoderLayers()}} {
		if !slices.Equal(layers[0], layers[1]) && (half == 0 || !head) {
			return fmt.Errorf("Config.From=%s: the %s has other layers there: %s, and here %s", from,
				[]string{"encoder", "decoder"}[half], layersText(layers[0]), layersText(layers[1]))
		}
	}
	return nil
}

// inputWord is what an input is of.
func inputWord(in model.Input) string {
	if in.Rows() {
		return "rows"
	}
	return "images"
}

// otherColumn names the first column in which two lists differ.
func otherColumn(there, here []string) string {
	for i := range max(len(there), len(here)) {
		name := func(list []string) string {
			if i < len(list) {
				return fmt.Sprintf("%q", list[i])
			}
			return "none"
		}
		if name(there) != name(here) {
			return fmt.Sprintf("column %d is %s there and %s here", i+1, name(there), name(here))
		}
	}
	return ""
}

// layersText names the layers that have weights.
func layersText(layers []model.Layer) (text string) {
	for _, l := range layers {
		if l.KernelShape() != nil {
			if text != "" {
				text += ", "
			}
			text += fmt.Sprintf("%s of %d (%s)", l.Kind, l.Out.Channels, l.Activation)
		}
	}
	return text
}
