// Package records turns images into tf.train.Example records and back.
//
// What lives here: which feature holds what, the checks that tie pixels to their shape,
// and iteration over the records of a shard. What never enters: Beam, Parquet, printing;
// framing and wire format (package tfrecord), decoding of image files (package images),
// and the choice of which image goes where.
//
// A record has the features of schemas.Feature…: image_raw and filename as
// bytes, height, width, channels and bits as int64, and label and Metadata_* as bytes where
// they are known. What is read is wider: records with image_raw and filename alone, as
// the NucleusNet study wrote them; other names of these two features; PNG, JPEG
// and TIFF files as the image feature; an int64 label. See Fields and Parse.
package records

import (
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"

	"exemplar/schemas"
	"exemplar/tfrecord"
)

// Image is one image of a shard.
type Image struct {
	Filename string // id: path relative to the input root, '/'-separated
	Pixels   []byte // C order, uint8 or little-endian uint16

	Height, Width int // pixels
	Channels      int // 1 to schemas.MaxChannels, interleaved
	Bits          int // 8 or 16

	Label    string
	HasLabel bool

	// Columns are names of features beside these, Metadata_*, and Metadata their texts; a text that is "" is no
	// feature, and where all are Metadata may be nil.
	Columns, Metadata []string

	// Aligned says that the image was turned before it was written, by AlignAngle and AlignFlip, see
	// schemas.FeatureAlignAngle.
	Aligned    bool
	AlignAngle int64
	AlignFlip  bool
}

// Shape returns the shape of the image.
func (im *Image) Shape() schemas.ImageShape {
	return schemas.ImageShape{Height: im.Height, Width: im.Width, Channels: im.Channels, Bits: im.Bits}
}

// Append appends the record of the image to dst: a tf.train.Example without its
// frame. Equal images give equal bytes.
func Append(dst []byte, im *Image) []byte {
	room := [9]tfrecord.Feature{
		tfrecord.BytesFeature(schemas.FeatureImage, im.Pixels),
		tfrecord.BytesFeature(schemas.FeatureFilename, []byte(im.Filename)),
		tfrecord.Int64Feature(schemas.FeatureHeight, int64(im.Height)),
		tfrecord.Int64Feature(schemas.FeatureWidth, int64(im.Width)),
		tfrecord.Int64Feature(schemas.FeatureChannels, int64(im.Channels)),
		tfrecord.Int64Feature(schemas.FeatureBits, int64(im.Bits)),
	}
	features := room[:6]
	if im.HasLabel {
		features = append(features, tfrecord.BytesFeature(schemas.FeatureLabel, []byte(im.Label)))
	}
	for i, text := range im.Metadata {
		if text != "" {
			features = append(features, tfrecord.BytesFeature(im.Columns[i], []byte(text)))
		}
	}
	if im.Aligned {
		flip := int64(0)
		if im.AlignFlip {
			flip = 1
		}
		features = append(features, tfrecord.Int64Feature(schemas.FeatureAlignAngle, im.AlignAngle), tfrecord.Int64Feature(schemas.FeatureAlignFlip, flip))
	}
	return tfrecord.AppendExample(dst, features...)
}

// CheckFilename reports why a name cannot be the id of an image.
func CheckFilename(name string) error {
	switch {
	case name == "":
		return errors.New("the file name is empty")
	case !utf8.ValidString(name):
		return errors.New("the file name is not UTF-8")
	case len(name) > schemas.MaxID:
		return fmt.Errorf("the file name has %d bytes, more than the %d that are read", len(name), schemas.MaxID)
	case strings.ContainsRune(name, 0):
		return errors.New("the file name contains a NUL character")
	}
	return nil
}
