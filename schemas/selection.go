package schemas

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Values of the columns scope, center and metric of a selection. A scope may
// also be a Metadata_ column.
const (
	ScopeGlobal  = "global"
	ScopeCluster = "cluster"
	ScopeLabel   = "label"

	CenterMean            = "mean"
	CenterMedian          = "median" // of each coordinate
	CenterGeometricMedian = "geometric_median"
	CenterMedoid          = "medoid"

	// CenterKMeans is never picked from: an image belongs to the cluster whose
	// row of this name in centers.parquet is the nearest.
	CenterKMeans = "kmeans"

	ClusteringKMeans       = "kmeans"
	ClusteringHierarchical = "hierarchical" // k-means of the centers of fine clusters, with resampling

	MetricEuclidean = "euclidean"
	MetricCosine    = "cosine"

	// GroupAll is the only group of scope global.
	GroupAll = "all"
)

// The values that a user may choose from.
var (
	Scopes  = []string{ScopeGlobal, ScopeCluster, ScopeLabel}
	Centers = []string{CenterMean, CenterMedian, CenterGeometricMedian, CenterMedoid}
	Metrics = []string{MetricEuclidean, MetricCosine}

	Clusterings = []string{ClusteringKMeans, ClusteringHierarchical}
)

// Pick is one row of selection.parquet and selection.csv: one picked image.
// Metadata_* columns follow label; they are not part of this struct because
// their names are known only at run time.
type Pick struct {
	Rank      int32  // from 1, in the order of picking; by distance unless images were asked for or kept, or with facility location
	ImageID   string // file name
	Scope     string // global, cluster, label or a Metadata_ column
	GroupID   string // cluster number (zero-padded), the column's value, or "all" for scope global
	GroupSize int64  // eligible images in the group

	Center     string  // one of Centers
	Metric     string  // euclidean or cosine
	Distance   float64 // to the center, float64 arithmetic over float32 latents
	Percentile float64 // share of the group's images that are at most this far, in percent (see package picking)
	Margin     float64 // distance of the next candidate minus this one's; NaN where there is none
	NextID     string  // the next candidate, which is the next pick or would be; "" where there is none

	// RankLow and RankHigh are the ranks that the image would have had between, had
	// the center been that of another such collection (95 % of bootstrap samples).
	// 0: not known.
	RankLow, RankHigh int64

	Shard  int32
	Record int64
	Offset int64
	SHA256 string

	Label    string
	HasLabel bool
	Metadata []string

	// Weight is the share that the pick stands for: of the eligible images in a group of
	// the scope, those whose nearest pick of the same scope, center and metric it is (of
	// any group, Euclidean, ties by id). NaN in tables of earlier versions.
	Weight float64

	// Position is one of Positions, of StrategyRange; "" of other strategies.
	Position string
}

// Columns of a selection that may be null, beside ColLabel.
const (
	ColRankLow  = "rank_low"
	ColRankHigh = "rank_high"
)

// PickColumns are the columns of a selection in order, before Metadata_*.
var PickColumns = []string{
	"rank", "image_id", "scope", "group_id", "group_size", "center", "metric", "distance",
	"percentile", "margin", "next_image_id", ColRankLow, ColRankHigh, "shard", "record", "offset", "sha256", "label",
}

// WeightColumns are the columns behind Metadata_*; tables of earlier versions have none.
var WeightColumns = []string{"weight", "group"}

// Weighted reports whether picks have weights: those of earlier versions have none.
func Weighted(picks []Pick) bool {
	return !slices.ContainsFunc(picks, func(p Pick) bool { return math.IsNaN(p.Weight) })
}

// GroupName returns the name of a group that no program takes for a number, a truth or a
// missing value: "c00" of cluster 00, "label=7", and "all" of scope global. It is the
// column group of a selection, beside GroupID.
func GroupName(scope, id string) string {
	switch scope {
	case ScopeGlobal:
		return id
	case ScopeCluster:
		return "c" + id
	}
	return scope + "=" + id
}

// Center is one row of centers.parquet: a center that images were picked by, or
// one that others depend on (CenterKMeans for clusters, CenterGeometricMedian
// for medoids).
type Center struct {
	Scope     string    `parquet:"scope"`
	GroupID   string    `parquet:"group_id"`
	Center    string    `parquet:"center"`
	GroupSize int64     `parquet:"group_size"`
	Embedding []float64 `parquet:"embedding,list"`
}

