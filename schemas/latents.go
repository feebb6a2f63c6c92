package schemas

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
)

// Columns of the latents files. The embedding is one list column in layout
// "list", and one column per dimension (see WideColumn) in layout "wide".
const (
	ColImageID    = "image_id"            // string: the image's file name
	ColEmbedding  = "embedding"           // list<float32>, non-null
	ColShard      = "shard"               // int32: number of the image shard
	ColRecord     = "record"              // int64: position in the shard, from 0
	ColOffset     = "offset"              // int64: byte offset of the record in its (uncompressed) shard
	ColSHA256     = "sha256"              // string, hex: of the raw pixels
	ColMSE        = "mse"                 // float32, nullable: mean squared reconstruction error, pixels in [0,1]
	ColMean       = "mean"                // float32: mean pixel value, of full scale
	ColMax        = "max"                 // float32: largest pixel value, of full scale: above 1 where pixels are
	ColSaturated  = "saturated_fraction"  // float32: share of pixels at full scale or above
	ColForeground = "foreground_fraction" // float32: share of pixels above zero
	ColSharpness  = "sharpness"           // float32: variance of the 4-neighbour Laplacian, pixels in [0,1]
	ColBorder     = "border_fraction"     // float32: share of the outermost ring of pixels above the image's Otsu threshold
	ColQCFlags    = "qc_flags"            // int32: QC bits
	ColLabel      = "label"               // string, nullable
	ColObject     = "object_fraction"     // float32, nullable: share of pixels above the image's Otsu threshold; the last column, behind Metadata_*

	// MetadataPrefix starts the name of every metadata column, as in CellProfiler.
	MetadataPrefix = "Metadata_"
)

// WideColumn returns the name of dimension i of d in layout "wide": z000, z001, …
// with as many digits as the largest needs, three at least, so that names sort.
func WideColumn(i, d int) string {
	return fmt.Sprintf("z%0*d", max(3, len(fmt.Sprint(d-1))), i)
}

// QC bits of qc_flags. All but QCConstant are of images with channels of their own, see
// LatentsSpec.Channels.
const (
	QCConstant        int32 = 1 << 0 // all pixels are equal
	QCConstantChannel int32 = 1 << 1 // not so, but those of one channel or of several are

	qcEmpty = 8 // the bit of the first channel
)

// QCEmptyChannel is the QC bit of channel c, from 0, that shows nothing: all its pixels are
// equal, or it holds noise alone (images.ChannelQualities).
func QCEmptyChannel(c int) int32 { return 1 << (qcEmpty + c) }

// Layouts of a latents file, the values of LatentsSpec.Layout.
var Layouts = []string{"list", "wide"}

// Keys of the Parquet footer of a latents file.
const (
	FooterFormat        = "exemplar.format"
	FooterModel         = "exemplar.model_sha256"
	FooterPreprocessing = "exemplar.preprocessing"
	FooterCodeVersion   = "exemplar.code_version"
	FooterKernel        = "exemplar.kernel"
	FooterDimension     = "exemplar.dimension"   // decimal
	FooterReconstruct   = "exemplar.reconstruct" // "true" where mse is filled
	FooterSource        = "exemplar.source"      // LatentsSpec.Source, where it is not empty
	FooterChannels      = "exemplar.channels"    // LatentsSpec.Channels, a list in JSON, where it is not empty
	FooterFullScale     = "exemplar.full_scale"  // LatentsSpec.FullScale, decimal, where it is not 0
	FooterArrow         = "ARROW:schema"
)

// Latent is one row of a latents file.
type Latent struct {
	ImageID   string
	Embedding []float32

	Shard  int32
	Record int64
	Offset int64
	SHA256 string // hex

	MSE       float32 // valid where HasMSE
	HasMSE    bool
	Quality   Quality
	HasObject bool      // Quality.Object is valid
	Channels  []Quality // of each channel, where LatentsSpec.Channels names them
	QCFlags   int32

	Label    string // valid where HasLabel
	HasLabel bool
	Metadata []string // in the order of LatentsSpec.Metadata; "" where absent
}

// Quality holds the quality columns of one image; see the column constants for
// definitions and units.
type Quality struct {
	Mean, Max, Saturated, Foreground, Sharpness, Border float32
	Object                                              float32 // 0 where it is not known
}

