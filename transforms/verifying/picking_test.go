package verifying

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/data/listing"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/encoding"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
	"exemplar/transforms/sharding"
)

// again makes another selection of a workflow, in the folder selection.
func again(t *testing.T, dir string, change func(c *selecting.Config)) []schemas.Pick {
	t.Helper()
	c := selecting.Config{Input: filepath.Join(dir, "latents"), Shards: filepath.Join(dir, "shards"), Output: filepath.Join(dir, "selection"), Overwrite: true,
		Parameters: schemas.SelectionParameters{Scopes: []string{"cluster", "global"}, Clusters: 4, Top: 6, Centers: []string{"mean"}, Metrics: []string{"euclidean"}, Assignments: true,
			Seed: 1, Restarts: 3, MaxPasses: 20, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
	change(&c)
	check(t, c.Validate())
	_, err := selecting.Run(t.Context(), c, runtest.Direct)
	check(t, err)
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
	check(t, err)
	data, err := os.ReadFile(filepath.Join(dir, "selection", schemas.SelectionParquet))
	check(t, err)
	picks, err := tables.Picks(data, &m)
	check(t, err)
	return picks
}

func idsOf(picks []schemas.Pick, scope string) (ids []string) {
	for _, p := range picks {
		if p.Scope == scope {
			ids = append(ids, p.ImageID)
		}
	}
	return ids
}

// TestWaysOfPickingHold makes selections in every way there is to pick, and
// recomputes them.
func TestWaysOfPickingHold(t *testing.T) {
	dir := workflow(t)
	plain := again(t, dir, func(*selecting.Config) {})
	list := filepath.Join(dir, "list.txt")
	far := idsOf(plain, "cluster")[5]
	near := idsOf(plain, "global")[:2]
	csv := filepath.Join(dir, "list.csv")
	check(t, os.WriteFile(list, []byte(far+"\n"), 0o666))
	check(t, os.WriteFile(csv, []byte("well,image_id\nA1,\""+near[0]+"\"\nA2,"+near[1]+"\n"), 0o666))
	for name, tc := range map[string]struct {
		change func(c *selecting.Config)
		wrong  func(picks []schemas.Pick) bool
	}{
		"budget": {func(c *selecting.Config) { c.Parameters.Top, c.Parameters.Picking.Budget = 0, 17 },
			func(p []schemas.Pick) bool { return len(idsOf(p, "cluster")) != 17 || len(idsOf(p, "global")) != 17 }},
		"default": {func(c *selecting.Config) { c.Parameters.Top, c.Parameters.Clusters = 0, 0 },
			func(p []schemas.Pick) bool { return len(idsOf(p, "cluster")) != 14 || len(idsOf(p, "global")) != 14 }},
		"facility": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Metrics = "facility", schemas.Metrics
		}, func(p []schemas.Pick) bool { return slices.Equal(idsOf(p, "cluster"), idsOf(plain, "cluster")) }},
		"facility in another space": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Space, c.Parameters.Picking.MinDistance = "facility", "zscore", 0.1
		}, func(p []schemas.Pick) bool { return len(p) < 12 }},
		"representative": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = "representative", 0, 12
			c.Parameters.Metrics, c.Parameters.Scopes = schemas.Metrics, []string{"cluster", "global", "label"}
		}, func(p []schemas.Pick) bool {
			clustered, all := idsOf(p, "cluster"), idsOf(p, "global")
			slices.Sort(clustered)
			slices.Sort(all)
			return len(all) != 24 || !slices.Equal(clustered, all) || slices.Equal(all, idsOf(plain, "global"))
		}},
		"representative with hands": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = "representative", 0, 12
			c.Include, c.Exclude, c.Parameters.Space, c.Parameters.Picking.MinDistance = list, csv, "zscore", 0.1
		}, func(p []schemas.Pick) bool {
			return !slices.Contains(idsOf(p, "global"), far) || slices.ContainsFunc(p, func(p schemas.Pick) bool { return slices.Contains(near, p.ImageID) })
		}},
		"balance": {func(c *selecting.Config) {
			c.Parameters.Top, c.Parameters.Picking.Budget, c.Balance = 0, 12, "run:equal,label"
		}, func(p []schemas.Pick) bool {
			runs := map[string]int{}
			for _, pick := range p {
				runs[pick.Scope+pick.ImageID[:4]]++
			}
			return len(runs) != 4 || runs["clusterrun0"] != 6 || runs["globalrun1"] != 6
		}},
		"the middle": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Picking.Candidates, c.Include = "nearest", "middle", list
		}, func(p []schemas.Pick) bool {
			return idsOf(p, "global")[0] != far || slices.Equal(idsOf(p, "cluster"), idsOf(plain, "cluster"))
		}},
		"range": {func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Metrics, c.Exclude = "range", 2, schemas.Metrics, csv
			c.Parameters.Scopes = []string{"cluster*Metadata_run", "global", "label"}
		}, func(p []schemas.Pick) bool {
			return len(idsOf(p, "global")) < 16 || p[0].Position != "typical" || slices.ContainsFunc(p, func(p schemas.Pick) bool { return slices.Contains(near, p.ImageID) })
		}},
		"crossed": {func(c *selecting.Config) {
			c.Parameters.Scopes, c.Parameters.Top = []string{"Metadata_run*label", "cluster"}, 3
		},
			func(p []schemas.Pick) bool {
				ids := idsOf(p, "Metadata_run*label")
				return len(ids) < 6 || p[0].GroupID != p[0].Metadata[len(p[0].Metadata)-1]
			}},
		"crossed clusters": {func(c *selecting.Config) {
			c.Parameters.Scopes, c.Parameters.Centers, c.Parameters.Metrics = []string{"cluster*Metadata_run", "label*cluster"}, schemas.Centers, schemas.Metrics
		}, func(p []schemas.Pick) bool {
			return len(idsOf(p, "cluster*Metadata_run")) < 6*8*len(schemas.Centers) || !strings.HasPrefix(p[0].GroupID, "c00+run") || len(p[0].Metadata) != 2
		}},
		"crossed clusters of the middle": {func(c *selecting.Config) {
			c.Parameters.Scopes, c.Parameters.Clustering, c.Parameters.FineClusters = []string{"cluster*Metadata_run"}, schemas.ClusteringHierarchical, 8
			c.Parameters.Picking.Strategy, c.Parameters.Picking.Candidates = "nearest", "middle"
		}, func(p []schemas.Pick) bool { return len(p) == 0 }},
		"representative of crossed clusters": {func(c *selecting.Config) {
			c.Parameters.Scopes, c.Parameters.Top, c.Parameters.Picking.Budget = []string{"cluster*Metadata_run*label", "cluster"}, 0, 12
			c.Parameters.Picking.Strategy = "representative"
		}, func(p []schemas.Pick) bool { return len(p) != 24 }},
		"min distance": {func(c *selecting.Config) { c.Parameters.Picking.MinDistance = 0.5 },
			func(p []schemas.Pick) bool { return slices.Equal(idsOf(p, "global"), idsOf(plain, "global")) }},
		"include": {func(c *selecting.Config) { c.Include = list },
			func(p []schemas.Pick) bool {
				return idsOf(p, "global")[0] != far || p[len(p)-1].Rank != 6 || !slices.Equal(idsOf(p, "global")[1:3], near)
			}},
		"exclude": {func(c *selecting.Config) { c.Exclude = csv },
			func(p []schemas.Pick) bool {
				return slices.ContainsFunc(p, func(p schemas.Pick) bool { return slices.Contains(near, p.ImageID) })
			}},
		"one file and one group": {func(c *selecting.Config) { c.Parameters.Scopes = []string{"label"}; c.Exclude, c.Include = csv, list },
			func(p []schemas.Pick) bool { return len(p) < 12 }},
	} {
		picks := again(t, dir, tc.change)
		if tc.wrong(picks) {
			t.Errorf("%s: picks %v and %v", name, idsOf(picks, "cluster"), idsOf(picks, "global"))
		}
		if problems := verify(t, dir, "selection"); len(problems) > 0 {
			t.Errorf("%s: %s", name, strings.Join(problems, "\n"))
		}
	}
}

