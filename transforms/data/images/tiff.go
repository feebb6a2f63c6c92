package images

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"strings"
)

// Values of the Compression tag that are read.
const (
	compressionNone       = 1
	compressionLZW        = 5
	compressionDeflate    = 8
	compressionPackBits   = 32773
	compressionDeflateOld = 32946 // Deflate as written before it had a number
)

// Values of the Predictor tag that are read.
const (
	predictNone       = 1
	predictHorizontal = 2 // differences to the pixel on the left, as integers
	predictFloat      = 3 // differences of the bytes of floats (TIFF technical note 3)
)

// compressionNames names compressions that files are met with but that are not read.
var compressionNames = map[uint64]string{
	2: "CCITT", 3: "CCITT group 3", 4: "CCITT group 4", 6: "old JPEG", 7: "JPEG",
	33003: "JPEG 2000", 33005: "JPEG 2000", 34712: "JPEG 2000", 34887: "LERC", 34925: "LZMA",
	50000: "Zstandard", 50001: "WebP", 50002: "JPEG XL",
}

// layout says where the pixels of one page lie: blocks (strips or tiles) in
// rows from the top left, each blockWidth x blockHeight pixels; planes times over
// where each sample of a pixel has blocks of its own.
type layout struct {
	width, height int
	samples       int // of a pixel, all that are stored
	planes        int // 1: the samples of a pixel lie together; samples: each apart
	bits          int
	number        string  // the type of samples that are no pixels yet, as float32; "" of pixels
	meaning       meaning // of the samples
	order         binary.ByteOrder
	compression   uint64
	predictor     uint64

	tiled                   bool
	blockWidth, blockHeight int
	across, down            int
	offsets, counts         field
}

// together returns how many samples of a pixel lie in one block.
func (l *layout) together() int { return l.samples / l.planes }

// rowBytes returns the bytes of n pixels in a block.
func (l *layout) rowBytes(n int) int { return n * l.together() * l.bits / 8 }

// blockRows returns the rows of the picture that blocks of block row j cover.
func (l *layout) blockRows(j int) int { return min(l.blockHeight, l.height-j*l.blockHeight) }

// decodeTIFF decodes a TIFF file: its one page, or the pages or planes of one image.
func decodeTIFF(data []byte, o Options) (Image, error) {
	d, err := openDirectories(data)
	if err != nil {
		return Image{}, err
	}
	st, err := d.stack(o)
	if err != nil {
		return Image{}, err
	}
	return st.read(o)
}

// decode decodes one page.
func (d *directories) decode(l *layout) (Image, error) {
	if err := l.checkData(uint64(len(d.data))); err != nil {
		return Image{}, err
	}
	pixels, err := l.unpack(d.data)
	if err != nil {
		return Image{}, err
	}
	return l.means(Image{Height: l.height, Width: l.width, Channels: l.samples, Bits: l.bits, Pixels: pixels})
}

// layout checks every tag that decides about pixels and refuses the page where
// one has a value under which its pixels would not be taken over exactly.
func (p *page) layout(lim Limits) (layout, error) {
	l := layout{order: p.order}
	if !p.width.present() || !p.height.present() {
		return l, corrupt("tag ImageWidth or ImageLength is missing")
	}
	w, h := p.width.at(0), p.height.at(0)
	if err := lim.check(w, h); err != nil {
		return l, err
	}
	l.width, l.height, l.planes = int(w), int(h), 1
	for _, step := range []func(*page, *layout) error{(*page).samplesOf, (*page).refuseOther, (*page).codecOf} {
		if err := step(p, &l); err != nil {
			return l, err
		}
	}
	if err := l.numbersOf(lim); err != nil {
		return l, err
	}
	if p.tileWidth.present() || p.tileLength.present() || p.tileOffsets.present() {
		err := p.tiles(&l, lim)
		return l, err
	}
	err := p.strips(&l)
	return l, err
}