// LatentsSpec says what every row of a set of latents files has in common.
type LatentsSpec struct {
	Dimension     int      `json:"dimension"`
	Layout        string   `json:"layout"`
	Metadata      []string `json:"metadata,omitempty"` // full column names, Metadata_ included, sorted
	Reconstruct   bool     `json:"reconstruct"`        // mse is filled
	ModelSHA256   string   `json:"model_sha256"`
	Preprocessing string   `json:"preprocessing"`
	Kernel        string   `json:"kernel"`

	// ObjectFraction says that there is the column object_fraction, which latents of
	// earlier versions lack.
	ObjectFraction bool `json:"object_fraction,omitempty"`

	// Channels are the names of the images' channels, those of shards.json, where these are two
	// or more: then there are columns for each of them, see ChannelColumn. A name may be empty.
	Channels []string `json:"channels,omitempty"`

	// FullScale is the sample that quality columns count as 1 and as saturated, that of
	// shards.json; 0 stands for the largest that the type holds.
	FullScale int `json:"full_scale,omitempty"`

	// ModelFullScale is the pixel that counts as 1 for the model, model.Input.FullScale.
	ModelFullScale int `json:"model_full_scale,omitempty"`

	// Format is that of the files: LatentsFormat3, in which new folders are written, or ""
	// for LatentsFormat, that of earlier versions, in which their folders are completed.
	Format string `json:"format,omitempty"`

	// Source says where vectors of another program come from; "" for latents that
	// encode made. Such vectors come without pixels: their files have no columns
	// offset, sha256, mse, quality and qc_flags; shard and record are the number of
	// the source's file and of the row in it.
	Source string `json:"source,omitempty"`
}

// SourceRows is the Source of latents that encode made of the rows of a table: there is a
// model, but there are no pixels. Where Reconstruct is, there is the column mse.
const SourceRows = "rows of a table"

// FileFormat returns the format of the files, the value of FooterFormat.
func (s LatentsSpec) FileFormat() string { return cmp.Or(s.Format, LatentsFormat) }

// ReadsLatents reports whether this version reads latents of a format.
func ReadsLatents(format string) bool { return format == LatentsFormat || format == LatentsFormat3 }

// Rows reports whether the vectors are latents of the rows of a table.
func (s LatentsSpec) Rows() bool { return s.Source == SourceRows }

// Foreign reports whether the vectors are those of another program.
func (s LatentsSpec) Foreign() bool { return s.Source != "" && !s.Rows() }

// Validate reports the first field that no latents file can have.
func (s LatentsSpec) Validate() error {
	if s.Dimension < 1 {
		return fmt.Errorf("latent dimension %d is not positive", s.Dimension)
	}
	if !slices.Contains(Layouts, s.Layout) {
		return fmt.Errorf("Config.Layout=%s: must be one of %v", s.Layout, Layouts)
	}
	if s.Format != "" && s.Format != LatentsFormat3 {
		return fmt.Errorf("files of latents of format %q are not known", s.Format)
	}
	for _, m := range s.Metadata {
		if !metadataColumn.MatchString(m) {
			return fmt.Errorf("%q is no metadata column: want %s followed by letters, digits or _", m, MetadataPrefix)
		}
	}
	if s.FullScale < 0 || s.FullScale > 1<<16-1 {
		return fmt.Errorf("full scale %d: must be 1 to %d, or none", s.FullScale, 1<<16-1)
	}
	switch n := len(s.Channels); {
	case n == 1 || n > MaxChannels:
		return fmt.Errorf("%d channels are named: want none, or 2 to %d", n, MaxChannels)
	case n > 0 && s.Source != "":
		return fmt.Errorf("%d channels are named, but these are %s", n, s.Vectors())
	}
	for _, name := range s.Channels {
		if fault := TextFault(name); fault != "" {
			return fmt.Errorf("the name of channel %.80q %s", name, fault)
		}
	}
	return nil
}

var metadataColumn = regexp.MustCompile(`^` + MetadataPrefix + `[A-Za-z0-9_]+$`)

// Whose says of vectors without pixels, in a sentence, that they are another program's, or
// those of rows of a table.
func (s LatentsSpec) Whose() string {
	if s.Rows() {
		return "latents of the rows of a table"
	}
	return "another program's"
}

// Vectors names vectors without pixels.
func (s LatentsSpec) Vectors() string {
	if s.Rows() {
		return s.Whose()
	}
	return "vectors of another program"
}

// LatentsInfo describes one finished latents file.
type LatentsInfo struct {
	File     string `json:"file"`
	Shard    string `json:"shard"` // name of the image shard
	Rows     int64  `json:"rows"`
	Bytes    int64  `json:"bytes"`
	SHA256   string `json:"sha256"`
	Rejected int64  `json:"rejected"`
}

// LatentsPart is the result of encoding one shard, kept in StateDir.
type LatentsPart struct {
	Fingerprint string      `json:"fingerprint"`
	Shard       int         `json:"shard"`
	Info        LatentsInfo `json:"info"`
	Records     int64       `json:"records"` // in the image shard
	Matched     int64       `json:"matched"` // images with a row in the metadata table
	Errors      []ErrorRow  `json:"errors,omitempty"`

	Reconstructed *ErrorSums `json:"reconstructed,omitempty"` // where mse is filled

	// Failure says why the shard could not be encoded: then it has no file.
	Failure string `json:"failure,omitempty"`
}

// Made returns what identifies the file of latents, and that.
func (p LatentsPart) Made() (fingerprint, file string, bytes int64) {
	return p.Fingerprint, p.Info.File, p.Info.Bytes
}

