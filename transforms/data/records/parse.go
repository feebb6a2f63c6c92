package records

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"sync"

	"exemplar/schemas"
	"exemplar/tfrecord"
	"exemplar/transforms/data/images"
)

// Fields says where in a record the image is. The zero Fields reads what Append
// writes, and what the study wrote.
type Fields struct {
	Image string // feature with the pixels or image file; default schemas.FeatureImage
	Name  string // feature with the file name; default schemas.FeatureFilename

	// Shape is assumed for raw pixels where the record has no height and width.
	// Zero: a square, 8-bit gray, unless the record has channels or bits.
	Shape schemas.ImageShape

	MaxPixels int64 // height*width, at most; 0: images.DefaultMaxPixels

	Metadata []string // features to read, each a text or not there
}

func (f Fields) image() string    { return cmp.Or(f.Image, schemas.FeatureImage) }
func (f Fields) name() string     { return cmp.Or(f.Name, schemas.FeatureFilename) }
func (f Fields) maxPixels() int64 { return cmp.Or(f.MaxPixels, images.DefaultMaxPixels) }

// BadRecord is a soundly framed record that is not a usable image. The records
// after it can be read. Unlike damage of the file it is not tfrecord.ErrCorrupt,
// so that one question tells the two apart.
type BadRecord struct {
	File           string // as given to Open; empty from Parse
	Record, Offset int64  // as in tfrecord.Reader; -1 from Parse
	Filename       string // of the image, where the record has one
	Reason         string // one of schemas.Reason…
	Detail         string // for a person, one line
}

// Error returns one line: file, record, offset and detail.
func (e *BadRecord) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ": ")
	}
	if e.Record >= 0 {
		fmt.Fprintf(&b, "record %d at byte %d: ", e.Record, e.Offset)
	}
	if e.Filename != "" {
		fmt.Fprintf(&b, "image %q: ", e.Filename)
	}
	b.WriteString(e.Detail)
	return b.String()
}

// Fatal reports whether an error of reading is more than that of one bad record.
func Fatal(err error) bool {
	var bad *BadRecord
	return err != nil && !errors.As(err, &bad)
}

// bad returns a BadRecord without a place.
func bad(reason, format string, args ...any) *BadRecord {
	return &BadRecord{Record: -1, Offset: -1, Reason: reason, Detail: fmt.Sprintf(format, args...)}
}

var examples = sync.Pool{New: func() any { return new(tfrecord.Example) }}

// Parse decodes one record. Raw pixels alias the record; a PNG, JPEG or TIFF
// file in the image feature is decoded into memory of its own. Every error is a
// *BadRecord with Record -1.
//
// The feature is raw pixels if its length is that of the shape: the record's
// own, or the one that Fields assume. Otherwise it is an image file, if it
// begins like one, whose shape must not contradict the record's.
func Parse(record []byte, f Fields) (Image, error) {
	e := examples.Get().(*tfrecord.Example)
	defer examples.Put(e)
	if err := e.Parse(record); err != nil {
		return Image{}, bad(schemas.ReasonCorrupt, "%v", err)
	}
	var im Image
	err := im.parse(e, f)
	if err != nil {
		err.Filename = im.Filename
		return Image{}, err
	}
	return im, nil
}

// parse fills im from the features of e.
func (im *Image) parse(e *tfrecord.Example, f Fields) *BadRecord {
	name, err := bytesFeature(e, f.name(), "--name_feature")
	if err != nil {
		return err
	}
	if err := CheckFilename(string(name)); err != nil {
		return bad(schemas.ReasonCorrupt, "feature %q: %v", f.name(), err)
	}
	im.Filename = string(name)
	if im.Label, im.HasLabel, err = label(e); err != nil {
		return err
	}
	if im.Metadata, err = metadata(e, f.Metadata); err != nil {
		return err
	}
	im.Columns = f.Metadata
	im.parseTurn(e)
	data, err := bytesFeature(e, f.image(), "--image_feature")
	if err != nil {
		return err
	}
	if len(data) == 0 {
		return bad(schemas.ReasonEmpty, "feature %q is empty", f.image())
	}
	d, err := declared(e)
	if err != nil {
		return err
	}
	return im.setPixels(data, d, f)
}

