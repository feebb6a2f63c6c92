package page

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"math/rand/v2"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
)

// trickyNames are image ids that break pages which read them as HTML, or expect ASCII.
var trickyNames = []string{
	`plate 1/<img src=x onerror="alert(1)">.tif`,
	`plate 1/</script><script>document.title="run"</script>.tif`,
	`plate 1/"quoted" & 'single'.tif`,
	`plate 1/größe_µm_細胞_🧬.tif`,
	`plate 1/{{data}} ${1} &lt;b&gt; <!--.tif`,
	"plate 1/\u202ertl tab\tline\u2028sep.tif",
}

// synthetic returns a report with that many picks over that many points, all of
// it drawn.
func synthetic(picks, points int) *reporting.Report {
	rng := rand.New(rand.NewPCG(1, 2))
	s := &sketch{rng: rng, Report: reporting.Report{
		Title:  `Picks of <b>"nuclei"</b> & more`,
		Images: int64(points), Picked: int64(picks), Shape: "256x256, 8 bits, 1 channel", Reduction: 4, Dimension: 64,
		DisplayLow: 0, DisplayHigh: 230, Full: 255, Metadata: []string{"Metadata_run", "Metadata_well"},
	}}
	s.groups(picks, points)
	s.grade(picks)
	s.exclude()
	s.scatter(points)
	s.orient()
	s.model()
	s.provenance()
	return &s.Report
}

// orient adds what the orientation explains, with advice.
func (s *sketch) orient() {
	s.Orientation = &reporting.Orientation{Images: 2048, Share: 0.23, Null: 0.004, Permuted: 19, Sentence: "How the objects lie explains 23 % of the variance of the latents.", Advice: "Turn them.",
		Each:   []reporting.Share{{Name: "2θ", Share: 0.2}, {Name: "4θ", Share: -0.001}},
		Angles: &reporting.Histogram{High: 180, Counts: []int64{3, 0, 9, 4, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 2}}}
}

type sketch struct {
	reporting.Report
	rng *rand.Rand
}

