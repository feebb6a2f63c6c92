package grading

import (
	"bytes"
	"encoding/binary"
	"encoding/gob"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/data/latents"
)

// blankForeground is the share of pixels above zero below which an image is
// blank: half of that of the smallest of 1,503 real nuclei in crops of 256x256.
const blankForeground = 0.003

// maxBlock is the number of bytes of vectors after which a block is full.
const maxBlock = 1 << 20

// Collector keeps the rows that a Request asks for.
type Collector struct {
	request Request
	picks   map[string]bool

	images []found
	rows   []byte // their vectors
	blocks []Block
}

// NewCollector returns an empty Collector.
func NewCollector(r Request) *Collector { return &Collector{request: r, picks: r.picked()} }

// Like returns an empty Collector for the same request, also where c is in use.
func (c *Collector) Like() *Collector { return &Collector{request: c.request, picks: c.picks} }

// Offer considers one row of a batch with ids, vectors, quality, labels and
// metadata. eligible says that the image may be picked.
func (c *Collector) Offer(b *latents.Batch, row int, eligible bool) error {
	id := b.ImageID[row]
	if !c.picks[id] && !(eligible && SampleHash(uint64(c.request.Seed), id) < c.request.limit()) {
		return nil
	}
	im := Image{ID: id, Label: b.Label[row], HasLabel: b.HasLabel[row]}
	foreground := b.Quality[row].Foreground // 0 where an image that is not constant has no quality columns
	im.Blank = b.QCFlags[row]&schemas.QCConstant != 0 || foreground > 0 && foreground < blankForeground
	im.Quality = qualityOf(b, row)
	im.Place = Place{Shard: b.Shard[row], Record: b.Record[row], Offset: b.Offset[row]}
	if c.request.Sums {
		im.Place.SHA256 = b.SHA256[row]
	}
	for _, column := range b.Metadata {
		im.Metadata = append(im.Metadata, column[row])
	}
	c.images = append(c.images, found{im, eligible})
	d := len(b.Embedding) / b.N
	for _, v := range b.Embedding[row*d : (row+1)*d] {
		c.rows = binary.LittleEndian.AppendUint32(c.rows, math.Float32bits(v))
	}
	if len(c.rows) >= maxBlock {
		return c.flush()
	}
	return nil
}

// flush ends a block.
func (c *Collector) flush() error {
	if len(c.rows) == 0 {
		return nil
	}
	var data bytes.Buffer
	if err := gob.NewEncoder(&data).Encode(c.images); err != nil {
		return err
	}
	c.blocks = append(c.blocks, Block{Images: data.Bytes(), Rows: c.rows})
	c.images, c.rows = nil, nil
	return nil
}

// Blocks returns what was kept.
func (c *Collector) Blocks() ([]Block, error) {
	err := c.flush()
	return c.blocks, err
}
