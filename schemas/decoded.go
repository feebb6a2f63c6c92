package schemas

import (
	"fmt"
	"slices"
)

// DecodedFormat is the value of "format" in a DecodedManifest.
const DecodedFormat = "exemplar.decoded/1"

// File names inside a folder of decoded images, beside ImagesDir and ErrorsFile.
const (
	DecodedFile  = "decode.json"
	DecodedCSV   = "images.csv"
	DecodedSheet = "contact_sheet.png"

	// LatentsDir holds, below decoded images, the latents of the shards that they were
	// reconstructed from.
	LatentsDir = "latents"
)

// DecodedParts is what the names of the results of parts, in StateDir, begin with.
const DecodedParts = "decoded"

// DecodedListName returns the name of the lines of images.csv of part i of n, relative to
// the folder.
func DecodedListName(i, n int) string {
	return fmt.Sprintf("%s/%s-%05d-of-%05d.csv", StateDir, DecodedParts, i, n)
}

// What is decoded, the values of DecodeParameters.Mode.
const (
	DecodeLatents  = "latents"  // the vectors of a folder of latents
	DecodeBetween  = "between"  // steps from the vector of one image to that of another
	DecodeTraverse = "traverse" // steps along one dimension, the others at their means
	DecodeSample   = "sample"   // draws from the prior of a variational model
)

// DecodeModes are all of them.
var DecodeModes = []string{DecodeLatents, DecodeBetween, DecodeTraverse, DecodeSample}

// What decoded images of shards are, the values of DecodeParameters.Images.
const (
	DecodeReconstruct = "reconstruct"
	DecodeDenoise     = "denoise" // by a model that was trained with noise
)

// Formats of decoded images, the values of DecodeParameters.Format.
const (
	DecodedTIFF = "tiff"
	DecodedPNG  = "png"
)

// DecodedFormats are all of them.
var DecodedFormats = []string{DecodedTIFF, DecodedPNG}

// DecodedExtension returns what the names of images of a format end in.
func DecodedExtension(format string) string {
	if format == DecodedPNG {
		return ".png"
	}
	return ".tif"
}

// Limits of what is decoded beside the vectors of latents.
const (
	MaxDecodeSteps   = 400
	MaxDecodeSamples = 1_000_000
)

// DecodeParameters are the choices that decide what is decoded, and how it is written.
type DecodeParameters struct {
	Mode   string `json:"mode"`
	Format string `json:"format"`
	Images string `json:"images,omitempty"` // where the latents were made for them of shards
	IDs    string `json:"ids,omitempty"`    // sha256 of the ids, sorted, one a line; none where all are decoded

	Between   []string `json:"between,omitempty"`   // ids of the ends
	Dimension *int     `json:"dimension,omitempty"` // that is traversed, from 0
	Steps     int      `json:"steps,omitempty"`
	Samples   int      `json:"samples,omitempty"`
	Seed      *uint64  `json:"seed,omitempty"` // of the samples
}

// Validate reports the first field that no folder can have.
func (p *DecodeParameters) Validate() error {
	steps := p.Mode == DecodeBetween || p.Mode == DecodeTraverse
	switch {
	case !slices.Contains(DecodeModes, p.Mode):
		return fmt.Errorf("mode is %q: must be one of %v", p.Mode, DecodeModes)
	case !slices.Contains(DecodedFormats, p.Format):
		return fmt.Errorf("format of the images is %q: must be one of %v", p.Format, DecodedFormats)
	case p.Images != "" && p.Images != DecodeReconstruct && p.Images != DecodeDenoise:
		return fmt.Errorf("images is %q: must be %s or %s", p.Images, DecodeReconstruct, DecodeDenoise)
	case p.Mode != DecodeLatents && p.Images+p.IDs != "":
		return fmt.Errorf("mode %s has neither images nor ids", p.Mode)
	case (p.Mode == DecodeBetween) != (len(p.Between) == 2) || p.Mode != DecodeBetween && p.Between != nil:
		return fmt.Errorf("between names %d images, mode is %s", len(p.Between), p.Mode)
	case (p.Mode == DecodeTraverse) != (p.Dimension != nil) || p.Dimension != nil && *p.Dimension < 0:
		return fmt.Errorf("dimension and mode %s do not fit", p.Mode)
	case steps && (p.Steps < 2 || p.Steps > MaxDecodeSteps) || !steps && p.Steps != 0:
		return fmt.Errorf("%d steps, mode is %s", p.Steps, p.Mode)
	case p.Mode == DecodeSample && (p.Samples < 1 || p.Samples > MaxDecodeSamples) || p.Mode != DecodeSample && p.Samples != 0:
		return fmt.Errorf("%d samples, mode is %s", p.Samples, p.Mode)
	case (p.Mode == DecodeSample) != (p.Seed != nil):
		return fmt.Errorf("seed and mode %s do not fit", p.Mode)
	}
	return nil
}

