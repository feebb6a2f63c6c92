package clustering

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/kmeans"
	"exemplar/transforms/selection/rows"
)

func init() {
	beam.RegisterDoFn(reflect.TypeFor[*scanFn]())
	beam.RegisterDoFn(reflect.TypeFor[*statsFn]())
	beam.RegisterDoFn(reflect.TypeFor[*checkFn]())
	for _, t := range []reflect.Type{reflect.TypeFor[rows.File](), reflect.TypeFor[Scanned](), reflect.TypeFor[Stats]()} {
		beamrun.RegisterElement(t)
	}
}

// Scanned is what the first pass found in some files, encoded.
type Scanned struct{ JSON []byte }

// Counts is the content of a Scanned.
type Counts struct {
	Rows, Eligible int64
	Outside        int64                       // rows that do not satisfy the condition
	MaxAbs         float64                     // largest magnitude of a coordinate of an eligible row
	Values         map[string]map[string]int64 // by column: eligible rows of each value
	Exclusions     []schemas.Exclusion
	Gate           schemas.Gate // of all files

	Extent     float64       // largest difference that two eligible rows of one bundle have in a coordinate
	Largest    string        // the first image that has a coordinate of MaxAbs
	Magnitudes map[int]int64 // eligible rows by the exponent of their largest magnitude; rows of zeros are not counted
	bounds     bounds
}

// Decode returns what s holds.
func (s Scanned) Decode() (c Counts, err error) {
	err = json.Unmarshal(s.JSON, &c)
	return c, err
}

// Encode returns counts as they cross a stage.
func (c Counts) Encode() (Scanned, error) {
	data, err := json.Marshal(c)
	return Scanned{data}, err
}

func (c *Counts) fold(o *Counts) {
	c.Rows, c.Eligible, c.Outside = c.Rows+o.Rows, c.Eligible+o.Eligible, c.Outside+o.Outside
	c.largest(o.MaxAbs, o.Largest)
	for exponent, n := range o.Magnitudes {
		c.magnitude(exponent, n)
	}
	c.bounds.fold(&o.bounds)
	c.Extent = max(c.Extent, o.Extent, c.bounds.extent())
	for column, values := range o.Values {
		if c.Values[column] == nil {
			c.Values[column] = map[string]int64{}
		}
		for value, n := range values {
			c.Values[column][value] += n
		}
	}
	c.Exclusions = append(c.Exclusions, o.Exclusions...)
	c.Gate = o.Gate
}

// JoinCounts adds up the results of the first pass; exclusions are sorted by
// image id.
func JoinCounts(scans []Scanned) (Counts, error) {
	total := Counts{Values: map[string]map[string]int64{}}
	for _, s := range scans {
		c, err := s.Decode()
		if err != nil {
			return total, err
		}
		total.fold(&c)
	}
	slices.SortFunc(total.Exclusions, func(a, b schemas.Exclusion) int { return strings.Compare(a.ImageID, b.ImageID) })
	return total, nil
}

// Scan is the first pass: it checks every row, lists what the gate excludes, and
// counts, also what the condition leaves out, and the values of some columns ("label" and
// of the files' metadata). It takes PCollection<File> and returns PCollection<Scanned>. A coordinate that is not a
// finite number is an error, and so is a file that is not the manifest's.
func Scan(s beam.Scope, columns, metadata []string, files beam.PCollection) beam.PCollection {
	return beam.ParDo(s.Scope("clustering.Scan"), &scanFn{Columns: columns, Metadata: metadata}, files)
}

type scanFn struct {
	Columns  []string // whose values are counted
	Metadata []string // Metadata_ columns of the files
	bundle   beamrun.Fold[Counts]
}

// ProcessElement starts the scan of one file.
func (f *scanFn) ProcessElement(ctx context.Context, file rows.File, _ func(Scanned)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*Counts, error) { return f.scan(ctx, file) }, (*Counts).fold)
	return nil
}

// FinishBundle emits the counts of the bundle's files.
func (f *scanFn) FinishBundle(_ context.Context, emit func(Scanned)) error {
	return beamrun.EmitOne(&f.bundle, emit, (*Counts).Encode)
}

