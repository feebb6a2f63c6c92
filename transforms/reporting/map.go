package reporting

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/reporting/atlas"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/selection/spaces"
)

// Limits of the map.
const (
	embedded       = 20_000 // images of UMAP
	embeddedTSNE   = 5_000  // of t-SNE, whose time is that of their square
	trusted        = 2_000  // images that the trustworthiness is measured on
	trustNeighbors = 15
	maxCategories  = 1_000 // of a column that colors the map
	noCategory     = math.MaxUint16
)

// arrange orders the images that were kept for the map: by their hash, so that the
// first of them are a sample, and behind the points wanted only those that are
// picked. It returns their vectors.
func arrange(kept []row, points int, picked map[string]bool) ([]row, []float32) {
	slices.SortFunc(kept, func(a, b row) int {
		return cmp.Or(cmp.Compare(a.hash, b.hash), strings.Compare(a.ImageID, b.ImageID))
	})
	var rows []row
	for i, r := range kept {
		if i < points || picked[r.ImageID] {
			rows = append(rows, r)
		}
	}
	x := make([]float32, 0, len(rows)*len(kept[0].x))
	for i := range rows {
		x = append(x, rows[i].x...)
	}
	return rows, x
}

// newMap projects the images of the map and packs what they are colored by.
func newMap(in *inputs, g *grouping, space *spaces.Space, rows []row, x []float32, picks []Pick) *Map {
	m := &Map{Points: len(rows), Of: in.latents.Rows, Picks: make([]int32, len(picks)), Columns: columns(in, g, rows)}
	at := make(map[string]int32, len(rows))
	var ids strings.Builder
	for i, r := range rows {
		at[r.ImageID] = int32(i)
		ids.WriteString(r.ImageID)
		ids.WriteByte(0)
	}
	m.IDs = pack([]byte(ids.String()))
	shown := map[int32]bool{}
	for i, p := range picks {
		m.Picks[i] = -1
		if place, ok := at[p.ImageID]; ok {
			m.Picks[i] = place
			shown[place] = true
		}
	}
	if len(x) == 2*len(rows) {
		m.Projections = append(m.Projections, scatter(in, g, space, x))
	} else {
		m.Projections = append(m.Projections, principal(x, len(rows)))
	}
	switch in.Embedding {
	case EmbeddingUMAP:
		m.Projections = append(m.Projections, umap(x, len(rows), in.Seed, shown))
	case EmbeddingTSNE:
		m.Projections = append(m.Projections, tsne(x, len(rows), in.Seed, shown))
	}
	return m
}

// principal projects all points on their principal components.
func principal(x []float32, n int) Projection {
	d := len(x) / n
	xy, share := atlas.PCA(x, d)
	p := Projection{Name: "PCA", XY: packXY(xy),
		Axes: fmt.Sprintf("principal components 1 and 2: %.1f %% and %.1f %% of the variance", 100*share[0], 100*share[1])}
	p.trust(x, d, xy)
	return p
}

// umap embeds those that must be shown, and of the others the first, which are a
// sample: embedded ones in all, or what must be shown where that is more.
func umap(x []float32, n int, seed uint64, must map[int32]bool) Projection {
	p := Projection{Name: "UMAP", Axes: fmt.Sprintf("UMAP, 15 neighbors, seed %d: axes have no unit, and distances between far groups mean little", seed)}
	p.embed(x, n, embedded, must, func(rows []float32, d int) []float32 {
		return atlas.UMAP(rows, d, atlas.UMAPConfig{Seed: seed})
	})
	return p
}

// tsne does the same by t-SNE, of fewer images; see fewEnough.
func tsne(x []float32, n int, seed uint64, must map[int32]bool) Projection {
	p := Projection{Name: "t-SNE", Axes: fmt.Sprintf("t-SNE, perplexity 30, seed %d: axes have no unit, and distances between far groups and sizes of groups mean little", seed)}
	p.embed(x, n, embeddedTSNE, must, func(rows []float32, d int) []float32 {
		meter := progress.Start(tsneStep, atlas.TSNESteps(), "iterations")
		defer meter.Stop()
		return atlas.TSNE(rows, d, atlas.TSNEConfig{Seed: seed, Did: func() { progress.Add(tsneStep, 1) }})
	})
	return p
}

