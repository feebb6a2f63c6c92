package schemas

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
)

// Scales are the full scales that pixels decide: the smallest of these that none exceeds.
var Scales = []int{1<<8 - 1, 1<<10 - 1, 1<<12 - 1, 1<<14 - 1, 1<<16 - 1}

// Who decided ShardsManifest.FullScale and MicronsPerPixel.
const (
	FromGiven  = "given"  // the user
	FromStated = "stated" // the files of all images, of the size of a pixel those that say it
	FromPixels = "pixels" // the smallest of Scales that no pixel exceeds
	FromKept   = "kept"   // the images that there were before: the present ones need less
)

// Stated is what the files of some images say is the largest sample that there can be.
type Stated struct {
	Images  int64 `json:"images"` // that say it
	Largest int   `json:"largest"`
}

// Excess counts the samples above a full scale.
type Excess struct {
	FullScale int   `json:"full_scale"`
	Images    int64 `json:"images"` // that have some
	Samples   int64 `json:"samples"`
}

// PixelSizes are the sizes of a pixel that the files of some images state, in microns.
type PixelSizes struct {
	Images    int64   `json:"images"` // that state one
	Low       float64 `json:"low"`    // the smallest
	LowImage  string  `json:"low_image"`
	High      float64 `json:"high"` // the largest
	HighImage string  `json:"high_image"`
}

// Add takes in others; the first images by name are named.
func (p *PixelSizes) Add(q PixelSizes) {
	if q.Images == 0 {
		return
	}
	if p.Images == 0 {
		*p = q
		return
	}
	p.Images += q.Images
	if c := cmp.Compare(q.Low, p.Low); c < 0 || c == 0 && q.LowImage < p.LowImage {
		p.Low, p.LowImage = q.Low, q.LowImage
	}
	if c := cmp.Compare(q.High, p.High); c > 0 || c == 0 && q.HighImage < p.HighImage {
		p.High, p.HighImage = q.High, q.HighImage
	}
}

// SameMicrons reports whether two sizes of a pixel differ by no more than a thousandth.
func SameMicrons(a, b float64) bool { return math.Abs(a-b) <= min(a, b)/1000 }

// checkScale refuses a full scale and a size of a pixel that there cannot be.
func (m *ShardsManifest) checkScale() error {
	full := 1<<m.Image.Bits - 1
	switch {
	case m.FullScale < 0 || m.FullScale >= full:
		return fmt.Errorf("full scale %d: must be 1 to %d, or none", m.FullScale, full-1)
	case m.FullScale > 0 && !slices.Contains([]string{"", FromGiven, FromStated, FromPixels, FromKept}, m.FullScaleFrom):
		return fmt.Errorf("full scale from %q: must be given, stated, pixels or kept", m.FullScaleFrom)
	case m.FullScale == 0 && m.FullScaleFrom != "" && m.FullScaleFrom != FromGiven:
		return fmt.Errorf("full scale from %s, and there is none", m.FullScaleFrom)
	case m.FullScaleFrom == FromPixels && !slices.Contains(Scales, m.FullScale):
		return fmt.Errorf("full scale %d from pixels: must be one of %d", m.FullScale, Scales)
	case !(m.MicronsPerPixel >= 0) || math.IsInf(m.MicronsPerPixel, 1):
		return fmt.Errorf("microns per pixel %g: must be positive", m.MicronsPerPixel)
	case m.MicronsFrom != "" && (m.MicronsPerPixel == 0 || m.MicronsFrom != FromGiven && m.MicronsFrom != FromStated):
		return fmt.Errorf("microns per pixel %g from %q: must be given or stated", m.MicronsPerPixel, m.MicronsFrom)
	}
	if m.SizeRule != "" {
		if _, err := ParseSizeRule(m.SizeRule); err != nil {
			return fmt.Errorf("size rule: %w", err)
		}
	}
	for _, note := range slices.Sorted(maps.Keys(m.Notes)) {
		if n := m.Notes[note]; n < 1 || n > m.Written {
			return fmt.Errorf("note %q of %d of %d images", note, n, m.Written)
		}
	}
	return nil
}
