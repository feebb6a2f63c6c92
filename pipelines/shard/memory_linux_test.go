package main

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
)

// manyImages is the size of the collection that the peak memory is stated for.
const manyImages = 200_000

// BenchmarkPeakMemory shards 200,000 generated 16x16 images with the real
// command and reports the largest resident set that the kernel saw. The promise
// is that it stays under 700 MB.
func BenchmarkPeakMemory(b *testing.B) {
	images := manyImages
	if testing.Short() {
		images /= 10
	}
	dir := b.TempDir()
	binary := filepath.Join(dir, "shard")
	if out, err := exec.Command("go", "build", "-o", binary, ".").CombinedOutput(); err != nil {
		b.Fatalf("building the command: %v\n%s", err, out)
	}
	input := filepath.Join(dir, "images")
	writeSmallImages(b, input, images)
	var peak int64
	for i := 0; b.Loop(); i++ {
		cmd := exec.Command(binary, "--input="+input, "--output="+filepath.Join(dir, fmt.Sprint("shards", i)))
		if out, err := cmd.CombinedOutput(); err != nil {
			b.Fatalf("%v\n%s", err, out)
		}
		peak = max(peak, cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss)
	}
	megabytes := float64(peak) * 1024 / 1e6
	b.ReportMetric(megabytes, "peak-MB")
	b.ReportMetric(float64(images*b.N)/b.Elapsed().Seconds(), "images/s")
	if !(megabytes < 700) {
		b.Errorf("peak memory is %.0f MB, the promise is 700 MB", megabytes)
	}
}

// writeSmallImages writes n different uncompressed 16x16 TIFF files, 1,000 to a
// folder.
func writeSmallImages(b *testing.B, dir string, n int) {
	const side = 16
	image := smallTIFF(side)
	pixels := image[len(image)-side*side:]
	for i := range n {
		folder := filepath.Join(dir, fmt.Sprintf("run%03d", i/1000))
		if i%1000 == 0 {
			if err := os.MkdirAll(folder, 0o777); err != nil {
				b.Fatal(err)
			}
		}
		binary.LittleEndian.PutUint32(pixels[side*side/2:], uint32(i))
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("cell_%06d.tif", i)), image, 0o666); err != nil {
			b.Fatal(err)
		}
	}
}

// smallTIFF returns a baseline gray 8-bit TIFF of side x side pixels: header,
// one IFD, then the pixels (TIFF 6.0, sections 2 and 4).
func smallTIFF(side int) []byte {
	tags := [][2]int{
		{256, side}, {257, side}, {258, 8}, {259, 1}, {262, 1}, // width, length, bits, no compression, black is zero
		{273, 0}, {277, 1}, {278, side}, {279, side * side}, // strip offset (below), samples, rows a strip, strip bytes
	}
	header := 8 + 2 + 12*len(tags) + 4
	data := append([]byte("II*\x00\x08\x00\x00\x00"), byte(len(tags)), 0)
	for _, tag := range tags {
		value := tag[1]
		if tag[0] == 273 {
			value = header
		}
		data = binary.LittleEndian.AppendUint16(data, uint16(tag[0]))
		data = binary.LittleEndian.AppendUint16(data, 4) // LONG
		data = binary.LittleEndian.AppendUint32(data, 1)
		data = binary.LittleEndian.AppendUint32(data, uint32(value))
	}
	data = append(data, 0, 0, 0, 0) // no next IFD
	for i := range side * side {
		data = append(data, byte(i))
	}
	return data
}
