package reporting

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/png"
	"io/fs"
	"regexp"
	"slices"
	"strconv"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/raster"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// Training is what train kept of its way: some images for validation, and what the model
// made of them after its epochs. Indices are into Pictures.
type Training struct {
	Epochs    []int   `json:"epochs"` // that are shown, from 1
	Of        int     `json:"of"`     // epochs that there are pictures of
	Kept      int     `json:"kept"`   // the epoch of the model; 0: not known
	Originals []int   `json:"originals"`
	Noisy     []int   `json:"noisy,omitempty"` // what the model was given, where it learned to denoise
	Decoded   [][]int `json:"decoded"`         // of each of Epochs, those of Originals
}

// albumBudget is about how many bytes the pictures of a Training have as PNG files: of
// many epochs, or of large images, fewer are shown, and smaller ones.
const albumBudget = 1 << 20

// mostAlbumBytes bounds the file of one epoch.
const mostAlbumBytes = 64 << 20

// album is the pictures of the epochs that train left beside a model.
type album struct {
	dir    string
	input  model.Input
	epochs []int // from the first
	sums   []string
	kept   int

	columns, rows int // of each picture
}

var albumFile = regexp.MustCompile(`^epoch-([0-9]{3,})\.png$`)

// openAlbum finds the pictures of the epochs; nil where there are none. Pictures that are
// not those of this model are none, and the reason is noted.
func (in *inputs) openAlbum(ctx context.Context) (*album, error) {
	if in.model == nil {
		return nil, nil
	}
	a := &album{dir: in.modelDir, input: in.model.Arch.Input}
	for obj, err := range store.ListThere(ctx, store.Join(in.modelDir, schemas.ReconstructionsDir), false) {
		if err != nil && obj.Name != "" {
			continue // a link to nothing
		}
		if err != nil {
			return nil, err
		}
		if m := albumFile.FindStringSubmatch(store.Base(obj.Name)); m != nil {
			if n, err := strconv.Atoi(m[1]); err == nil && n > 0 && schemas.ReconstructionsName(n) == schemas.ReconstructionsDir+"/"+m[0] {
				a.epochs = append(a.epochs, n)
			}
		}
	}
	if len(a.epochs) == 0 {
		return nil, nil
	}
	slices.Sort(a.epochs)
	if t := in.model.Training; t != nil {
		a.kept = int(t.Metrics["best_epoch"])
	}
	for _, epoch := range a.epochs {
		data, err := a.read(ctx, epoch)
		if err == nil {
			err = a.measure(epoch, data)
		}
		if unfit := (*unfitPicture)(nil); errors.As(err, &unfit) || errors.Is(err, fs.ErrNotExist) {
			in.notes = append(in.notes, fmt.Sprintf("reconstructions by epoch: left out, %v", err))
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		a.sums = append(a.sums, outdir.SHA256(data))
	}
	return a, nil
}

// unfitPicture is a picture of an epoch that train did not draw of this model.
type unfitPicture struct{ name, why string }

func (e *unfitPicture) Error() string {
	return fmt.Sprintf("%s is not what train draws of this model: %s", e.name, e.why)
}

func (a *album) name(epoch int) string {
	return store.Join(a.dir, schemas.ReconstructionsName(epoch))
}

func (a *album) read(ctx context.Context, epoch int) ([]byte, error) {
	return store.ReadFileLimit(ctx, a.name(epoch), mostAlbumBytes)
}

// Of the picture of an epoch, as package pictures of training draws it.
const (
	albumCell = schemas.ReconstructionsCell
	albumGap  = schemas.ReconstructionsGap
	mostShown = 64 // images side by side
)

// cell returns how much images are enlarged, and their width and height then.
func (a *album) cell() (scale, width, height int) {
	scale = max(1, albumCell/max(a.input.Height, a.input.Width))
	return scale, a.input.Width * scale, a.input.Height * scale * schemas.ReconstructionsStack(a.input.Channels)
}

// measure makes sure that the picture of an epoch has the size of those before it.
func (a *album) measure(epoch int, data []byte) error {
	c, err := png.DecodeConfig(bytes.NewReader(data))
	if err != nil {
		return &unfitPicture{a.name(epoch), err.Error()}
	}
	_, w, h := a.cell()
	columns, rows := (c.Width-albumGap)/(w+albumGap), (c.Height-albumGap)/(h+albumGap)
	if columns < 1 || columns > mostShown || rows < 2 || rows > 3 || columns*(w+albumGap)+albumGap != c.Width || rows*(h+albumGap)+albumGap != c.Height {
		return &unfitPicture{a.name(epoch), fmt.Sprintf("it has %dx%d pixels", c.Width, c.Height)}
	}
	if a.columns > 0 && (columns != a.columns || rows != a.rows) {
		return &unfitPicture{a.name(epoch), fmt.Sprintf("it shows %d rows of %d images, another epoch %d of %d", rows, columns, a.rows, a.columns)}
	}
	a.columns, a.rows = columns, rows
	return nil
}

// page returns the rows of the picture of an epoch, in the images' own unit: originals,
// noisy ones, where there are any, and what the model made of them.
func (a *album) page(ctx context.Context, epoch int) ([][]*raster.Image, error) {
	data, err := a.read(ctx, epoch)
	if err != nil {
		return nil, err
	}
	if err := a.measure(epoch, data); err != nil {
		return nil, err
	}
	im, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		return nil, &unfitPicture{a.name(epoch), err.Error()}
	}
	_, w, h := a.cell()
	rows := make([][]*raster.Image, a.rows)
	for r := range rows {
		for c := range a.columns {
			rows[r] = append(rows[r], a.image(im, image.Pt(albumGap+c*(w+albumGap), albumGap+r*(h+albumGap))))
		}
	}
	return rows, nil
}

