package schemas

import (
	"crypto/md5"
	"encoding/binary"
	"fmt"
	"math/bits"
	"regexp"
	"strconv"
)

// MaxShards is the largest number of shards that the five-digit names hold.
const MaxShards = 99999

// Compressions of a TFRecord file, the values of the --compression flag.
const (
	CompressionNone = "none"
	CompressionGzip = "gzip"
)

// ShardName returns the name of image shard i of n: with compression "none"
// images-00000-of-00100.tfrecords, with "gzip" the same with .gz behind it.
func ShardName(i, n int, compression string) string {
	name := fmt.Sprintf("images-%05d-of-%05d.tfrecords", i, n)
	if compression == CompressionGzip {
		name += ".gz"
	}
	return name
}

// LatentsName returns the name of the latents file of shard i of n,
// latents-00000-of-00100.parquet.
func LatentsName(i, n int) string {
	return fmt.Sprintf("latents-%05d-of-%05d.parquet", i, n)
}

// PartName returns the name, inside StateDir, of the result of shard i of n of
// a step ("images", "latents"): it is written after the shard is complete.
func PartName(step string, i, n int) string {
	return fmt.Sprintf("%s-%05d-of-%05d.json", step, i, n)
}

// ListName returns the name, inside StateDir, of the list of the images of
// shard i of n: one ListEntry a line, sorted by name.
func ListName(i, n int) string {
	return fmt.Sprintf("list-%05d-of-%05d.jsonl", i, n)
}

// IndexName returns the name, inside StateDir, of the index of shard i of n; see
// ShardIndex.
func IndexName(i, n int) string {
	return fmt.Sprintf("index-%05d-of-%05d.gz", i, n)
}

// ReconstructionsName returns the name, inside a model directory, of the picture
// after an epoch, from 1: reconstructions/epoch-001.png.
func ReconstructionsName(epoch int) string {
	return fmt.Sprintf("%s/epoch-%03d.png", ReconstructionsDir, epoch)
}

// Of these pictures: the size to which small images are enlarged, each pixel to a square of
// them, and the width of the white lines between images.
const (
	ReconstructionsCell = 96
	ReconstructionsGap  = 4
)

// ReconstructionsStack returns how many channels are drawn below each other there: none of gray and
// RGB images, all of others.
func ReconstructionsStack(channels int) int {
	if channels == 3 {
		return 1
	}
	return channels
}

var shardedName = regexp.MustCompile(`^([a-z]+)-([0-9]{5})-of-([0-9]{5})\.([a-z.]+)$`)

// ParseName splits a name made by ShardName, LatentsName, PartName or ListName
// into its prefix ("images"), number, total and extension ("tfrecords").
func ParseName(name string) (prefix string, i, n int, ext string, ok bool) {
	m := shardedName.FindStringSubmatch(name)
	if m == nil {
		return "", 0, 0, "", false
	}
	i, _ = strconv.Atoi(m[2])
	n, _ = strconv.Atoi(m[3])
	return m[1], i, n, m[4], i < n
}

// ShardOf returns the shard that an image belongs to: the md5 of its file name
// as a 128-bit big-endian integer, modulo n. It is the rule of the NucleusNet
// study, so a collection sharded there lands in the same shards here.
func ShardOf(filename string, n int) int {
	sum := md5.Sum([]byte(filename))
	hi, lo := binary.BigEndian.Uint64(sum[:8]), binary.BigEndian.Uint64(sum[8:])
	_, rem := bits.Div64(hi%uint64(n), lo, uint64(n))
	return int(rem)
}
