package schemas

import (
	"crypto/md5"
	"errors"
	"math"
	"math/big"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

func TestShardOfIsTheMD5AsABigInteger(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		name, n := rapid.String().Draw(t, "name"), rapid.IntRange(1, MaxShards).Draw(t, "n")
		sum := md5.Sum([]byte(name))
		want := new(big.Int).Mod(new(big.Int).SetBytes(sum[:]), big.NewInt(int64(n))).Int64()
		if got := ShardOf(name, n); int64(got) != want {
			t.Fatalf("ShardOf(%q, %d) = %d, want %d", name, n, got, want)
		}
	})
}

func TestNamesAreParsedBack(t *testing.T) {
	for name, want := range map[string]struct {
		prefix, ext string
		i, n        int
	}{
		ShardName(3, 100, CompressionNone):  {"images", "tfrecords", 3, 100},
		ShardName(99, 100, CompressionGzip): {"images", "tfrecords.gz", 99, 100},
		LatentsName(0, 1):                   {"latents", "parquet", 0, 1},
		PartName("images", 7, 16):           {"images", "json", 7, 16},
		ListName(15, 16):                    {"list", "jsonl", 15, 16},
	} {
		prefix, i, n, ext, ok := ParseName(name)
		if !ok || prefix != want.prefix || ext != want.ext || i != want.i || n != want.n {
			t.Errorf("ParseName(%q) = %s %d %d %s %v, want %+v", name, prefix, i, n, ext, ok, want)
		}
	}
	for _, name := range []string{"images-00100-of-00100.tfrecords", "images-1-of-2.tfrecords", "notes.txt", "../images-00000-of-00001.json"} {
		if _, _, _, _, ok := ParseName(name); ok {
			t.Errorf("ParseName(%q) is ok, want it refused", name)
		}
	}
}

func TestWideColumnsSortByDimension(t *testing.T) {
	for _, d := range []int{2, 64, 512, 1000, 1001, 12000} {
		for i := 1; i < d; i++ {
			if WideColumn(i-1, d) >= WideColumn(i, d) {
				t.Fatalf("of %d: %s does not sort before %s", d, WideColumn(i-1, d), WideColumn(i, d))
			}
		}
	}
}

// shardsManifest is a sound manifest of three images listed, one rejected.
func shardsManifest() *ShardsManifest {
	return &ShardsManifest{
		Format: ShardsFormat, Image: ImageShape{Height: 4, Width: 4, Channels: 1, Bits: 8},
		Parameters: ShardParameters{Shards: 2, Compression: "none", Fit: "reject", BitsMode: "keep", MaxPixels: 100},
		Listed:     3, Written: 2, Rejected: 1, Bytes: 30, RejectedByReason: map[string]int64{ReasonCorrupt: 1},
		Shards: []ShardInfo{
			{File: ShardName(0, 2, "none"), Records: 2, Bytes: 20},
			{File: ShardName(1, 2, "none"), Bytes: 10, Rejected: 1},
		},
	}
}

func TestShardsManifestHoldsTheAccounting(t *testing.T) {
	if err := shardsManifest().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*ShardsManifest){
		"format":   func(m *ShardsManifest) { m.Format = "exemplar.shards/9" },
		"listed":   func(m *ShardsManifest) { m.Listed = 4 },
		"written":  func(m *ShardsManifest) { m.Written, m.Listed = 3, 4 },
		"rejected": func(m *ShardsManifest) { m.Shards[1].Rejected = 2 },
		"bytes":    func(m *ShardsManifest) { m.Bytes = 31 },
		"named":    func(m *ShardsManifest) { m.Shards[0].File = "../evil" },
		"shards":   func(m *ShardsManifest) { m.Shards = m.Shards[:1] },
		"fit=":     func(m *ShardsManifest) { m.Parameters.Fit = "squash" },
		"bits":     func(m *ShardsManifest) { m.Image.Bits = 12 },
	} {
		m := shardsManifest()
		change(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want an error about %q", err, want)
		}
	}
}

