package picking

import (
	"cmp"
	"iter"
	"math"
	"slices"

	"exemplar/model/nearest"
	"exemplar/schemas"
	"exemplar/transforms/selection/kmeans"
)

// BalancedColumns are the columns of the latents whose distribution the picks of
// Representative share: the reconstruction error, sharpness, brightness and size of an image.
var BalancedColumns = []string{schemas.ColMSE, schemas.ColSharpness, schemas.ColMean, schemas.ColObject}

// EarlierColumns are those of selections that were made before latents had
// object_fraction: every pixel of an image that is not masked is foreground.
var EarlierColumns = []string{schemas.ColMSE, schemas.ColSharpness, schemas.ColMean, schemas.ColForeground}

// KnownColumns are those of Candidate.Quality: all of both lists.
var KnownColumns = append(slices.Clone(EarlierColumns), schemas.ColObject)

// ChannelColumns are those of BalancedColumns that each channel has, too, of images with channels:
// QualityOf has their figures behind those of KnownColumns, channel by channel.
var ChannelColumns = BalancedColumns[1:] // without the mse

// channelColumn names number i of Candidate.Quality, one behind KnownColumns.
func channelColumn(i int) string {
	i -= len(KnownColumns)
	return schemas.ChannelColumn(ChannelColumns[i%len(ChannelColumns)], i/len(ChannelColumns))
}

// QualityOf returns what Candidate.Quality holds of an image with the figures of some
// channels. Vectors of other programs have zeros.
func QualityOf(q schemas.Quality, hasObject bool, mse float32, hasMSE bool, channels ...schemas.Quality) []float32 {
	if !hasMSE {
		mse = float32(math.NaN())
	}
	if !hasObject {
		q.Object = float32(math.NaN())
	}
	list := append(make([]float32, 0, len(KnownColumns)+len(channels)*len(ChannelColumns)), mse, q.Sharpness, q.Mean, q.Foreground, q.Object)
	for c := range channels {
		for _, name := range ChannelColumns {
			list = append(list, channels[c].Of(name))
		}
	}
	return list
}

// coarseness is a clustering within whose clusters quality is compared.
type coarseness struct {
	clusters int
	seed     uint64
}

// The scores of an image are means over several clusterings, so that where the borders between
// clusters lie decides little.
var (
	coarse        = []coarseness{{20, 1}, {20, 2}, {10, 3}, {10, 4}}
	earlierCoarse = []coarseness{{20, 1}}
)

const (
	coarseRows     = 50 // of the sample for each coarse cluster, at least
	coarseRestarts = 3
)

// scoresOf returns scores of the quality of candidates, rows x columns, and which columns
// these are: those of some, and of channels, that are known of all candidates and not constant. The score of a
// value is a function of its mid-rank, a share, among the candidates of the same coarse cluster, as a
// mean over clusterings: it does not depend on the unit, nor on what differs from one kind of
// cells to another.
func scoresOf(pool []Candidate, x []float32, d int, of []string, within []coarseness, score func(share float64) float32) (scores []float32, columns []string) {
	var known, tried []int
	for _, name := range of {
		tried = append(tried, slices.Index(KnownColumns, name))
	}
	for column := len(KnownColumns); len(pool) > 0 && column < len(pool[0].Quality); column++ {
		tried = append(tried, column)
	}
	for _, column := range tried {
		name := ""
		if column < len(KnownColumns) {
			name = KnownColumns[column]
		} else {
			name = channelColumn(column)
		}
		least, most := math.Inf(1), math.Inf(-1)
		for i := range pool {
			if len(pool[i].Quality) <= column || math.IsNaN(float64(pool[i].Quality[column])) {
				least = math.NaN()
				break
			}
			least, most = min(least, float64(pool[i].Quality[column])), max(most, float64(pool[i].Quality[column]))
		}
		if least < most {
			known, columns = append(known, column), append(columns, name)
		}
	}
	if len(known) == 0 {
		return nil, nil
	}
	scores = make([]float32, len(pool)*len(columns))
	for _, c := range within {
		for _, members := range c.members(x, len(pool), d) {
			for at, column := range known {
				for first, end := range ties(pool, members, column) {
					score := score(float64(first+end)/float64(2*len(members))) / float32(len(within))
					for _, i := range members[first:end] {
						scores[i*len(columns)+at] += score
					}
				}
			}
		}
	}
	return scores, columns
}

// ties sorts members by a column and yields where equal values begin and end.
func ties(pool []Candidate, members []int, column int) iter.Seq2[int, int] {
	slices.SortFunc(members, func(i, j int) int {
		return cmp.Or(cmp.Compare(pool[i].Quality[column], pool[j].Quality[column]), cmp.Compare(i, j))
	})
	return func(yield func(first, end int) bool) {
		for first, end := 0, 0; first < len(members); first = end {
			value := pool[members[first]].Quality[column]
			for end = first; end < len(members) && pool[members[end]].Quality[column] == value; end++ {
			}
			if !yield(first, end) {
				return
			}
		}
	}
}

func uniform(p float64) float32 { return float32(p) }

// normal returns the quantile of the normal distribution.
func normal(p float64) float32 { return float32(math.Sqrt2 * math.Erfinv(2*p-1)) }

// members returns those of the coarse clusters of n rows of d numbers.
func (c coarseness) members(x []float32, n, d int) [][]int {
	k := max(1, min(c.clusters, n/coarseRows))
	sample := kmeans.Sample{X: x, Weights: slices.Repeat([]float64{1}, n), D: d}
	centers, _ := kmeans.Fit(sample, k, c.seed, coarseRestarts)
	labels, d2 := make([]int32, n), make([]float64, n)
	nearest.New(centers, d).Find(labels, d2, x)
	members := make([][]int, len(centers)/d)
	for i, label := range labels {
		members[label] = append(members[label], i)
	}
	return members
}
