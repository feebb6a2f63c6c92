package dataset

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"strings"
	"sync/atomic"

	"exemplar/schemas"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/unique"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// Folder is a folder of image shards.
type Folder struct {
	Dir    string
	Shape  schemas.ImageShape // of every image
	SHA256 string             // of the content of the shards, of another program only after Identify
	Shards []Shard

	// FullScale and Channels are those of schemas.ShardsManifest.
	FullScale int
	Channels  []schemas.Channel

	foreign []store.Object // the shards, where they are another program's
	rows    *Rows          // in place of files, see OfRows

	summed []atomic.Bool // shards that were read to their end and hashed
	within *Sample       // the records of Restrict; nil: all
}

// Shard is one file of images.
type Shard struct {
	Name    string // full: as store.Open takes it
	Records int64  // -1 where it is not known
	SHA256  string // of the file; of another program's "" before Identify

	info schemas.ShardInfo // of the manifest
}

// Open finds the shards of a folder: those of its manifest or, where there is
// none, all files that end in .tfrecord or .tfrecords, as the study wrote them,
// whose image size is that of the first record.
func Open(ctx context.Context, dir string) (*Folder, error) {
	if err := outdir.ShardsFolder.Is(ctx, dir); err != nil {
		return nil, err
	}
	f := &Folder{Dir: dir}
	m, _, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return f, f.list(ctx)
	case err != nil:
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w: run the shard step again", store.Join(dir, schemas.ShardsFile), err)
	}
	f.Shape, f.FullScale, f.Channels = m.Image, m.FullScale, m.Channels
	for _, info := range m.Shards {
		f.Shards = append(f.Shards, Shard{Name: store.Join(dir, info.File), Records: info.Records, SHA256: info.SHA256, info: info})
	}
	f.summed = make([]atomic.Bool, len(f.Shards))
	f.SHA256, err = outdir.Content(&m)
	return f, err
}

// Full returns the pixel that counts as full scale.
func (f *Folder) Full() int { return schemas.FullScale(f.FullScale, f.Shape.Bits) }

// list finds shards without a manifest.
func (f *Folder) list(ctx context.Context) error {
	for o, err := range store.List(ctx, f.Dir, false) {
		if err != nil {
			return fmt.Errorf("input folder %s: %w", f.Dir, err)
		}
		base := store.Base(o.Name)
		if base == schemas.CollectionFile {
			return fmt.Errorf("%s has no %s: the shard step has not finished there; run it again", f.Dir, schemas.ShardsFile)
		}
		plain := strings.TrimSuffix(base, ".gz")
		if strings.HasPrefix(base, ".") || !strings.HasSuffix(plain, ".tfrecords") && !strings.HasSuffix(plain, ".tfrecord") {
			continue
		}
		f.Shards = append(f.Shards, Shard{Name: o.Name, Records: -1})
		f.foreign = append(f.foreign, o)
	}
	if len(f.Shards) == 0 {
		return fmt.Errorf("%s holds neither %s nor *.tfrecords: name a folder that exemplar shard wrote", f.Dir, schemas.ShardsFile)
	}
	f.summed = make([]atomic.Bool, len(f.Shards))
	for i := range f.Shards {
		for im, err := range f.Read(ctx, i) {
			if err != nil {
				return err
			}
			f.Shape = im.Shape()
			return nil
		}
	}
	return fmt.Errorf("%s: no shard holds an image", f.Dir)
}

// Twice refuses shards of another program in which an id is there more than once:
// nothing says which of the images is meant, and one of them could be held out while
// the other is trained on. Those of package sharding are known to be unique.
func (f *Folder) Twice(ctx context.Context) error {
	if !f.Foreign() {
		return nil
	}
	return unique.IDs(func(yield func(unique.Place, error) bool) {
		for i, s := range f.Shards {
			for e, err := range f.entries(ctx, i) {
				if err == nil && e.Name == "" {
					continue
				}
				if !yield(unique.Place{ID: e.Name, File: store.Base(s.Name), Number: e.Number}, err) || err != nil {
					return
				}
			}
		}
	}, "record", "every image needs a name of its own, in feature filename")
}

// Foreign reports whether the shards are another program's, without a manifest.
func (f *Folder) Foreign() bool { return f.foreign != nil }

// Identify hashes the content of shards of another program. Of others it does
// nothing.
func (f *Folder) Identify(ctx context.Context, step string, inputs *outdir.Inputs) error {
	if !f.Foreign() {
		return nil
	}
	sums, err := inputs.Hash(ctx, step, f.foreign)
	if err != nil {
		return err
	}
	var identities []string
	for i, o := range f.foreign {
		f.Shards[i].SHA256 = sums[i]
		identities = append(identities, outdir.Identity(o, sums[i]))
	}
	f.SHA256, err = outdir.Fingerprint(identities)
	return err
}