// TestTheMiddleIsRecomputed: what a manifest says of the middle of its groups is compared.
func TestTheMiddleIsRecomputed(t *testing.T) {
	f := forger{t, workflow(t)}
	for field, change := range map[string]func(m *schemas.Middle){
		"rows":    func(m *schemas.Middle) { m.Rows++ },
		"columns": func(m *schemas.Middle) { m.Columns = m.Columns[1:] },
		"widened": func(m *schemas.Middle) { m.Widened++ },
		"widest":  func(m *schemas.Middle) { m.Widest++ },
	} {
		again(t, f.dir, func(c *selecting.Config) {
			c.Parameters.Picking.Strategy, c.Parameters.Picking.Candidates = "nearest", "middle"
		})
		f.selection(func(m *schemas.SelectionManifest) { change(m.Sets[0].Middle) })
		if problems := verify(t, f.dir, "selection"); len(problems) != 1 || !strings.Contains(problems[0], "the middle of the groups is ") {
			t.Errorf("%s: %q", field, problems)
		}
	}
}

// TestTheRangeIsRecomputed: what a manifest says of the distances of its groups is compared,
// and so are the positions of picks.
func TestTheRangeIsRecomputed(t *testing.T) {
	f := forger{t, workflow(t)}
	made := func() {
		again(t, f.dir, func(c *selecting.Config) { c.Parameters.Picking.Strategy, c.Parameters.Top = "range", 1 })
	}
	for field, change := range map[string]func(s *schemas.Spread){
		"q1":       func(s *schemas.Spread) { s.Q1 *= 1.01 },
		"q3":       func(s *schemas.Spread) { s.Q3 *= 1.01 },
		"fence":    func(s *schemas.Spread) { s.Fence += 0.01 },
		"inliers":  func(s *schemas.Spread) { s.Inliers++ },
		"outliers": func(s *schemas.Spread) { s.Outliers++ },
		"p25":      func(s *schemas.Spread) { s.P25 *= 1.01 },
		"p75":      func(s *schemas.Spread) { s.P75 *= 1.01 },
		"nearer":   func(s *schemas.Spread) { s.NearerP75++ },
		"group":    func(s *schemas.Spread) { s.GroupID += "x" },
	} {
		made()
		f.selection(func(m *schemas.SelectionManifest) { change(&m.Sets[0].Spreads[0]) })
		if problems := verify(t, f.dir, "selection"); len(problems) != 1 || !strings.Contains(problems[0], "distances spread as") {
			t.Errorf("%s: %q", field, problems)
		}
	}
	made()
	r, err := Run(t.Context(), Config{Input: filepath.Join(f.dir, "selection")})
	check(t, err)
	if len(r.Problems) > 0 || !strings.Contains(strings.Join(r.Checked, "\n"), "the positions of picks among the distances of their groups") {
		t.Errorf("%q, checked: %q", r.Problems, r.Checked)
	}
	f.selection(func(m *schemas.SelectionManifest) { m.Sets[0].Spreads = nil })
	if problems := verify(t, f.dir, "selection"); len(problems) != 1 || !strings.Contains(problems[0], "how their distances spread") {
		t.Errorf("none: %q", problems)
	}
	got, want := schemas.Pick{Position: schemas.PositionExtreme}, schemas.Pick{Position: schemas.PositionOutlier}
	if what := difference(got, want); what != `position is "extreme", the latents give "outlier"` {
		t.Error(what)
	}
}

