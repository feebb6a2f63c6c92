// Package reporting says what a finished selection holds, for people to look at.
//
// A Report is everything that the page shows, in memory: Gather reads it from the
// selection, the latents, the shards and the model; package page writes it as one
// HTML file.
//
// What lives here: the Report and where its figures come from. What never enters: Beam,
// printing, selecting; HTML, and decisions about what was picked: every figure is one of
// the selection's files or follows from the latents.
package reporting

import (
	"exemplar/schemas"
	"exemplar/schemas/verdict"
)

// Report is the content of a report. Indices are into its own slices; -1 is none.
// Texts are as they stand in the files: whoever shows them escapes them.
type Report struct {
	Title     string `json:"title"`
	Images    int64  `json:"images"`    // in the latents
	Eligible  int64  `json:"eligible"`  // that passed the quality gate
	Picked    int64  `json:"picked"`    // different images
	Shape     string `json:"shape"`     // of the images, "256x256, 8 bits, 1 channel"; "" without shards
	Vectors   bool   `json:"-"`         // the latents are vectors of another program, without images
	Linked    bool   `json:"linked"`    // pictures lie beside the page
	Reduction int    `json:"reduction"` // pixels of an image along one side that became one in Pictures; 1: all of them
	// OtherReduction is that of images which are not picks: neighbors, examples.
	OtherReduction int `json:"other_reduction"`
	Dimension      int `json:"dimension"` // of the latents

	// Where is the condition that images satisfy, "" without one; Outside counts those that
	// do not.
	Where   string `json:"where,omitempty"`
	Outside int64  `json:"outside,omitempty"`

	// Display is the range of pixel values, in the images' own unit, that every
	// picture shows from black to white, the same one for all.
	DisplayLow  float64 `json:"display_low"`
	DisplayHigh float64 `json:"display_high"`
	Full        float64 `json:"full"` // the value that counts as white: full scale, or the largest of the type, 255 or 65535

	// Channels are those of images that are neither gray nor RGB, each with a range of its own,
	// which Display is not about: it is the whole range.
	Channels []schemas.ShownChannel `json:"channels,omitempty"`

	Parameters schemas.SelectionParameters `json:"parameters"`
	Metadata   []string                    `json:"metadata"` // names of Metadata_ columns
	Clustering *schemas.Clustering         `json:"clustering,omitempty"`
	Grade      *schemas.Grade              `json:"grade,omitempty"`
	PickSets   []schemas.PickSet           `json:"pick_sets"`
	Verdict    *verdict.Verdict            `json:"verdict"`
	// Equal names the scopes of which small groups get as many picks as large ones,
	// or nearly so.
	Equal []string `json:"equal"`
	// PicksReseeded tells that Stability.PicksKept of the grade is about these picks.
	PicksReseeded bool `json:"picks_reseeded"`

	Scopes     []schemas.ScopeSummary `json:"scopes"`
	Groups     []Group                `json:"groups"`
	Picks      []Pick                 `json:"picks"` // by set, group, rank
	Histograms []Histogram            `json:"histograms"`
	Exclusions []Excluded             `json:"exclusions"` // by reason
	Criticisms [][]Example            `json:"criticisms"` // of each of Grade.Sets, with their witness
	Map        *Map                   `json:"map,omitempty"`
	Model      *Model                 `json:"model,omitempty"`

	// Orientation is what the angles of the objects explain; absent without shards.
	Orientation *Orientation `json:"orientation,omitempty"`

	Provenance Provenance `json:"provenance"`

	// Pictures are PNG files: as data: URIs, or names relative to the page.
	Pictures []string `json:"pictures"`
	// Levels are the smallest and the largest of the gray values, or of the three
	// colors, of each of Pictures as it is in its PNG file. By them the page shows
	// each picture on its own scale.
	Levels [][2]uint8 `json:"levels"`

	// Strips are PNG files, too, of the channels of picks, in gray side by side: of the first of
	// Pictures, by their numbers.
	Strips []string `json:"strips,omitempty"`

	// Beside are files that lie beside the page: what each is, and its relative
	// address.
	Beside []Named `json:"beside,omitempty"`
}

// Group is one group of one scope.
type Group struct {
	Scope   string       `json:"scope"`
	ID      string       `json:"id"`
	Size    int64        `json:"size"`  // eligible images
	Share   float64      `json:"share"` // of the eligible images in the scope
	Centers []CenterView `json:"centers"`
}