// LatentsManifest is _latents.json.
type LatentsManifest struct {
	Format      string      `json:"format"`
	CodeVersion string      `json:"code_version"`
	Fingerprint string      `json:"fingerprint"` // of shards.json, model and parameters
	Shards      string      `json:"shards"`      // sha256 of shards.json
	Spec        LatentsSpec `json:"spec"`

	// Columns are the names of the plain columns that the numbers of vectors of another
	// program are from, in their order; none of lists and matrices, and of earlier versions.
	Columns []string `json:"columns,omitempty"`

	// MetadataPattern and MetadataCSV (its sha256) say where Metadata_* come from.
	MetadataPattern string `json:"metadata_pattern,omitempty"`
	MetadataCSV     string `json:"metadata_csv,omitempty"`

	// MetadataRecords are the Metadata_* columns that the records of the shards have, see
	// ShardParameters.ListMetadata.
	MetadataRecords []string `json:"metadata_records,omitempty"`

	// Align is that of the shards, see ShardParameters.Align: an image that is compared with these is turned
	// as they were.
	Align string `json:"align,omitempty"`

	// ModelChannels are the names of the model's channels, in its order, where it says what they
	// are. ChannelsBy says how the images' channels became them: names (all agree) or
	// order (some have no name on one side); "" where neither side has any.
	ModelChannels []string `json:"model_channels,omitempty"`
	ChannelsBy    string   `json:"channels_by,omitempty"`

	// ImageFeature and NameFeature are the features of shards of another program.
	ImageFeature string `json:"image_feature,omitempty"`
	NameFeature  string `json:"name_feature,omitempty"`

	Records  int64 `json:"records"` // images in the shards
	Rows     int64 `json:"rows"`    // encoded
	Rejected int64 `json:"rejected"`
	Matched  int64 `json:"matched,omitempty"` // images with a row in the metadata table
	Bytes    int64 `json:"bytes"`

	// Trained is what the training of the model recorded of its errors, Reconstructed
	// what the errors of these images are; nil where that is not known.
	Trained       *Learned `json:"trained,omitempty"`
	Reconstructed *Learned `json:"reconstructed,omitempty"`

	ErrorsSHA256 string        `json:"errors_sha256"` // of _errors.jsonl
	Files        []LatentsInfo `json:"files"`
}

// Learned returns what is known of the model's errors: of these images or, where
// they were not decoded, of those of its training.
func (m *LatentsManifest) Learned() *Learned {
	l := m.Trained
	if m.Reconstructed != nil && (m.Reconstructed.MeanImage > 0 || m.Trained == nil) {
		l = m.Reconstructed
	}
	return l.ofRows(m.Spec.Rows())
}

// unsuited is how many times as much of the variance a model leaves of images that it does
// not suit, at least, as of those that it was trained with.
const unsuited = 2

// Unsuited says in a line that the model does not suit these images, or is empty: that it
// tells them apart much worse than those of its training.
func (m *LatentsManifest) Unsuited() string {
	was, is := m.Trained, m.Reconstructed
	if was.Share() == 0 || is.Share() < unsuited*was.Share() || is.Nothing() {
		return ""
	}
	return fmt.Sprintf("the model does not suit these images: of their variance its reconstructions miss %.3g %%, %.2g times as much as of the images of its training (%.3g %%; "+
		"mean squared error %.4g, there %.4g): train one on these, or on both together", 100*is.Share(), is.Share()/was.Share(), 100*was.Share(), is.MSE, was.MSE)
}

// UnsuitedRows is Unsuited of the rows of a table.
func (m *LatentsManifest) UnsuitedRows() string {
	was, is := m.Trained, m.Reconstructed
	if was.Share() == 0 || is.Share() < unsuited*was.Share() || is.Nothing() {
		return ""
	}
	return fmt.Sprintf("the model does not suit these rows: of their variance its reconstructions miss %.3g %%, %.2g times as much as of the rows of its training (%.3g %%)",
		100*is.Share(), is.Share()/was.Share(), 100*was.Share())
}

// Validate checks that the manifest is one this code reads and that its counts
// add up: records = rows + rejected.
func (m *LatentsManifest) Validate() error {
	if !ReadsLatents(m.Format) {
		return fmt.Errorf("format is %q, this version reads %q and %q", m.Format, LatentsFormat, LatentsFormat3)
	}
	if m.Format != m.Spec.FileFormat() {
		return fmt.Errorf("format is %q, that of its files %q", m.Format, m.Spec.FileFormat())
	}
	if err := Recorded(m.Spec.Validate(), m.Spec); err != nil {
		return err
	}
	if n := len(m.Columns); n != 0 && (n != m.Spec.Dimension || m.Spec.Source == "") {
		return fmt.Errorf("%d columns of numbers are named, of vectors of %d", n, m.Spec.Dimension)
	}
	var rows, rejected, bytes int64
	for i, f := range m.Files {
		if want := LatentsName(i, len(m.Files)); f.File != want {
			return fmt.Errorf("file %d is named %q, want %q", i, f.File, want)
		}
		rows, rejected, bytes = rows+f.Rows, rejected+f.Rejected, bytes+f.Bytes
	}
	return checkCounts(
		count{"rows", m.Rows, rows},
		count{"rejected", m.Rejected, rejected},
		count{"bytes", m.Bytes, bytes},
		count{"records", m.Records, m.Rows + m.Rejected},
	)
}
