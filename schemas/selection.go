package schemas

import (
	"fmt"
	"slices"
)

// Values of the columns scope, center and metric of a selection.
var (
	Scopes  = []string{"global", "cluster", "label"}
	Centers = []string{"mean"}
	Metrics = []string{"euclidean", "cosine"}
)

// Pick is one row of selection.parquet and selection.csv: one picked image.
// Metadata_* columns follow label; they are not part of this struct because
// their names are known only at run time.
type Pick struct {
	Rank      int32  // from 1, by distance within the group
	ImageID   string // file name
	Scope     string // global, cluster or label
	GroupID   string // cluster number (zero-padded), label, or "all" for scope global
	GroupSize int64  // eligible images in the group

	Center     string  // mean
	Metric     string  // euclidean or cosine
	Distance   float64 // to the centre, float64 arithmetic over float32 latents
	Percentile float64 // 100 * rank / group size: share of the group at most this far
	Margin     float64 // distance of the next candidate minus this one's; NaN for the last of a group

	Shard  int32
	Record int64
	Offset int64
	SHA256 string

	Label    string
	HasLabel bool
	Metadata []string
}

// PickColumns are the columns of a selection in order, before Metadata_*.
var PickColumns = []string{
	"rank", "image_id", "scope", "group_id", "group_size", "center", "metric", "distance",
	"percentile", "margin", "shard", "record", "offset", "sha256", "label",
}

// Center is one row of centers.parquet.
type Center struct {
	Scope     string    `parquet:"scope"`
	GroupID   string    `parquet:"group_id"`
	Center    string    `parquet:"center"`
	GroupSize int64     `parquet:"group_size"`
	Embedding []float64 `parquet:"embedding,list"`
}

// SelectionParameters are the choices that decide a selection.
type SelectionParameters struct {
	Scope      string         `json:"scope"`
	Clusters   int            `json:"clusters,omitempty"` // scope cluster
	PerGroup   int            `json:"per_cluster"`
	Center     string         `json:"center"`
	Metric     string         `json:"metric"`
	Seed       uint64         `json:"seed"`
	Restarts   int            `json:"restarts,omitempty"`
	MaxPasses  int            `json:"max_passes,omitempty"`
	SampleSize int            `json:"sample_size,omitempty"`
	Gate       GateParameters `json:"gate"`
}

// Validate reports the first parameter out of range, naming its flag.
func (p SelectionParameters) Validate() error {
	switch {
	case !slices.Contains(Scopes, p.Scope):
		return fmt.Errorf("--scope=%s: must be one of %v", p.Scope, Scopes)
	case !slices.Contains(Metrics, p.Metric):
		return fmt.Errorf("--metric=%s: must be one of %v", p.Metric, Metrics)
	case !slices.Contains(Centers, p.Center):
		return fmt.Errorf("--center=%s: must be one of %v", p.Center, Centers)
	case p.PerGroup < 1:
		return fmt.Errorf("--per_cluster=%d: must be at least 1", p.PerGroup)
	}
	if err := p.Gate.Validate(); err != nil {
		return err
	}
	if p.Scope != "cluster" {
		return nil
	}
	switch {
	case p.Clusters < 1:
		return fmt.Errorf("--clusters=%d: must be at least 1", p.Clusters)
	case p.Restarts < 1:
		return fmt.Errorf("--restarts=%d: must be at least 1", p.Restarts)
	case p.MaxPasses < 1:
		return fmt.Errorf("--max_passes=%d: must be at least 1", p.MaxPasses)
	case p.SampleSize < p.Clusters:
		return fmt.Errorf("--sample_size=%d: must be at least --clusters=%d", p.SampleSize, p.Clusters)
	}
	return nil
}

// Exclusion is one image that the quality gate kept from being picked.
type Exclusion struct {
	ImageID   string  `json:"image_id"`
	Reason    string  `json:"reason"`              // ReasonConstant and others
	Value     float64 `json:"value"`               // the figure that decided, see there
	Threshold float64 `json:"threshold,omitempty"` // that it missed; none for ReasonConstant
}

// FileInfo names an output file of a selection and its content.
type FileInfo struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Clustering says how a k-means run ended.
type Clustering struct {
	Passes     int     `json:"passes"` // full passes over all latents
	Converged  bool    `json:"converged"`
	Inertia    float64 `json:"inertia"`     // sum of squared distances to the nearest centre
	SampleRows int64   `json:"sample_rows"` // images in the seeding sample
}

// SelectionManifest is selection.json.
type SelectionManifest struct {
	Format      string              `json:"format"`
	CodeVersion string              `json:"code_version"`
	Fingerprint string              `json:"fingerprint"` // of _latents.json, shards.json and parameters
	Latents     string              `json:"latents"`     // sha256 of _latents.json
	ModelSHA256 string              `json:"model_sha256"`
	Parameters  SelectionParameters `json:"parameters"`
	Metadata    []string            `json:"metadata,omitempty"` // Metadata_* columns

	Rows       int64       `json:"rows"`     // images in the latents
	Eligible   int64       `json:"eligible"` // left by the quality gate
	Excluded   int64       `json:"excluded"`
	Unlabelled int64       `json:"unlabelled,omitempty"` // scope label: eligible images without one
	Groups     int         `json:"groups"`
	Picks      int64       `json:"picks"`
	Images     bool        `json:"images"` // the picked originals are under images/
	Clustering *Clustering `json:"clustering,omitempty"`
	Files      []FileInfo  `json:"files"`

	Gate Gate `json:"gate"` // as it was applied

	// Exclusions lists every image that the gate kept out, by image id.
	Exclusions []Exclusion `json:"exclusions"`
}

// Validate checks that the manifest is one this code reads and that its counts
// add up: rows = eligible + excluded.
func (m *SelectionManifest) Validate() error {
	if m.Format != SelectionFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, SelectionFormat)
	}
	if err := m.Parameters.Validate(); err != nil {
		return err
	}
	if err := m.Gate.Validate(); err != nil {
		return err
	}
	return checkCounts(
		count{"rows", m.Rows, m.Eligible + m.Excluded},
		count{"excluded", m.Excluded, int64(len(m.Exclusions))},
	)
}
