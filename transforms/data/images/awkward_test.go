package images_test

import (
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
)

// dataDir returns a folder of the real data, or skips the test.
func dataDir(t testing.TB, folder string) string {
	t.Helper()
	root := os.Getenv("EXEMPLAR_DATA")
	if root == "" {
		t.Skip("EXEMPLAR_DATA not set: no real images to read")
	}
	return filepath.Join(root, folder)
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// rejection returns err as the *RejectError that it must be.
func rejection(t testing.TB, err error) *images.RejectError {
	t.Helper()
	var r *images.RejectError
	if !errors.As(err, &r) {
		t.Fatalf("error %v (%T), want a *RejectError", err, err)
	}
	if r.Reason == "" || r.Detail == "" || strings.ContainsAny(r.Error(), "\n\r") {
		t.Errorf("rejection %+q: want reason and detail in one line", r)
	}
	return r
}

// TestAwkward holds Decode to the manifest of files that break readers.
func TestAwkward(t *testing.T) {
	dir := dataDir(t, "awkward")
	rows, err := csv.NewReader(strings.NewReader(string(readFile(t, filepath.Join(dir, "manifest.csv"))))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	column := map[string]int{}
	for i, name := range rows[0] {
		column[name] = i
	}
	if len(rows) != 44 {
		t.Fatalf("%d rows in the manifest, want 43 and a heading", len(rows))
	}
	for _, row := range rows[1:] {
		file := row[column["file"]]
		t.Run(file, func(t *testing.T) {
			im, err := images.Decode(file, readFile(t, filepath.Join(dir, file)), images.Options{})
			if err != nil {
				r := rejection(t, err)
				t.Log(r)
				if row[column["expected"]] == "ok" && (row[column["tier"]] == "core" || r.Reason != schemas.ReasonUnsupported) {
					t.Errorf("refused: %v, want the pixels of a sound file", r)
				}
				return
			}
			if row[column["expected"]] != "ok" {
				t.Fatalf("decoded to %v, want a rejection", im.Shape())
			}
			if err := valid(im); err != nil {
				t.Error(err)
			}
			sum := sha256.Sum256(asDtype(im, row[column["pixel_dtype"]]))
			if got, want := hex.EncodeToString(sum[:]), row[column["pixel_sha256"]]; got != want {
				t.Errorf("%v %s: pixels hash to %s, want %s of %s", file, im.Shape(), got, want, row[column["pixel_dtype"]])
			}
		})
	}
}

// asDtype returns the pixels in the type that the manifest hashes: int32 stands
// for uint16 samples as Pillow holds them.
func asDtype(im images.Image, dtype string) []byte {
	if dtype != "int32" {
		return im.Pixels
	}
	var wide []byte
	for i := 0; i < len(im.Pixels); i += 2 {
		wide = append(wide, im.Pixels[i], im.Pixels[i+1], 0, 0)
	}
	return wide
}

// TestBombs checks that refusing a bomb, or a file that declares more than it
// holds, allocates next to nothing.
func TestBombs(t *testing.T) {
	dir := dataDir(t, "awkward")
	for _, file := range []string{"bomb_deflate_20000x20000.tif", "bomb_declared_65535x65535.tif", "truncated_half.tif"} {
		for _, lim := range []images.Limits{{}, {MaxPixels: 1 << 40}} {
			if file == "bomb_deflate_20000x20000.tif" && lim.MaxPixels != 0 {
				continue // a valid file under such a limit
			}
			data := readFile(t, filepath.Join(dir, file))
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := images.Decode(file, data, images.Options{Limits: lim})
			runtime.ReadMemStats(&after)
			rejection(t, err)
			if got := after.TotalAlloc - before.TotalAlloc; got > 64<<10 {
				t.Errorf("%s: refusing it allocated %d bytes, want at most 64 KiB", file, got)
			}
		}
	}
}