// draw adds a picture of a cell of a kind, with or without noise.
func (s *sketch) draw(kind int, noise float64) int {
	const side = 64
	img := image.NewGray(image.Rect(0, 0, side, side))
	turn, long, bright := s.rng.Float64(), 14+float64(kind%7)*2, 60+float64(kind*37%150)
	low, high := uint8(255), uint8(0)
	for y := range side {
		for x := range side {
			dx, dy := float64(x-side/2), float64(y-side/2)
			u, v := dx*math.Cos(turn)+dy*math.Sin(turn), dy*math.Cos(turn)-dx*math.Sin(turn)
			r := math.Sqrt(u*u/(long*long) + v*v/(100+float64(kind%3)*60))
			value := bright / (1 + math.Exp(12*(r-1)))
			value *= 1 + noise*s.rng.NormFloat64()
			g := uint8(math.Max(0, math.Min(255, value)))
			img.SetGray(x, y, color.Gray{Y: g})
			low, high = min(low, g), max(high, g)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // of memory
	}
	s.Pictures = append(s.Pictures, "data:image/png;base64,"+base64.StdEncoding.EncodeToString(b.Bytes()))
	s.Levels = append(s.Levels, [2]uint8{low, high})
	return len(s.Pictures) - 1
}

var kinds = []string{"interphase", "prophase", "metaphase", "anaphase", "télophase <5>"}

// groups makes clusters of ten picks each, with a second set by cosine for the first.
func (s *sketch) groups(picks, points int) {
	s.Eligible = int64(points) - 92
	per := 10
	for g := range (picks + per - 1) / per {
		n := min(per, picks-g*per)
		size := s.Eligible / int64((picks+per-1)/per)
		s.Groups = append(s.Groups, reporting.Group{Scope: "cluster", ID: fmt.Sprintf("%02d", g), Size: size, Share: float64(size) / float64(s.Eligible),
			Centers: []reporting.CenterView{{Center: "mean", Picture: s.draw(g, 0)}}})
		h := reporting.Histogram{Low: 0.2, High: 1.6, Counts: make([]int64, 40)}
		for i := range h.Counts {
			h.Counts[i] = int64(float64(size) / 12 * math.Exp(-math.Pow(float64(i)-14, 2)/60))
		}
		s.Histograms = append(s.Histograms, h)
		pool := []int{s.draw(g, 0.1), s.draw(g, 0.2), s.draw(g, 0.15)}
		for rank := 1; rank <= n; rank++ {
			s.Picks = append(s.Picks, s.pick(g, rank, "euclidean", pool))
		}
	}
	for rank := 1; rank <= 5; rank++ {
		p := s.Picks[rank-1]
		p.Metric, p.Rank = "cosine", rank
		s.Picks = append(s.Picks, p)
	}
	s.Scopes = []schemas.ScopeSummary{{Scope: "cluster", Groups: len(s.Groups), Images: s.Eligible - 12, Ungrouped: 12}}
	s.Parameters = schemas.SelectionParameters{Scopes: []string{"cluster"}, Centers: []string{"mean"}, Metrics: []string{"euclidean", "cosine"}, Top: per, Space: "raw"}
}

func (s *sketch) pick(g, rank int, metric string, pool []int) reporting.Pick {
	i := len(s.Picks)
	id := fmt.Sprintf("run%02d/well-A%d/cell_%05d.tif", i%4+1, i%8+1, i)
	if i < len(trickyNames) {
		id = trickyNames[i]
	}
	label, mse := kinds[(g+rank/4)%len(kinds)], 0.0004+0.0001*s.rng.Float64()
	distance := 0.25 + 0.01*float64(rank)
	percentile, weight := float64(rank)/9.7, 1/float64(rank*97)
	p := reporting.Pick{Group: g, Center: "mean", Metric: metric, Rank: rank, ImageID: id, Distance: distance, Percentile: &percentile,
		RankLow: int64(max(1, rank-2)), RankHigh: int64(rank + 3), Shard: int32(i % 20), Record: int64(i * 3), Offset: int64(i) * 65612,
		SHA256: "7df3e6c54e649a7fdd0ac1a5c43d580c2147429f0b362b271a7bf620c6e63a91", Label: &label, Metadata: []string{fmt.Sprintf("run%02d", i%4+1), fmt.Sprintf("A%d", i%8+1)},
		Weight: &weight, MSE: &mse, Cluster: fmt.Sprintf("%02d", g), Picture: s.draw(g, 0.12), Histogram: g}
	if rank < 10 {
		margin := 0.01
		p.Margin = &margin
		p.Next = &reporting.Other{ImageID: fmt.Sprintf("run%02d/next_%d.tif", g, rank), Distance: distance + margin, Picture: pool[rank%len(pool)]}
	}
	for n := range 5 {
		p.Neighbors = append(p.Neighbors, reporting.Other{ImageID: fmt.Sprintf("run%02d/near_%d.tif", g, n), Distance: 0.1 + 0.02*float64(n), Picture: pool[n%len(pool)]})
	}
	if rank%5 == 0 {
		p.Flags = []string{"stands for duplicates"}
	}
	return p
}

func (s *sketch) score(picks, random float64) schemas.Score {
	score := schemas.Score{Picks: picks, Low: math.Inf(1), High: math.Inf(-1)}
	for range 20 {
		v := random * (1 + 0.06*s.rng.NormFloat64())
		score.Random += v / 20
		score.Low, score.High = min(score.Low, v), max(score.High, v)
		score.Draws = append(score.Draws, v)
	}
	return score
}

func (s *sketch) grade(picks int) {
	space := func(name string, dimension int) schemas.SpaceGrade {
		g := schemas.SpaceGrade{Space: name, Dimension: dimension, Quantization: s.score(0.42, 0.6), Skill: schemas.Interval{Value: 0.3, Low: 0.25, High: 0.34},
			RadiusP50: s.score(0.5, 0.55), RadiusP99: s.score(1.1, 1.4), RadiusMax: s.score(2.2, 2.1), Coverage: s.score(0.71, 0.55), CoverageK: 5,
			MMD2: s.score(0.004, 0.006), Redundant: s.score(0.05, 0.04), Outliers: s.score(0, 0.01),
			Equivalent: schemas.Equivalent{Random: 3 * picks, Low: 2 * picks, High: 4 * picks}}
		for i, group := range s.Groups {
			g.Groups = append(g.Groups, schemas.GroupGrade{Group: group.ID, Picks: 10, Evaluated: 80, Skill: schemas.Interval{Value: 0.2 - 0.01*float64(i%30), Low: 0.1 - 0.01*float64(i%30), High: 0.3 - 0.01*float64(i%30)},
				RadiusP50: 0.4, RadiusP99: 1, RadiusMax: 1.9})
		}
		return g
	}
	set := schemas.SetGrade{Scope: "cluster", Center: "mean", Metric: "euclidean", Picks: picks,
		Sentence: fmt.Sprintf("%d picks represent the collection as well as %d random images (%d to %d in 20 draws).", picks, 3*picks, 2*picks, 4*picks),
		Spaces:   []schemas.SpaceGrade{space("raw", 64), space("whitened", 32)},
		Balance: []schemas.Balance{{Column: "cluster", Values: 20, Variation: s.score(0.12, 0.15)}, {Column: "label", Values: 5, Variation: s.score(0.2, 0.1)},
			{Column: "Metadata_well", Reason: "it has more values than picks"}},
		Bias: []schemas.Bias{{Column: "mse", Picks: 190, Percentile: schemas.Interval{Value: 37, Low: 34, High: 40}, P: 1e-9, Adjusted: 3e-9, Method: schemas.BiasNormal},
			{Column: "sharpness", Picks: 190, Percentile: schemas.Interval{Value: 49, Low: 46, High: 52}, P: 0.4, Adjusted: 0.8, Method: schemas.BiasMonteCarlo},
			{Column: "Metadata_<area>", Picks: 190, Percentile: schemas.Interval{Value: 60, Low: 57, High: 63}, P: 0, Adjusted: 0, Method: schemas.BiasNormal},
			{Column: "border_fraction", Reason: "all images have the same value"}},
		Batches: []schemas.BatchTest{{Column: "Metadata_run", Values: 4, ChiSquare: 21.3, Freedom: 3, P: 0.00009, Method: "chi-square", Over: []schemas.BatchShare{{Value: "run03 <new>", Picks: 48, Expected: 25.1}}}}}
	other := schemas.SetGrade{Scope: "cluster", Center: "mean", Metric: "cosine", Picks: 5, Sentence: "Not graded: 5 picks are too few.", Reason: "5 picks are too few"}
	mixtures := []schemas.Mixture{{Scope: "cluster", Centers: []string{"mean"}, Group: "00", Images: 1204, Populations: []float64{0.58, 0.3, 0.12}, Between: 0.21, Mixed: true}, {Scope: "cluster", Centers: []string{"mean"}, Group: "01", Images: 800, Populations: []float64{1}, Between: 0.93}}
	s.Grade = &schemas.Grade{Images: s.Eligible, Evaluated: 1000, Reference: 500, Pool: 800, Draws: 20, Whitening: &schemas.Whitening{Dimension: 32, Variance: 0.97, Rows: 2000},
		Sets: []schemas.SetGrade{set, other}, Mixtures: mixtures, Stability: &schemas.Stability{Rows: 1900, Reseeded: schemas.Interval{Value: 0.83, Low: 0.78, High: 0.9}, Halves: schemas.Interval{Value: 0.71, Low: 0.6, High: 0.8},
			PicksKept: []schemas.SetStability{{Center: "mean", Metric: "euclidean", Kept: schemas.Interval{Value: 0.6, Low: 0.5, High: 0.7}}}},
		Findings: []schemas.Finding{
			{Kind: schemas.FindingMixed, Scope: "cluster", Group: "00", Text: "mean of cluster 00: an average of 3 populations that lie apart (58 %, 30 %, 12 % of its images), between them at most 21 % as dense as beside; the picks may stand for none of them"},
			{Kind: schemas.FindingBatch, Scope: "cluster", Center: "mean", Metric: "euclidean", Text: "picks do not come from Metadata_run as images do: χ² 21.3, p 9e-05; most of all Metadata_run=run03 <new>, 48 picks where 25.1 are expected"},
		}}
	s.PickSets = []schemas.PickSet{{Scope: "cluster", Center: "mean", Metric: "euclidean", Picks: picks, TooNear: 3, Duplicates: []schemas.Duplicate{{GroupID: "00", ImageID: trickyNames[0], Reason: "pixels", Of: trickyNames[1]}, {GroupID: "01", ImageID: "run01/twin.tif", Reason: "near", Of: "run01/one.tif", Distance: 0.002}}}}
	s.Clustering = &schemas.Clustering{Clusters: 20, Passes: 9, Converged: true, Curve: []schemas.ClusterChoice{{Clusters: 5, Silhouette: 0.2, Stability: 0.9}, {Clusters: 10, Silhouette: 0.28, Stability: 0.85}, {Clusters: 20, Silhouette: 0.31, Stability: 0.83}, {Clusters: 40, Silhouette: 0.22, Stability: 0.6}}}
}

func (s *sketch) exclude() {
	limit := 0.012
	for i, reason := range []string{schemas.ReasonConstant, schemas.ReasonForeground, schemas.ReasonSharpness} {
		e := reporting.Excluded{Reason: reason, Meaning: []string{"all pixels are equal", "next to nothing in the image", "out of focus"}[i], Below: true, Count: int64(40 - 8*i)}
		if i > 0 {
			e.Threshold = &limit
		}
		for n := range 4 {
			e.Examples = append(e.Examples, reporting.Example{ImageID: fmt.Sprintf("run01/left_out_%d_%d.tif", i, n), Value: 0.001 * float64(n), Picture: s.draw(i*3, 0.4)})
		}
		s.Exclusions = append(s.Exclusions, e)
	}
}

// scatter puts the points into clusters of two projections.
func (s *sketch) scatter(points int) {
	m := &reporting.Map{Points: points, Of: int64(points) * 3, ThumbnailSide: 32, ThumbnailColumns: 40}
	var ids bytes.Buffer
	cluster, mse := make([]uint16, points), make([]float32, points)
	var names []string
	for g := range s.Groups {
		names = append(names, s.Groups[g].ID)
	}
	for i := range points {
		id := fmt.Sprintf("run%02d/well-A%d/cell_%06d.tif", i%4+1, i%8+1, i)
		if i%2 == 0 && i/2 < len(s.Picks) {
			id = s.Picks[i/2].ImageID
		}
		ids.WriteString(id + "\x00")
		cluster[i], mse[i] = uint16(i%len(names)), float32(0.0003+0.0001*s.rng.ExpFloat64())
	}
	for _, name := range []string{"PCA", "UMAP"} {
		xy := make([]uint16, 0, 2*points)
		spread := map[string]float64{"PCA": 5200, "UMAP": 2100}[name]
		for i := range points {
			angle := 2 * math.Pi * float64(i%len(names)) / float64(len(names))
			for _, c := range []float64{math.Cos(angle), math.Sin(angle)} {
				v := 32768 + 20000*c*(0.6+0.4*math.Cos(7*angle)) + spread*s.rng.NormFloat64()
				xy = append(xy, uint16(math.Max(0, math.Min(65535, v))))
			}
		}
		p := reporting.Projection{Name: name, Axes: "principal components 1 and 2: 31.0 % and 12.4 % of the variance", Trustworthiness: 0.91, Neighbors: 15, Rows: 5000, XY: pack(xy)}
		if name == "UMAP" { // half of the points
			p.Axes = "no unit; distances between far points say little"
			for i := 0; i < points; i += 2 {
				p.Shown = append(p.Shown, int32(i))
			}
			half := make([]uint16, 0, points)
			for _, i := range p.Shown {
				half = append(half, xy[2*i], xy[2*i+1])
			}
			p.XY = pack(half)
		}
		m.Projections = append(m.Projections, p)
	}
	m.Columns = []reporting.Column{{Name: "cluster", Categories: names, Values: pack(cluster)}, {Name: "mse", Low: 0.0003, High: 0.0008, Values: pack(mse)}}
	m.IDs = pack(ids.Bytes())
	for i := range s.Picks {
		m.Picks = append(m.Picks, int32(min(2*i, points-1)))
	}
	s.thumbnails(m, min(points, 1000))
	s.Map = m
}

func (s *sketch) thumbnails(m *reporting.Map, n int) {
	rows := (n + m.ThumbnailColumns - 1) / m.ThumbnailColumns
	sheet := image.NewGray(image.Rect(0, 0, m.ThumbnailColumns*m.ThumbnailSide, rows*m.ThumbnailSide))
	for i := range sheet.Pix {
		sheet.Pix[i] = uint8(i * 7 % 251)
	}
	for i := range n {
		m.ThumbnailPoints = append(m.ThumbnailPoints, int32(i*m.Points/n))
	}
	var b bytes.Buffer
	if err := png.Encode(&b, sheet); err != nil {
		panic(err)
	}
	m.Thumbnails = "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

func (s *sketch) model() {
	curve := func(name string, from float64) reporting.Curve {
		c := reporting.Curve{Name: name}
		for e := range 20 {
			c.Epochs, c.Values = append(c.Epochs, float64(e+1)), append(c.Values, from*math.Exp(-float64(e)/4)+0.0004)
		}
		return c
	}
	m := &reporting.Model{Architecture: "convolutional autoencoder, filters 16, 32, 64", Layers: []string{"conv 3x3 16, 256x256x16, 160 parameters", "dense 64, 64, 1,048,640 parameters"}, Parameters: 2_345_678, Latent: 64, Source: "trained here, 20 epochs",
		Loss: []reporting.Curve{curve("loss", 0.003), curve("val_loss", 0.0031)},
		MSE:  &reporting.Histogram{Low: 0, High: 0.001, Counts: []int64{1, 20, 80, 120, 60, 20, 6, 2, 0, 1}}, Codes: &reporting.Histogram{Low: -3, High: 3, Counts: []int64{2, 40, 800, 20000, 900, 30, 3}}}
	mse := 0.0004
	for i := range min(8, len(s.Picks)) {
		m.Reconstructions = append(m.Reconstructions, reporting.Reconstruction{ImageID: s.Picks[i].ImageID, Picture: s.Picks[i].Picture, Decoded: s.draw(i, 0.02), MSE: &mse})
		m.Worst = append(m.Worst, reporting.Example{ImageID: s.Picks[i].ImageID, Value: 0.001, Picture: s.Picks[i].Picture})
	}
	for i := range 2 {
		walk := reporting.Interpolation{From: s.Picks[i].ImageID, To: s.Picks[i+1].ImageID}
		for n := range 9 {
			walk.Pictures = append(walk.Pictures, s.draw(n, 0))
		}
		m.Interpolations = append(m.Interpolations, walk)
	}
	m.Training = s.training()
	m.Enough = s.enough()
	s.Model = m
}

// enough is a training that had nothing more to give behind a fifth; at the first moment nothing is known.
func (s *sketch) enough() *reporting.Enough {
	e := &reporting.Enough{Images: 1972, At: 4, Sentence: "From 20 % of the run on the skill of the picks is no lower than at the end."}
	for i, share := range []float64{0.01, 0.02, 0.05, 0.1, 0.2, 0.4, 0.7, 1} {
		row := reporting.EnoughRow{Share: share, Images: int64(160_000 * share), Epochs: 20 * share, Loss: 0.0004 + 0.003*math.Exp(-20*share), Picks: 100}
		if skill, off, less, zero := 0.3-0.2/float64(i+1), 0.01, 0.2/float64(i+1), 0.004; i > 0 {
			row.Skill, row.Error, row.Change, row.ChangeError = &skill, &off, &less, &zero
		}
		e.Rows = append(e.Rows, row)
	}
	return e
}

// training draws what a model made of images after some of its epochs, less noisy with each.
func (s *sketch) training() *reporting.Training {
	t := &reporting.Training{Epochs: []int{1, 5, 9, 13, 17, 18, 20}, Of: 20, Kept: 18}
	for i := range 4 {
		t.Originals, t.Noisy = append(t.Originals, s.draw(i, 0)), append(t.Noisy, s.draw(i, 0.3))
	}
	for _, epoch := range t.Epochs {
		var list []int
		for i := range t.Originals {
			list = append(list, s.draw(i, 1/float64(epoch)))
		}
		t.Decoded = append(t.Decoded, list)
	}
	return t
}

func (s *sketch) provenance() {
	s.Provenance = reporting.Provenance{
		Hashes: []reporting.Named{{Name: "model", Value: "8d02ef0a0ff1fe56f831ca48b2ee13200b2cc22183323205e9ebf36f2b451c67"}}, Versions: []reporting.Named{{Name: "Go", Value: "go1.26"}},
		Settings:   []reporting.Named{{Name: "clusters", Value: "20, k-means with 10 restarts"}, {Name: "seed", Value: "1"}},
		Counts:     []reporting.Reconcile{{Step: "select", Total: reporting.Count{Name: "in the latents", Images: s.Images}, Parts: []reporting.Count{{Name: "eligible", Images: s.Eligible}, {Name: "left out", Images: s.Images - s.Eligible}}}},
		Commands:   []string{"exemplar shard --input='images & more' --output=shards", "exemplar select --input=latents --output=selection"},
		Methods:    "Of 100,000 images, 92 were left out by the quality gate. The others were clustered by k-means (20 clusters, 10 restarts, seed 1), and the 10 images nearest to the mean of each cluster were picked.",
		References: []reporting.Reference{{Key: "lloyd1982", Text: "Lloyd SP. Least squares quantization in PCM. IEEE Trans Inf Theory 28, 129–137 (1982).", URL: "https://doi.org/10.1109/TIT.1982.1056489", For: "clustering"}},
		BibTeX:     "@article{lloyd1982, title={Least squares quantization in {PCM}}, author={Lloyd, Stuart P.}, year={1982}}\n",
	}
}

// pack is how a map's columns are packed.
func pack(values any) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if err := binary.Write(z, binary.LittleEndian, values); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
