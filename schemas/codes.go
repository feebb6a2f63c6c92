package schemas

import (
	"fmt"
	"math"

	"exemplar/schemas/words"
)

// Codes says how the numbers of some latent vectors are distributed, all dimensions together.
type Codes struct {
	Images     int64
	Dimensions int
	Mean       float64
	Variance   float64
	Zeros      float64 // share of the numbers that are exactly 0
	Constant   int     // dimensions that are the same for all images
}

// CodesOf returns the distribution of vectors that are one after the other in z.
func CodesOf(z []float32, dimensions int) *Codes {
	c := &Codes{Images: int64(len(z) / dimensions), Dimensions: dimensions}
	n := float64(len(z))
	for i, v := range z {
		c.Mean += float64(v) / n
		if v == 0 {
			c.Zeros += 1 / n
		}
		if i < dimensions && constant(z, i, dimensions) {
			c.Constant++
		}
	}
	for _, v := range z {
		c.Variance += float64(float64(v)-c.Mean) * (float64(v) - c.Mean) / n
	}
	return c
}

// constant reports whether a dimension is the same for all vectors.
func constant(z []float32, d, dimensions int) bool {
	for i := d; i < len(z); i += dimensions {
		if z[i] != z[d] {
			return false
		}
	}
	return true
}

// String says it in a line.
func (c *Codes) String() string { return c.of("images") }

// OfRows says it of rows of a table.
func (c *Codes) OfRows() string { return c.of("rows") }

func (c *Codes) of(things string) string {
	text := fmt.Sprintf("mean %.3g, variance %.3g, %.3g %% exactly 0", c.Mean, c.Variance, 100*c.Zeros)
	if c.Constant > 0 {
		text += fmt.Sprintf("; %d of %s the same for all %s", c.Constant, words.Plural(int64(c.Dimensions), "dimension is", "dimensions are"), things)
	}
	return text
}

// Denoised says how much of a noise a denoising model takes away, of 8- or 16-bit pixels in [0,1].
type Denoised struct {
	Images   int64
	Noise    float64 // standard deviation of what was added, before pixels were held in [0,1]
	Noisy    float64 // mean squared error of the noisy images
	Restored float64 // of what the model makes of these
	Rows     bool    // of a table, whose numbers have no range
}

// String says it in a line, of images as peak signal-to-noise ratios.
func (d *Denoised) String() string {
	if d.Rows {
		return fmt.Sprintf("with noise of %g the mean squared error is %.4g, restored it is %.4g", d.Noise, d.Noisy, d.Restored)
	}
	return fmt.Sprintf("with noise of %g the mean squared error is %.4g (PSNR %.2f dB), restored it is %.4g (%.2f dB)",
		d.Noise, d.Noisy, PSNR(d.Noisy), d.Restored, PSNR(d.Restored))
}

// PSNR returns the peak signal-to-noise ratio of a mean squared error of pixels in [0,1], in dB.
func PSNR(mse float64) float64 { return -10 * math.Log10(mse) }
