package deepzoom

import (
	"bytes"
	"image"
	"image/png"
	"math/bits"
	"sync"
)

// Deep Zoom: tiles of tileSize, and overlap pixels of their neighbors around.
const (
	tileSize = 254
	overlap  = 1
)

// background is the gray of cells without an image.
const background = 224

// level is one size of the picture, which takes lines from the top and cuts them
// into tiles, and hands lines of half the length to the next.
type level struct {
	number        int // 0 is one pixel
	width, height int
	channels      int
	half          *level // nil for level 0
	tile          func(level, column, row int, im image.Image) error

	lines [][]byte // from line first on
	first int
	row   int    // of tiles, that comes next
	odd   []byte // a line that waits for its partner
}

// newPyramid returns the largest level of a picture, with all below.
func newPyramid(width, height, channels int, tile func(level, column, row int, im image.Image) error) *level {
	number := bits.Len(uint(max(width, height) - 1))
	top := &level{number: number, width: width, height: height, channels: channels, tile: tile}
	for l := top; l.number > 0; l = l.half {
		l.half = &level{number: l.number - 1, width: (l.width + 1) / 2, height: (l.height + 1) / 2, channels: channels, tile: tile}
	}
	return top
}

// add takes the next line, and keeps it.
func (l *level) add(line []byte) error {
	l.lines = append(l.lines, line)
	y := l.first + len(l.lines) - 1
	last := y == l.height-1
	for last && l.row*tileSize < l.height || !last && y == (l.row+1)*tileSize+overlap-1 {
		if err := l.cut(); err != nil {
			return err
		}
	}
	if l.half == nil {
		return nil
	}
	switch {
	case l.odd != nil:
		line, l.odd = l.average(l.odd, line), nil
	case last:
		line = l.average(line, line)
	default:
		l.odd = line
		return nil
	}
	return l.half.add(line)
}

// average returns a line of half the length: means of two pixels of each of two
// lines, of one where the length is odd.
func (l *level) average(a, b []byte) []byte {
	c := l.channels
	out := make([]byte, l.half.width*c)
	for i := range out {
		x := 2*(i/c)*c + i%c
		next := x + c
		if next >= len(a) {
			next = x
		}
		out[i] = byte((int(a[x]) + int(a[next]) + int(b[x]) + int(b[next]) + 2) / 4)
	}
	return out
}

// cut makes a row of tiles and drops the lines that no other tile needs.
func (l *level) cut() error {
	top, bottom := max(0, l.row*tileSize-overlap), min(l.height, (l.row+1)*tileSize+overlap)
	for column := 0; column*tileSize < l.width; column++ {
		left, right := max(0, column*tileSize-overlap), min(l.width, (column+1)*tileSize+overlap)
		im := newPicture(right-left, bottom-top, l.channels)
		for y := top; y < bottom; y++ {
			im.line(y-top, l.lines[y-l.first][left*l.channels:right*l.channels])
		}
		if err := l.tile(l.number, column, l.row, im.Image); err != nil {
			return err
		}
	}
	l.row++
	if keep := l.row*tileSize - overlap - l.first; keep > 0 {
		l.lines = append([][]byte(nil), l.lines[min(keep, len(l.lines)):]...)
		l.first += keep
	}
	return nil
}

// picture is a tile.
type picture struct {
	image.Image
	line func(y int, samples []byte)
}

func newPicture(width, height, channels int) picture {
	bounds := image.Rect(0, 0, width, height)
	if channels == 1 {
		im := image.NewGray(bounds)
		return picture{im, func(y int, samples []byte) { copy(im.Pix[y*im.Stride:], samples) }}
	}
	im := image.NewRGBA(bounds)
	return picture{im, func(y int, samples []byte) {
		for x := range width {
			copy(im.Pix[y*im.Stride+4*x:], samples[3*x:3*x+3])
			im.Pix[y*im.Stride+4*x+3] = 255
		}
	}}
}

// buffers are those of encoders that are at work.
type buffers struct{ sync.Pool }

func (b *buffers) Get() *png.EncoderBuffer {
	e, _ := b.Pool.Get().(*png.EncoderBuffer)
	return e
}

func (b *buffers) Put(e *png.EncoderBuffer) { b.Pool.Put(e) }

var encoder = png.Encoder{BufferPool: &buffers{}}

func encode(im image.Image) ([]byte, error) {
	var b bytes.Buffer
	err := encoder.Encode(&b, im)
	return b.Bytes(), err
}
