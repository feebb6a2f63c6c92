package latents

import (
	"bytes"
	"fmt"
	"math"
	"math/rand/v2"
	"runtime"
	"testing"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
)

// kinds are embeddings that pages are packed of: noise, such of few values, with zeros, equal rows, constants, any bits.
var kinds = map[string]func(r *rand.Rand, row, k int) float32{
	"normal":    func(r *rand.Rand, _, _ int) float32 { return float32(r.NormFloat64()) },
	"rounded":   func(r *rand.Rand, _, _ int) float32 { return float32(r.IntN(200)) / 8 },
	"rectified": func(r *rand.Rand, _, _ int) float32 { return float32(math.Max(0, r.NormFloat64()-2.5)) },
	"equal":     func(_ *rand.Rand, _, k int) float32 { return float32(math.Sin(float64(k))) },
	"constant":  func(*rand.Rand, int, int) float32 { return 0.5 },
	"mixed": func(r *rand.Rand, row, k int) float32 {
		return []float32{float32(r.NormFloat64()), float32(math.Max(0, r.NormFloat64()-2.5)), float32(r.IntN(200)) / 8, 0.5, float32(math.Sin(float64(row % 50)))}[k%7%5]
	},
	"any": func(r *rand.Rand, _, _ int) float32 { return math.Float32frombits(r.Uint32() &^ (1 << 30)) },
}

// rowsOf returns rows of a kind.
func rowsOf(kind string, n, d int) []schemas.Latent {
	rows := makeRows(n, d)
	r := rand.New(rand.NewPCG(5, 6))
	for i := range rows {
		for k := range rows[i].Embedding {
			rows[i].Embedding[k] = kinds[kind](r, i, k)
		}
	}
	return rows
}

// TestPackedPages: files of either format hold the same rows, whatever the floats are, in both layouts and at every size
// of pages; the new one is at most a hundredth larger, or five where columns of all kinds share the pages of layout
// list, of which a sample is less like the rest.
func TestPackedPages(t *testing.T) {
	for kind := range kinds {
		for _, layout := range schemas.Layouts {
			for _, size := range []struct{ n, d int }{{0, 3}, {3, 400}, {8200, 3}, {700, 512}} {
				rows := rowsOf(kind, size.n, size.d)
				before, now := encode(t, spec(size.d, layout), rows), encode(t, spec3(size.d, layout), rows)
				name := fmt.Sprintf("%s/%s/%dx%d", kind, layout, size.n, size.d)
				share := 100
				if kind == "mixed" && layout != wide {
					share = 20
				}
				if most := len(before) + len(before)/share + 64; len(now) > most {
					t.Errorf("%s: %d bytes, more than the %d before", name, len(now), len(before))
				}
				got, err := decode(now)
				if err != nil || len(got) != len(rows) {
					t.Fatalf("%s: %d rows of %d, %v", name, len(got), len(rows), err)
				}
				for i := range rows {
					if diff := differs(rows[i], got[i]); diff != "" {
						t.Fatalf("%s: row %d (-want +got):\n%s", name, i, diff)
					}
				}
			}
		}
	}
}

// TestFramesAreSound: what pack makes is one frame that ends where it should, of the bytes of the page, to a decoder that takes
// no more memory than they need.
func TestFramesAreSound(t *testing.T) {
	decoder, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(4<<20))
	if err != nil {
		t.Fatal(err)
	}
	defer decoder.Close()
	r := rand.New(rand.NewPCG(7, 8))
	literal := 0
	for range 400 {
		levels, planes := make([]byte, r.IntN(3)*r.IntN(200_000)), make([]byte, 4*r.IntN(1<<uint(r.IntN(19))))
		for _, fill := range [][]byte{levels, planes} {
			most := 1 + r.IntN(256)
			for i := range fill {
				fill[i] = byte(r.IntN(1 + r.IntN(most)))
			}
		}
		p := &packer{}
		head, err := p.headBlocks(levels)
		if err != nil {
			t.Fatal(err)
		}
		page := append(bytes.Clone(levels), planes...)
		packed, err := p.pack(nil, page, len(levels), head)
		if err != nil {
			t.Fatal(err)
		}
		var h zstd.Header
		if err := h.Decode(packed); err != nil || h.HasFCS && h.FrameContentSize != uint64(len(page)) || h.HasCheckSum {
			t.Fatalf("header %+v, %v, of %d bytes", h, err, len(page))
		}
		if out, err := decoder.DecodeAll(packed, nil); err != nil || !bytes.Equal(out, page) {
			t.Fatalf("%d bytes of levels, %d of planes: %v", len(levels), len(planes), err)
		}
		if library := mustPack(t, page); !bytes.Equal(library, packed) {
			literal++
		}
	}
	if literal < 50 {
		t.Errorf("%d of 400 pages are literals: too few to have tested anything", literal)
	}
}

func mustPack(t *testing.T, page []byte) []byte {
	t.Helper()
	out, err := parquet.Zstd.Encode(nil, page)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestWhatRepeatsIsSearched: noise is written as literals, in fewer bytes than the library packs it to, and what repeats by
// the library.
func TestWhatRepeatsIsSearched(t *testing.T) {
	for kind, repeats := range map[string]bool{"normal": false, "any": false, "equal": true, "rectified": true} {
		var data []float32
		for _, row := range rowsOf(kind, 300, 512) {
			data = append(data, row.Embedding...)
		}
		planes, err := parquet.ByteStreamSplit.EncodeFloat(nil, data)
		if err != nil {
			t.Fatal(err)
		}
		got, err := (&packer{}).repeats(nil, planes)
		if err != nil || got != repeats {
			t.Errorf("%s repeats: %v, %v", kind, got, err)
		}
	}
}

// TestBytesOfFormat3: the bytes are the same on any number of processors, and whatever was written before.
func TestBytesOfFormat3(t *testing.T) {
	rows := rowsOf("normal", 9000, 16)
	for _, layout := range schemas.Layouts {
		want := encode(t, spec3(16, layout), rows)
		encode(t, spec3(7, layout), rowsOf("any", 300, 7))
		for _, procs := range []int{1, 2} {
			old := runtime.GOMAXPROCS(procs)
			got := encode(t, spec3(16, layout), rows)
			runtime.GOMAXPROCS(old)
			if !bytes.Equal(got, want) {
				t.Errorf("layout %s: bytes differ at GOMAXPROCS=%d", layout, procs)
			}
		}
	}
}
