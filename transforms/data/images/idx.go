package images

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"

	"github.com/klauspost/compress/gzip"

	"exemplar/schemas"
)

// IDX is the format of MNIST: a magic number (0x803 for images, 0x801 for
// labels: unsigned bytes of three or one dimensions), the dimensions as 32-bit
// big-endian integers, and the bytes. Files are gzip or not.
var (
	idxImages = regexp.MustCompile(`(?i)[-.]idx3-ubyte(\.gz)?$`)
	idxLabels = regexp.MustCompile(`(?i)[-.]idx1-ubyte(\.gz)?$`)
)

// IsIDX tells by its name a file of IDX images, as train-images-idx3-ubyte.gz.
func IsIDX(name string) bool { return idxImages.MatchString(name) }

// IsIDXLabels reports whether a file is, by its name, an IDX file of labels.
func IsIDXLabels(name string) bool { return idxLabels.MatchString(name) }

// IDXStem returns the name of an IDX file without its ending: t10k-images for
// t10k-images-idx3-ubyte.gz.
func IDXStem(name string) string { return idxImages.ReplaceAllLiteralString(name, "") }

// IDXName returns the id of image i of n: stem and zero-padded index, so that
// order by id is order in the file.
func IDXName(stem string, i, n int) string {
	return fmt.Sprintf("%s/%0*d", stem, max(5, len(strconv.Itoa(n-1))), i)
}

// IDX streams the images of an IDX file.
type IDX struct {
	Count         int // images
	Height, Width int // pixels, 8-bit gray

	r     io.Reader
	gzip  bool
	next  int
	image bytes.Buffer
}

// OpenIDX reads the header of an IDX file of images; gzip is detected. An error
// says in one line what is wrong; the caller names the file.
func OpenIDX(r io.Reader) (*IDX, error) {
	in, dims, err := openIDX(r, 3)
	if err != nil {
		return nil, err
	}
	x := &IDX{Count: dims[0], Height: dims[1], Width: dims[2], r: in.Reader, gzip: in.gzip}
	if err := (Limits{}).check(uint64(x.Width), uint64(x.Height)); err != nil {
		return nil, fmt.Errorf("IDX header: %w", err)
	}
	return x, nil
}

// Shape returns the shape of every image.
func (x *IDX) Shape() schemas.ImageShape {
	return schemas.ImageShape{Height: x.Height, Width: x.Width, Channels: 1, Bits: 8}
}

// Next returns the pixels of the next image, valid until the next call, or
// io.EOF after the last, where the file has ended too.
func (x *IDX) Next() ([]byte, error) {
	if x.next == x.Count {
		return nil, x.end()
	}
	x.image.Reset()
	if err := x.read(&x.image); err != nil {
		return nil, err
	}
	return x.image.Bytes(), nil
}

// Skip passes over n images.
func (x *IDX) Skip(n int) error {
	for range min(n, x.Count-x.next) {
		if err := x.read(io.Discard); err != nil {
			return err
		}
	}
	return nil
}

// read moves one image to w.
func (x *IDX) read(w io.Writer) error {
	if _, err := io.CopyN(w, x.r, int64(x.Height)*int64(x.Width)); err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%w in image %d of %d", errCut, x.next, x.Count)
	} else if err != nil {
		return fmt.Errorf("IDX file: reading image %d of %d: %w", x.next, x.Count, err)
	}
	x.next++
	return nil
}

// Counted reads what is left of the file and returns the number of images in it,
// of which a file that is cut off, and is not gzip, has fewer than Count. Of gzip the
// checksum is compared, so that an error says that no image can be relied on; so
// does one of bytes behind the last image.
func (x *IDX) Counted() (int, error) {
	for x.next < x.Count {
		err := x.read(io.Discard)
		if errors.Is(err, errCut) && !x.gzip {
			return x.next, nil
		}
		if err != nil {
			return x.next, err
		}
	}
	if err := x.end(); err != io.EOF {
		return x.next, err
	}
	return x.next, nil
}

