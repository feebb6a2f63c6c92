package schemas

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Features of the tf.train.Example that holds one image.
const (
	FeatureImage    = "image_raw" // bytes: pixels in C order, uint8 or little-endian uint16
	FeatureFilename = "filename"  // bytes: path relative to the input root, '/'-separated
	FeatureHeight   = "height"    // int64
	FeatureWidth    = "width"     // int64
	FeatureChannels = "channels"  // int64: 1 to MaxChannels
	FeatureBits     = "bits"      // int64: 8 or 16
	FeatureLabel    = "label"     // bytes, where known

	// Of images that were turned, see ShardParameters.Align: the angle by which their axes lay clockwise before, in
	// millidegrees from 0 to 359,999, and whether up and down were exchanged after the turn.
	FeatureAlignAngle = "align_angle" // int64
	FeatureAlignFlip  = "align_flip"  // int64: 0 or 1
)

// MaxChannels is the largest number of channels of an image.
const MaxChannels = 16

// ImageShape is the shape that every image of a sharded collection has.
type ImageShape struct {
	Height   int `json:"height"`   // pixels
	Width    int `json:"width"`    // pixels
	Channels int `json:"channels"` // 1 to MaxChannels, interleaved: 1 (gray), 3 (RGB, or three of a microscope), others
	Bits     int `json:"bits"`     // 8 (uint8) or 16 (little-endian uint16)
}

// Bytes returns the size of the raw pixels of one image.
func (s ImageShape) Bytes() int { return s.Height * s.Width * s.Channels * s.Bits / 8 }

// String returns the shape as people write it: height x width, channels, bits.
func (s ImageShape) String() string {
	c := ""
	if s.Channels != 1 {
		c = fmt.Sprintf("x%d", s.Channels)
	}
	return fmt.Sprintf("%dx%d%s %d-bit", s.Height, s.Width, c, s.Bits)
}

// Validate reports the first field that no image can have.
func (s ImageShape) Validate() error {
	switch {
	case s.Height < 1 || s.Width < 1:
		return fmt.Errorf("image size %dx%d is not positive", s.Height, s.Width)
	case s.Channels < 1 || s.Channels > MaxChannels:
		return fmt.Errorf("%d channels: must be 1 to %d", s.Channels, MaxChannels)
	case s.Bits != 8 && s.Bits != 16:
		return fmt.Errorf("%d bits: only 8 and 16 are known", s.Bits)
	}
	return nil
}

// ListEntry is one image of a collection as the listing found it. A line of a name
// list has all fields but time and generation, which tell whether an image changed,
// but not what it is: their hash is in ShardPart. (Lists of version 0.1.0 have them.)
type ListEntry struct {
	Name   string `json:"name"`             // id: path relative to the input root, '/'-separated
	Source string `json:"source,omitempty"` // file that holds it, relative to the root or in full, where that is not root + name
	Index  int    `json:"index,omitempty"`  // position inside an IDX file

	Size       int64     `json:"size"`                 // bytes of the source file
	ModTime    time.Time `json:"mtime,omitzero"`       // local files
	Generation int64     `json:"generation,omitempty"` // object stores
	Checksum   string    `json:"checksum,omitempty"`   // sha256 of the bytes, where a run compares them

	Label string `json:"label,omitempty"`

	// Metadata are the values of the columns of ShardParameters.ListMetadata; nil where all are "".
	Metadata []string `json:"metadata,omitempty"`

	// Parts are the files of an image that is one file for each channel, in the order of the channels;
	// Size is their sum then, and ModTime, Generation and Checksum are those of the parts.
	Parts []ListPart `json:"parts,omitempty"`
}

// ListPart is a file that holds one channel of an image.
type ListPart struct {
	Channel string `json:"channel"` // as the pattern or the column says
	File    string `json:"file"`    // relative to the root, or in full

	Size       int64     `json:"size"` // these as in ListEntry
	ModTime    time.Time `json:"mtime,omitzero"`
	Generation int64     `json:"generation,omitempty"`
	Checksum   string    `json:"checksum,omitempty"`
}

// Collection is collection.json: what was listed, before any image is read.
type Collection struct {
	Format      string `json:"format"`
	CodeVersion string `json:"code_version"`

	Inputs  []string `json:"inputs"` // the globs, folders or list that were given
	Root    string   `json:"root"`   // names are relative to it; relative itself where the inputs were given so
	Listed  int64    `json:"listed"` // images
	Bytes   int64    `json:"bytes"`  // of the source files
	Shards  int      `json:"shards"`
	Ignored int64    `json:"ignored"` // files that are not images by their extension

	// Channels are those of ShardsManifest, known before the shards are written.
	Channels []Channel `json:"channels,omitempty"`

	// ListSHA256 is the sha256 of each name list, in shard order. Lists hold names,
	// sizes and labels of images, no times.
	ListSHA256 []string `json:"list_sha256"`

	// PlacesSHA256 seals inputs and root, which no other manifest holds a hash of.
	PlacesSHA256 string `json:"places_sha256,omitempty"`
}