// TestExtend: the picks of an earlier selection keep their ranks, whatever the
// way in which new ones are picked, and all of it is recomputed.
func TestExtend(t *testing.T) {
	dir := workflow(t)
	first := again(t, dir, func(c *selecting.Config) { c.Parameters.Picking.Strategy = "facility" })
	earlier := filepath.Join(dir, "earlier")
	check(t, os.CopyFS(earlier, os.DirFS(filepath.Join(dir, "selection"))))
	longer := again(t, dir, func(c *selecting.Config) { c.Extend, c.Parameters.Top = earlier, 9 })
	if len(longer) <= len(first) {
		t.Errorf("%d picks, extended from %d", len(longer), len(first))
	}
	for _, p := range first {
		if !slices.ContainsFunc(longer, func(q schemas.Pick) bool {
			return q.ImageID == p.ImageID && q.Rank == p.Rank && q.Scope == p.Scope && q.GroupID == p.GroupID && q.Distance == p.Distance
		}) {
			t.Errorf("rank %d of %s %s, %s, is another one in the longer selection", p.Rank, p.Scope, p.GroupID, p.ImageID)
		}
	}
	if problems := verify(t, dir, "selection"); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	// Representative picks go on from them.
	again(t, dir, func(c *selecting.Config) {
		c.Extend, c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = earlier, "representative", 0, len(idsOf(first, "cluster"))+10
	})
	if problems := verify(t, dir, "selection"); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	// Of the earlier picks those that are excluded are thrown out, and others picked.
	out := []string{first[0].ImageID, first[3].ImageID}
	list := filepath.Join(dir, "out.txt")
	check(t, os.WriteFile(list, []byte(strings.Join(out, "\n")), 0o666))
	replaced := again(t, dir, func(c *selecting.Config) {
		c.Extend, c.Exclude, c.Parameters.Picking.Strategy = earlier, list, "facility"
	})
	if len(replaced) != len(first) {
		t.Errorf("%d picks, %d before two images were thrown out", len(replaced), len(first))
	}
	named := func(picks []schemas.Pick, p schemas.Pick) bool {
		return slices.ContainsFunc(picks, func(q schemas.Pick) bool {
			return q.ImageID == p.ImageID && q.Scope == p.Scope && q.GroupID == p.GroupID
		})
	}
	for i, p := range first {
		if thrown := slices.Contains(out, p.ImageID); named(replaced, p) == thrown {
			t.Errorf("%s of %s %s, to be thrown out: %v, is a pick: %v", p.ImageID, p.Scope, p.GroupID, thrown, !thrown)
		} else if q := replaced[i]; !thrown && q.ImageID != p.ImageID || q.Rank != p.Rank || q.GroupID != p.GroupID {
			t.Errorf("row %d is %s, rank %d of %s, and was %s, rank %d of %s", i, q.ImageID, q.Rank, q.GroupID, p.ImageID, p.Rank, p.GroupID)
		}
	}
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
	check(t, err)
	slices.Sort(out)
	if !slices.Equal(m.Parameters.Picking.Exclude, out) || m.EarlierHands == nil || !slices.Equal(m.EarlierHands.Dropped, out) {
		t.Errorf("of %q the manifest says %+v", out, m.EarlierHands)
	}
	if set := m.Sets[0]; len(set.Replaced) != 2 || set.Replaced[0].ImageID != first[0].ImageID || set.Replaced[0].By != replaced[0].ImageID || set.Replaced[0].Rank != 1 {
		t.Errorf("replaced are %+v", set.Replaced)
	}
	for want, forge := range map[string]func(m *schemas.SelectionManifest){
		"2 picks replaced are":            func(m *schemas.SelectionManifest) { m.Sets[0].Replaced[1].By += "x" },
		"1 pick replaced are":             func(m *schemas.SelectionManifest) { m.Sets[0].Replaced = m.Sets[0].Replaced[:1] },
		", and had rank 1 in the earlier": func(m *schemas.SelectionManifest) { m.Parameters.Picking.Extend.Targets[0].Struck[0].Rank = 2 },
		"was struck out of": func(m *schemas.SelectionManifest) {
			p := &m.Parameters.Picking
			p.Extend.Targets[0].Struck[0].ImageID = replaced[0].ImageID
			p.Exclude = append(p.Exclude, replaced[0].ImageID)
			slices.Sort(p.Exclude)
		},
		"not by exclude, or not in order": func(m *schemas.SelectionManifest) { m.Parameters.Picking.Extend.Targets[0].Struck[0].Rank = 0 },
	} {
		forged := t.TempDir()
		check(t, os.CopyFS(forged, os.DirFS(dir)))
		f := forger{t, forged}
		f.selection(forge)
		r, err := Run(t.Context(), Config{Input: filepath.Join(forged, "selection")})
		text := fmt.Sprint(err)
		if err == nil {
			text = fmt.Sprint(r.Problems)
		}
		if !strings.Contains(text, want) {
			t.Errorf("%q is not among %s", want, text)
		}
	}
	if problems := verify(t, dir, "selection"); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	// A selection that extends this one knows of it.
	other := filepath.Join(dir, "other earlier")
	check(t, os.CopyFS(other, os.DirFS(filepath.Join(dir, "selection"))))
	again(t, dir, func(c *selecting.Config) { c.Extend, c.Parameters.Top = other, 9 })
	m, _, err = outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(dir, "selection", schemas.SelectionFile))
	check(t, err)
	if m.EarlierHands == nil || !slices.Equal(m.EarlierHands.Exclude, out) || m.EarlierHands.Unknown {
		t.Errorf("what extends it says %+v", m.EarlierHands)
	}
	for want, change := range map[string]func(c *selecting.Config){
		"nothing is picked: none of the 1": func(c *selecting.Config) {
			var ids strings.Builder
			m, _, err := outdir.ReadJSON[schemas.LatentsManifest](t.Context(), filepath.Join(c.Input, schemas.LatentsFile))
			check(t, err)
			for _, f := range m.Files {
				rows, err := parquet.ReadFile[struct {
					ID string `parquet:"image_id"`
				}](filepath.Join(c.Input, f.File))
				check(t, err)
				for _, r := range rows {
					fmt.Fprintln(&ids, r.ID)
				}
			}
			c.Exclude, c.Extend = filepath.Join(dir, "all"), ""
			check(t, os.WriteFile(c.Exclude, []byte(ids.String()), 0o666))
		},
		"that selection has other groups": func(c *selecting.Config) { c.Parameters.Clusters = 5 },
		"there is no selection.json":      func(c *selecting.Config) { c.Extend = t.TempDir() },
		"selection.json was changed since": func(c *selecting.Config) { // by hand
			c.Extend = t.TempDir()
			check(t, os.CopyFS(c.Extend, os.DirFS(earlier)))
			name := filepath.Join(c.Extend, schemas.SelectionFile)
			data, err := os.ReadFile(name)
			check(t, err)
			check(t, os.WriteFile(name, bytes.Replace(data, []byte(`"top": `), []byte(`"top": 1`), 1), 0o666))
		},
		`1 of 2 ids is not in`: func(c *selecting.Config) {
			c.Exclude = filepath.Join(dir, "unknown")
			check(t, os.WriteFile(c.Exclude, []byte(first[0].ImageID+"\nnowhere\n"), 0o666))
		},
	} {
		c := selecting.Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "other"), Extend: earlier,
			Parameters: schemas.SelectionParameters{Scopes: []string{"cluster", "global"}, Clusters: 4, Top: 9, Centers: []string{"mean"}, Metrics: []string{"euclidean"},
				Seed: 1, Restarts: 3, MaxPasses: 20, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
		change(&c)
		if _, err := selecting.Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, want)
		}
	}
}

