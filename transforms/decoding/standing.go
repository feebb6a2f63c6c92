package decoding

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"slices"
	"strconv"

	"github.com/zeebo/xxh3"

	"exemplar/schemas"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// standing is what is there of the images: a hash of each file's name and size, and of the
// names of those that stay.
type standing struct {
	ctx    context.Context
	folder outdir.Folder
	listed bool
	there  []uint64 // sorted
	kept   []uint64
	sorted bool // kept is
}

func stampOf(name string, bytes int64) uint64 {
	return xxh3.HashString(name + "\x00" + strconv.FormatInt(bytes, 10))
}

// list looks at the images that are there, once.
func (s *standing) list() error {
	if s.listed {
		return nil
	}
	for obj, err := range store.ListThere(s.ctx, s.folder.File(schemas.ImagesDir), false) {
		if err != nil && obj.Name == "" {
			return err
		}
		s.there = append(s.there, stampOf(schemas.ImagesDir+"/"+store.Base(obj.Name), obj.Size))
	}
	slices.Sort(s.there)
	s.listed = true
	return nil
}

// holds reports whether the images that lines of images.csv name are there, each with its
// size.
func (s *standing) holds(data io.Reader) (bool, []uint64, error) {
	if err := s.list(); err != nil {
		return false, nil, err
	}
	var names []uint64
	rows := lines.NewCSV(data)
	rows.ReuseRecord = true
	for {
		row, err := rows.Read()
		if errors.Is(err, io.EOF) {
			return true, names, nil
		}
		if err != nil || len(row) < len(schemas.DecodedColumns) {
			return false, nil, nil // damaged
		}
		size, err := strconv.ParseInt(row[2], 10, 64)
		if err != nil {
			return false, nil, nil
		}
		if _, ok := slices.BinarySearch(s.there, stampOf(row[1], size)); !ok {
			return false, nil, nil
		}
		names = append(names, xxh3.HashString(row[1]))
	}
}

// whole reads a file that lists images, of that sha256, and reports whether these are
// there.
func (s *standing) whole(info schemas.FileInfo, skip int64) (ok bool, names []uint64, err error) {
	in, err := store.OpenSummed(s.ctx, s.folder.File(info.File))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil, nil
	}
	if err != nil {
		return false, nil, err
	}
	defer in.Close() // only read
	if _, err := io.CopyN(io.Discard, in, skip); err != nil {
		return false, nil, nil // cut off
	}
	if ok, names, err = s.holds(in); err != nil || !ok {
		return false, nil, err
	}
	sum, err := in.Sum()
	return sum == info.SHA256, names, err
}

// finished reports whether a manifest stands for this plan, and every file is there.
func (p *plan) finished(ctx context.Context, m *schemas.DecodedManifest) (bool, error) {
	if m.Fingerprint != p.fingerprint {
		return false, nil
	}
	sheet := m.Files[1]
	if ok, err := outdir.HasSize(ctx, p.options.Folder.File(sheet.File), sheet.Bytes); err != nil || !ok {
		return false, err
	}
	if ok, err := store.Exists(ctx, p.options.Folder.File(schemas.ErrorsFile)); err != nil || !ok {
		return false, err
	}
	ok, _, err := p.standing.whole(m.Files[0], int64(len(header(p.options.Parameters.Column(p.options.MSE)))))
	return ok, err
}

// ready reports whether the images of a part are there, made from this plan.
func (p *plan) ready(part Part, result schemas.DecodedPart) (bool, error) {
	if result.Fingerprint != part.Fingerprint || result.List.File != schemas.DecodedListName(part.Number, len(p.parts)) {
		return false, nil
	}
	ok, names, err := p.standing.whole(result.List, 0)
	if err != nil || !ok {
		return false, err
	}
	p.standing.kept, p.standing.sorted = append(p.standing.kept, names...), false
	return true, nil
}

// keeps reports whether a file stays that is not a part's list: images of parts that need
// not be made again, the lists by which those that go are known, and the latents that this
// run was given.
func (p *plan) keeps(name string) bool {
	s := &p.standing
	if !s.sorted {
		slices.Sort(s.kept)
		s.sorted = true
	}
	_, kept := slices.BinarySearch(s.kept, xxh3.HashString(name))
	return kept || name == namesFile || name == schemas.DecodedCSV || ofLatents(name)
}

// replaces refuses to replace finished images of other parameters, another model or other
// latents.
func (p *plan) replaces(_ context.Context, m *schemas.DecodedManifest, _ []Part) error {
	out := p.config.output()
	out.Parameters = choices(p.options.Parameters, p.options.ModelSHA256)
	differences := out.Differs(choices(m.Parameters, m.ModelSHA256))
	if len(differences) == 0 && m.Latents != p.sha {
		field := "Config.Input"
		if p.config.Shards != "" {
			field = "Config.Shards"
		}
		differences = []string{field + " has other latents here than it had there"}
	}
	return out.Refuse(differences)
}

// CheckBefore refuses, before images of shards are encoded, what Run would refuse then: a
// model that cannot do what is asked, a list that cannot be read, and finished work that would
// be replaced.
func CheckBefore(ctx context.Context, c Config) error {
	p := &plan{config: c}
	ids, err := p.before(ctx)
	if err != nil {
		return err
	}
	out := c.output()
	if err := out.Claim(ctx); err != nil {
		return err
	}
	if err := checkOwn(ctx, c.Output, nil); err != nil {
		return err
	}
	out.Parameters = choices(c.parameters(ids), p.decoder.sha)
	if err := out.Agrees(ctx, !c.Resume || c.Overwrite); err != nil || c.Overwrite {
		return err
	}
	m, ok, err := outdir.ReadManifest[schemas.DecodedManifest](ctx, out.Name())
	if err != nil || !ok || m.Validate() != nil {
		return err
	}
	differences := out.Differs(choices(m.Parameters, m.ModelSHA256))
	if len(differences) == 0 {
		// Shards of other programs have no manifest; they are compared when they are encoded.
		data, err := store.ReadFile(ctx, store.Join(c.Shards, schemas.ShardsFile))
		if err == nil && outdir.SHA256(data) != m.Shards {
			differences = []string{"Config.Shards has other images here than it had there"}
		}
	}
	return out.Refuse(differences)
}