// fewEnough refuses more picks than t-SNE shows: no picture leaves out a pick.
func (in *inputs) fewEnough() error {
	if in.Embedding == EmbeddingTSNE && in.selection.Picked > embeddedTSNE {
		return fmt.Errorf("Config.Embedding=%s: shows %s images at most, and %s are picked; %s shows more",
			EmbeddingTSNE, progress.Count(embeddedTSNE), progress.Count(in.selection.Picked), EmbeddingUMAP)
	}
	return nil
}

// MapMemory returns the bytes that the embedding of so many images takes, where it counts.
func (c Config) MapMemory(images int64) int64 {
	if c.Embedding != EmbeddingTSNE {
		return 0
	}
	n := min(images, embeddedTSNE)
	return 4 * n * n
}

// embed places so many of n points, all that must be shown among them.
func (p *Projection) embed(x []float32, n, so int, must map[int32]bool, place func(rows []float32, d int) []float32) {
	d := len(x) / n
	rows := x
	if n > so {
		p.Shown = shownOf(n, so, must)
		rows = make([]float32, 0, len(p.Shown)*d)
		for _, i := range p.Shown {
			rows = append(rows, x[int(i)*d:(int(i)+1)*d]...)
		}
	}
	xy := place(rows, d)
	p.XY = packXY(xy)
	p.trust(rows, d, xy)
}

// shownOf chooses so many of n points: those that must be, and the first of the
// others. They are in order.
func shownOf(n, so int, must map[int32]bool) (shown []int32) {
	free := max(0, so-len(must))
	for i := range int32(n) {
		switch {
		case must[i]:
			shown = append(shown, i)
		case free > 0:
			shown = append(shown, i)
			free--
		}
	}
	return shown
}

// trust measures the trustworthiness on the first points.
func (p *Projection) trust(x []float32, d int, xy []float32) {
	p.Rows = min(trusted, len(x)/d)
	p.Neighbors = min(trustNeighbors, (p.Rows-1)/2)
	if p.Neighbors < 1 {
		p.Neighbors, p.Rows = 0, 0
		return
	}
	p.Trustworthiness = atlas.Trustworthiness(x[:p.Rows*d], d, xy[:p.Rows*2], p.Neighbors)
}

// packXY packs places as 16-bit numbers, at one scale for both axes.
func packXY(xy []float32) string { return frameOf(xy).pack(xy) }

// frame is the square that holds all places: its middle and its side.
type frame struct {
	middle [2]float64
	span   float64
}

// frameOf returns the frame of some places, x and y in turn.
func frameOf(xy []float32) (f frame) {
	low, high := [2]float32{}, [2]float32{}
	for i, v := range xy {
		if i < 2 {
			low[i], high[i] = v, v
		}
		low[i%2], high[i%2] = min(low[i%2], v), max(high[i%2], v)
	}
	if f.span = float64(max(high[0]-low[0], high[1]-low[1])); f.span == 0 {
		f.span = 1
	}
	for j := range 2 {
		f.middle[j] = (float64(low[j]) + float64(high[j])) / 2
	}
	return f
}

// pack packs places as 16-bit numbers, 0 to 65535 over the frame.
func (f frame) pack(xy []float32) string {
	data := make([]byte, 0, 2*len(xy))
	for i, v := range xy {
		data = binary.LittleEndian.AppendUint16(data, uint16(min(65535, max(0, math.Round(32767.5+65535*(float64(v)-f.middle[i%2])/f.span)))))
	}
	return pack(data)
}

