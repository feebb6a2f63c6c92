package schemas

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// CompareFormat is the value of "format" in a CompareManifest.
const CompareFormat = "exemplar.compare/1"

// File names inside the folder of a comparison.
const (
	CompareFile    = "compare.json"
	ModelsCSV      = "models.csv"
	RateCSV        = "rate.csv"
	CodesCSV       = "codes.csv"
	CorrelationCSV = "correlation.csv"
	SubspaceCSV    = "subspace.csv"
	ROCCSV         = "roc.csv"
	ErrorsParquet  = "errors.parquet"
	RatePicture    = "rate.png"
	ROCPicture     = "roc.png"
)

// Columns of the tables of a comparison, in order.
var (
	ModelsColumns = []string{"model", "kind", "dimensions", "encoder_parameters", "decoder_parameters", "parameters", "training_images",
		"bits_per_pixel", "mse", "mae", "psnr", "mse_8bit", "mae_8bit", "missed", "auroc", "auroc_se", "column_cosine", "training_seconds"}
	RateColumns        = []string{"method", "model", "parameter", "bits_per_pixel", "mse", "mae", "psnr"}
	CodesColumns       = []string{"model", "dimension", "mean", "variance", "zeros", "low", "high"}
	CorrelationColumns = []string{"model", "i", "j", "r"}
	SubspaceColumns    = []string{"model", "other", "angle", "degrees"}
	ROCColumns         = []string{"model", "threshold", "false_positive_rate", "true_positive_rate"}
)

// Codecs that models are compared with.
const (
	CodecJPEG = "jpeg"
	CodecDCT  = "dct"
)

// Codecs are all of them.
var Codecs = []string{CodecJPEG, CodecDCT}

// Methods of rate.csv.
const (
	MethodModel        = "model"         // all dimensions of a code
	MethodPCA          = "pca"           // the first of a linear model's
	MethodJPEG         = CodecJPEG       // at a quality
	MethodDCT          = CodecDCT        // so many coefficients, their positions left out
	MethodDCTPositions = "dct_positions" // and counted
)

// CodeBits are the bits that a number of a code, or a coefficient, is held in.
const CodeBits = 8

// MaxCompared is the largest number of models that are compared.
const MaxCompared = 100

// ImageErrors is a row of errors.parquet: how far an image is from what a model makes of it,
// and from what it makes of the code in CodeBits; pixels in [0,1].
type ImageErrors struct {
	ImageID string  `parquet:"image_id"`
	Label   *string `parquet:"label,optional"`
	Model   string  `parquet:"model,dict"`
	MSE     float32 `parquet:"mse"`
	MAE     float32 `parquet:"mae"`
	MSE8    float32 `parquet:"mse_8bit"`
	MAE8    float32 `parquet:"mae_8bit"`
}

// CompareParameters are the choices that decide what a comparison holds.
type CompareParameters struct {
	Models    []string `json:"models"`           // folders, as they were given
	Codecs    []string `json:"codecs,omitempty"` // of Codecs
	Anomalies string   `json:"anomalies,omitempty"`
	Limit     int64    `json:"limit,omitempty"` // images, drawn by the hash of their ids and Seed; 0 for all
	Seed      uint64   `json:"seed,omitempty"`  // of Limit
}

// Validate reports the first parameter that is wrong, by its field.
func (p CompareParameters) Validate() error {
	if len(p.Models) == 0 {
		return errors.New("Config.Models is missing: name the folders of the models, with commas between them")
	}
	if len(p.Models) > MaxCompared {
		return fmt.Errorf("Config.Models: has %d folders, more than the %d that are compared", len(p.Models), MaxCompared)
	}
	for i, name := range p.Models {
		if name == "" {
			return fmt.Errorf("Config.Models=%s: one of its names is empty", strings.Join(p.Models, ","))
		}
		if slices.Contains(p.Models[:i], name) {
			return fmt.Errorf("Config.Models=%s: %s is there twice", strings.Join(p.Models, ","), name)
		}
	}
	if p.Limit < 0 {
		return fmt.Errorf("Config.Limit=%d: must be 0 (all images) or more", p.Limit)
	}
	if p.Anomalies != "" {
		if _, err := ParseAnomalies(p.Anomalies); err != nil {
			return fmt.Errorf("Config.Anomalies: %w", err)
		}
	}
	if len(p.Codecs) == 0 {
		return nil
	}
	return chosen("Config.Codecs", p.Codecs, oneOf(Codecs...), strings.Join(Codecs, ", "))
}

// ParseAnomalies reads a condition of what shards say of an image: its label, and its id.
func ParseAnomalies(text string) (Condition, error) {
	c, err := ParseCondition(text)
	if err != nil {
		return nil, err
	}
	for i := range c {
		switch p := &c[i]; {
		case strings.EqualFold(p.Column, ColLabel):
			p.Column = ColLabel
		case strings.EqualFold(p.Column, ColImageID):
			if p.Column, p.As = ColImageID, AsText; p.Ordered() {
				return nil, fmt.Errorf("%s is text, which has no order for %s: compare it with =, != or in", p.Column, p.Op)
			}
		default:
			return nil, fmt.Errorf("shards have no column %s: they say %s and %s of an image", p.Column, ColLabel, ColImageID)
		}
	}
	return c, nil
}

