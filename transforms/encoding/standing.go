package encoding

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/draw"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/run/outdir"
)

// finished reports whether a manifest stands for this plan, and every file is there with
// its size and is that of its part.
func (p *plan) finished(ctx context.Context, m *schemas.LatentsManifest) (ok bool, err error) {
	if m.Fingerprint != p.fingerprint {
		return false, nil
	}
	ok, p.disputed, err = outdir.LatentsStand(ctx, p.options.Folder, m)
	return ok, err
}

// ready reports whether a file of latents is made from this plan.
func (p *plan) ready(s ShardSpec, part schemas.LatentsPart) (bool, error) {
	return part.Fingerprint == s.Fingerprint && part.Failure == "" && !p.disputed[s.Shard], nil
}

// replaces refuses to replace finished latents of other parameters, another model, or
// another collection: one that has grown goes on.
func (p *plan) replaces(ctx context.Context, m *schemas.LatentsManifest, missing []ShardSpec) (err error) {
	there := p.options
	there.ModelSHA256, there.Layout, there.Reconstruct = m.Spec.ModelSHA256, m.Spec.Layout, m.Spec.Reconstruct
	there.MetadataPattern, there.MetadataCSV = m.MetadataPattern, m.MetadataCSV
	there.ImageFeature, there.NameFeature = m.ImageFeature, m.NameFeature
	out := p.output()
	differences := out.Differs(p.choices(there))
	if len(differences) == 0 && m.Shards != p.in.sha {
		differences, err = p.another(ctx, m, len(missing) < len(p.specs))
	}
	return errors.Join(err, out.Refuse(differences))
}

// another says why the images are another collection than that of finished latents:
// more of those images are gone than a collection loses that grows, or the others have
// the same names and other pixels, unless some file stays. It reads the ids of the latents and the names in the
// shards, both without the rest, and the pixels of some images.
func (p *plan) another(ctx context.Context, m *schemas.LatentsManifest, stays bool) ([]string, error) {
	s := &standing{sums: map[string]string{}, at: map[string]place{}}
	for _, info := range m.Files {
		err := s.read(ctx, p.options.Folder.File(info.File))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("%w (to find out whether these are latents of the same images; Config.Overwrite makes them again whatever they are of)", err)
		}
	}
	slices.Sort(s.ids)
	s.found = make([]bool, len(s.ids))
	for _, spec := range p.specs {
		for e, err := range p.entries(ctx, spec) {
			if err != nil {
				return nil, shardError(err)
			}
			s.find(e, spec)
		}
	}
	gone := outdir.Gone{Images: int64(len(s.ids))}
	for _, found := range s.found {
		if !found {
			gone.Lost++
		}
	}
	if !gone.Grown() {
		first, err := s.firstLost(ctx, p.options.Folder, m)
		gone.First = first
		return []string{gone.String()}, err
	}
	if p.derived || stays {
		return nil, nil
	}
	return s.otherPixels(ctx, p)
}

// standing is what finished latents are compared by: a hash of every id, and the pixels
// of some images.
type standing struct {
	ids   []uint64
	found []bool
	sums  map[string]string // sha256 of the pixels of the drawn, by id
	at    map[string]place  // of those of them that are in the shards
}

// place is where an image is in the shards.
type place struct {
	records.Entry
	shard string
}

// Seeds of the hash that stands for an id, and of the draw.
const (
	idSeed    = 0x6964
	pixelSeed = 0x706978
)

// comparedPixels is the number of images whose pixels are compared.
const comparedPixels = 32

// read takes in a file of latents.
func (s *standing) read(ctx context.Context, name string) error {
	for b, err := range latents.Read(ctx, name, latents.IDs|latents.SHA) {
		if err != nil {
			return err
		}
		for i, id := range b.ImageID {
			s.ids = append(s.ids, draw.Hash(idSeed, id))
			s.sums[strings.Clone(id)] = strings.Clone(b.SHA256[i])
		}
		if len(s.sums) > comparedPixels {
			s.thin()
		}
	}
	return nil
}

// thin leaves the drawn alone.
func (s *standing) thin() {
	ids := slices.Collect(maps.Keys(s.sums))
	order := func(a, b string) int {
		return cmp.Or(cmp.Compare(draw.Hash(pixelSeed, a), draw.Hash(pixelSeed, b)), cmp.Compare(a, b))
	}
	keep := map[string]string{}
	for _, id := range draw.Smallest(ids, comparedPixels, order) {
		keep[id] = s.sums[id]
	}
	s.sums = keep
}

// find notes that an image is in the shards.
func (s *standing) find(e records.Entry, spec ShardSpec) {
	at, ok := slices.BinarySearch(s.ids, draw.Hash(idSeed, e.Name))
	if !ok {
		return
	}
	s.found[at] = true
	if _, drawn := s.sums[e.Name]; drawn {
		s.at[e.Name] = place{e, spec.Name}
	}
}

// firstLost returns the first by name of the images that are gone.
func (s *standing) firstLost(ctx context.Context, folder outdir.Folder, m *schemas.LatentsManifest) (first string, err error) {
	for _, info := range m.Files {
		err := eachID(ctx, folder.File(info.File), func(id string) {
			at, _ := slices.BinarySearch(s.ids, draw.Hash(idSeed, id))
			if !s.found[at] && (first == "" || id < first) {
				first = strings.Clone(id)
			}
		})
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", err
		}
	}
	return first, nil
}

// otherPixels says that none of the drawn images has the pixels that it had.
func (s *standing) otherPixels(ctx context.Context, p *plan) ([]string, error) {
	fields := records.Fields{Image: p.options.ImageFeature, Name: p.options.NameFeature, Shape: p.options.Image, MaxPixels: images.DefaultMaxPixels}
	ids := slices.Sorted(maps.Keys(s.at))
	for _, id := range ids {
		at := s.at[id]
		for im, err := range records.Picked(ctx, at.shard, fields, []records.Entry{at.Entry}) {
			if bad := (*records.BadRecord)(nil); errors.As(err, &bad) {
				break // it has other pixels than those that were encoded
			}
			if err != nil {
				return nil, shardError(err)
			}
			if outdir.SHA256(im.Pixels) == s.sums[id] {
				return nil, nil
			}
		}
	}
	if len(ids) == 0 {
		return nil, nil
	}
	return []string{outdir.OtherPixels(len(ids), ids[0])}, nil
}
