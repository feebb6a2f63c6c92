package reporting

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
)

// unpacked returns what a column of the map holds.
func unpacked(t *testing.T, packed string) []byte {
	t.Helper()
	data, err := base64.StdEncoding.DecodeString(packed)
	check(t, err)
	z, err := gzip.NewReader(bytes.NewReader(data))
	check(t, err)
	all, err := io.ReadAll(z)
	check(t, err)
	return all
}

// TestGather: the report of a selection says of every pick what the tables and the
// latents say of it, and its figures add up.
func TestGather(t *testing.T) {
	c := linear(t)
	s, err := Open(t.Context(), c)
	check(t, err)
	m, picks := &s.in.selection, s.in.picks
	r, err := s.Gather(t.Context())
	check(t, err)
	if r.Title != fmt.Sprintf("%d of 48 images", m.Picked) || r.Images != 48 || r.Eligible != m.Eligible || r.Shape == "" || r.Reduction != 1 || len(r.Levels) != len(r.Pictures) {
		t.Errorf("title %q, %d images, %d eligible, shape %q, reduced to 1/%d, %d pictures and the levels of %d", r.Title, r.Images, r.Eligible, r.Shape, r.Reduction, len(r.Pictures), len(r.Levels))
	}
	if len(r.Picks) != len(picks) {
		t.Fatalf("%d picks, want %d", len(r.Picks), len(picks))
	}
	for i, p := range r.Picks {
		if p.Weight != nil {
			t.Errorf("pick %d of an earlier version has the weight %v", i, *p.Weight)
		}
		if g := r.Groups[p.Group]; p.ImageID != picks[i].ImageID || p.SHA256 != picks[i].SHA256 || p.Offset != picks[i].Offset || g.ID != picks[i].GroupID || g.Scope != picks[i].Scope || p.Picture < 0 {
			t.Errorf("pick %d is %+v of %s %s, want %+v", i, p, g.Scope, g.ID, picks[i])
		}
		if p.Next != nil && p.Margin != nil && math.Abs(p.Next.Distance-p.Distance-*p.Margin) > 1e-6*(1+p.Distance) && p.Rank == m.Parameters.Top {
			t.Errorf("pick %d: the runner-up is at %g, the pick at %g and the margin is %g", i, p.Next.Distance, p.Distance, *p.Margin)
		}
		if g := r.Groups[p.Group]; g.Scope == schemas.ScopeCluster && p.Cluster != g.ID {
			t.Errorf("pick %d of cluster %s is said to be in cluster %s", i, g.ID, p.Cluster)
		}
		if !slices.IsSortedFunc(p.Neighbors, func(a, b Other) int { return int(math.Copysign(1, a.Distance-b.Distance)) }) || len(p.Neighbors) == 0 ||
			slices.ContainsFunc(p.Neighbors, func(o Other) bool { return o.ImageID == p.ImageID }) {
			t.Errorf("pick %d has the neighbors %+v", i, p.Neighbors)
		}
		counted := int64(0)
		for _, n := range r.Histograms[p.Histogram].Counts {
			counted += n
		}
		if counted != r.Groups[p.Group].Size {
			t.Errorf("pick %d: the histogram is of %d images, its group has %d", i, counted, r.Groups[p.Group].Size)
		}
	}
	sizes, shares := map[string]int64{}, map[string]float64{}
	for _, g := range r.Groups {
		sizes[g.Scope] += g.Size
		shares[g.Scope] += g.Share
		for _, v := range g.Centers {
			if v.Picture < 0 {
				t.Errorf("the %s of %s %s is not decoded", v.Center, g.Scope, g.ID)
			}
		}
	}
	excluded := int64(0)
	for _, x := range r.Exclusions {
		excluded += x.Count
	}
	if sizes[schemas.ScopeCluster] != m.Eligible || sizes[schemas.ScopeGlobal] != m.Eligible || math.Abs(shares[schemas.ScopeCluster]-1) > 1e-9 || excluded != m.Excluded {
		t.Errorf("the groups have %v images, shares of %v, and %d are excluded", sizes, shares, excluded)
	}
	if !reflect.DeepEqual(r.Scopes, m.Scopes) {
		t.Errorf("scopes %+v, want %+v", r.Scopes, m.Scopes)
	}
	checkMap(t, r)
	anew, err := Open(t.Context(), c)
	check(t, err)
	again, err := anew.Gather(t.Context())
	check(t, err)
	one, err := json.Marshal(r)
	check(t, err)
	if other, err := json.Marshal(again); err != nil || !bytes.Equal(one, other) {
		t.Errorf("the same folders gave another report, %v", err)
	}
}

// TestGatherWeights: a report has the weights of picks, and 0 is one.
func TestGatherWeights(t *testing.T) {
	s, err := Open(t.Context(), linear(t))
	check(t, err)
	for i := range s.in.picks {
		s.in.picks[i].Weight = float64(i) / 64
	}
	r, err := s.Gather(t.Context())
	check(t, err)
	for i, p := range r.Picks {
		if p.Weight == nil || *p.Weight != float64(i)/64 {
			t.Errorf("pick %d has the weight %v", i, p.Weight)
		}
	}
}

// checkMap: every image is in the map once, a pick where it is said to be, and each
// column has a value for every point.
func checkMap(t *testing.T, r *Report) {
	t.Helper()
	v := r.Map
	if v == nil || v.Points != 48 || v.Of != 48 || len(v.Projections) != 1 || v.Projections[0].Name != "PCA" {
		t.Fatalf("map %+v", v)
	}
	ids := strings.Split(strings.TrimSuffix(string(unpacked(t, v.IDs)), "\x00"), "\x00")
	if len(slices.Compact(slices.Sorted(slices.Values(ids)))) != 48 {
		t.Errorf("the map has the images %q", ids)
	}
	for i, at := range v.Picks {
		if ids[at] != r.Picks[i].ImageID {
			t.Errorf("pick %d, %s, is at the point of %s", i, r.Picks[i].ImageID, ids[at])
		}
	}
	if n := len(unpacked(t, v.Projections[0].XY)); n != 4*48 {
		t.Errorf("coordinates of %d bytes", n)
	}
	names := map[string]bool{}
	for _, c := range v.Columns {
		names[c.Name] = true
		size := 4
		if c.Categories != nil {
			size = 2
		}
		if n := len(unpacked(t, c.Values)); n != size*48 {
			t.Errorf("column %s has %d bytes", c.Name, n)
		}
	}
	if !names["cluster"] || !names["label"] || !names["Metadata_run"] {
		t.Errorf("columns %v", names)
	}
}

// TestGatherDamaged: a shard without what a pick names is an error, in one line.
func TestGatherDamaged(t *testing.T) {
	c := linear(t)
	s, err := Open(t.Context(), c)
	check(t, err)
	for _, shard := range s.in.shards.Shards {
		check(t, os.Truncate(s.in.shardsDir+"/"+shard.File, 10))
	}
	if _, err := s.Gather(t.Context()); err == nil || !strings.Contains(err.Error(), "images-0000") || strings.Contains(err.Error(), "\n") {
		t.Errorf("shards cut off: %v", err)
	}
}
