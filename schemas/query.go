package schemas

import (
	"fmt"
	"slices"
	"strings"
)

// QueryFormat is the value of "format" in a QueryManifest.
const QueryFormat = "exemplar.query/1"

// File names inside the folder of a query.
const (
	QueryFile         = "query.json"
	QueryVector       = "query.npy" // the vector that was compared, float32
	NeighboursCSV     = "neighbours.csv"
	NeighboursParquet = "neighbours.parquet"
	TailsCSV          = "tails.csv"
	TailsParquet      = "tails.parquet"
	ContactSheet      = "contact_sheet.png"
)

// TailsMSE is the value of QueryParameters.Tails.
const TailsMSE = "mse"

// Ends of the reconstruction errors, the values of Tail.End.
const (
	EndBest  = "best"  // the smallest errors
	EndWorst = "worst" // the largest
)

// Ends are both, in the order of the table.
var Ends = []string{EndBest, EndWorst}

// MaxQueryTop is the largest number of images that a query finds of each kind.
const MaxQueryTop = 10_000

// Neighbour is a row of neighbours.csv and neighbours.parquet.
type Neighbour struct {
	Rank     int64   `parquet:"rank"` // from 1, of each metric
	ImageID  string  `parquet:"image_id"`
	Distance float64 `parquet:"distance"`
	Metric   string  `parquet:"metric,dict"` // one of Metrics
}

// Tail is a row of tails.csv and tails.parquet.
type Tail struct {
	Rank    int64   `parquet:"rank"` // from 1, of each end: the outermost first
	ImageID string  `parquet:"image_id"`
	MSE     float32 `parquet:"mse"` // as in the latents
	End     string  `parquet:"end,dict"`
}

// QueryParameters are the choices that decide what a query finds.
type QueryParameters struct {
	Image   string   `json:"image,omitempty"` // an image id, or a file's name without its folder
	Tails   string   `json:"tails,omitempty"` // TailsMSE, instead of Image
	Top     int      `json:"top"`
	Metrics []string `json:"metrics,omitempty"` // of Image
}

// Validate reports the first parameter that is wrong, by its field.
func (p QueryParameters) Validate() error {
	switch {
	case p.Image == "" && p.Tails == "":
		return fmt.Errorf("Config.Image is missing: give an image id of the latents, or the name of an image file; or Config.Tails=%s", TailsMSE)
	case p.Image != "" && p.Tails != "":
		return fmt.Errorf("Config.Tails=%s: is asked instead of Config.Image, not with it: make two queries", p.Tails)
	case p.Tails != "" && p.Tails != TailsMSE:
		return fmt.Errorf("Config.Tails=%s: must be %s", p.Tails, TailsMSE)
	case p.Top < 1 || p.Top > MaxQueryTop:
		return fmt.Errorf("Config.Top=%d: must be 1 to %d", p.Top, MaxQueryTop)
	case p.Tails != "":
		return nil
	}
	return chosen("Config.Metrics", p.Metrics, oneOf(Metrics...), strings.Join(Metrics, ", "))
}

// QueryImage says which image was compared with the others.
type QueryImage struct {
	ImageID string `json:"image_id,omitempty"` // of the latents; "" of a file
	// File is the sha256 of the bytes of a file, "" of an image of the latents; Pixels that of
	// the pixels as they are in a shard, "" of vectors of another program.
	File   string `json:"file_sha256,omitempty"`
	Pixels string `json:"pixels_sha256,omitempty"`
}

// QuerySheet says what the contact sheet shows.
type QuerySheet struct {
	Images int     `json:"images"` // cells with an image of the collection
	Low    float64 `json:"low"`    // pixel value that is black
	High   float64 `json:"high"`   // and white
	// Difference is the absolute difference of pixel and reconstruction that is white.
	Difference float64 `json:"difference,omitempty"`
	// Channels are those of images that are neither gray nor RGB, each with its own range; Low and
	// High are then the whole range.
	Channels []ShownChannel `json:"channels,omitempty"`
}

// QueryManifest is query.json: which images of a collection are like one image, or are
// reconstructed best and worst. It is written last.
type QueryManifest struct {
	Format      string          `json:"format"`
	CodeVersion string          `json:"code_version"`
	Fingerprint string          `json:"fingerprint"`
	Latents     string          `json:"latents"` // sha256 of _latents.json
	ModelSHA256 string          `json:"model_sha256"`
	Dimension   int             `json:"dimension"`
	Rows        int64           `json:"rows"` // images of the latents
	Parameters  QueryParameters `json:"parameters"`
	Query       *QueryImage     `json:"query,omitempty"`  // nil with Tails
	Shards      string          `json:"shards,omitempty"` // sha256 of shards.json, where the sheet is made of them
	Sheet       *QuerySheet     `json:"sheet,omitempty"`
	Found       int64           `json:"found"` // rows of the table
	Files       []FileInfo      `json:"files"`
	SHA256      string          `json:"sha256"` // of this file with this field empty
}

// Table returns the name of the CSV file of the query.
func (m *QueryManifest) Table() (csv, parquet string) {
	if m.Parameters.Tails != "" {
		return TailsCSV, TailsParquet
	}
	return NeighboursCSV, NeighboursParquet
}

// Validate checks that the manifest is one this code reads and fits together.
func (m *QueryManifest) Validate() error {
	if m.Format != QueryFormat {
		return fmt.Errorf("format is %q, this version reads %q", m.Format, QueryFormat)
	}
	if err := Recorded(m.Parameters.Validate(), m.Parameters); err != nil {
		return err
	}
	if (m.Query == nil) != (m.Parameters.Tails != "") {
		return fmt.Errorf("query and parameters do not fit together")
	}
	if q := m.Query; q != nil && (q.ImageID == "") == (q.File == "") {
		return fmt.Errorf("query must have either image_id or file_sha256")
	}
	if q := m.Query; q != nil && q.ImageID != "" && q.ImageID != m.Parameters.Image {
		return fmt.Errorf("query is of image %q, parameters name %q", q.ImageID, m.Parameters.Image)
	}
	if (m.Sheet == nil) != (m.Shards == "") {
		return fmt.Errorf("sheet and shards do not fit together")
	}
	var names []string
	for _, f := range m.Files {
		names = append(names, f.File)
	}
	if want := m.Names(); !slices.Equal(names, want) {
		return fmt.Errorf("files are %q, want %q", names, want)
	}
	return nil
}

// Names returns which files the folder has, in the order of the manifest.
func (m *QueryManifest) Names() (names []string) {
	csv, parquet := m.Table()
	names = []string{csv, parquet}
	if m.Query != nil {
		names = append(names, QueryVector)
	}
	if m.Sheet != nil {
		names = append(names, ContactSheet)
	}
	return names
}

// IsOfQuery reports whether a file of that name is one that a query writes.
func IsOfQuery(name string) bool {
	return slices.Contains([]string{NeighboursCSV, NeighboursParquet, TailsCSV, TailsParquet, QueryVector, ContactSheet}, name)
}