// CenterView is a center of a group, decoded: a theoretical image, not data.
type CenterView struct {
	Center  string `json:"center"`  // mean, median, ...
	Picture int    `json:"picture"` // -1 without a decoder
}

// Pick is a picked image and why it was.
type Pick struct {
	Group      int      `json:"group"`
	Center     string   `json:"center"`
	Metric     string   `json:"metric"`
	Rank       int      `json:"rank"`
	Position   string   `json:"position,omitempty"` // one of schemas.Positions, where there are any
	ImageID    string   `json:"image_id"`
	Distance   float64  `json:"distance"`
	Percentile *float64 `json:"percentile"` // null: not known, as of a far image that was asked for
	Margin     *float64 `json:"margin"`     // null: no next candidate
	Weight     *float64 `json:"weight"`     // of the images of the scope; null: an earlier version wrote none
	RankLow    int64    `json:"rank_low"`
	RankHigh   int64    `json:"rank_high"` // 0: not known
	Shard      int32    `json:"shard"`
	Record     int64    `json:"record"`
	Offset     int64    `json:"offset"`
	SHA256     string   `json:"sha256"`
	Label      *string  `json:"label"`
	Metadata   []string `json:"metadata"` // values in the order of Report.Metadata
	MSE        *float64 `json:"mse"`
	Cluster    string   `json:"cluster"` // of scope cluster, "" without
	Flags      []string `json:"flags"`   // FlagAsked and others
	Picture    int      `json:"picture"`
	Histogram  int      `json:"histogram"`

	Next      *Other  `json:"next"`       // the runner-up
	Neighbors []Other `json:"neighbours"` // the nearest other images of the collection
}

// Other is another image beside a pick.
type Other struct {
	ImageID  string  `json:"image_id"`
	Distance float64 `json:"distance"` // next: to the center; neighbor: to the pick
	Picture  int     `json:"picture"`
}

// Histogram counts the distances of a group's images to one center in one metric.
type Histogram struct {
	Low    float64 `json:"low"` // of the first bin
	High   float64 `json:"high"`
	Counts []int64 `json:"counts"` // bins of equal width
}

// Excluded is what the gate left out for one reason.
type Excluded struct {
	Reason    string    `json:"reason"`
	Channel   string    `json:"channel,omitempty"` // whose figures these are
	Meaning   string    `json:"meaning"`           // in plain words
	Threshold *float64  `json:"threshold"`
	Below     bool      `json:"below"` // figures below the threshold were left out, not above
	Count     int64     `json:"count"`
	Examples  []Example `json:"examples"`
}

// Example is an image with the figure it is an example for.
type Example struct {
	ImageID string  `json:"image_id"`
	Value   float64 `json:"value"`
	Picture int     `json:"picture"`
}

// Map is the latents in two dimensions, in columns: everything packed is
// little-endian, gzip, base64, and has one value a point.
type Map struct {
	Points      int          `json:"points"`
	Of          int64        `json:"of"` // images; more than Points: a sample by hash of the image id
	Projections []Projection `json:"projections"`
	Columns     []Column     `json:"columns"`
	IDs         string       `json:"ids"`   // packed: image ids, each ended by a zero byte
	Picks       []int32      `json:"picks"` // for each of Report.Picks its point, -1: not in the map

	// Thumbnails is one PNG data URI: pictures of some points, side by side in rows of ThumbnailColumns.
	Thumbnails       string  `json:"thumbnails"`
	ThumbnailSide    int     `json:"thumbnail_side"` // pixels
	ThumbnailColumns int     `json:"thumbnail_columns"`
	ThumbnailPoints  []int32 `json:"thumbnail_points"` // the point of each
}

// Projection is one way to two dimensions.
type Projection struct {
	Name            string  `json:"name"` // PCA, UMAP, t-SNE, or the columns of a scatter plot
	Axes            string  `json:"axes"` // what they are: "principal components 1 and 2: 31.0 % and 12.4 % of the variance"
	Trustworthiness float64 `json:"trustworthiness"`
	Neighbors       int     `json:"neighbours"`      // of the trustworthiness
	Rows            int     `json:"rows"`            // points that it was measured on
	Shown           []int32 `json:"shown,omitempty"` // points that have a place; absent: all
	XY              string  `json:"xy"`              // packed: uint16 x, uint16 y of each shown point, 0 to 65535 over the range, equal scale on both axes

	// Scatter is there where the axes are the two numbers of the vectors themselves.
	Scatter *Scatter `json:"scatter,omitempty"`
}

