package schemas

import "math"

// Spaces in which a selection is graded, beside its own.
const (
	SpaceRaw      = "raw"      // the latents as they were encoded
	SpaceWhitened = "whitened" // their leading principal components, each of variance 1
	SpacePixels   = "pixels"   // those of the averaged pixels, which no way of picking has seen
)

// Kinds of a Finding.
const (
	FindingSkill     = "skill"     // worse than random picks
	FindingGroups    = "groups"    // most groups are represented worse than by random picks
	FindingMixed     = "mixed"     // an average stands for populations that lie apart
	FindingBatch     = "batch"     // a batch is over-represented among the picks
	FindingBlank     = "blank"     // blank images were picked
	FindingOutlier   = "outlier"   // more outliers were picked than by chance
	FindingBalance   = "balance"   // picks are crowded in few clusters
	FindingStability = "stability" // the clusters are others with another seed
	FindingBias      = "bias"      // the picks are unlike the images of their groups in a column of numbers
)

// Grade says how well a selection represents its collection, against random
// selections of the same size. It is part of selection.json.
type Grade struct {
	Images    int64  `json:"images"`    // that may be picked
	Evaluated int    `json:"evaluated"` // images in the sample on which everything is measured
	Reference int    `json:"reference"` // the first of them, for what compares all with all
	Pool      int    `json:"pool"`      // other images, from which random selections are drawn
	Draws     int    `json:"draws"`     // random selections
	Seed      uint64 `json:"seed"`

	Whitening *Whitening `json:"whitening,omitempty"`
	Pixels    *Pixels    `json:"pixels,omitempty"` // where shards were at hand; nil in grades of earlier versions
	Sets      []SetGrade `json:"sets"`
	Mixtures  []Mixture  `json:"mixtures,omitempty"`
	Stability *Stability `json:"stability,omitempty"` // scope cluster

	// Findings are what a reader of the selection must know, in plain words.
	Findings []Finding `json:"findings"`
	// Reason says why nothing could be graded.
	Reason string `json:"reason,omitempty"`
}

// Whitening describes the whitened space.
type Whitening struct {
	Dimension int     `json:"dimension"`
	Variance  float64 `json:"variance"` // share of the variance that it keeps
	Rows      int     `json:"rows"`     // images that it was estimated from
}

// Pixels describes the space of the pixels.
type Pixels struct {
	Evaluated int     `json:"evaluated"` // images
	Pool      int     `json:"pool"`      // that random selections are drawn from
	Numbers   int     `json:"numbers"`   // of an image, averages of squares of its pixels
	Dimension int     `json:"dimension"` // whitened principal components of these
	Variance  float64 `json:"variance"`  // share of the variance that they keep
}

// Finding is one warning.
type Finding struct {
	Kind   string `json:"kind"`
	Scope  string `json:"scope,omitempty"`
	Center string `json:"center,omitempty"`
	Metric string `json:"metric,omitempty"`
	Group  string `json:"group,omitempty"`
	Text   string `json:"text"`
}

// SetGrade is the grade of the picks of one scope, center and metric.
type SetGrade struct {
	Scope  string `json:"scope"`
	Center string `json:"center"`
	Metric string `json:"metric"`
	Picks  int    `json:"picks"`
	Blank  int    `json:"blank"` // picks with (almost) no pixels above zero

	// Sentence is the result in one line.
	Sentence string       `json:"sentence"`
	Spaces   []SpaceGrade `json:"spaces,omitempty"`
	Balance  []Balance    `json:"balance,omitempty"`
	Batches  []BatchTest  `json:"batches,omitempty"`
	Bias     []Bias       `json:"bias,omitempty"`     // none in grades of earlier versions
	Repicked *Repicked    `json:"repicked,omitempty"` // nil for selections of earlier versions
	Hints    []Hint       `json:"hints,omitempty"`    // three at most

	// Criticisms are the images of the sample that the picks represent worst, in the
	// selection's space; none in grades of earlier versions.
	Criticisms []Criticism `json:"criticisms,omitempty"`
	Reason     string      `json:"reason,omitempty"` // why the set has no grade

	// Blur is Bias of BlurFocus, which no way of picking has seen; nil where pixels were not at
	// hand, and in grades of earlier versions. Its p is corrected together with those of Bias.
	Blur *Bias `json:"blur,omitempty"`
}

// BlurFocus is the measure of sharpness of SetGrade.Blur, taken from the pixels: half of 1 - r, where
// r is the correlation of the gradient with itself a pixel further on. 0 is smooth, 1 the finest
// pattern. It follows neither brightness nor contrast, as column sharpness does.
const BlurFocus = "focus"