func (f *scanFn) scan(ctx context.Context, file rows.File) (*Counts, error) {
	if err := file.CheckSum(ctx); err != nil {
		return nil, err
	}
	c := &Counts{Values: map[string]map[string]int64{}, Gate: file.Gate}
	for _, column := range f.Columns {
		c.Values[column] = map[string]int64{}
	}
	err := rows.EachBatch(ctx, file, latents.IDs|latents.Labels|latents.Metadata, func(b *rows.Batch) error {
		for i := range b.N {
			largest := 0.0
			for _, v := range b.Latent(i) {
				a := math.Abs(float64(v))
				if !(a <= math.MaxFloat32) {
					return fmt.Errorf("%s: the latent of %q is not a finite number: encode again", file.Path, b.ImageID[i])
				}
				largest = max(largest, a)
			}
			f.count(c, b, i, largest)
		}
		progress.Add(rows.Counter, int64(b.N))
		return nil
	})
	c.Extent = c.bounds.extent()
	return c, err
}

// Checked compares files with the manifest, as Scan does, in a run that goes on where
// another has scanned them. It takes and returns PCollection<rows.File>.
func Checked(s beam.Scope, files beam.PCollection) beam.PCollection {
	return beam.ParDo(s.Scope("clustering.Checked"), &checkFn{}, files)
}

type checkFn struct{ bundle beamrun.Fold[[]rows.File] }

// ProcessElement starts reading one file.
func (f *checkFn) ProcessElement(ctx context.Context, file rows.File, _ func(rows.File)) error {
	f.bundle.Go(ctx, func(ctx context.Context) (*[]rows.File, error) {
		return &[]rows.File{file}, file.CheckSum(ctx)
	}, beamrun.Extend)
	return nil
}

// FinishBundle sends the bundle's files on.
func (f *checkFn) FinishBundle(_ context.Context, emit func(rows.File)) error {
	return beamrun.EmitAll(&f.bundle, emit)
}

// count counts the row at position i of a batch.
func (f *scanFn) count(c *Counts, b *rows.Batch, i int, largest float64) {
	c.Rows++
	switch j := b.Judge(i); {
	case j.Outside:
		c.Outside++
		return
	case j.Reason != "":
		c.Exclusions = append(c.Exclusions, schemas.Exclusion{ImageID: b.ImageID[i], Reason: j.Reason, Channel: j.Channel, Value: j.Value, Threshold: j.Threshold})
		return
	}
	c.Eligible++
	c.largest(largest, b.ImageID[i])
	if largest > 0 {
		_, exponent := math.Frexp(largest)
		c.magnitude(exponent, 1)
	}
	c.bounds.add(b.Latent(i))
	for _, column := range f.Columns {
		if value, ok := b.Value(slices.Index(f.Metadata, column), i); ok {
			c.Values[column][value]++
		}
	}
}

// Stats is what later passes need of the counts: one element.
type Stats struct {
	Eligible     int64
	Columns      []string // whose values were counted
	Values       []Values // of Columns
	Shift, Bound int      // Scale
}

// Values are the different values of a column in eligible rows, sorted.
type Values struct{ Names []string }

// Scale returns the fixed point of exact sums over the rows.
func (s Stats) Scale() kmeans.Scale { return kmeans.Scale{Shift: s.Shift, Bound: s.Bound} }

// Requirements are the least that a selection needs of the counts.
type Requirements struct {
	Clusters  int      // eligible rows; 0: one is enough
	Scopes    []string // whose columns have at least one value, and not too many
	Dimension int
	Input     string // the latents, as an error calls them
	Foreign   bool   // they are vectors of another program
}

// Summarize joins the counts into PCollection<Stats> of one element, and fails
// in one line where they do not meet the requirements.
func Summarize(s beam.Scope, need Requirements, scans beam.PCollection) beam.PCollection {
	s = s.Scope("clustering.Summarise")
	return beam.ParDo(s, &statsFn{Need: need}, beam.Impulse(s), beam.SideInput{Input: scans})
}

type statsFn struct{ Need Requirements }

// ProcessElement joins all counts.
func (f *statsFn) ProcessElement(_ []byte, scans []Scanned) (Stats, error) {
	c, err := JoinCounts(scans)
	if err == nil {
		err = f.Need.check(c)
	}
	scale := kmeans.NewScale(c.MaxAbs, c.Eligible, f.Need.Dimension)
	if err == nil {
		err = resolves(f.Need.Input, scale, c)
	}
	if err != nil {
		return Stats{}, beamrun.Fail(err)
	}
	stats := Stats{Eligible: c.Eligible, Columns: schemas.ColumnsOf(f.Need.Scopes), Shift: scale.Shift, Bound: scale.Bound}
	for _, column := range stats.Columns {
		stats.Values = append(stats.Values, Values{slices.Sorted(maps.Keys(c.Values[column]))})
	}
	return stats, nil
}