// ErrorRow is one line of errors.jsonl: an image that was rejected, and why.
type ErrorRow struct {
	Name   string `json:"name"`
	Stage  string `json:"stage"`  // one of the Stage constants
	Reason string `json:"reason"` // one of the Reason constants: stable, to group by
	Detail string `json:"detail"` // for a person: what was wrong and what to do
}

// Stages at which an image can be rejected.
const (
	StageList   = "list"
	StageRead   = "read"
	StageDecode = "decode"
	StageFit    = "fit"
	StageRecord = "record" // reading a record back from a shard
	StageEncode = "encode"
	StageVector = "vector" // reading a vector of another program
)

// Reasons for a rejection.
const (
	ReasonUnreadable  = "unreadable" // the file could not be opened or read
	ReasonEmpty       = "empty"      // zero bytes
	ReasonNotAnImage  = "not_an_image"
	ReasonCorrupt     = "corrupt"     // damaged or truncated
	ReasonUnsupported = "unsupported" // a sound file of a kind that is not read
	ReasonTooLarge    = "too_large"   // more pixels than ShardParameters.MaxPixels
	ReasonWrongSize   = "wrong_size"  // height or width differ from the collection's
	ReasonWrongDepth  = "wrong_depth" // bits or channels differ from the collection's
	ReasonNotFinite   = "not_finite"  // the encoder or decoder gave NaN or infinity
	ReasonDuplicate   = "duplicate"   // the same name twice
	ReasonNoID        = "no_id"       // a row of vectors without an id
	ReasonBadVector   = "bad_vector"  // a vector of wrong length, or with a null or a number that is not finite

	ReasonMissingChannel = "missing_channel" // an image of one file for each channel lacks one
	ReasonNoChannel      = "no_channel"      // a name in which the pattern of channels finds none
	ReasonWrongChannels  = "wrong_channels"  // channels of other names, or of more than one in a file of one channel
)

// Values of the flags that decide what happens to pixels.
var (
	FitModes     = []string{"reject", "pad", "crop", "resize"}
	BitsModes    = []string{"keep", "8"}
	Compressions = []string{CompressionNone, CompressionGzip}
	AlignModes   = []string{AlignNone, AlignMoments}
)

// What becomes of the orientation of objects.
const (
	AlignNone    = "none" // "" in manifests
	AlignMoments = "moments"
)

// ShardParameters are the choices that decide the bytes of the shards.
type ShardParameters struct {
	Shards          int    `json:"shards"`
	Compression     string `json:"compression"`
	Height          int    `json:"height"` // requested, or the most frequent one
	Width           int    `json:"width"`
	Fit             string `json:"fit"`
	BitsMode        string `json:"bits"`
	LabelPattern    string `json:"label_pattern,omitempty"`
	MetadataPattern string `json:"metadata_pattern,omitempty"`
	Labels          string `json:"labels,omitempty"` // sha256 of the label file
	MaxPixels       int64  `json:"max_pixels"`

	// What follows is absent where it is not used: shards of earlier versions stand.

	Channels       string `json:"channels,omitempty"`        // names that were given: they name, select and order
	ChannelPattern string `json:"channel_pattern,omitempty"` // regexp that joins files of one channel each
	ListMetadata   string `json:"list_metadata,omitempty"`   // Metadata_* columns of the list that was given, sorted, with commas between them: features of the records
	Project        string `json:"project,omitempty"`         // what becomes of Z and T: max, mean, middle, or an index, as z=2 (Config.Projection)
	FullScale      int    `json:"full_scale,omitempty"`      // where it decides about pixels, which is where --bits=8 changes them: see ShardsManifest
	Range          string `json:"range,omitempty"`           // LOW,HIGH of floats, signed and 32-bit integers: 0 and 65535 of what is written
	Align          string `json:"align,omitempty"`           // moments: objects are turned to their principal axis
}