// image returns the image with its corner at a point. Of 16 bits the picture has the
// upper 8.
func (a *album) image(im image.Image, at image.Point) *raster.Image {
	scale, _, _ := a.cell()
	in := a.input
	out := raster.New(in.Height, in.Width, in.Channels)
	unit, tall := float64(in.Full())/255, schemas.ReconstructionsStack(in.Channels)
	for y := range in.Height {
		for x := range in.Width {
			p := out.V[(y*in.Width+x)*in.Channels:]
			for c := range tall {
				v, _, _, _ := im.At(at.X+x*scale, at.Y+(c*in.Height+y)*scale).RGBA()
				p[c] = unit * float64(v>>8)
			}
			if tall == in.Channels {
				continue
			}
			r, g, b, _ := im.At(at.X+x*scale, at.Y+y*scale).RGBA()
			for c, v := range []uint32{r, g, b}[:in.Channels] {
				p[c] = unit * float64(v>>8)
			}
		}
	}
	return out
}

// thin returns n of the epochs, the first, the last and that of the model among them.
func (a *album) thin(n int) []int {
	if n >= len(a.epochs) {
		return a.epochs
	}
	n = max(n, 2)
	wanted := map[int]bool{}
	for i := range n {
		wanted[a.epochs[i*(len(a.epochs)-1)/(n-1)]] = true
	}
	wanted[a.kept] = true
	return slices.DeleteFunc(slices.Clone(a.epochs), func(e int) bool { return !wanted[e] })
}

// training adds the pictures of the epochs to a gallery; nil without an album. They are
// reduced as the gallery's are, and more where they would be too large; of many epochs
// there are fewer.
func (g *gallery) training(ctx context.Context, a *album) (*Training, error) {
	if a == nil {
		return nil, nil
	}
	last := a.epochs[len(a.epochs)-1]
	rows, err := a.page(ctx, last)
	if err != nil {
		return nil, err
	}
	reduction := g.reduction
	size := func(list []*raster.Image) (bytes int) {
		for _, im := range list {
			bytes += g.size(im.Reduced(reduction), false)
		}
		return bytes
	}
	most := func() int { return (albumBudget - size(rows[0])) / max(1, size(rows[len(rows)-1])) }
	for most() < min(len(a.epochs), 20) && g.mayShrink(reduction) {
		reduction *= 2
	}
	t := &Training{Epochs: a.thin(most()), Of: len(a.epochs), Kept: a.kept}
	if !slices.Contains(a.epochs, t.Kept) {
		t.Kept = 0
	}
	if t.Originals, err = g.add(ctx, rows[0], reduction); err != nil {
		return nil, err
	}
	if len(rows) == 3 {
		if t.Noisy, err = g.add(ctx, rows[1], reduction); err != nil {
			return nil, err
		}
	}
	for _, epoch := range t.Epochs {
		if rows, err = a.page(ctx, epoch); err != nil {
			return nil, err
		}
		list, err := g.add(ctx, rows[len(rows)-1], reduction)
		if err != nil {
			return nil, err
		}
		t.Decoded = append(t.Decoded, list)
	}
	return t, nil
}

// add adds pictures and returns their numbers.
func (g *gallery) add(ctx context.Context, images []*raster.Image, reduction int) (numbers []int, err error) {
	first, err := g.addReduced(ctx, images, reduction)
	for i := range images {
		numbers = append(numbers, first+i)
	}
	return numbers, err
}
