package verifying

import (
	"encoding/binary"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/records"
)

// told adds up what records hold and what parts tell of the pixels of shards.
type told struct {
	mu      sync.Mutex
	top     int    // the largest sample of all records
	image   string // the first that has it
	parts   int    // that were there
	stated  schemas.Stated
	microns schemas.PixelSizes
	notes   map[string]int64
}

// record takes in the largest sample of a record.
func (t *told) record(im *records.Image) {
	top := 0
	if im.Bits == 8 {
		for _, v := range im.Pixels {
			top = max(top, int(v))
		}
	} else {
		for i := 0; i+1 < len(im.Pixels); i += 2 {
			top = max(top, int(binary.LittleEndian.Uint16(im.Pixels[i:])))
		}
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if top > t.top || top == t.top && (t.image == "" || im.Filename < t.image) {
		t.top, t.image = top, im.Filename
	}
}

// part takes in what a part tells.
func (t *told) part(p *schemas.ShardPart) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.parts++
	if p.Stated != nil {
		t.stated.Images += p.Stated.Images
		t.stated.Largest = max(t.stated.Largest, p.Stated.Largest)
	}
	if p.Microns != nil {
		t.microns.Add(*p.Microns)
	}
	if t.notes == nil {
		t.notes = map[string]int64{}
	}
	for note, n := range p.Notes {
		t.notes[note] += n
	}
}

// plausible copies to what is wanted of a part what it tells of the source images, where that can be.
func plausible(part, want *schemas.ShardPart) {
	n := want.Info.Records
	within := func(images int64) bool { return images >= 1 && images <= n }
	sum := int64(0)
	for _, d := range part.Depths {
		if sum += d; d < 0 {
			return
		}
	}
	if len(part.Depths) == len(schemas.Scales) && within(sum) {
		want.Depths = part.Depths
	}
	if s := part.Stated; s != nil && within(s.Images) && s.Largest > 0 && s.Largest < 1<<16 {
		want.Stated = s
	}
	if e := part.Excess; e != nil && e.FullScale > 0 && e.FullScale < 1<<16 && e.Images >= 0 && e.Images <= n && (e.Images > 0) == (e.Samples > 0) {
		want.Excess = e
	}
	if m := part.Microns; m != nil && within(m.Images) && m.Low > 0 && m.Low <= m.High && m.LowImage != "" && m.HighImage != "" {
		want.Microns = m
	}
	for _, images := range part.Notes {
		if !within(images) {
			return
		}
	}
	want.Notes = part.Notes
}

// checkTold compares what shards.json says of the pixels with the records, and, where all parts are there,
// with these.
func (s *shardsCheck) checkTold() {
	m, r := s.m, s.report
	if m.Parameters.BitsMode != "8" && m.Written > 0 {
		s.checkFullScale()
	}
	if s.told.parts < len(m.Shards) {
		if s.tells() {
			r.uncheckedf("what %s says of the source images, since parts of %s are missing: %s", schemas.ShardsFile, schemas.StateDir, s.sayings())
		}
		return
	}
	t := &s.told
	if !maps.Equal(m.Notes, t.notes) {
		r.problemf(schemas.ShardsFile, "the notes are %v, the parts in %s give %v", m.Notes, schemas.StateDir, t.notes)
	}
	if m.FullScaleFrom == schemas.FromStated && (t.stated.Images != m.Written || t.stated.Largest != m.FullScale) {
		r.problemf(schemas.ShardsFile, "the full scale is %d as all files state; by %s in %s %d of %d state %d at most",
			m.FullScale, words.Plural(t.parts, "part", "parts"), schemas.StateDir, t.stated.Images, m.Written, t.stated.Largest)
	}
	low := t.microns.Low
	if rounded, err := strconv.ParseFloat(strconv.FormatFloat(low, 'g', 6, 64), 64); err == nil {
		low = rounded
	}
	same := t.microns.Images > 0 && schemas.SameMicrons(t.microns.Low, t.microns.High)
	switch {
	case m.MicronsFrom == schemas.FromStated && !(same && low == m.MicronsPerPixel):
		r.problemf(schemas.ShardsFile, "the size of a pixel is %g microns as files state; by the parts in %s they state %g to %g", m.MicronsPerPixel, schemas.StateDir, t.microns.Low, t.microns.High)
	case m.MicronsPerPixel == 0 && same:
		r.problemf(schemas.ShardsFile, "the size of a pixel is not said; by the parts in %s files state %g microns", schemas.StateDir, low)
	}
	if s.tells() {
		r.uncheckedf("what %s says of the source images beside their parts: %s", schemas.ShardsFile, s.sayings())
	}
}

// checkFullScale compares the full scale with the records.
func (s *shardsCheck) checkFullScale() {
	m, r, t := s.m, s.report, &s.told
	full := schemas.FullScale(m.FullScale, m.Image.Bits)
	if m.FullScaleFrom != schemas.FromGiven && t.top > full {
		r.problemf(schemas.ShardsFile, "the full scale is %d, and image %q has %d", full, t.image, t.top)
	}
	if m.FullScaleFrom != schemas.FromPixels {
		return
	}
	// What was cut off or smoothed may have been brighter than what is left.
	exact := (m.Parameters.Fit == "reject" || m.Parameters.Fit == "pad") && m.Parameters.Align == ""
	i, _ := slices.BinarySearch(schemas.Scales, t.top)
	if need := schemas.Scales[i]; exact && full != need && t.top <= full {
		r.problemf(schemas.ShardsFile, "the full scale is %d by the pixels, of which the largest, of image %q, is %d: that gives %d", full, t.image, t.top, need)
	}
	r.checkedf("the full scale %d against the largest of all pixels, %d", full, t.top)
}

// tells reports whether the manifest says something that comes from the source images or the user.
func (s *shardsCheck) tells() bool {
	m := s.m
	return m.FullScale > 0 || m.FullScaleFrom != "" || m.MicronsPerPixel > 0 || m.SizeRule != "" || len(m.Notes) > 0
}

// sayings names what the manifest says of the source images.
func (s *shardsCheck) sayings() string {
	m := s.m
	var says []string
	if m.FullScale > 0 || m.FullScaleFrom != "" {
		says = append(says, fmt.Sprintf("full_scale %d from %q", m.FullScale, m.FullScaleFrom))
	}
	if m.MicronsPerPixel > 0 && !math.IsInf(m.MicronsPerPixel, 0) {
		says = append(says, fmt.Sprintf("microns_per_pixel %g from %q", m.MicronsPerPixel, m.MicronsFrom))
	}
	if m.SizeRule != "" {
		says = append(says, fmt.Sprintf("size_rule %q", m.SizeRule))
	}
	if len(m.Notes) > 0 {
		says = append(says, words.Plural(len(m.Notes), "note", "notes"))
	}
	return strings.Join(says, ", ")
}