// columns are what the map is colored by.
func columns(in *inputs, g *grouping, rows []row) []Column {
	var list []Column
	add := func(name string, values []string) {
		if c, ok := categories(name, values); ok {
			list = append(list, c)
		}
	}
	text := func(of func(*row) string) []string {
		values := make([]string, len(rows))
		for i := range rows {
			values[i] = of(&rows[i])
		}
		return values
	}
	// The groups of a scope are of the images that may be picked, as everywhere else:
	// those that the condition or the gate left out are in none.
	grouped := func(name string, of func(*row) string) {
		scope := slices.Contains(in.selection.Parameters.CenterScopes(), name)
		add(name, text(func(r *row) string {
			if scope && r.excluded {
				return ""
			}
			return of(r)
		}))
	}
	if g.clusters != nil {
		grouped(schemas.ScopeCluster, func(r *row) string { return r.cluster })
	}
	for i, s := range g.scopes {
		if schemas.CrossesClusters(s.name) {
			grouped(s.name, func(r *row) string {
				if r.groups[i] < 0 {
					return ""
				}
				return g.groups[r.groups[i]].id
			})
		}
	}
	grouped(schemas.ScopeLabel, func(r *row) string { return r.label })
	for i, name := range in.latents.Spec.Metadata {
		grouped(name, func(r *row) string { return r.metadata[i] })
	}
	if in.selection.Outside > 0 {
		add("condition", text(func(r *row) string { return map[bool]string{false: "satisfied", true: "not satisfied"}[r.outside] }))
	}
	if len(in.selection.Exclusions) > 0 {
		reason := map[string]string{}
		for _, e := range in.selection.Exclusions {
			reason[e.ImageID] = schemas.ReasonOf(e.Reason, e.Channel)
		}
		add("quality gate", text(func(r *row) string {
			if r.outside {
				return "" // not judged
			}
			return cmp.Or(reason[r.ImageID], "passed")
		}))
	}
	number := func(name string, of func(*row) (float32, bool)) {
		values := make([]float32, len(rows))
		for i := range rows {
			v, ok := of(&rows[i])
			if values[i] = v; !ok {
				values[i] = float32(math.NaN())
			}
		}
		if c, ok := numbers(name, values); ok {
			list = append(list, c)
		}
	}
	number("mse", func(r *row) (float32, bool) { return r.mse, r.hasMSE })
	if in.latents.Spec.Source == "" {
		number("sharpness", func(r *row) (float32, bool) { return r.quality.Sharpness, true })
		number("foreground", func(r *row) (float32, bool) { return r.quality.Foreground, true })
		number("mean brightness", func(r *row) (float32, bool) { return r.quality.Mean, true })
	}
	return list
}

// categories packs a column of texts, sorted; "" is none. Columns that tell no
// images apart, or too many, are left out.
func categories(name string, values []string) (Column, bool) {
	names := slices.DeleteFunc(slices.Compact(slices.Sorted(slices.Values(values))), func(s string) bool { return s == "" })
	if len(names) == 0 || len(names) > maxCategories {
		return Column{}, false
	}
	number := map[string]uint16{"": noCategory}
	for i, s := range names {
		number[s] = uint16(i)
	}
	data := make([]byte, 0, 2*len(values))
	for _, s := range values {
		data = binary.LittleEndian.AppendUint16(data, number[s])
	}
	return Column{Name: name, Categories: names, Values: pack(data)}, true
}

// numbers packs a column of numbers, NaN for none.
func numbers(name string, values []float32) (Column, bool) {
	known := slices.DeleteFunc(slices.Clone(values), func(v float32) bool { return v != v })
	if len(known) == 0 {
		return Column{}, false
	}
	slices.Sort(known)
	at := func(q float64) float64 { return float64(known[int(math.Round(q*float64(len(known)-1)))]) }
	data := make([]byte, 0, 4*len(values))
	for _, v := range values {
		data = binary.LittleEndian.AppendUint32(data, math.Float32bits(v))
	}
	return Column{Name: name, Low: at(0.01), High: at(0.99), Values: pack(data)}, true
}

// pack returns data as gzip in base64; equal data give equal texts.
func pack(data []byte) string {
	var b bytes.Buffer
	w, err := gzip.NewWriterLevel(&b, gzip.BestCompression)
	if err == nil {
		_, err = w.Write(data)
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		panic(err) // a buffer takes everything
	}
	return base64.StdEncoding.EncodeToString(b.Bytes())
}