// Criticism is an image that the picks represent badly, and where it is.
type Criticism struct {
	ImageID string `json:"image_id"`
	Shard   int32  `json:"shard"`
	Record  int64  `json:"record"`
	Offset  int64  `json:"offset"` // -1 for vectors of another program
	// Witness is the mean kernel between the image and other images less that between it
	// and the picks: above 0 there are too few picks like it, below 0 too many.
	Witness float64 `json:"witness"`
}

// Score compares a figure of the picks with that of the random selections.
type Score struct {
	Picks  float64 `json:"picks"`
	Random float64 `json:"random"` // mean over the draws
	Low    float64 `json:"low"`    // of the draws
	High   float64 `json:"high"`

	// Draws are the figures of the draws, from the smallest; none for single groups.
	Draws []float64 `json:"draws,omitempty"`
}

// Interval is a figure with the range that the random selections give it.
type Interval struct {
	Value float64 `json:"value"`
	Low   float64 `json:"low"`
	High  float64 `json:"high"`
}

// SpaceGrade holds the figures in one space.
type SpaceGrade struct {
	Space     string `json:"space"`
	Dimension int    `json:"dimension"`

	Quantization Score    `json:"quantisation"` // mean squared distance of an image to the nearest pick
	Skill        Interval `json:"skill"`        // 1 - quantization of the picks / of random ones: 1 is perfect, 0 is chance
	RadiusP50    Score    `json:"radius_p50"`   // distance to the nearest pick: median
	RadiusP99    Score    `json:"radius_p99"`
	RadiusMax    Score    `json:"radius_max"`
	Coverage     Score    `json:"coverage"`   // share of images with a pick nearer than their k-th neighbor
	CoverageK    int      `json:"coverage_k"` // that k
	MMD2         Score    `json:"mmd2"`       // squared maximum mean discrepancy, RBF kernel
	Bandwidth    float64  `json:"bandwidth"`  // of that kernel: the median distance
	Redundant    Score    `json:"redundant"`  // share of picks nearer to another pick than most images to any other
	Outliers     Score    `json:"outliers"`   // share of picks farther from all images than 99 % of images are

	// WeightedMMD2 is MMD2 of the picks, each with its weight, against random images, each
	// with the share of the sample that is nearest to it; nil where picks have no weights.
	// Quantization has every image at its nearest pick, and is the same with weights.
	WeightedMMD2 *Score `json:"weighted_mmd2,omitempty"`

	Equivalent Equivalent   `json:"equivalent"`
	Groups     []GroupGrade `json:"groups,omitempty"`

	// MMD2Own is what MMD2 has of the images alone, the same for every set of picks; nil in
	// grades of earlier versions.
	MMD2Own *OwnTerm `json:"mmd2_own,omitempty"`
}

// OwnTerm is a term of a figure that does not depend on the picks: the mean of the kernel over all pairs of a
// sample of the images, each with itself included.
type OwnTerm struct {
	Images int     `json:"images"` // of the sample
	Value  float64 `json:"value"`
	Error  float64 `json:"standard_error"` // by which images the sample has; 0 where it is the collection
}

// Equivalent is the number of random images that represent the collection as
// well as the picks: with the same quantization.
type Equivalent struct {
	Random int `json:"random"` // median over the draws
	Low    int `json:"low"`
	High   int `json:"high"`
	// Beyond counts the draws that do not get there with the whole pool, which
	// count as the pool's size.
	Beyond int `json:"beyond"`
}

// GroupGrade is how well the picks of a group represent it, against random
// images of the group.
type GroupGrade struct {
	Group        string   `json:"group"`
	Picks        int      `json:"picks"`
	Evaluated    int      `json:"evaluated"`
	Quantization Score    `json:"quantisation"`
	Skill        Interval `json:"skill"`
	RadiusP50    float64  `json:"radius_p50"`
	RadiusP99    float64  `json:"radius_p99"`
	RadiusMax    float64  `json:"radius_max"`
	Reason       string   `json:"reason,omitempty"` // why the group has no grade
}

// Balance compares the shares of a column's values among picks and images.
type Balance struct {
	Column    string `json:"column"` // cluster, label or Metadata_*
	Values    int    `json:"values"`
	Variation Score  `json:"variation"`        // total variation distance, 0 to 1
	Reason    string `json:"reason,omitempty"` // why there is none

	// Weighted is Variation with weights, as SpaceGrade.WeightedMMD2.
	Weighted *Score `json:"weighted,omitempty"`
}

// BatchTest asks whether picks come from the batches of a column as often as
// images do.
type BatchTest struct {
	Column    string       `json:"column"`
	Values    int          `json:"values"`
	ChiSquare float64      `json:"chi_square"`
	Freedom   int          `json:"freedom"`
	P         float64      `json:"p"`
	Method    string       `json:"method"`         // chi-square, or monte-carlo where expected counts are small
	Over      []BatchShare `json:"over,omitempty"` // the most over-represented values
	Reason    string       `json:"reason,omitempty"`
}