// Gzip reports whether the file is compressed.
func (x *IDX) Gzip() bool { return x.gzip }

// errCut marks the error of a file that ends too early.
var errCut = errors.New("IDX file is cut off")

// end returns io.EOF where the file ends after the last image.
func (x *IDX) end() error {
	return endIDX(x.r, fmt.Sprintf("%d images of %dx%d", x.Count, x.Height, x.Width))
}

// LabelCountError is the error of a label file for another number of images.
type LabelCountError struct{ Labels, Images int }

func (e *LabelCountError) Error() string {
	return fmt.Sprintf("IDX label file holds %d labels for %d images", e.Labels, e.Images)
}

// ReadIDXLabels reads an IDX file of the labels of n images; gzip is detected.
// Labels are decimal numbers, in the order of the images. A file that says that it
// holds another number is a *LabelCountError, and its labels are not read.
func ReadIDXLabels(r io.Reader, n int) ([]string, error) {
	in, dims, err := openIDX(r, 1)
	if err != nil {
		return nil, err
	}
	if dims[0] != n {
		return nil, &LabelCountError{dims[0], n}
	}
	data, err := io.ReadAll(io.LimitReader(in, int64(dims[0])))
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return nil, fmt.Errorf("IDX label file: %w", err)
	}
	if len(data) < dims[0] {
		return nil, fmt.Errorf("IDX label file is cut off: %d of %d labels", len(data), dims[0])
	}
	if err := endIDX(in, fmt.Sprintf("%d labels", dims[0])); err != io.EOF {
		return nil, err
	}
	var names [256]string
	for v := range names {
		names[v] = strconv.Itoa(v)
	}
	labels := make([]string, len(data))
	for i, v := range data {
		labels[i] = names[v]
	}
	return labels, nil
}

// idxReader reads an IDX file behind its header, unpacked.
type idxReader struct {
	io.Reader
	gzip bool
}

// openIDX reads the magic number and the dimensions.
func openIDX(r io.Reader, want int) (in idxReader, dims []int, err error) {
	b := bufio.NewReaderSize(r, 64<<10)
	if magic, err := b.Peek(2); err == nil && magic[0] == 0x1f && magic[1] == 0x8b {
		z, err := gzip.NewReader(b)
		if err != nil {
			return in, nil, fmt.Errorf("IDX file: gzip header: %w", err)
		}
		b, in.gzip = bufio.NewReaderSize(z, 64<<10), true
	}
	header := make([]byte, 4+4*want)
	n, err := io.ReadFull(b, header)
	if n >= 4 && binary.BigEndian.Uint32(header) != uint32(0x800+want) {
		return in, nil, fmt.Errorf("IDX magic number is %#x, want %#x (unsigned bytes of %d dimensions, %s)",
			binary.BigEndian.Uint32(header), 0x800+want, want, map[int]string{1: "labels", 3: "images"}[want])
	}
	if err == io.EOF || errors.Is(err, io.ErrUnexpectedEOF) {
		return in, nil, fmt.Errorf("IDX header is cut off: %d of %d bytes", n, len(header))
	} else if err != nil {
		return in, nil, fmt.Errorf("IDX header: %w", err)
	}
	in.Reader, dims = b, make([]int, want)
	for i := range dims {
		dims[i] = int(binary.BigEndian.Uint32(header[4+4*i:]))
	}
	return in, dims, nil
}

// endIDX returns io.EOF where r has ended, an error where bytes follow.
func endIDX(r io.Reader, what string) error {
	var one [1]byte
	switch _, err := io.ReadFull(r, one[:]); {
	case err == nil:
		return fmt.Errorf("IDX file goes on after the %s that its header declares", what)
	case errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("IDX file is damaged: behind the %s the checksum is cut off, or bytes follow that do not belong there", what)
	case err != io.EOF:
		return fmt.Errorf("IDX file: after the %s: %w", what, err)
	}
	return io.EOF
}
