package schemas

import "fmt"

// Learned compares the reconstructions of a model with what needs no model: one
// picture for all images, their mean, and one gray value for all pixels. All errors
// are mean squared ones over the same images, pixels in [0,1].
type Learned struct {
	Images    int64   `json:"images"`     // that the errors are of
	MSE       float64 `json:"mse"`        // of the model
	MeanImage float64 `json:"mean_image"` // of the mean image: the variance that there is to explain
	Gray      float64 `json:"grey"`       // of the mean of all pixels

	// Rows says that the images are rows of a table, whose numbers have their columns' scale.
	Rows bool `json:"rows,omitempty"`
}

// Nothing reports whether the model is no better than the mean image: it has learned
// nothing that tells one image from another. A nil Learned is not known.
func (l *Learned) Nothing() bool { return l != nil && l.MeanImage > 0 && !(l.MSE < l.MeanImage) }

// Share returns the error as a share of the variance; 0 where there is none.
func (l *Learned) Share() float64 {
	if l == nil || !(l.MeanImage > 0) {
		return 0
	}
	return l.MSE / l.MeanImage
}

// String says what the errors are, with the digits that count.
func (l *Learned) String() string {
	if l.Rows {
		return l.OfRows()
	}
	text := fmt.Sprintf("mean squared error %.4g", l.MSE)
	if l.MeanImage > 0 {
		text += fmt.Sprintf(", %.3g %% of the variance (the mean image has %.4g, one gray value %.4g)", 100*l.Share(), l.MeanImage, l.Gray)
	}
	return text
}

// ofRows returns the same of rows.
func (l *Learned) ofRows(rows bool) *Learned {
	if l == nil || !rows {
		return l
	}
	of := *l
	of.Rows = true
	return &of
}

// OfRows is String of the rows of a table, whose numbers have their columns' scale.
func (l *Learned) OfRows() string {
	text := fmt.Sprintf("mean squared error %.4g", l.MSE)
	if l.MeanImage > 0 {
		text += fmt.Sprintf(", %.3g %% of the variance (the mean row has %.4g)", 100*l.Share(), l.MeanImage)
	}
	return text
}

// WarningOfRows is Warning of the rows of a table.
func (l *Learned) WarningOfRows() string {
	if !l.Nothing() {
		return ""
	}
	return fmt.Sprintf("the model has learned nothing: its mean squared error, %.4g, is no smaller than that of the mean row in place of every row (%.4g); "+
		"its latent vectors do not describe the rows, and nothing that follows from them does", l.MSE, l.MeanImage)
}

// Warning says in a line that the model has learned nothing, or is empty.
func (l *Learned) Warning() string {
	if !l.Nothing() {
		return ""
	}
	if l.Rows {
		return l.WarningOfRows()
	}
	worse := ""
	if !(l.MSE < l.Gray) {
		worse = fmt.Sprintf(", nor than one gray value (%.4g)", l.Gray)
	}
	return fmt.Sprintf("the model has learned nothing: its mean squared error, %.4g, is no smaller than that of the mean image in place of every image (%.4g)%s; "+
		"its latent vectors do not describe the images, and nothing that follows from them does", l.MSE, l.MeanImage, worse)
}

// Metrics of model.json that a training notes a Learned down by, of the images that
// were held out or, where there were none, of those trained on.
const (
	MetricImages    = "compared_images"
	MetricMSE       = "compared_mse"
	MetricMeanImage = "mean_image_mse"
	MetricGray      = "grey_mse"
)

// Training parameters of model.json on the table of how much training is enough, CurveFile: its
// SHA-256, and the number of images that were held out which it is measured on.
const (
	ParameterCurve       = "curve"
	ParameterCurveImages = "curve_images"
)

// MetricAccuracy is that of a model with a head: the share of the held-out images whose label it
// finds.
const MetricAccuracy = "val_accuracy"

// Note adds what is known to the metrics of a model.
func (l *Learned) Note(metrics map[string]float64) {
	if l == nil {
		return
	}
	metrics[MetricImages], metrics[MetricMSE] = float64(l.Images), l.MSE
	metrics[MetricMeanImage], metrics[MetricGray] = l.MeanImage, l.Gray
}

// LearnedOf reads what Note wrote; nil where there is nothing.
func LearnedOf(metrics map[string]float64) *Learned {
	n, ok := metrics[MetricImages]
	if !ok || !(n >= 1) {
		return nil
	}
	return &Learned{Images: int64(n), MSE: metrics[MetricMSE], MeanImage: metrics[MetricMeanImage], Gray: metrics[MetricGray]}
}

// ErrorSums are the errors of the images of one shard, summed up: of a shard's
// images alone, so that the sums of all shards give a Learned.
type ErrorSums struct {
	Images int64   `json:"images"`
	MSE    float64 `json:"mse"`    // sum of the column
	Within float64 `json:"within"` // sum of the mean squared differences to the mean image of the shard
	Mean   float64 `json:"mean"`   // of all pixels
	Gray   float64 `json:"grey"`   // sum of the mean squared differences to Mean
}

// JoinErrors returns the errors of the images of all shards; nil where there are
// none. Which shard an image is in is as good as random: the differences within
// shards tell how much the images differ from the mean image of all. Where every
// shard has but one image, MeanImage is not known, and 0.
func JoinErrors(shards []ErrorSums) *Learned {
	var sum Learned
	var within, mean, gray float64
	var free int64 // images beyond the first of each shard
	for _, s := range shards {
		if s.Images == 0 {
			continue
		}
		n, more := float64(sum.Images), float64(s.Images)
		d := s.Mean - mean
		gray += s.Gray + float64(d*d*n*more/(n+more))
		mean += float64(d * more / (n + more))
		sum.Images += s.Images
		sum.MSE += s.MSE
		within += s.Within
		free += s.Images - 1
	}
	if sum.Images == 0 {
		return nil
	}
	n := float64(sum.Images)
	sum.MSE, sum.Gray = sum.MSE/n, gray/n
	if free > 0 {
		sum.MeanImage = within / float64(free) * ((n - 1) / n)
	}
	return &sum
}
