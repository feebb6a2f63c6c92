package images

import (
	"bytes"
	"fmt"
	"math/bits"
	"path"

	"exemplar/schemas"
	"exemplar/schemas/caught"
)

// Image is one decoded image.
type Image struct {
	Height, Width int // pixels
	Channels      int // 1 to schemas.MaxChannels, interleaved
	Bits          int // 8 (uint8) or 16 (little-endian uint16)

	// Pixels holds Height*Width*Channels samples in C order.
	Pixels []byte

	// Facts is what the file says of its pixels; nil where it says nothing.
	Facts *Facts
}

// Facts is what a file says of its pixels beside them.
type Facts struct {
	// Channels name those of an image that is more than a gray or RGB picture; nil of these.
	Channels []schemas.Channel
	// FullScale is the sample that the file says is the largest that there can be, as 4095
	// (MaxSampleValue, SignificantBits of OME, sBIT of PNG); 0 where it says nothing.
	FullScale int
	// MicronsPerPixel is the size of a pixel; 0 where it is not known.
	MicronsPerPixel float64
	// Notes say what was done to read the pixels exactly, in a few words each, the same for the same
	// kind of file: they are counted.
	Notes []string
}

// Shape returns the shape of the image.
func (im Image) Shape() schemas.ImageShape {
	return schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}
}

// RejectError says why an image cannot be used. It becomes a line of errors.jsonl.
type RejectError struct {
	Stage  string // one of schemas.Stage…
	Reason string // one of schemas.Reason…
	Detail string // for a person, one line
}

// Error returns reason and detail in one line.
func (e *RejectError) Error() string { return e.Reason + ": " + e.Detail }

func reject(reason, format string, args ...any) error {
	return &RejectError{Stage: schemas.StageDecode, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

func corrupt(format string, args ...any) error {
	return reject(schemas.ReasonCorrupt, format, args...)
}

func unsupported(format string, args ...any) error {
	return reject(schemas.ReasonUnsupported, format, args...)
}

// DefaultMaxPixels is the limit where none is set: 100 megapixels.
const DefaultMaxPixels = 100_000_000

// Limits bounds what is decoded.
type Limits struct {
	MaxPixels int64 // height*width, at most; 0 stands for DefaultMaxPixels
}

// Options say how much is decoded, and what is made of files that hold more than one
// picture or other numbers than pixels. The zero Options refuse these.
type Options struct {
	Limits
	// Project says what becomes of the planes of Z and T: max, mean, middle, or an index, as z=2,t=0.
	Project string
	// Range holds the numbers that become 0 and 65535 of floats, signed and 32-bit integers; nil
	// refuses them.
	Range *Range

	file string // its name, by which a file knows its planes in a set
}

// OptionsOf returns what decoded the images of a finished collection.
func OptionsOf(m *schemas.ShardsManifest) (Options, error) {
	return OptionsFor(m.Parameters)
}

// OptionsFor returns what decodes images for shards of these parameters.
func OptionsFor(p schemas.ShardParameters) (o Options, err error) {
	o = Options{Limits: Limits{MaxPixels: p.MaxPixels}, Project: p.Project}
	if p.Range != "" {
		o.Range, err = ParseRange(p.Range)
	}
	return o, err
}

// manyLimit is the size up to which a file is read of which it is not known how many planes it has.
const manyLimit = 1 << 30

// FileLimit is the size above which a file cannot hold an image of so many channels: two bytes per sample, of
// three channels at least (RGB), or eight where numbers are read, and room for the header. Of 0 channels, which
// are not known, there may be as many as an image can have, and of planes of z and t any number, in up to manyLimit
// bytes.
func (o Options) FileLimit(channels int) int64 {
	sample := int64(2)
	if o.Range != nil {
		sample = 8
	}
	limit := sample * int64(max(3, channels)) * o.MaxPixels
	if channels == 0 {
		limit = max(limit, min(sample*schemas.MaxChannels*o.MaxPixels, manyLimit))
	}
	if o.Project != "" {
		limit = max(limit, manyLimit)
	}
	return limit + 1<<20
}

// Range is two numbers, Low below High.
type Range struct{ Low, High float64 }

// check refuses an empty picture and one of more pixels than the limit.
func (l Limits) check(width, height uint64) error {
	if width == 0 || height == 0 {
		return corrupt("the picture is %dx%d (height x width): it has no pixels", height, width)
	}
	limit := uint64(DefaultMaxPixels)
	if l.MaxPixels > 0 {
		limit = uint64(l.MaxPixels)
	}
	if hi, n := bits.Mul64(width, height); hi != 0 || n > limit {
		return reject(schemas.ReasonTooLarge,
			"the picture is %dx%d (height x width), more than the %d pixels that --max_pixels allows", height, width, limit)
	}
	return nil
}

// Extensions returns the file extensions, in lower case, of the kinds that
// Decode reads.
func Extensions() []string { return []string{".tif", ".tiff", ".png", ".jpg", ".jpeg"} }

const pngSignature = "\x89PNG\r\n\x1a\n"

// Decode decodes the image file in data. What it is, is told by its content; name
// serves the message. Every error is a *RejectError with stage decode. The
// result does not alias data.
func Decode(name string, data []byte, o Options) (im Image, err error) {
	defer caught.Damaged(&err, func(what string) error { return corrupt("the decoder gave up on damaged data: %s", what) })
	if len(data) == 0 {
		return Image{}, reject(schemas.ReasonEmpty, "the file is empty (0 bytes)")
	}
	if decode := decoderOf(data); decode != nil {
		o.file = name
		return decode(data, o)
	}
	return Image{}, refuseKind(name, data)
}

// IsImage reports whether data begin like an image file that Decode reads.
func IsImage(data []byte) bool { return decoderOf(data) != nil }

// decoderOf tells by the first bytes what an image file is; nil for none.
func decoderOf(data []byte) func([]byte, Options) (Image, error) {
	switch {
	case isTIFF(data):
		return decodeTIFF
	case bytes.HasPrefix(data, []byte(pngSignature)):
		return decodePNG
	case bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return decodeJPEG
	}
	return nil
}

// refuseKind says what a file is that is no TIFF, PNG or JPEG.
func refuseKind(name string, data []byte) error {
	for _, k := range []struct{ at, magic, kind string }{
		{"", "GIF8", "GIF"}, {"", "BM", "BMP"}, {"RIFF....", "WEBP", "WebP"},
		{"....", "jP  \r\n", "JPEG 2000"}, {"", "\xff\x4f\xff\x51", "JPEG 2000"},
	} {
		if at := len(k.at); len(data) >= at && bytes.HasPrefix(data[at:], []byte(k.magic)) {
			return unsupported("a %s file: convert it to TIFF or PNG", k.kind)
		}
	}
	named := ""
	if ext := path.Ext(name); ext != "" {
		named = fmt.Sprintf(", though its name ends in %q", ext)
	}
	return reject(schemas.ReasonNotAnImage, "no TIFF, PNG or JPEG%s: it starts with bytes % x", named, data[:min(8, len(data))])
}