// DeviationPopulation is the standard deviation of all vectors that z-scores are found from, which divides
// by their number.
const DeviationPopulation = "population"

// SelectionParameters are the choices that decide a selection.
type SelectionParameters struct {
	Scopes     []string       `json:"scopes"`                  // of Scopes, Metadata_ columns and crossed ones (Crossed), each once
	Centers    []string       `json:"centers"`                 // of Centers, each once
	Metrics    []string       `json:"metrics"`                 // of Metrics, each once
	Top        int            `json:"top"`                     // images for every group, center and metric, from 1; 0 with a budget
	Space      string         `json:"space"`                   // raw, zscore or whiten:K
	Deviation  string         `json:"deviation,omitempty"`     // of zscore, that dimensions are divided by: DeviationPopulation, or "", that of a sample (n-1), of earlier versions
	Clusters   int            `json:"clusters,omitempty"`      // scope cluster, from 1
	Auto       bool           `json:"clusters_auto,omitempty"` // their number follows from the data; Clusters is 0
	Seed       uint64         `json:"seed"`                    // of all random choices
	Restarts   int            `json:"restarts,omitempty"`      // seedings of k-means that are tried, from 1
	MaxPasses  int            `json:"max_passes,omitempty"`    // over all latents, from 1; 0 for ClusteringHierarchical
	SampleSize int            `json:"sample_size,omitempty"`   // images in the seeding sample, from the number of clusters, fine ones too
	Gate       GateParameters `json:"gate"`
	Picking    PickParameters `json:"picking"`

	// Clustering is how the clusters are made, one of Clusterings; "": ClusteringKMeans.
	// FineClusters, at least Clusters, and ResamplingSteps, 0 to 100, are of
	// ClusteringHierarchical.
	Clustering      string `json:"clustering,omitempty"`
	FineClusters    int    `json:"fine_clusters,omitempty"`
	ResamplingSteps int    `json:"resampling_steps,omitempty"`

	// Assignments asks for the assignments files: a row for every eligible image, and not
	// only for picks. They decide nothing else.
	Assignments bool `json:"assignments,omitempty"`

	// Labels is the sha256 of LabelsCSV, a table with the labels of the images, "" where these
	// are those of the latents.
	Labels string `json:"labels,omitempty"`

	// Where says which images the selection is of, and is none where it is of all.
	Where Condition `json:"where,omitempty"`
}