// latentsManifest is a sound manifest of three records, one rejected.
func latentsManifest() *LatentsManifest {
	return &LatentsManifest{
		Format: LatentsFormat, Spec: LatentsSpec{Dimension: 8, Layout: "list", Metadata: []string{"Metadata_run"}},
		Records: 3, Rows: 2, Rejected: 1, Bytes: 9,
		Files: []LatentsInfo{{File: LatentsName(0, 1), Rows: 2, Rejected: 1, Bytes: 9}},
	}
}

func TestLatentsManifestHoldsTheAccounting(t *testing.T) {
	if err := latentsManifest().Validate(); err != nil {
		t.Fatal(err)
	}
	for want, change := range map[string]func(*LatentsManifest){
		"format":      func(m *LatentsManifest) { m.Format = "" },
		"records":     func(m *LatentsManifest) { m.Records = 2 },
		"rows":        func(m *LatentsManifest) { m.Rows = 1 },
		"dimension":   func(m *LatentsManifest) { m.Spec.Dimension = 0 },
		"layout=tall": func(m *LatentsManifest) { m.Spec.Layout = "tall" },
		"metadata":    func(m *LatentsManifest) { m.Spec.Metadata = []string{"run"} },
	} {
		m := latentsManifest()
		change(m)
		if err := m.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Validate = %v, want an error about %q", err, want)
		}
	}
}

func TestSelectionParametersNameTheField(t *testing.T) {
	sound := SelectionParameters{Scopes: []string{"cluster", "Metadata_run"}, Clusters: 5, Top: 2,
		Centers: Centers, Metrics: []string{"cosine"},
		Restarts: 10, MaxPasses: 50, SampleSize: 100, Gate: GateParameters{Mode: GateAuto},
		Picking: PickParameters{Strategy: StrategyNearest, Duplicates: DuplicatesSkip}}
	if err := sound.Validate(); err != nil {
		t.Fatal(err)
	}
	hierarchical := func(p SelectionParameters) SelectionParameters {
		p.Clustering, p.FineClusters, p.MaxPasses = ClusteringHierarchical, 25, 0
		return p
	}
	if err := hierarchical(sound).Validate(); err != nil {
		t.Fatal(err)
	}
	for field, change := range map[string]func(*SelectionParameters){
		"Config.Scopes":          func(p *SelectionParameters) { p.Scopes = []string{"well"} },
		"Config.Scopes is":       func(p *SelectionParameters) { p.Scopes = nil },
		"Config.Metrics":         func(p *SelectionParameters) { p.Metrics = []string{"cosine", "manhattan"} },
		"Config.Centers":         func(p *SelectionParameters) { p.Centers = []string{"mode"} },
		"kmeans":                 func(p *SelectionParameters) { p.Centers = []string{"kmeans"} },
		"mean is there":          func(p *SelectionParameters) { p.Centers = []string{"mean", "mean"} },
		"Config.Top":             func(p *SelectionParameters) { p.Top = 0 },
		"Config.MinForeground":   func(p *SelectionParameters) { p.Gate.MinForeground = GateBound{Given: true, Value: 2} },
		"Config.Strategy":        func(p *SelectionParameters) { p.Picking.Strategy = "random" },
		"Config.Duplicates":      func(p *SelectionParameters) { p.Picking.Duplicates = "" },
		"Config.Budget":          func(p *SelectionParameters) { p.Picking.Budget = -1 },
		"and Config.Budget=9":    func(p *SelectionParameters) { p.Picking.Budget = 9 },
		"Config.Quota=":          func(p *SelectionParameters) { p.Top, p.Picking.Budget = 0, 9 },
		"Config.Quota=sqrt":      func(p *SelectionParameters) { p.Picking.Quota = QuotaSqrt },
		"Config.MinDistance":     func(p *SelectionParameters) { p.Picking.MinDistance = math.NaN() },
		"of Config.Exclude":      func(p *SelectionParameters) { p.Picking.Include, p.Picking.Exclude = []string{"a", "b"}, []string{"b"} },
		"Config.Gate.Mode":       func(p *SelectionParameters) { p.Gate.Mode = "soft" },
		"Config.Clusters":        func(p *SelectionParameters) { p.Clusters = 0 },
		"Config.Restarts":        func(p *SelectionParameters) { p.Restarts = 0 },
		"Config.MaxPasses":       func(p *SelectionParameters) { p.MaxPasses = 0 },
		"Config.SampleSize":      func(p *SelectionParameters) { p.SampleSize = 4 },
		"Config.Clustering=":     func(p *SelectionParameters) { p.Clustering = "spectral" },
		"Config.Auto":            func(p *SelectionParameters) { *p = hierarchical(*p); p.Clusters, p.Auto = 0, true },
		"only Config.Clustering": func(p *SelectionParameters) { p.FineClusters = 9 },
		"Config.FineClusters=4":  func(p *SelectionParameters) { *p = hierarchical(*p); p.FineClusters = 4 },
		"least Config.Fine":      func(p *SelectionParameters) { *p = hierarchical(*p); p.FineClusters = 101 },
		"Config.ResamplingSteps": func(p *SelectionParameters) { *p = hierarchical(*p); p.ResamplingSteps = -1 },
	} {
		p := sound
		change(&p)
		if err := p.Validate(); err == nil || !strings.Contains(err.Error(), field) {
			t.Errorf("Validate = %v, want an error that names %s", err, field)
		}
	}
}