// bytesFeature returns a feature that must be one byte string.
func bytesFeature(e *tfrecord.Example, name, flag string) ([]byte, *BadRecord) {
	if b, ok := e.Bytes(name); ok {
		return b, nil
	}
	if v, ok := e.Lookup(name); ok {
		return nil, bad(schemas.ReasonUnsupported, "feature %q is a list of %d of kind %s, not one byte string", name, v.Len(), v.Kind())
	}
	var names []string
	for v := range e.All() {
		if len(names) == 8 {
			names = append(names, "…")
			break
		}
		names = append(names, strconv.Quote(v.Name()))
	}
	return nil, bad(schemas.ReasonUnsupported, "it has no feature %q (encode takes another with %s), only [%s]", name, flag, strings.Join(names, " "))
}

// label returns the label, a byte string or an integer, where there is one.
func label(e *tfrecord.Example) (string, bool, *BadRecord) {
	if b, ok := e.Bytes(schemas.FeatureLabel); ok {
		if fault := schemas.TextFault(string(b)); fault != "" {
			return "", false, bad(schemas.ReasonCorrupt, "feature %q %s", schemas.FeatureLabel, fault)
		}
		return string(b), true, nil
	}
	if x, ok := e.Int64(schemas.FeatureLabel); ok {
		return strconv.FormatInt(x, 10), true, nil
	}
	if v, ok := e.Lookup(schemas.FeatureLabel); ok && v.Len() > 0 {
		return "", false, bad(schemas.ReasonUnsupported, "feature %q is a list of %d of kind %s, not one text or whole number", schemas.FeatureLabel, v.Len(), v.Kind())
	}
	return "", false, nil
}

// metadata returns the texts of features; nil where no feature is asked for.
func metadata(e *tfrecord.Example, names []string) (texts []string, err *BadRecord) {
	for _, name := range names {
		text := ""
		if _, ok := e.Lookup(name); ok {
			b, err := bytesFeature(e, name, "")
			if err != nil {
				return nil, err
			}
			text = string(b)
		}
		if fault := schemas.TextFault(text); fault != "" {
			return nil, bad(schemas.ReasonCorrupt, "feature %q %s", name, fault)
		}
		texts = append(texts, text)
	}
	return texts, nil
}

// declared returns the shape that the record states; what it does not is 0.
func declared(e *tfrecord.Example) (schemas.ImageShape, *BadRecord) {
	var s schemas.ImageShape
	for _, field := range []struct {
		name string
		to   *int
	}{
		{schemas.FeatureHeight, &s.Height}, {schemas.FeatureWidth, &s.Width},
		{schemas.FeatureChannels, &s.Channels}, {schemas.FeatureBits, &s.Bits},
	} {
		v, ok := e.Lookup(field.name)
		if !ok || v.Len() == 0 {
			continue
		}
		x, ok := e.Int64(field.name)
		if !ok {
			return s, bad(schemas.ReasonUnsupported, "feature %q is a list of %d of kind %s, not one int64", field.name, v.Len(), v.Kind())
		}
		if x < 1 || x > maxSide {
			return s, bad(schemas.ReasonCorrupt, "feature %q is %d, which no image has", field.name, x)
		}
		*field.to = int(x)
	}
	probe := schemas.ImageShape{Height: 1, Width: 1, Channels: cmp.Or(s.Channels, 1), Bits: cmp.Or(s.Bits, 8)}
	if err := probe.Validate(); err != nil {
		return s, bad(schemas.ReasonUnsupported, "%v", err)
	}
	if (s.Height == 0) != (s.Width == 0) {
		return s, bad(schemas.ReasonCorrupt, "it has only one of the features %q and %q", schemas.FeatureHeight, schemas.FeatureWidth)
	}
	return s, nil
}

// reject turns an error of package images into a BadRecord.
func reject(err error) *BadRecord {
	var r *images.RejectError
	if errors.As(err, &r) {
		return bad(r.Reason, "%s", r.Detail)
	}
	return bad(schemas.ReasonCorrupt, "%v", err)
}