// Validate reports the first parameter out of range, by its field.
func (p SelectionParameters) Validate() error {
	if err := cmp.Or(
		chosen("Config.Scopes", p.Scopes, func(s string) bool { return slices.Contains(Scopes, s) || metadataColumn.MatchString(s) || crosses(s) },
			strings.Join(Scopes, ", ")+" or a "+MetadataPrefix+" column, or of different columns, or "+ScopeCluster+" and columns, with "+Cross+" between them"),
		chosen("Config.Centers", p.Centers, oneOf(Centers...), strings.Join(Centers, ", ")),
		chosen("Config.Metrics", p.Metrics, oneOf(Metrics...), strings.Join(Metrics, ", ")),
	); err != nil {
		return err
	}
	for i, s := range p.Scopes {
		if slices.ContainsFunc(p.Scopes[:i], func(t string) bool { return ScopeFolder(t) == ScopeFolder(s) }) {
			return fmt.Errorf("Config.Scopes=%s: images of %s and another scope would share a folder: make a selection of each", strings.Join(p.Scopes, ","), s)
		}
	}
	if p.Deviation != "" && (p.Deviation != DeviationPopulation || p.Space != "zscore") {
		return fmt.Errorf("deviation %q of space %s: it is of another version; use that, or make the selection again", p.Deviation, p.Space)
	}
	if err := cmp.Or(p.Picking.Validate(p.Top), p.Gate.Validate(), p.Where.Validate()); err != nil {
		return err
	}
	if !p.Clustered() {
		return nil
	}
	switch {
	case p.Clustering != "" && !slices.Contains(Clusterings, p.Clustering):
		return fmt.Errorf("Config.Clustering=%s: choose from %s", p.Clustering, strings.Join(Clusterings, ", "))
	case p.Auto && p.Hierarchical():
		return fmt.Errorf("Config.Auto: the silhouette asks for the clusters of k-means; with Config.Clustering=%s give a number", p.Clustering)
	case p.FineClusters != 0 && !p.Hierarchical():
		return fmt.Errorf("Config.FineClusters=%d: only Config.Clustering=%s makes fine clusters", p.FineClusters, ClusteringHierarchical)
	case p.ResamplingSteps < 0 || p.ResamplingSteps > 100:
		return fmt.Errorf("Config.ResamplingSteps=%d: must be from 0 to 100", p.ResamplingSteps)
	case p.Hierarchical() && p.FineClusters < p.Clusters:
		return fmt.Errorf("Config.FineClusters=%d: must be at least Config.Clusters=%d, which they are joined to", p.FineClusters, p.Clusters)
	case p.Auto && p.Clusters != 0:
		return fmt.Errorf("Config.Clusters=%d: choose a number or auto", p.Clusters)
	case p.Clusters < 1 && !p.Auto:
		return fmt.Errorf("Config.Clusters=%d: must be at least 1", p.Clusters)
	case p.Restarts < 1:
		return fmt.Errorf("Config.Restarts=%d: must be at least 1", p.Restarts)
	case p.MaxPasses < 1 && !p.Hierarchical():
		return fmt.Errorf("Config.MaxPasses=%d: must be at least 1", p.MaxPasses)
	case p.SampleSize < p.Clusters:
		return fmt.Errorf("Config.SampleSize=%d: must be at least Config.Clusters=%d", p.SampleSize, p.Clusters)
	case p.SampleSize < p.FineClusters:
		return fmt.Errorf("Config.SampleSize=%d: must be at least Config.FineClusters=%d", p.SampleSize, p.FineClusters)
	}
	return nil
}

// chosen checks the values of a field that takes several, each once.
func chosen(field string, values []string, known func(string) bool, from string) error {
	if len(values) == 0 {
		return fmt.Errorf("%s is empty: choose from %s", field, from)
	}
	for i, v := range values {
		if !known(v) {
			return fmt.Errorf("%s=%s: %q is not one of %s", field, strings.Join(values, ","), v, from)
		}
		if slices.Contains(values[:i], v) {
			return fmt.Errorf("%s=%s: %s is there twice", field, strings.Join(values, ","), v)
		}
	}
	return nil
}

// Clustered reports whether clusters are one of the scopes, or crossed in one.
func (p SelectionParameters) Clustered() bool {
	return slices.Contains(p.Scopes, ScopeCluster) || p.CrossesClusters()
}

// CrossesClusters reports whether clusters are crossed with columns in one of the scopes.
func (p SelectionParameters) CrossesClusters() bool {
	return slices.ContainsFunc(p.Scopes, CrossesClusters)
}

// CenterScopes returns the scopes of centers.parquet, in their order: those of the groups, and
// behind them that of the clusters where these are only crossed.
func (p SelectionParameters) CenterScopes() []string {
	if p.CrossesClusters() && !slices.Contains(p.Scopes, ScopeCluster) {
		return append(slices.Clone(p.Scopes), ScopeCluster)
	}
	return p.Scopes
}

// Hierarchical reports whether the clusters are those of hierarchical k-means.
func (p SelectionParameters) Hierarchical() bool { return p.Clustering == ClusteringHierarchical }

// CentersOf returns the centers that centers.parquet holds for every group of a
// scope, in their order: what the clusters are made by, those that images are
// picked by, and what these depend on. Clusters that are only crossed are not picked from.
func (p SelectionParameters) CentersOf(scope string) []string {
	var list []string
	if scope == ScopeCluster {
		list = append(list, CenterKMeans)
	}
	if !slices.Contains(p.Scopes, scope) {
		return list
	}
	list = append(list, p.Centers...)
	if slices.Contains(list, CenterMedoid) && !slices.Contains(list, CenterGeometricMedian) {
		list = append(list, CenterGeometricMedian)
	}
	return list
}