// TestRecorded: what is wrong in a manifest is said by the names that stand there.
func TestRecorded(t *testing.T) {
	if err := Recorded(nil, SelectionParameters{}); err != nil {
		t.Error(err)
	}
	for text, want := range map[string]string{
		"Config.MaxPasses=0: must be at least 1":     "max_passes=0: must be at least 1",
		"Config.Top=1 and Config.Budget=2: give one": "top=1 and budget=2: give one",
		"Config.Auto: with Config.Clustering=ward.":  "clusters_auto: with clustering=ward.",
		"Config.Gate.Mode=soft":                      "gate.mode=soft",
		"Config.MinForeground=2":                     "min_foreground=2",
		"Config.Unknown and myConfig.Top":            "Config.Unknown and myConfig.Top",
	} {
		if err := Recorded(errors.New(text), SelectionParameters{}); err == nil || err.Error() != want {
			t.Errorf("%s becomes %v, want %s", text, err, want)
		}
	}
	m := SelectionManifest{Format: SelectionFormat}
	if err := m.Validate(); err == nil || !strings.HasPrefix(err.Error(), "scopes is empty") {
		t.Errorf("an empty manifest: %v", err)
	}
}

func TestGateBoundsAsText(t *testing.T) {
	for text, want := range map[string]GateBound{"auto": {}, "off": {Off: true}, "0.25": {Given: true, Value: 0.25}, "0": {Given: true}} {
		var b GateBound
		if err := b.UnmarshalText([]byte(text)); err != nil || b != want || b.String() != text {
			t.Errorf("%s is %+v, %v; printed %v", text, b, err, b)
		}
	}
	for _, text := range []string{"", "on", "-1", "NaN", "Inf", "1e99"} {
		var b GateBound
		if err := b.UnmarshalText([]byte(text)); err == nil {
			t.Errorf("%q is taken as %+v", text, b)
		}
	}
}

func TestGateNamesWhatIsWrong(t *testing.T) {
	p := GateParameters{Mode: GateOff, MaxMSE: GateBound{Given: true, Value: 3}}
	if err := p.Validate(); err == nil || !strings.Contains(err.Error(), "Config.Gate.Mode=off") {
		t.Errorf("thresholds with the gate off: %v", err)
	}
	p.Mode = GateAuto
	if err := p.Validate(); err != nil {
		t.Error(err)
	}
	for _, g := range []Gate{{}, {Mode: GateOff, Limits: []GateLimit{{Reason: ReasonMSE}}}, {Mode: GateAuto, Limits: []GateLimit{{Reason: ReasonConstant}}},
		{Mode: GateAuto, Limits: []GateLimit{{Reason: ReasonMSE}, {Reason: ReasonBorder}}}} {
		if g.Validate() == nil {
			t.Errorf("%+v is valid", g)
		}
	}
}
