package encoding

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/modeldir"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// input is the image shards of a run.
type input struct {
	dir      string                  // as given
	manifest *schemas.ShardsManifest // nil: shards of another program
	sha      string                  // of shards.json, or of what identifies foreign shards
	shards   []imageShard
	foreign  []store.Object // the shards, where they are another program's
}

// imageShard is one image shard. What is not known of a foreign one is -1.
type imageShard struct {
	Name     string // full name, to be opened
	File     string // without the folder
	Records  int64
	Bytes    int64
	SHA256   string // of its file
	Identity string // sha256 of its bytes; of a foreign one with its name, or what outdir.EarlierIdentity says
}

// openInput finds the shards and checks their manifest.
func openInput(ctx context.Context, dir string) (*input, error) {
	if isShard(dir) {
		if obj, err := store.Stat(ctx, dir); err == nil {
			return foreignInput(dir, []store.Object{obj}) // one file
		}
	}
	if err := outdir.ShardsFolder.Is(ctx, dir); err != nil {
		return nil, err
	}
	m, data, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if errors.Is(err, fs.ErrNotExist) {
		objects, err := listShards(ctx, dir)
		if err != nil {
			return nil, err
		}
		return foreignInput(dir, objects)
	}
	if err != nil {
		return nil, err
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("%s: %w: run the shard step again", store.Join(dir, schemas.ShardsFile), err)
	}
	in := &input{dir: dir, manifest: &m, sha: outdir.SHA256(data)}
	for _, s := range m.Shards {
		in.shards = append(in.shards, imageShard{store.Join(dir, s.File), s.File, s.Records, s.Bytes, s.SHA256, s.SHA256})
	}
	return in, nil
}

// align says how the shards are aligned.
func (in *input) align() string {
	if in.manifest == nil {
		return ""
	}
	return in.manifest.Parameters.Align
}

// listMetadata returns the Metadata_* columns that the records have.
func (in *input) listMetadata() []string {
	if in.manifest == nil {
		return nil
	}
	return in.manifest.ListMetadata()
}

// shardExtensions are the names that shards of other programs end in.
var shardExtensions = []string{".tfrecord", ".tfrecords", ".tfrecord.gz", ".tfrecords.gz"}

// foreignInput describes shards of another program, by what is known of them
// without reading them.
func foreignInput(dir string, objects []store.Object) (*input, error) {
	in := &input{dir: dir, foreign: objects}
	for _, o := range objects {
		in.shards = append(in.shards, imageShard{o.Name, store.Base(o.Name), -1, -1, "", outdir.EarlierIdentity(o)})
	}
	return in, in.identify()
}

// hash identifies shards of another program by their content, so that no result
// depends on where and when they were written.
func (in *input) hash(ctx context.Context, inputs *outdir.Inputs) error {
	sums, err := inputs.Hash(ctx, Step, in.foreign)
	if err != nil {
		return err
	}
	for i, o := range in.foreign {
		in.shards[i].SHA256, in.shards[i].Identity = sums[i], outdir.Identity(o, sums[i])
	}
	return in.identify()
}

// identify hashes the identities of foreign shards.
func (in *input) identify() (err error) {
	var identities []string
	for _, s := range in.shards {
		identities = append(identities, s.Identity)
	}
	in.sha, err = outdir.Fingerprint(identities)
	return err
}

// listShards returns the files in dir that are named as shards are, by name.
func listShards(ctx context.Context, dir string) (objects []store.Object, err error) {
	for obj, err := range store.List(ctx, dir, false) {
		if err != nil {
			return nil, fmt.Errorf("input folder %s: %w", dir, err)
		}
		if store.Base(obj.Name) == schemas.CollectionFile {
			return nil, fmt.Errorf("%s has no %s: the shard step has not finished there; run it again", dir, schemas.ShardsFile)
		}
		if isShard(obj.Name) {
			objects = append(objects, obj)
		}
	}
	switch n := len(objects); {
	case n == 0:
		return nil, fmt.Errorf("%s holds neither %s nor files that end in %s: name a folder that exemplar shard wrote", dir, schemas.ShardsFile, strings.Join(shardExtensions, ", "))
	case n > schemas.MaxShards:
		return nil, fmt.Errorf("%s holds %d shards, more than %d", dir, n, schemas.MaxShards)
	}
	return objects, nil
}

func isShard(name string) bool {
	base := store.Base(name)
	return !strings.HasPrefix(base, ".") && !strings.HasPrefix(base, "_") &&
		slices.ContainsFunc(shardExtensions, func(ext string) bool { return strings.HasSuffix(base, ext) })
}

// spec returns shard i as it is encoded.
func (in *input) spec(i int) ShardSpec {
	s := in.shards[i]
	return ShardSpec{Shard: i, Name: s.Name, File: s.File, Records: s.Records, Bytes: s.Bytes, SHA256: s.SHA256}
}

// channels returns the names of the images' channels, where these are two or more that
// have figures of their own.
func (in *input) channels() []string {
	if in.manifest == nil {
		return nil
	}
	return in.manifest.ChannelNames()
}

// described returns what is known of the images' channels.
func (in *input) described() []schemas.Channel {
	if in.manifest == nil {
		return nil
	}
	return in.manifest.Channels
}

// fullScale is that of the collection; 0 for the largest sample of the type.
func (in *input) fullScale() int {
	if in.manifest == nil {
		return 0
	}
	return in.manifest.FullScale
}

// checkShape compares the shape of the shards with what the model takes; of shards of
// another program a size may be given.
func (in *input) checkShape(size schemas.Size, dir string, want schemas.ImageShape) error {
	got := want
	if in.manifest != nil && size.Height > 0 {
		return fmt.Errorf("Config.Size=%dx%d: is for shards of other programs whose records do not state it; %s says that of these", size.Height, size.Width, store.Join(in.dir, schemas.ShardsFile))
	}
	if in.manifest != nil {
		got = in.manifest.Image
	} else if size.Height > 0 {
		got.Height, got.Width = size.Height, size.Width
	}
	return modeldir.Fits(dir, want, in.dir, got)
}