// Scatter says what the places of a scatter plot mean, and where the centers are.
type Scatter struct {
	X       ScatterAxis     `json:"x"`
	Y       ScatterAxis     `json:"y"`
	Centers []ScatterCenter `json:"centers"`
}

// ScatterAxis has the numbers that are at 0 and at 65535.
type ScatterAxis struct {
	Name string  `json:"name"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

// ScatterCenter is a center that images were picked by, in the units of the axes.
type ScatterCenter struct {
	Group  int     `json:"group"`  // of Report.Groups
	Center string  `json:"center"` // mean
	X      float64 `json:"x"`
	Y      float64 `json:"y"`
}

// Column colors the map.
type Column struct {
	Name       string   `json:"name"`                 // cluster, label, Metadata_x, mse
	Categories []string `json:"categories,omitempty"` // then Values are packed uint16 indices, 65535 for none
	Low        float64  `json:"low"`                  // else packed float32, NaN for none, between these (1st and 99th percentile)
	High       float64  `json:"high"`
	Values     string   `json:"values"`
}

// Model is the encoder and how well it works.
type Model struct {
	Architecture string   `json:"architecture"` // one line
	Layers       []string `json:"layers"`       // one line a layer: kind, shape, parameters
	Parameters   int64    `json:"parameters"`   // encoder and decoder
	Latent       int      `json:"latent"`
	Source       string   `json:"source"` // trained here, or the files it was imported from

	// Loss has the columns of training_log.csv; absent for imported models.
	Loss []Curve `json:"loss,omitempty"`

	// Enough has what train measured of how much training is enough; absent where it did not.
	Enough *Enough `json:"enough,omitempty"`

	Reconstructions []Reconstruction `json:"reconstructions"`
	MSE             *Histogram       `json:"mse,omitempty"`
	Worst           []Example        `json:"worst"`          // by MSE
	Codes           *Histogram       `json:"codes"`          // of all latents' values
	Interpolations  []Interpolation  `json:"interpolations"` // between picks, through the decoder

	// Training is what train kept of its epochs; absent where there is nothing.
	Training *Training `json:"training,omitempty"`
}

// Curve is one line of a plot over epochs.
type Curve struct {
	Name   string    `json:"name"`
	Epochs []float64 `json:"epochs"`
	Values []float64 `json:"values"`
}

// Reconstruction is an image and what the decoder makes of its latents.
type Reconstruction struct {
	ImageID string   `json:"image_id"`
	Picture int      `json:"picture"`
	Decoded int      `json:"decoded"`
	MSE     *float64 `json:"mse"`
}

// Interpolation is a row of pictures from one pick to another.
type Interpolation struct {
	From     string `json:"from"`
	To       string `json:"to"`
	Pictures []int  `json:"pictures"` // decoded, the ends as well
}

// Provenance says how the selection came to be and how to repeat it.
type Provenance struct {
	Hashes   []Named     `json:"hashes"`   // what, SHA-256
	Counts   []Reconcile `json:"counts"`   // sums that add up
	Versions []Named     `json:"versions"` // code, formats, Go
	Settings []Named     `json:"settings"` // parameters in words
	Commands []string    `json:"commands"` // to repeat it

	Methods    string      `json:"methods"` // a paragraph to quote, with figures
	References []Reference `json:"references"`
	BibTeX     string      `json:"bibtex"` // the same
}

// Named is a name and a value.
type Named struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Reconcile is a total and its parts.
type Reconcile struct {
	Step  string  `json:"step"` // shard, encode, select
	Total Count   `json:"total"`
	Parts []Count `json:"parts"`
}

// Count is a number of images.
type Count struct {
	Name   string `json:"name"`
	Images int64  `json:"images"`
}

// Reference is a publication of a method that was used.
type Reference struct {
	Key  string `json:"key"`
	Text string `json:"text"`
	URL  string `json:"url"`
	For  string `json:"for"` // what was done by it
}