// maxValues bounds the groups of a scope: a column with more is no label.
const maxValues = 10000

// faults says what images that the gate excludes are.
var faults = map[string]string{schemas.ReasonConstant: "all pixels equal", schemas.ReasonForeground: "blank", schemas.ReasonSaturated: "saturated",
	schemas.ReasonBorder: "cut by the edge", schemas.ReasonSharpness: "out of focus", schemas.ReasonNoise: "noise", schemas.ReasonMSE: "badly reconstructed"}

// reasons counts the excluded images by reason, most first.
func (c Counts) reasons() string {
	var list []string
	for _, r := range c.byReason() {
		list = append(list, fmt.Sprintf("%s %s", words.Count(r.n), schemas.ReasonOf(faults[r.reason], r.channel)))
	}
	return strings.Join(list, ", ")
}

// relaxing names the fields that let images pass that are excluded.
func (c Counts) relaxing() string {
	var list []string
	for _, r := range c.byReason() {
		for _, f := range (schemas.GateParameters{}).Flags() {
			if f.Reason == r.reason && !slices.Contains(list, f.Field+"=off") {
				list = append(list, f.Field+"=off")
			}
		}
	}
	if len(list) == 0 {
		return "Config.Gate.Mode=off"
	}
	return strings.Join(list, ", ") + ", or Config.Gate.Mode=off"
}

type reasonCount struct {
	reason, channel string
	n               int
}

func (c Counts) byReason() (list []reasonCount) {
	counts := map[reasonCount]int{}
	for _, e := range c.Exclusions {
		counts[reasonCount{reason: e.Reason, channel: e.Channel}]++
	}
	for of, n := range counts {
		of.n = n
		list = append(list, of)
	}
	slices.SortFunc(list, func(a, b reasonCount) int {
		return cmp.Or(b.n-a.n, strings.Compare(a.reason, b.reason), strings.Compare(a.channel, b.channel))
	})
	return list
}

func (r Requirements) check(c Counts) error {
	inside, of := c.Rows-c.Outside, ""
	if c.Outside > 0 {
		of = " inside Config.Where"
	}
	switch {
	case c.Eligible == 0:
		return fmt.Errorf("none of %s%s passed the quality gate: %s; look at what was encoded, or give exemplar select %s",
			words.Plural(inside, "image", "images"), of, c.reasons(), c.relaxing())
	case int64(r.Clusters) > c.Eligible:
		return fmt.Errorf("Config.Clusters=%d is more than the %s that the quality gate leaves of %d%s: ask for fewer clusters", r.Clusters, words.Plural(c.Eligible, "image", "images"), inside, of)
	}
	for _, scope := range r.Scopes {
		column := schemas.ColumnOf(scope)
		if column == "" {
			continue
		}
		hint := "encode with another encoding.Config.MetadataPattern or encoding.Config.MetadataCSV, or leave it out"
		if r.Foreign {
			hint = "fill the column in, or leave it out"
		}
		if column == schemas.ScopeLabel {
			hint = "shard with sharding.Config.LabelPattern or sharding.Config.Labels, or leave it out"
			if r.Foreign {
				hint = "name the column of labels with ingesting.Config.LabelColumn, or a table of them with Config.Labels, or leave it out"
			}
		}
		n := len(c.Values[column])
		switch {
		case n == 0:
			return fmt.Errorf("Config.Scopes=%s: no eligible image has a value of %s: %s", scope, named(column, scope), hint)
		case n > maxValues:
			return fmt.Errorf("Config.Scopes=%s: %d different values are more than %d groups: %s", scope, n, maxValues, hint)
		case schemas.CrossesClusters(scope):
			if err := CheckCrossed(scope, r.Clusters, n); err != nil {
				return err
			}
		}
	}
	return nil
}

// named names a column after the scope that has it.
func named(column, scope string) string {
	if column == scope {
		return "it"
	}
	return column
}

// CheckCrossed refuses more groups of clusters and values than a scope may have.
func CheckCrossed(scope string, clusters, values int) error {
	if int64(clusters)*int64(values) <= maxValues {
		return nil
	}
	return fmt.Errorf("Config.Scopes=%s: %s of %s are more than %d groups: ask for at most %d with Config.Clusters, or cross a column of fewer values",
		scope, words.Plural(clusters, "cluster", "clusters"), words.Plural(values, "value", "values"), maxValues, max(1, maxValues/values))
}