// Validate reports the first parameter out of range, by its field.
func (p ShardParameters) Validate() error {
	switch {
	case p.Shards < 1 || p.Shards > MaxShards:
		return fmt.Errorf("Config.Shards=%d: must be 1 to %d", p.Shards, MaxShards)
	case !slices.Contains(Compressions, p.Compression):
		return fmt.Errorf("Config.Compression=%s: must be one of %v", p.Compression, Compressions)
	case !slices.Contains(FitModes, p.Fit):
		return fmt.Errorf("Config.Fit=%s: must be one of %v", p.Fit, FitModes)
	case !slices.Contains(BitsModes, p.BitsMode):
		return fmt.Errorf("Config.Bits=%s: must be one of %v", p.BitsMode, BitsModes)
	case p.Align != "" && !slices.Contains(AlignModes, p.Align):
		return fmt.Errorf("Config.Align=%s: must be one of %v", p.Align, AlignModes)
	case p.MaxPixels < 1:
		return fmt.Errorf("Config.MaxPixels=%d: must be positive", p.MaxPixels)
	case p.FullScale < 0 || p.FullScale > 1<<16-1:
		return fmt.Errorf("Config.FullScale=%d: must be 1 to %d", p.FullScale, 1<<16-1)
	}
	return nil
}

// ShardInfo describes one finished shard.
type ShardInfo struct {
	File     string `json:"file"`
	Records  int64  `json:"records"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Rejected int64  `json:"rejected"`
}

// ShardIndex is the first line of the index of a shard, kept in StateDir: where each
// image is in the shard, so that a sample is found without reading it. It stands for
// the shard whose hash it names, and has the hash that the ShardPart names; a shard
// without such an index is read instead.
type ShardIndex struct {
	Format  string `json:"format"`
	File    string `json:"file"` // of the shard
	Bytes   int64  `json:"bytes"`
	SHA256  string `json:"sha256"`
	Records int64  `json:"records"`
}

// ShardPart is the result of one shard, kept in StateDir: the shard's entry in
// the manifest, the rejected images, and the fingerprint that tells whether the
// shard still stands for its inputs and parameters.
type ShardPart struct {
	Fingerprint string     `json:"fingerprint"`
	Shard       int        `json:"shard"`
	Info        ShardInfo  `json:"info"`
	Listed      int64      `json:"listed"`
	Errors      []ErrorRow `json:"errors,omitempty"`

	// Stamps is the sha256 of the modification times and generations of the images:
	// where the present ones differ, the shard is made again. It is "" where the name
	// list holds the sha256 of each image, and in parts of version 0.1.0, whose lists
	// and fingerprints hold the times.
	Stamps string `json:"stamps,omitempty"`

	// IndexSHA256 is the sha256 of the index of the shard: one of other bytes is not
	// used. "" in parts of earlier versions, whose indexes are not used either.
	IndexSHA256 string `json:"index_sha256,omitempty"`

	// Brightest is the largest sample of the written images before --bits changed it;
	// nil in parts of earlier versions, and where none was written.
	Brightest *Brightest `json:"brightest,omitempty"`

	// What follows is absent where no image says it, and in parts of earlier versions.

	Depths  []int64          `json:"depths,omitempty"`  // written images of 16 bits, by which of Scales is the first that no sample of them exceeds
	Stated  *Stated          `json:"stated,omitempty"`  // full scales that files state
	Excess  *Excess          `json:"excess,omitempty"`  // samples above a full scale that was given or that --bits=8 scales from
	Microns *PixelSizes      `json:"microns,omitempty"` // sizes of a pixel that files state
	Notes   map[string]int64 `json:"notes,omitempty"`   // what was done to read images, and of how many

	// Cut is the number of images of which turning moved more than a hundredth of the object beyond
	// the edge.
	Cut int64 `json:"cut,omitempty"`
}

// Made returns what identifies the shard, and its file.
func (p ShardPart) Made() (fingerprint, file string, bytes int64) {
	return p.Fingerprint, p.Info.File, p.Info.Bytes
}

// Brightest is a sample, and the bits of the images that it is from.
type Brightest struct {
	Value int    `json:"value"`
	Bits  int    `json:"bits"`
	Image string `json:"image,omitempty"` // the first that has it, of images of 16 bits
}

// ShardsManifest is shards.json.
type ShardsManifest struct {
	Format      string          `json:"format"`
	CodeVersion string          `json:"code_version"`
	Fingerprint string          `json:"fingerprint"` // of the name lists and parameters
	Image       ImageShape      `json:"image"`
	Parameters  ShardParameters `json:"parameters"`

	Listed   int64 `json:"listed"`
	Written  int64 `json:"written"`
	Rejected int64 `json:"rejected"`

	// Channels are those of the images, in their order; nil of gray and RGB.
	Channels []Channel `json:"channels,omitempty"`
	// FullScale is the sample that counts as 1.0, as saturated and as white; 0 stands for the
	// largest that the type holds, 255 or 65535.
	FullScale int `json:"full_scale,omitempty"`
	// FullScaleFrom says who decided it: given, stated (by the files), pixels, or kept: images that
	// needed it are gone.
	FullScaleFrom string `json:"full_scale_from,omitempty"`
	// MicronsPerPixel is the size of a pixel; 0 where it is not known.
	MicronsPerPixel float64 `json:"microns_per_pixel,omitempty"`
	// MicronsFrom says who decided it: given, stated.
	MicronsFrom string `json:"microns_from,omitempty"`
	// SizeRule is the rule that decided the size of the images, see Size; "" of the most frequent one
	// and of one that was given.
	SizeRule string `json:"size_rule,omitempty"`
	// Notes say what was done to read images exactly, and of how many.
	Notes map[string]int64 `json:"notes,omitempty"`

	// RejectedAtListing counts the rejected images that never reached a shard.
	RejectedAtListing int64            `json:"rejected_at_listing,omitempty"`
	RejectedByReason  map[string]int64 `json:"rejected_by_reason,omitempty"`
	Bytes             int64            `json:"bytes"`

	// CollectionContentSHA256 is the sha256 of collection.json with inputs null, root
	// empty and without places_sha256: where the images lay decides nothing. Folders of version 0.1.0 have
	// the sha256 of the whole file instead, in CollectionSHA256.
	CollectionContentSHA256 string `json:"collection_content_sha256,omitempty"`
	CollectionSHA256        string `json:"collection_sha256,omitempty"`
	ErrorsSHA256            string `json:"errors_sha256"` // of errors.jsonl

	Shards []ShardInfo `json:"shards"`
}

// ListMetadata returns the Metadata_* columns that the records have.
func (m *ShardsManifest) ListMetadata() []string {
	if m.Parameters.ListMetadata == "" {
		return nil
	}
	return strings.Split(m.Parameters.ListMetadata, ",")
}

// checkChannels compares the channels with the images and with what was given.
func (m *ShardsManifest) checkChannels() error {
	if n := len(m.Channels); n > 0 && n != m.Image.Channels {
		return fmt.Errorf("%d channels are named, the images have %d", n, m.Image.Channels)
	}
	if names := strings.Join(NamesOf(m.Channels), ","); m.Parameters.Channels != "" && names != m.Parameters.Channels {
		return fmt.Errorf("the channels are %s, the parameters name %s", names, m.Parameters.Channels)
	}
	return nil
}

// ChannelNames returns the names of the channels where these are two or more: the images have
// figures for each. A name may be empty.
func (m *ShardsManifest) ChannelNames() (names []string) {
	if len(m.Channels) < 2 {
		return nil
	}
	for _, c := range m.Channels {
		names = append(names, c.Name)
	}
	return names
}

// Validate checks that the manifest is one this code reads and that its counts
// add up: listed = written + rejected, in total and over the shards.
func (m *ShardsManifest) Validate() error {
	if m.Format != ShardsFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, ShardsFormat)
	}
	if err := m.Image.Validate(); err != nil {
		return err
	}
	if err := Recorded(m.Parameters.Validate(), m.Parameters); err != nil {
		return err
	}
	if err := m.checkChannels(); err != nil {
		return err
	}
	if err := m.checkScale(); err != nil {
		return err
	}
	if len(m.Shards) != m.Parameters.Shards {
		return fmt.Errorf("%d shards listed, parameters say %d", len(m.Shards), m.Parameters.Shards)
	}
	var written, bytes int64
	rejected := m.RejectedAtListing
	for i, s := range m.Shards {
		if want := ShardName(i, len(m.Shards), m.Parameters.Compression); s.File != want {
			return fmt.Errorf("shard %d is named %q, want %q", i, s.File, want)
		}
		written, rejected, bytes = written+s.Records, rejected+s.Rejected, bytes+s.Bytes
	}
	return checkCounts(
		count{"written", m.Written, written},
		count{"rejected", m.Rejected, rejected},
		count{"bytes", m.Bytes, bytes},
		count{"listed", m.Listed, m.Written + m.Rejected},
	)
}

// count is a total that a manifest states beside what it should be.
type count struct {
	name      string
	got, want int64
}

func checkCounts(counts ...count) error {
	for _, c := range counts {
		if c.got != c.want {
			return fmt.Errorf("%s is %d, but the parts add up to %d", c.name, c.got, c.want)
		}
	}
	return nil
}