// refuseOther refuses pages whose pixels lie in another order.
func (p *page) refuseOther(l *layout) error {
	if v := p.orientation.or(1); v != 1 {
		return unsupported("Orientation %d: only 1 (first row on top, first column left) is read", v)
	}
	switch v := p.planar.or(1); {
	case v == 2:
		l.planes = l.samples
	case v != 1:
		return corrupt("PlanarConfiguration %d does not exist", v)
	}
	if v := p.fillOrder.or(1); v != 1 {
		return unsupported("FillOrder %d (bits of a byte reversed): only 1 is read", v)
	}
	return nil
}

// codecOf settles compression and predictor. A predictor together with no
// compression or PackBits is refused: TIFF defines none there, and some readers
// apply it while others do not.
func (p *page) codecOf(l *layout) error {
	predictor := p.predictor.or(predictNone)
	switch l.compression = p.compression.or(compressionNone); l.compression {
	case compressionNone, compressionPackBits:
		if predictor != predictNone {
			return unsupported("Predictor %d with Compression %d: readers disagree about the pixels, write it with LZW or Deflate", predictor, l.compression)
		}
	case compressionLZW, compressionDeflate, compressionDeflateOld:
		floats := strings.HasPrefix(l.number, "float")
		if predictor != predictNone && predictor != predictHorizontal && (predictor != predictFloat || !floats) {
			return unsupported("Predictor %d: only 1 (none), 2 (horizontal) and, of floats, 3 are read", predictor)
		}
	default:
		name := cmp.Or(compressionNames[l.compression], "unknown")
		return unsupported("%s compression (%d): only none, LZW, Deflate and PackBits are read", name, l.compression)
	}
	l.predictor = predictor
	return nil
}

// strips settles the layout of a page in strips.
func (p *page) strips(l *layout) error {
	l.blockWidth, l.blockHeight = l.width, l.height
	if rows := p.rowsPerStrip.or(uint64(l.height)); rows == 0 {
		return corrupt("RowsPerStrip is 0")
	} else if rows < uint64(l.height) {
		l.blockHeight = int(rows)
	}
	return l.blocks("strips", "StripOffsets", "StripByteCounts", p.stripOffsets, p.stripCounts)
}

// tiles settles the layout of a page in tiles.
func (p *page) tiles(l *layout, lim Limits) error {
	if !p.tileWidth.present() || !p.tileLength.present() {
		return corrupt("tag TileWidth or TileLength is missing")
	}
	if p.stripOffsets.present() || p.stripCounts.present() {
		return corrupt("the page has both strips and tiles")
	}
	w, h := p.tileWidth.at(0), p.tileLength.at(0)
	if lim.check(w, h) != nil {
		return corrupt("tiles of %dx%d pixels (height x width) in a picture of %dx%d", h, w, l.height, l.width)
	}
	// Tiles over the edge are work for nothing: twice the limit, all told.
	across, down := (uint64(l.width)-1)/w+1, (uint64(l.height)-1)/h+1
	if lim.check((across*w+1)/2, down*h) != nil {
		return corrupt("tiles of %dx%d pixels (height x width) in a picture of %dx%d", h, w, l.height, l.width)
	}
	l.tiled, l.blockWidth, l.blockHeight = true, int(w), int(h)
	return l.blocks("tiles", "TileOffsets", "TileByteCounts", p.tileOffsets, p.tileCounts)
}

// blocks settles the number of blocks and their tags.
func (l *layout) blocks(what, offsetsName, countsName string, offsets, counts field) error {
	l.across = (l.width-1)/l.blockWidth + 1
	l.down = (l.height-1)/l.blockHeight + 1
	n := l.across * l.down * l.planes
	for _, f := range []struct {
		name string
		field
	}{{offsetsName, offsets}, {countsName, counts}} {
		if !f.present() {
			return corrupt("tag %s is missing", f.name)
		}
		if f.count() != n {
			return corrupt("the picture has %d %s, but tag %s has %d values", n, what, f.name, f.count())
		}
	}
	l.offsets, l.counts = offsets, counts
	return nil
}

// describe names block i for messages.
func (l *layout) describe(i int) string {
	what := "strip"
	if l.tiled {
		what = "tile"
	}
	return fmt.Sprintf("%s %d of %d", what, i+1, l.across*l.down*l.planes)
}