// Exclusion is one image that the quality gate kept from being picked.
type Exclusion struct {
	ImageID   string  `json:"image_id"`
	Reason    string  `json:"reason"`              // ReasonConstant and others
	Channel   string  `json:"channel,omitempty"`   // whose figure it is, as in GateLimit
	Value     float64 `json:"value"`               // the figure that decided, see there
	Threshold float64 `json:"threshold,omitempty"` // that it missed; none for ReasonConstant
}

// FileInfo names an output file of a selection and its content.
type FileInfo struct {
	File   string `json:"file"`
	Bytes  int64  `json:"bytes"`
	SHA256 string `json:"sha256"`
}

// Clustering says how a k-means run ended. Hierarchical k-means makes no passes
// over all latents, which would draw its centers to where most images are.
type Clustering struct {
	Clusters   int     `json:"clusters"`    // that were looked for
	Passes     int     `json:"passes"`      // full passes over all latents
	Converged  bool    `json:"converged"`   // the last pass left the centers where they were
	Inertia    float64 `json:"inertia"`     // sum of squared distances to the nearest center
	SampleRows int64   `json:"sample_rows"` // images in the seeding sample

	// Curve has the numbers of clusters that were tried, where none was given.
	Curve []ClusterChoice `json:"curve,omitempty"`

	// Levels has the levels of hierarchical k-means, the fine clusters first.
	Levels []ClusterLevel `json:"levels,omitempty"`
}

// ClusterLevel is one level of hierarchical k-means with resampling.
type ClusterLevel struct {
	Rows     int64 `json:"rows"`                       // that were clustered: images of the sample, or centers of the level below
	Clusters int   `json:"clusters"`                   // that were found
	Steps    int   `json:"resampling_steps,omitempty"` // after each the centers are those of the rows that it kept
	Kept     int   `json:"kept,omitempty"`             // rows of each cluster, the nearest to its center, or all where there are fewer
}

// ClusterChoice is what speaks for a number of clusters, measured on the seeding
// sample. The one of the largest silhouette is chosen.
type ClusterChoice struct {
	Clusters   int     `json:"clusters"`
	Silhouette float64 `json:"silhouette"` // simplified: 1 - nearest/second nearest distance to a center, mean
	Stability  float64 `json:"stability"`  // adjusted Rand index between the clusters of two halves
	Inertia    float64 `json:"inertia"`    // weighted sum of squared distances
}

// ScopeSummary counts the groups of one scope.
type ScopeSummary struct {
	Scope     string `json:"scope"`
	Groups    int    `json:"groups"`
	Images    int64  `json:"images"`              // eligible images in a group
	Ungrouped int64  `json:"ungrouped,omitempty"` // eligible images without a label, or with an empty value

	// Empty names the groups that no eligible image is in, of a scope that crosses clusters:
	// clusters and values of the column that do not meet.
	Empty []string `json:"empty,omitempty"`
}

// Centering says how the centers were found.
type Centering struct {
	Passes int `json:"passes"` // full passes over all latents

	// GeometricMedian is there where geometric medians were looked for.
	GeometricMedian *GeometricMedian `json:"geometric_median,omitempty"`
	// MedoidCandidates is the number of images of each group, the nearest to its
	// geometric median, among which the medoid was looked for.
	MedoidCandidates int `json:"medoid_candidates,omitempty"`
}

const (
	maxMedoidCandidates  = 32
	minMedoidCandidates  = 4
	medoidCandidateBytes = 32 << 20 // of the vectors of all candidates
)

// MedoidCandidates returns the MedoidCandidates of a number of groups in d dimensions.
func MedoidCandidates(groups, d int) int {
	return max(minMedoidCandidates, min(maxMedoidCandidates, medoidCandidateBytes/(4*d*groups)))
}

// GeometricMedian says how exact the geometric medians are. The residual of one
// is the length of the mean of the unit vectors from it to the images of its
// group, 0 at the geometric median.
type GeometricMedian struct {
	Tolerance       float64 `json:"tolerance"`        // residual at which one counts as found
	LargestResidual float64 `json:"largest_residual"` // of all groups
	Unfinished      int     `json:"unfinished"`       // groups above the tolerance when passes ran out
	SameDistance    float64 `json:"same_distance"`    // images nearer than this to one count as being there, without a direction
}

