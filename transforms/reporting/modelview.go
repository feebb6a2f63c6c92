package reporting

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/run/progress"
)

// describe says what the model is.
func describe(in *inputs) (*Model, error) {
	a := in.model.Arch
	encoder, decoder := a.Parameters()
	m := &Model{Architecture: architecture(in.model), Latent: a.Latent, Parameters: encoder, Source: source(in.model)}
	if len(in.model.Decoder) > 0 {
		m.Parameters += decoder
	}
	m.Parameters += headParameters(in.model)
	if l := in.selection.Learned; l != nil {
		m.Source += fmt.Sprintf("; %s, over %s", l, words.Plural(l.Images, "image", "images"))
		if text := l.Warning(); text != "" {
			m.Source += ". Warning: " + text
		}
	}
	list := func(half string, layers []model.Layer) {
		for _, l := range layers {
			m.Layers = append(m.Layers, half+": "+layer(l))
		}
	}
	list("encoder", a.EncoderLayers())
	if len(in.model.Decoder) > 0 {
		list("decoder", a.DecoderLayers())
	}
	if h := in.model.Head; h != nil {
		m.Layers = append(m.Layers, fmt.Sprintf("head: dense, %d to %d, softmax, %s parameters", a.Latent, len(h.Classes), progress.Count(headParameters(in.model))))
	}
	var err error
	if m.Loss, err = curvesOf(in.log); err != nil {
		return nil, err
	}
	m.Enough, err = enough(in.model, in.curve)
	return m, err
}

// kindOf says whether a model is an autoencoder, or has a head in place of the decoder.
func kindOf(m *model.Model) string {
	if m.Head != nil {
		return fmt.Sprintf("encoder with a head of %s", words.Plural(len(m.Head.Classes), "class", "classes"))
	}
	return "autoencoder"
}

// architecture names the architecture of a model in one line.
func architecture(m *model.Model) string {
	a := m.Arch
	list := func(n []int) string { return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(n)), ", "), "[]") }
	in := fmt.Sprintf("%dx%dx%d, %s", a.Input.Height, a.Input.Width, a.Input.Channels, a.Input.Preprocessing())
	var text string
	switch a.Family {
	case model.FamilyConv:
		text = fmt.Sprintf("convolutional %s, filters %s, %d %s a stage", kindOf(m), list(a.Filters), a.ConvsPerStage, words.Noun(a.ConvsPerStage, "convolution", "convolutions"))
	case model.FamilyDense:
		text = "dense " + kindOf(m)
		if len(a.Widths) > 0 {
			text += ", layers of " + list(a.Widths)
		}
	default:
		text = fmt.Sprintf("linear autoencoder (principal components) of images averaged to %dx%d", a.Working.Height, a.Working.Width)
	}
	if a.Name != "" {
		text = a.Name + ": " + text
	}
	return fmt.Sprintf("%s; %s to %s", text, in, words.Plural(a.Latent, "latent dimension", "latent dimensions"))
}

// headParameters returns the number of weights of a model's head.
func headParameters(m *model.Model) (n int64) {
	if m.Head != nil {
		for _, w := range m.Head.Weights {
			n += int64(len(w.Data))
		}
	}
	return n
}

// layer describes one layer in a line.
func layer(l model.Layer) string {
	kind := map[string]string{
		model.KindConv: "convolution 3x3", model.KindConvT: "transposed convolution 3x3, stride 2", model.KindPool: "average pooling 2x2",
		model.KindDense: "dense", model.KindReshape: "reshape", model.KindCrop: "crop", model.KindArea: "average pooling", model.KindUpsample: "enlarge",
	}[l.Kind]
	shape := func(s model.Shape) string {
		if s.Height == 1 && s.Width == 1 {
			return progress.Count(int64(s.Channels))
		}
		return fmt.Sprintf("%dx%dx%d", s.Height, s.Width, s.Channels)
	}
	text := fmt.Sprintf("%s, %s to %s", kind, shape(l.In), shape(l.Out))
	if l.Interpolation != "" {
		text += ", " + l.Interpolation
	}
	if k := l.KernelShape(); k != nil {
		n := int64(l.Out.Channels)
		weights := int64(1)
		for _, d := range k {
			weights *= int64(d)
		}
		text += fmt.Sprintf(", %s, %s parameters", l.Activation, progress.Count(weights+n))
	}
	return text
}

// source says where the model is from.
func source(m *model.Model) string {
	if m.Provenance.Tool == "import" || m.Training == nil {
		var files []string
		for _, f := range m.Provenance.Sources {
			files = append(files, fmt.Sprintf("%s (%.12s)", f.File, f.SHA256))
		}
		if len(files) == 0 {
			return "not known"
		}
		return "imported from " + strings.Join(files, ", ")
	}
	t := m.Training
	text := fmt.Sprintf("trained on %s images by %s", progress.Count(t.Images), method(t.Method))
	if n, ok := t.Metrics["epochs"]; ok {
		text += ", " + words.Plural(int64(n), "epoch", "epochs")
	}
	if v, ok := t.Metrics[schemas.MetricAccuracy]; ok {
		text += fmt.Sprintf("; finds the label of %s %% of %s images held out", words.Figure(100*v, 3), progress.Count(int64(t.Metrics["validation_images"])))
	}
	if v, ok := t.Metrics["val_mse"]; ok {
		text += fmt.Sprintf("; mean squared error %.3g over %s images held out", v, progress.Count(int64(t.Metrics["validation_images"])))
	}
	if v, ok := t.Metrics[schemas.MetricAccuracy]; ok {
		text += fmt.Sprintf("; accuracy %s %% over %s images held out", words.Figure(100*v, 3), progress.Count(int64(t.Metrics["validation_images"])))
	}
	return text
}

func method(name string) string {
	switch name {
	case "adam":
		return "Adam"
	case "sgd":
		return "stochastic gradient descent"
	case "pca":
		return "randomized principal component analysis"
	}
	return name
}

// curvesOf reads training_log.csv: one curve for each column but the epoch's.
func curvesOf(log []byte) ([]Curve, error) {
	if log == nil {
		return nil, nil
	}
	rows, err := csv.NewReader(bytes.NewReader(log)).ReadAll()
	if err != nil {
		return nil, fmt.Errorf("%s beside the model: %w", schemas.TrainingLogFile, err)
	}
	if len(rows) < 2 {
		return nil, nil
	}
	epoch := slices.Index(rows[0], "epoch")
	var list []Curve
	for column, name := range rows[0] {
		if column == epoch {
			continue
		}
		c := Curve{Name: name}
		for i, r := range rows[1:] {
			v, err := strconv.ParseFloat(r[column], 64)
			if err != nil || math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			at := float64(i)
			if epoch >= 0 {
				if at, err = strconv.ParseFloat(r[epoch], 64); err != nil {
					return nil, fmt.Errorf("%s beside the model: line %d has the epoch %q", schemas.TrainingLogFile, i+2, r[epoch])
				}
			}
			c.Epochs, c.Values = append(c.Epochs, at+1), append(c.Values, v)
		}
		if len(c.Values) > 0 {
			list = append(list, c)
		}
	}
	return list, nil
}