// IdentifyEarlier identifies such shards as version 0.1.0 did, by their sizes and
// modification times: to know what it made, never for what is made.
func (f *Folder) IdentifyEarlier() (err error) {
	if !f.Foreign() {
		return nil
	}
	var identities []string
	for _, o := range f.foreign {
		identities = append(identities, outdir.EarlierIdentity(o))
	}
	f.SHA256, err = outdir.Fingerprint(identities)
	return err
}

// Read yields every record of a shard, unusable ones as *records.BadRecord; what
// follows them can be read. Pixels are valid until the next image. Any other error
// ends the sequence: a file that cannot be read, a damaged frame, a record with a
// wrong checksum, fewer records than the manifest says, and where
// a shard is read to its end for the first time, other bytes than it says.
func (f *Folder) Read(ctx context.Context, shard int) iter.Seq2[records.Image, error] {
	return func(yield func(records.Image, error) bool) {
		for rec, err := range f.readAll(ctx, shard) {
			if !yield(rec.Image, err) {
				return
			}
		}
	}
}

// readAll is Read, with the place of each record.
func (f *Folder) readAll(ctx context.Context, shard int) iter.Seq2[records.Record, error] {
	return seq.From(func(yield func(records.Record, error) bool) error {
		name := f.Shards[shard].Name
		open, first := records.Open, f.Shards[shard].SHA256 != "" && !f.summed[shard].Load()
		if first {
			open = records.OpenSummed
		}
		r, err := open(ctx, name, records.Fields{})
		if err != nil {
			return fmt.Errorf("shard %s: %w", name, err)
		}
		defer r.Close()
		n := int64(0)
		for rec, err := range r.All(ctx) {
			if records.Fatal(err) {
				return err
			}
			if n++; !yield(rec, err) {
				return nil
			}
		}
		if want := f.Shards[shard].Records; want >= 0 && n != want {
			return fmt.Errorf("%s: ends after %d records, %s says it has %d: run exemplar verify on the shards, or make them again", name, n, schemas.ShardsFile, want)
		}
		if first {
			return f.checkSum(r, shard)
		}
		return nil
	})
}

// checkSum compares the bytes of a shard that was read to its end with the
// manifest or, of another program, with what it was before.
func (f *Folder) checkSum(r *records.ShardReader, shard int) error {
	sum, err := r.Sum()
	switch s := f.Shards[shard]; {
	case err != nil:
	case f.Foreign():
		err = outdir.CheckInput(s.Name, sum, s.SHA256)
	default:
		err = outdir.CheckSHA256(s.Name, sum, schemas.ShardsFile, s.SHA256)
	}
	f.summed[shard].Store(err == nil)
	return err
}

// Usable yields the images of a shard that have the folder's shape, those of the
// sample or, where it is nil, all of the folder. What is no such image is given to reject; nil
// takes no notice.
func (f *Folder) Usable(ctx context.Context, shard int, sample *Sample, reject func(schemas.ErrorRow)) iter.Seq2[records.Image, error] {
	if f.rows != nil {
		return f.rows.usable(ctx, shard, sample, reject)
	}
	read, entries := f.Read(ctx, shard), []records.Entry(nil)
	if sample = f.all(sample); sample != nil {
		entries = sample.shards[shard]
		read = records.Picked(ctx, f.Shards[shard].Name, records.Fields{}, entries)
	}
	return func(yield func(records.Image, error) bool) {
		number := int64(-1)
		for im, err := range read {
			number++
			at := number
			if sample != nil {
				at = entries[min(number, int64(len(entries)-1))].Number
			}
			var bad *records.BadRecord
			if err != nil && !errors.As(err, &bad) {
				yield(records.Image{}, err)
				return
			}
			if row := f.fault(shard, at, im, bad); row.Reason != "" {
				if reject != nil {
					reject(row)
				}
				continue
			}
			if !yield(im, nil) {
				return
			}
		}
	}
}

// fault says what is wrong with a record; a usable one has no reason.
func (f *Folder) fault(shard int, number int64, im records.Image, bad *records.BadRecord) schemas.ErrorRow {
	row := schemas.ErrorRow{Name: im.Filename, Stage: schemas.StageRecord}
	got := im.Shape()
	switch {
	case bad != nil:
		row.Name, row.Reason, row.Detail = bad.Filename, bad.Reason, bad.Error()
	case got == f.Shape:
		return schemas.ErrorRow{}
	case got.Height != f.Shape.Height || got.Width != f.Shape.Width:
		row.Reason = schemas.ReasonWrongSize
	default:
		row.Reason = schemas.ReasonWrongDepth
	}
	if row.Detail == "" {
		row.Detail = fmt.Sprintf("the record holds a %s image, the collection's are %s", got, f.Shape)
	}
	if row.Name == "" {
		row.Name = fmt.Sprintf("%s#%d", store.Base(f.Shards[shard].Name), number)
	}
	return row
}