// SelectionManifest is selection.json.
type SelectionManifest struct {
	Format      string              `json:"format"`
	SHA256      string              `json:"sha256,omitempty"` // of this file without this line
	CodeVersion string              `json:"code_version"`
	Fingerprint string              `json:"fingerprint"` // of _latents.json, shards.json and parameters
	Latents     string              `json:"latents"`     // sha256 of _latents.json
	ModelSHA256 string              `json:"model_sha256"`
	Parameters  SelectionParameters `json:"parameters"`
	Metadata    []string            `json:"metadata,omitempty"` // Metadata_* columns

	Rows       int64          `json:"rows"`              // images in the latents
	Eligible   int64          `json:"eligible"`          // left by the quality gate
	Excluded   int64          `json:"excluded"`          // by the quality gate
	Outside    int64          `json:"outside,omitempty"` // that do not satisfy Parameters.Where; the gate does not judge them
	Scopes     []ScopeSummary `json:"scopes"`
	Picks      int64          `json:"picks"`  // rows of the table
	Picked     int64          `json:"picked"` // different images among them
	Images     bool           `json:"images"` // the picked originals are under images/
	Clustering *Clustering    `json:"clustering,omitempty"`
	Centering  Centering      `json:"centering"`
	Grade      *Grade         `json:"grade"`
	Files      []FileInfo     `json:"files"`

	// Assignments is there where Parameters.Assignments asks for these files.
	Assignments *Assignments `json:"assignments,omitempty"`

	// Labels is there where Parameters.Labels is.
	Labels *GivenLabels `json:"labels,omitempty"`

	// Learned is LatentsManifest.Learned of the latents; nil where that is not known.
	Learned *Learned `json:"learnt,omitempty"`

	Gate  Gate      `json:"gate"`  // as it was applied
	Space Space     `json:"space"` // in which centers lie and distances are measured
	Sets  []PickSet `json:"sets"`  // by scope, center and metric

	// EarlierHands is there where the selection extends another; early versions wrote
	// none.
	EarlierHands *EarlierHands `json:"earlier_hands,omitempty"`

	// Exclusions lists every image that the gate kept out, by image id.
	Exclusions []Exclusion `json:"exclusions"`
}

// GivenLabels counts what a table of labels names.
type GivenLabels struct {
	Rows   int64 `json:"rows"`   // of the table
	Images int64 `json:"images"` // of the latents that have a row there; the others have no label

	Empty  int64  `json:"empty,omitempty"`  // of Images, those whose label there is empty, who have none either
	Strays int64  `json:"strays,omitempty"` // rows of no image
	Stray  string `json:"stray,omitempty"`  // the first of them, by image id
}

// Inside returns the number of images that satisfy Parameters.Where: all without one.
func (m *SelectionManifest) Inside() int64 { return m.Rows - m.Outside }

// Validate checks that the manifest is one this code reads and that its counts
// add up: rows = eligible + excluded + outside, and eligible = images + ungrouped in
// every scope.
func (m *SelectionManifest) Validate() error {
	if m.Format != SelectionFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, SelectionFormat)
	}
	if err := Recorded(m.Parameters.Validate(), m.Parameters); err != nil {
		return err
	}
	if err := m.Gate.Validate(); err != nil {
		return err
	}
	var scopes []string
	for _, s := range m.Scopes {
		scopes = append(scopes, s.Scope)
		if err := checkCounts(count{"eligible", m.Eligible, s.Images + s.Ungrouped}); err != nil {
			return fmt.Errorf("scope %s: %w", s.Scope, err)
		}
	}
	if !slices.Equal(scopes, m.Parameters.Scopes) {
		return fmt.Errorf("scopes are %v, the parameters say %v", scopes, m.Parameters.Scopes)
	}
	if m.Outside < 0 || m.Outside > 0 && len(m.Parameters.Where) == 0 {
		return fmt.Errorf("outside is %d, with the condition %q", m.Outside, m.Parameters.Where)
	}
	if err := checkCounts(
		count{"rows", m.Rows, m.Eligible + m.Excluded + m.Outside},
		count{"excluded", m.Excluded, int64(len(m.Exclusions))},
	); err != nil {
		return err
	}
	return m.validateAssignments()
}
