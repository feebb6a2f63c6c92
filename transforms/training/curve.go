package training

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/curves"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/grading/looks"
	"exemplar/transforms/store"
	"exemplar/transforms/training/curve"
	"exemplar/transforms/training/fit"
)

// Training parameters of model.json on Config.Curve.
const (
	parameterCurve = schemas.ParameterCurve // SHA-256 of the table
	// parameterCurveImages is the number of images that were held out which picks were made of and graded on.
	parameterCurveImages = schemas.ParameterCurveImages
)

// Curve is how much training is enough, see Config.Curve.
type Curve struct {
	Rows     []curves.Row
	Images   int // that were held out, which picks were made of and graded on
	Excluded int // beside them, by the quality gate of a selection
}

// String says how it was measured, behind the number of images.
func (c *Curve) String() string {
	text := fmt.Sprintf("held out, drawn by hash, in %d parts: the default selection of the others graded on each", curve.Folds)
	if c.Excluded > 0 {
		text += fmt.Sprintf("; %s more left out by the quality gate", words.Count(c.Excluded))
	}
	return text
}

// validateCurve reports what does not go with a curve.
func (c Config) validateCurve() error {
	switch {
	case !c.Curve:
		return nil
	case c.Arch == ArchLinear:
		return fmt.Errorf("Config.Curve: Config.Arch=%s is found in closed form, so that there are no moments of its training; leave it out, or choose another architecture", c.Arch)
	case c.Validation == 0 && c.HeldShards == "":
		return errors.New("Config.Validation=0: Config.Curve is measured on images that are held out; hold out a share, or name others as Config.HeldShards")
	}
	return nil
}

// curveShares lists when the curve is measured.
func curveShares() string {
	var texts []string
	for _, share := range fit.CurveShares {
		texts = append(texts, words.Figure(100*share, 3))
	}
	return words.And(texts) + " %"
}

// watch prepares what the moments of the training are measured on, where they are.
func (p *plan) watch(ctx context.Context) (err error) {
	if !p.Curve {
		return nil
	}
	var list []curve.Image
	for im, err := range p.some(ctx) {
		if err != nil {
			return err
		}
		list = append(list, p.seen(&im))
	}
	p.watched, err = curve.New(list, p.Seed)
	held, less := p.data.Held, ""
	if n := p.watched.Excluded(); n > 0 {
		less = fmt.Sprintf(", of which the quality gate of a selection leaves %s", words.Count(len(list)-n))
	}
	switch {
	case errors.Is(err, curve.ErrFew):
		return fmt.Errorf("Config.Curve: %s held out%s, and fewer than %d say nothing: choose a larger Config.Validation than %g, name more as Config.HeldShards, or leave Config.Curve out",
			p.noun(held)+" "+words.Noun(held, "is", "are"), less, curve.Least, p.Validation)
	case errors.Is(err, curve.ErrEqual):
		return fmt.Errorf("Config.Curve: all %s held out are equal, so that picks of them cannot be graded: leave it out", p.noun(held))
	}
	return err
}

// some yields the images that the curve is measured on.
func (p *plan) some(ctx context.Context) iter.Seq2[records.Image, error] {
	return p.data.Some(ctx, curve.Most)
}

// seen is what the curve has of an image, or of a row.
func (p *plan) seen(im *records.Image) curve.Image {
	if p.Table != nil {
		x := make([]float32, im.Width)
		model.LoadRow(x, im.Pixels)
		return curve.Image{ID: im.Filename, X: x}
	}
	shape := schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}
	of := p.folder // whose images are held out
	if p.held != nil {
		of = p.held
	}
	seen := curve.Image{ID: im.Filename, X: looks.Numbers(im.Pixels, shape)}
	var quality schemas.Quality
	if len(of.Channels) > 1 {
		quality, seen.Channels, seen.Flags = images.ChannelQualities(im.Pixels, shape, of.FullScale)
	} else {
		quality, seen.Flags = images.Quality(im.Pixels, shape, of.FullScale)
	}
	seen.Quality = &quality
	return seen
}

// curve is what the loop measures; nil where it is not asked for.
func (p *plan) curve() *fit.Curve {
	if !p.Curve {
		return nil
	}
	return &fit.Curve{Images: p.some, Skills: p.skills}
}

// skills encodes the images that the curve is measured on, and grades the picks of them.
func (p *plan) skills(ctx context.Context, m *model.Model) (skills []float64, picks float64, err error) {
	plan, err := model.Compile(m)
	if err != nil {
		return nil, 0, err
	}
	const batch = 32
	runner, d := plan.NewRunner(batch), plan.Latent()
	z, codes := make([]float32, p.watched.Images()*d), make([]float32, batch*d)
	for images, err := range dataset.Batches(p.some(ctx), batch, 1) {
		if err != nil {
			return nil, 0, err
		}
		var pixels [][]byte
		for _, im := range images {
			pixels = append(pixels, im.Pixels)
		}
		runner.Encode(codes[:len(images)*d], pixels)
		for i, im := range images {
			if at, ok := p.watched.Place(im.Filename); ok {
				copy(z[at*d:(at+1)*d], codes[i*d:(i+1)*d])
			}
		}
	}
	skills, picks = p.watched.Measure(z, d)
	return skills, picks, nil
}

// writeCurve writes the table of a training that has ended, and names it in the model.
func (p *plan) writeCurve(ctx context.Context, rows []curves.Row, t *model.Training) (*Curve, error) {
	if !p.Curve || len(rows) == 0 {
		return nil, nil
	}
	data := curves.CSV(rows)
	t.Parameters[parameterCurve], t.Parameters[parameterCurveImages] = outdir.SHA256(data), float64(p.watched.Images())
	return &Curve{Rows: rows, Images: p.watched.Images(), Excluded: p.watched.Excluded()}, store.WriteFile(ctx, store.Join(p.Output, schemas.CurveFile), data)
}

// beside reports whether what model.json says lies beside a model does: the table of what a head finds,
// and that of a curve. Without it nothing can be looked up, as verify says, too.
func (d *draft) beside(ctx context.Context, m *model.Model) (bool, error) {
	var names []string
	if m.Head != nil {
		names = append(names, schemas.ConfusionFile)
	}
	if m.Training.Parameters[parameterCurve] != nil {
		names = append(names, schemas.CurveFile)
	}
	for _, name := range names {
		_, err := store.Stat(ctx, store.Join(d.Output, name))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil {
			return false, err
		}
	}
	return true, nil
}