// TestExtendGrown extends selections of two thirds of the collection, with other
// shards: their picks come first, in their order, and all of it is recomputed. An
// image that is gone or another one by now is named.
func TestExtendGrown(t *testing.T) {
	dir := workflow(t)
	part := func(extra string) string {
		small := t.TempDir()
		input, from := filepath.Join(small, "input"), filepath.Join(made, "input")
		check(t, os.CopyFS(input, os.DirFS(from)))
		for i := 100; i < 150; i++ {
			check(t, os.Remove(filepath.Join(input, fmt.Sprintf("run%d", i%2), fmt.Sprintf("cell %02d.png", i))))
		}
		c := selecting.Config{Input: filepath.Join(small, "latents"), Output: filepath.Join(small, "selection"),
			Parameters: schemas.SelectionParameters{Scopes: []string{"cluster", "global"}, Clusters: 3, Top: 4, Centers: []string{"mean", "medoid"}, Metrics: []string{"euclidean"},
				Seed: 1, Restarts: 3, MaxPasses: 20, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
		if extra != "" {
			data, err := os.ReadFile(filepath.Join(input, "run1", "cell 03.png"))
			check(t, err)
			check(t, os.WriteFile(filepath.Join(input, extra), data, 0o666))
			c.Include = filepath.Join(small, "list")
			check(t, os.WriteFile(c.Include, []byte(extra), 0o666))
		}
		_, err := sharding.Run(t.Context(), sharding.Config{Listing: listing.Config{Inputs: []string{input}}, Output: filepath.Join(small, "shards"), Shards: 2,
			Fit: "reject", Bits: "keep", Compression: "none", MaxPixels: sharding.DefaultMaxPixels}, runtest.Direct)
		check(t, err)
		_, err = encoding.Run(t.Context(), encoding.Config{Shards: filepath.Join(small, "shards"), Model: filepath.Join(made, "model"),
			Output: filepath.Join(small, "latents"), Layout: "list", Reconstruct: true, Batch: 8}, runtest.Direct)
		check(t, err)
		_, err = selecting.Run(t.Context(), c, runtest.Direct)
		check(t, err)
		return c.Output
	}
	earlier := part("")
	m, _, err := outdir.ReadJSON[schemas.SelectionManifest](t.Context(), filepath.Join(earlier, schemas.SelectionFile))
	check(t, err)
	data, err := os.ReadFile(filepath.Join(earlier, schemas.SelectionParquet))
	check(t, err)
	first, err := tables.Picks(data, &m)
	check(t, err)
	extend := func(c *selecting.Config) {
		c.Extend, c.Parameters.Top, c.Parameters.Centers = earlier, 20, []string{"mean", "medoid"}
	}
	longer := again(t, dir, extend)
	rank := map[[4]string]int32{}
	place := map[[3]string]int{}
	count := map[[3]string]int{}
	for i, p := range longer {
		rank[[4]string{p.Scope, p.Center, p.ImageID, p.SHA256}] = p.Rank
		place[[3]string{p.Scope, p.Center, p.ImageID}] = i
		count[[3]string{p.Scope, p.Center, p.GroupID}]++
	}
	last := map[[3]string]int32{} // rank of the latest earlier pick of a group
	kept := map[[3]string]int{}
	for _, p := range first {
		r, there := rank[[4]string{p.Scope, p.Center, p.ImageID, p.SHA256}]
		if !there {
			t.Fatalf("%s is no pick of scope %s any more", p.ImageID, p.Scope)
		}
		group := [3]string{p.Scope, p.Center, longer[place[[3]string{p.Scope, p.Center, p.ImageID}]].GroupID}
		if r <= last[group] {
			t.Errorf("%s of %v has rank %d, behind an earlier pick with %d", p.ImageID, group, r, last[group])
		}
		last[group] = r
		kept[group]++
	}
	for group, n := range kept {
		if int(last[group]) != n || count[group] <= n {
			t.Errorf("%v: %d earlier picks have the ranks to %d, of %d", group, n, last[group], count[group])
		}
	}
	if problems := verify(t, dir, "selection"); len(problems) > 0 {
		t.Error(strings.Join(problems, "\n"))
	}
	for extra, want := range map[string]string{
		"run0/cell 999.png": `, the first is "run0/cell 999.png": `,
		"run0/cell 06.png":  `its pick "run0/cell 06.png" has other pixels in`,
	} {
		earlier = part(extra)
		c := selecting.Config{Input: filepath.Join(dir, "latents"), Output: filepath.Join(dir, "other"),
			Parameters: schemas.SelectionParameters{Scopes: []string{"cluster", "global"}, Clusters: 4, Metrics: []string{"euclidean"},
				Seed: 1, Restarts: 3, MaxPasses: 20, Gate: schemas.GateParameters{Mode: schemas.GateAuto}}}
		extend(&c)
		if _, err := selecting.Run(t.Context(), c, runtest.Direct); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %v, want one line with %q", err, want)
		}
	}
}

// TestForgedPicking: what a manifest says about how images were picked is
// recomputed too.
func TestForgedPicking(t *testing.T) {
	for want, forge := range map[string]func(m *schemas.SelectionManifest){
		"duplicates within": func(m *schemas.SelectionManifest) { m.Sets[0].DuplicateDistance *= 2 },
		"groups short":      func(m *schemas.SelectionManifest) { m.Sets[0].Short++ },
		"0 sets of picks":   func(m *schemas.SelectionManifest) { m.Sets = nil },
		"fingerprint is":    func(m *schemas.SelectionManifest) { m.Parameters.Picking.MinDistance = 0.01 },
		"the objective is":  func(m *schemas.SelectionManifest) { m.Sets[0].Objective = &schemas.Objective{Rows: 9} },
	} {
		f := forger{t, workflow(t)}
		f.selection(forge)
		if problems := verify(t, f.dir, "selection"); !strings.Contains(strings.Join(problems, "\n"), want) {
			t.Errorf("%q is not among the problems %q", want, problems)
		}
	}
}

// TestForgedObjective: every figure of what representative picks reach is recomputed.
func TestForgedObjective(t *testing.T) {
	dir := workflow(t)
	again(t, dir, func(c *selecting.Config) {
		c.Parameters.Picking.Strategy, c.Parameters.Top, c.Parameters.Picking.Budget = "representative", 0, 12
	})
	for name, forge := range map[string]func(o *schemas.Objective){
		"rows":    func(o *schemas.Objective) { o.Rows++ },
		"error":   func(o *schemas.Objective) { o.Error *= 1.001 },
		"energy":  func(o *schemas.Objective) { o.Energy *= 0.999 },
		"quality": func(o *schemas.Objective) { o.Quality *= 0.999 },
		"columns": func(o *schemas.Objective) { o.Columns = o.Columns[1:] },
	} {
		forged := t.TempDir()
		check(t, os.CopyFS(forged, os.DirFS(dir)))
		f := forger{t, forged}
		f.selection(func(m *schemas.SelectionManifest) { forge(m.Sets[1].Objective) })
		if problems := verify(t, forged, "selection"); !strings.Contains(strings.Join(problems, "\n"), "the objective is") {
			t.Errorf("%s: the problems are %q", name, problems)
		}
	}
}

// TestObjectiveRounds: where picks are distributed as the sample is, what is left of the energy
// distance is rounding, which another order of the sums changes.
func TestObjectiveRounds(t *testing.T) {
	want := &schemas.Objective{Rows: 10, Error: 0.5}
	for energy, same := range map[float64]bool{-3e-13: true, 3e-13: true, 1e-6: false} {
		if got := sameObjective(&schemas.Objective{Rows: 10, Error: 0.5, Energy: energy}, want); got != same {
			t.Errorf("energy %g against 0: %v", energy, got)
		}
	}
}

// TestForgedBalance: what is said of the shares of a column is counted again.
func TestForgedBalance(t *testing.T) {
	dir := workflow(t)
	again(t, dir, func(c *selecting.Config) {
		c.Parameters.Top, c.Parameters.Picking.Budget, c.Balance = 0, 12, "run:equal"
	})
	for name, v := range map[string]struct {
		forge func(m *schemas.SelectionManifest)
		want  string
	}{
		"picks":    {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Counts[0].Picks++ }, "balance of Metadata_run: \"run0\" of"},
		"due":      {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Counts[1].Due-- }, "balance of Metadata_run: \"run1\" of"},
		"images":   {func(m *schemas.SelectionManifest) { m.Sets[1].Balance[0].Counts[0].Images++ }, "balance of Metadata_run: \"run0\" of"},
		"sampled":  {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Counts[0].Sampled++ }, "the balance is [{"},
		"off":      {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Off++ }, "off by 1; the latents give"},
		"values":   {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Values++ }, "3 values"},
		"gone":     {func(m *schemas.SelectionManifest) { m.Sets[0].Balance[0].Counts = m.Sets[0].Balance[0].Counts[1:] }, "1 listed"},
		"none":     {func(m *schemas.SelectionManifest) { m.Sets[0].Balance = nil }, "the balance of 0 columns, parameters name 1"},
		"price":    {func(m *schemas.SelectionManifest) { m.Sets[0].Objective.Free.Error *= 1.001 }, "the objective is"},
		"no price": {func(m *schemas.SelectionManifest) { m.Sets[0].Objective.Free = nil }, "the objective is"},
		"shares":   {func(m *schemas.SelectionManifest) { m.Parameters.Picking.Balance[0].Shares = schemas.QuotaProportional }, "equal shares"},
	} {
		forged := t.TempDir()
		check(t, os.CopyFS(forged, os.DirFS(dir)))
		f := forger{t, forged}
		f.selection(v.forge)
		if problems := verify(t, forged, "selection"); !strings.Contains(strings.Join(problems, "\n"), v.want) {
			t.Errorf("%s: %q is not among the problems %q", name, v.want, problems)
		}
	}
}
