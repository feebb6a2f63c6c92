package decoding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/store"
)

// merge puts the lists of all parts together and draws the contact sheet.
func (p *plan) merge(ctx context.Context, parts iter.Seq2[schemas.DecodedPart, error]) (*schemas.DecodedManifest, error) {
	o := &p.options
	m := &schemas.DecodedManifest{
		Format: schemas.DecodedFormat, CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		ModelSHA256: o.ModelSHA256, Kernel: p.kernel, Latents: p.sha, Image: o.Image, Parameters: o.Parameters, Traversed: p.traversed,
	}
	if p.latents != nil {
		m.Shards = p.latents.Shards
	}
	t, err := p.newTable(ctx)
	if err != nil {
		return nil, err
	}
	defer t.out.Abort()
	var rejected []schemas.ErrorRow
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		if err := t.add(ctx, part); err != nil {
			return nil, err
		}
		m.Vectors += part.Vectors
		m.Images += part.Images
		m.Rejected += int64(len(part.Errors))
		m.Bytes += part.Bytes
		m.Clipped += part.Clipped
		rejected = append(rejected, part.Errors...)
	}
	if m.Images == 0 {
		return nil, nothing(m, rejected)
	}
	if m.Images != t.rows {
		return nil, fmt.Errorf("%s lists %d images, its parts count %d: please report this", schemas.DecodedCSV, t.rows, m.Images)
	}
	return m, p.conclude(ctx, m, t, rejected)
}

// conclude writes the files that are of all parts.
func (p *plan) conclude(ctx context.Context, m *schemas.DecodedManifest, t *table, rejected []schemas.ErrorRow) (err error) {
	table := schemas.FileInfo{File: schemas.DecodedCSV}
	if table.Bytes, table.SHA256, err = t.out.Commit(); err != nil {
		return err
	}
	shown := t.drawn()
	m.Shown = int64(len(shown))
	data, err := p.sheet(ctx, shown)
	if err != nil {
		return err
	}
	sheet := schemas.FileInfo{File: schemas.DecodedSheet, Bytes: int64(len(data)), SHA256: outdir.SHA256(data)}
	if err := store.WriteFile(ctx, p.options.Folder.File(sheet.File), data); err != nil {
		return err
	}
	m.Files = []schemas.FileInfo{table, sheet}
	if m.ErrorsSHA256, err = outdir.WriteErrors(ctx, p.options.Folder.File(schemas.ErrorsFile), rejected); err != nil {
		return err
	}
	if err := m.Validate(); err != nil {
		return fmt.Errorf("the counts of %s do not add up (%w): please report this", p.config.Output, err)
	}
	if m.SHA256, err = outdir.SealDecoded(*m); err != nil {
		return err
	}
	if err := store.Remove(ctx, p.options.Folder.File(namesFile)); err != nil {
		return err
	}
	return spill.Sweep(ctx, p.state())
}

// nothing is the error of a run without an image.
func nothing(m *schemas.DecodedManifest, rejected []schemas.ErrorRow) error {
	if len(rejected) == 0 {
		return errors.New("there is nothing to decode: the latents hold no images")
	}
	return fmt.Errorf("none of the %s could be decoded; the first: %s: %s", words.Plural(m.Vectors, "vector", "vectors"), rejected[0].Name, rejected[0].Detail)
}

// table is images.csv in the making, with the images that the contact sheet shows.
type table struct {
	folder outdir.Folder
	out    *outdir.File
	rows   int64
	sample []shown
}

// shown is an image of the contact sheet.
type shown struct {
	hash uint64
	row  int64
	file string // relative to the folder
}

func (p *plan) newTable(ctx context.Context) (*table, error) {
	out, err := outdir.Create(ctx, p.options.Folder.File(schemas.DecodedCSV))
	if err != nil {
		return nil, err
	}
	_, err = out.Write(header(p.options.Parameters.Column(p.options.MSE)))
	return &table{folder: p.options.Folder, out: out}, err
}

// sheetSeed is that of the hash that draws the images of the contact sheet.
const sheetSeed = 0x7368656574

// mostShown is the number of images on the contact sheet, at most.
const mostShown = 400

// add copies the lines of a part.
func (t *table) add(ctx context.Context, part schemas.DecodedPart) error {
	name := t.folder.File(part.List.File)
	in, err := store.OpenSummed(ctx, name)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	rows := lines.NewCSV(io.TeeReader(in, t.out))
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err == nil && len(row) < len(schemas.DecodedColumns) {
			err = errors.New("a line has too few columns")
		}
		if err != nil {
			return fmt.Errorf("%s: %w: run the same command again", name, err)
		}
		t.sample = append(t.sample, shown{draw.Hash(sheetSeed, row[0]), t.rows, row[1]})
		if t.rows++; len(t.sample) >= 8*mostShown {
			t.sample = smallest(t.sample)
		}
	}
	sum, err := in.Sum()
	if err == nil && sum != part.List.SHA256 {
		err = fmt.Errorf("%s changed since it was written: run the same command again", name)
	}
	return err
}

// smallest returns the images of the smallest hashes.
func smallest(list []shown) []shown {
	return draw.Smallest(list, mostShown, func(a, b shown) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
}

// drawn returns the images of the contact sheet, in the order of the table.
func (t *table) drawn() []shown {
	list := smallest(t.sample)
	slices.SortFunc(list, func(a, b shown) int { return cmp.Compare(a.row, b.row) })
	return list
}