// ComparedModel is a model as a comparison found it.
type ComparedModel struct {
	Folder     string `json:"folder"` // as it was given
	SHA256     string `json:"sha256"`
	Kernel     string `json:"kernel"` // numerics
	Kind       string `json:"kind"`   // linear, vanilla, convolutional, denoising, sparse, variational, or several
	Dimensions int    `json:"dimensions"`
	Encoder    int64  `json:"encoder_parameters"`
	Decoder    int64  `json:"decoder_parameters"`
	// Images and Seconds are those of its training, as far as that recorded them.
	Images  int64   `json:"training_images,omitempty"`
	Seconds float64 `json:"training_seconds,omitempty"`
}

// LeftOut is a codec that was asked for and is not there, with the reason.
type LeftOut struct {
	Codec string `json:"codec"`
	Why   string `json:"why"`
}

// CompareManifest is compare.json: what models make of the same images. It is written last.
type CompareManifest struct {
	Format      string            `json:"format"`
	CodeVersion string            `json:"code_version"`
	Fingerprint string            `json:"fingerprint"`
	Shards      string            `json:"shards"` // hash of their content
	Image       ImageShape        `json:"image"`
	FullScale   int               `json:"full_scale,omitempty"` // of all models, see ShardsManifest: the unit of all errors
	Images      int64             `json:"images"`               // that were compared
	DrawnFrom   int64             `json:"drawn_from,omitempty"` // records that Limit drew them from; 0: all were
	Rejected    int64             `json:"rejected,omitempty"`   // records that hold no usable image
	Variance    float64           `json:"variance"`             // mean squared difference of the images to their mean image
	Parameters  CompareParameters `json:"parameters"`
	Condition   Condition         `json:"condition,omitempty"`  // of Parameters.Anomalies, with how its columns compare
	Positives   int64             `json:"anomalies,omitempty"`  // images that satisfy it
	Unlabeled   int64             `json:"unlabelled,omitempty"` // images without a label, of a condition on it: they do not satisfy it
	Models      []ComparedModel   `json:"compared"`
	LeftOut     []LeftOut         `json:"left_out,omitempty"`
	Files       []FileInfo        `json:"files"`
	SHA256      string            `json:"sha256"` // of this file with this field empty
}

// Validate checks that the manifest is one this code reads and fits together.
func (m *CompareManifest) Validate() error {
	if m.Format != CompareFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, CompareFormat)
	}
	if err := Recorded(m.Parameters.Validate(), m.Parameters); err != nil {
		return err
	}
	if (m.Parameters.Anomalies == "") != (len(m.Condition) == 0) {
		return errors.New("condition and parameters do not fit together")
	}
	if err := m.Condition.Validate(); err != nil {
		return errors.New(configField.ReplaceAllString(err.Error(), "condition"))
	}
	if len(m.Condition) > 0 {
		given, err := ParseAnomalies(m.Parameters.Anomalies)
		if err != nil || given.String() != m.Condition.String() {
			return fmt.Errorf("condition is %s, parameters say %s", m.Condition, m.Parameters.Anomalies)
		}
	}
	if m.Images < 1 || len(m.Condition) > 0 && (m.Positives < 1 || m.Positives >= m.Images) || len(m.Condition) == 0 && m.Positives != 0 {
		return fmt.Errorf("%d images with %d anomalies cannot be", m.Images, m.Positives)
	}
	var folders, names []string
	for _, c := range m.Models {
		folders = append(folders, c.Folder)
	}
	if !slices.Equal(folders, m.Parameters.Models) {
		return fmt.Errorf("compared are %q, parameters name %q", folders, m.Parameters.Models)
	}
	for _, f := range m.Files {
		names = append(names, f.File)
	}
	if want := m.Names(); !slices.Equal(names, want) {
		return fmt.Errorf("files are %q, want %q", names, want)
	}
	return nil
}

// Names returns which files the folder has, in the order of the manifest.
func (m *CompareManifest) Names() []string {
	names := []string{ModelsCSV, RateCSV, CodesCSV, CorrelationCSV, SubspaceCSV, ErrorsParquet, RatePicture}
	if m.Parameters.Anomalies != "" {
		names = append(names, ROCCSV, ROCPicture)
	}
	return names
}

// Has reports whether a codec is among what was compared.
func (m *CompareManifest) Has(codec string) bool {
	return slices.Contains(m.Parameters.Codecs, codec) && !slices.ContainsFunc(m.LeftOut, func(l LeftOut) bool { return l.Codec == codec })
}

// IsOfComparison reports whether a file of that name is one that a comparison writes.
func IsOfComparison(name string) bool {
	return slices.Contains([]string{ModelsCSV, RateCSV, CodesCSV, CorrelationCSV, SubspaceCSV, ROCCSV, ErrorsParquet, RatePicture, ROCPicture}, name)
}