// BatchShare is how often one value is picked.
type BatchShare struct {
	Value    string  `json:"value"`
	Picks    int     `json:"picks"`
	Expected float64 `json:"expected"`
}

// Methods of a Bias.
const (
	BiasNormal     = "normal"      // the normal distribution
	BiasMonteCarlo = "monte-carlo" // random picks, where that is not near enough
)

// Bias asks whether picks have smaller or larger numbers in a column than the images of
// their groups. Of random images the mean percentile is 50.
type Bias struct {
	Column string `json:"column"` // of the quality of images or of a channel, or a Metadata_ column of numbers
	// Channel is what the channel is called of a column that is one's, see ChannelLabels.
	Channel string `json:"channel,omitempty"`

	Picks int `json:"picks"` // that are compared: there are other images of their group
	// Percentile is the mean over the picks of their percentile within their group, 0 to 100,
	// with 1.96 standard errors that it has for random images of the groups on both sides.
	Percentile Interval `json:"percentile"`
	P          float64  `json:"p"`        // that random images are as far from 50, on either side
	Adjusted   float64  `json:"adjusted"` // p by Holm's correction for all columns of the set
	Method     string   `json:"method"`   // BiasNormal or BiasMonteCarlo
	Reason     string   `json:"reason,omitempty"`
}

// A bias is found where p is below biasP after Holm's correction, so that one set of random picks in
// a hundred is called biased at most, and the mean percentile at least biasLeast points from 50:
// less is none to speak of, however certain.
const (
	biasP     = 0.01
	biasLeast = 2
)

// Found reports whether the picks are biased.
func (b *Bias) Found() bool {
	return b.Reason == "" && b.Adjusted < biasP && math.Abs(b.Percentile.Value-50) >= biasLeast
}

// Mixture says whether a group consists of populations of images that lie apart.
// An average of such a group stands for none of them.
type Mixture struct {
	Scope   string   `json:"scope"`
	Group   string   `json:"group"`
	Centers []string `json:"centers"` // averages that images are picked by
	Images  int      `json:"images"`  // of the sample that were looked at
	// Populations are the shares of the images, the largest first.
	Populations []float64 `json:"populations"`
	// Between is the density between the two parts that were compared last, on the
	// line through them, as a share of that on both sides: between those that lie
	// least apart, or of the whole group.
	Between float64 `json:"between"`
	Mixed   bool    `json:"mixed"` // no population is the group
}

// Stability says whether other seeds and other halves of the collection give
// the same clusters (adjusted Rand index: 1 the same, 0 chance) and picks.
type Stability struct {
	Rows      int            `json:"rows"` // images that were clustered each time
	Reseeded  Interval       `json:"reseeded"`
	Halves    Interval       `json:"halves"`
	PicksKept []SetStability `json:"picks_kept,omitempty"`
	Reason    string         `json:"reason,omitempty"` // why there are no figures
}

// Repicked says what the picks of a set would have been, had the collection been another
// one: made again by the same rule from a coreset of it (Rows images) and compared with those
// of samples of that, and those of its half with its own.
type Repicked struct {
	Rows      int     `json:"rows"`
	Resampled Return  `json:"resampled"`        // of the picks of the coreset, with 63 % of its images, as many as a bootstrap sample has
	Doubled   Return  `json:"doubled"`          // of the picks of half of it, with twice as many images
	Chance    float64 `json:"chance"`           // Near of as many random picks
	Search    string  `json:"search,omitempty"` // PickParameters.Search of representative picks that Hints tried
	Reason    string  `json:"reason,omitempty"` // why there are no figures
}

// Return is which shares of picks are there again.
type Return struct {
	Same Interval `json:"same"` // the image itself
	Near Interval `json:"near"` // it, or one of the 1 % of the images that are nearest to it
}

// Hint is what would make a set of picks better, tried on Images images of the coreset.
type Hint struct {
	Flags  HintFlags `json:"flags"`
	Images int       `json:"images"`
	Is     Trial     `json:"is"`    // by the parameters of the selection
	Would  Trial     `json:"would"` // by these
}

// HintFlags are the parameters that a hint changes.
type HintFlags struct {
	Strategy string `json:"strategy,omitempty"`
	Budget   int    `json:"budget,omitempty"`
	Balance  string `json:"balance,omitempty"`
}

// Trial is how far picks are from the images of the coreset, as shares of what as many random ones
// have on average: 0 is perfect, 1 is chance.
type Trial struct {
	Error  float64 `json:"error"`  // mean squared distance to the nearest pick
	Energy float64 `json:"energy"` // energy distance
}

// SetStability is the share of a set's picks that are picked again with another
// seed, from the sample and the picks.
type SetStability struct {
	Center string   `json:"center"`
	Metric string   `json:"metric"`
	Kept   Interval `json:"kept"`
}