// Column returns the column of images.csv behind the others: mse of latents that have it,
// and how far each step is along; "" for none.
func (p *DecodeParameters) Column(mse bool) string {
	switch {
	case p.Mode == DecodeBetween:
		return ColStep
	case p.Mode == DecodeTraverse:
		return ColValue
	case p.Mode == DecodeLatents && mse:
		return ColMSE
	}
	return ""
}

// Columns of images.csv beside image_id, sha256 and mse.
const (
	ColFile  = "file"  // relative to the folder
	ColBytes = "bytes" // of the file
	ColStep  = "t"     // 0 at the first image, 1 at the second
	ColValue = "value" // of the dimension
)

// DecodedColumns are the first columns of images.csv; sha256 is that of the file.
var DecodedColumns = []string{ColImageID, ColFile, ColBytes, ColSHA256}

// Traversed says along what a dimension was traversed: from Low to High, three standard
// deviations about its mean over all latents.
type Traversed struct {
	Mean      float64 `json:"mean"`
	Deviation float64 `json:"deviation"`
	Low       float64 `json:"low"`
	High      float64 `json:"high"`
}

// DecodedPart is the result of decoding the vectors of one file, kept in StateDir.
type DecodedPart struct {
	Fingerprint string     `json:"fingerprint"`
	Part        int        `json:"part"`
	List        FileInfo   `json:"list"`    // the part's lines of images.csv, without their names
	Vectors     int64      `json:"vectors"` // written + rejected
	Images      int64      `json:"images"`
	Bytes       int64      `json:"bytes"`
	Clipped     int64      `json:"clipped"`
	Errors      []ErrorRow `json:"errors,omitempty"`
}

// Made returns what identifies the part's list, and that.
func (p DecodedPart) Made() (fingerprint, file string, bytes int64) {
	return p.Fingerprint, p.List.File, p.List.Bytes
}

// DecodedManifest is decode.json: images that a model's decoder made of latent vectors. It
// is written last.
type DecodedManifest struct {
	Format      string           `json:"format"`
	CodeVersion string           `json:"code_version"`
	Fingerprint string           `json:"fingerprint"` // of latents, model and parameters
	ModelSHA256 string           `json:"model_sha256"`
	Kernel      string           `json:"kernel"`            // numerics of the decoder
	Latents     string           `json:"latents,omitempty"` // sha256 of _latents.json; none of samples
	Shards      string           `json:"shards,omitempty"`  // as _latents.json has it
	Image       ImageShape       `json:"image"`
	Parameters  DecodeParameters `json:"parameters"`
	Traversed   *Traversed       `json:"traversed,omitempty"`

	Vectors  int64 `json:"vectors"` // that were to be decoded
	Images   int64 `json:"images"`
	Rejected int64 `json:"rejected"`
	Bytes    int64 `json:"bytes"`   // of the images
	Clipped  int64 `json:"clipped"` // values that were beyond black or white
	Shown    int64 `json:"shown"`   // images on the contact sheet

	ErrorsSHA256 string     `json:"errors_sha256"` // of errors.jsonl
	Files        []FileInfo `json:"files"`         // images.csv, which lists the images, and the contact sheet

	SHA256 string `json:"sha256"` // of this file without this field
}

// Validate checks that the manifest is one this code reads and that its counts add up.
func (m *DecodedManifest) Validate() error {
	if m.Format != DecodedFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, DecodedFormat)
	}
	if err := m.Image.Validate(); err != nil {
		return err
	}
	if err := m.Parameters.Validate(); err != nil {
		return err
	}
	if names := []string{DecodedCSV, DecodedSheet}; len(m.Files) != 2 || m.Files[0].File != names[0] || m.Files[1].File != names[1] {
		return fmt.Errorf("its files are not %v", names)
	}
	if (m.Parameters.Mode == DecodeTraverse) != (m.Traversed != nil) {
		return fmt.Errorf("traversed and mode %s do not fit", m.Parameters.Mode)
	}
	return checkCounts(count{"vectors", m.Vectors, m.Images + m.Rejected})
}
