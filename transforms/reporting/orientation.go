package reporting

import (
	"cmp"
	"context"
	"slices"

	"exemplar/schemas/verdict"
	"exemplar/schemas/words"
	"exemplar/transforms/data/aligning"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/records"
)

// Orientation is how much of the variance of the latents the angles of the objects explain.
type Orientation struct {
	Images   int     `json:"images"`    // of which the angle was measured, a sample by hash of the image id
	Aligned  bool    `json:"aligned"`   // the shards are; the figures are of the angles before, but for Remaining
	Share    float64 `json:"share"`     // adjusted R²
	Null     float64 `json:"null"`      // the largest of permuted angles
	Permuted int     `json:"permuted"`  // how often they were
	Each     []Share `json:"harmonics"` // of each alone

	Remaining *float64   `json:"remaining,omitempty"` // adjusted R² of the angles in aligned shards
	Angles    *Histogram `json:"angles,omitempty"`    // degrees; absent where too few were measured
	Sentence  string     `json:"sentence"`
	Advice    string     `json:"advice,omitempty"`
}

// Share is what one harmonic explains.
type Share struct {
	Name  string  `json:"name"`
	Share float64 `json:"share"`
}

const (
	orientedImages = 2048
	orientedFew    = 50 // images with an axis, that are too few
	permutations   = 19
	permutedSeed   = 0x07a1
	angleBins      = 18
)

// pose is how the object of an image lies.
type pose struct {
	axis   aligning.Axis
	before int64 // the angle of the axis before the image was turned
}

// orientation measures the angles of objects in a sample of the images, and what they explain; nothing
// without shards.
func (g *gatherer) orientation(ctx context.Context) error {
	n := min(orientedImages, g.inputs.points(), len(g.points))
	if g.shardsDir == "" || n == 0 {
		return nil
	}
	poses, err := g.poses(ctx, g.points[:n])
	if err != nil {
		return err
	}
	aligned := g.shards.Parameters.Align != ""
	sample := &oriented{d: len(g.vectors) / len(g.points)}
	var since []int64
	for i, p := range poses {
		if p.axis.Clarity == 0 {
			continue
		}
		angle := p.axis.Angle
		if aligned {
			angle = p.before
		}
		sample.angles, since = append(sample.angles, angle), append(since, p.axis.Angle)
		sample.weights = append(sample.weights, p.axis.Clarity)
		sample.x = append(sample.x, g.vectors[i*sample.d:(i+1)*sample.d]...)
		sample.ids = append(sample.ids, g.points[i].ImageID)
	}
	g.report.Orientation = sample.report(aligned, since)
	return nil
}

// poses measures the angles in the pixels of the shards.
func (g *gatherer) poses(ctx context.Context, rows []row) ([]pose, error) {
	places := make([]records.Place, len(rows))
	for i := range rows {
		places[i] = rows[i].Place
	}
	poses := make([]pose, len(rows))
	err := records.Fetch(ctx, g.shardsDir, places, func(_ context.Context, i int, im *records.Image) error {
		if max(im.Height, im.Width) <= aligning.MaxSide {
			poses[i].axis = aligning.AxisOf(images.Image{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits, Pixels: im.Pixels})
		}
		poses[i].before = aligning.Turn{Angle: im.AlignAngle, Flip: im.AlignFlip}.Before(poses[i].axis.Angle)
		return nil
	})
	return poses, err
}

// report puts together what the sample says.
func (o *oriented) report(aligned bool, since []int64) *Orientation {
	r := &Orientation{Images: len(o.angles), Aligned: aligned, Each: []Share{}}
	if r.Images < orientedFew || o.effective() < orientedFew/2 {
		r.Sentence = "How much of the variance of the latents the orientation explains was not measured: only " +
			words.Plural(r.Images, "image", "images") + " of the sample have an object with an axis."
		return r
	}
	r.Share, r.Permuted = o.share(o.angles, allHarmonics, nil), permutations
	for k := range permutations {
		r.Null = max(r.Null, o.share(o.angles, allHarmonics, o.permutation(uint64(k))))
	}
	for _, k := range allHarmonics {
		r.Each = append(r.Each, Share{harmonicNames[k], o.share(o.angles, []int{k}, nil)})
	}
	r.Angles = &Histogram{Low: 0, High: 180, Counts: make([]int64, angleBins)}
	for _, a := range o.angles {
		r.Angles.Counts[a*angleBins/180_000]++
	}
	v := verdict.Oriented{Images: r.Images, Share: r.Share, Null: r.Null, Permuted: permutations, Aligned: aligned}
	if aligned {
		v.Remaining = o.share(since, allHarmonics, nil)
		r.Remaining = &v.Remaining
	}
	r.Sentence, r.Advice = v.Sentence(), v.Advice()
	return r
}

// permutation returns an order of the images by a hash of their names.
func (o *oriented) permutation(k uint64) []int {
	order := make([]int, len(o.ids))
	keys := make([]float64, len(o.ids))
	for i, id := range o.ids {
		order[i], keys[i] = i, draw.Uniform(permutedSeed+k, id)
	}
	slices.SortFunc(order, func(a, b int) int { return cmp.Or(cmp.Compare(keys[a], keys[b]), cmp.Compare(o.ids[a], o.ids[b])) })
	return order
}
