package training

import (
	"context"
	"encoding/binary"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/tfrecord"
)

// TestReplacedShard: a shard that is sound in itself, but not the one that
// shards.json lists, is refused, and no model is written.
func TestReplacedShard(t *testing.T) {
	images := spots(60, 12)
	for name, of := range map[string]func(shards, output string) Config{"linear": config, "gradient": gradient} {
		t.Run(name, func(t *testing.T) {
			shards := shardsOf(t, images, 2)
			file := filepath.Join(shards, schemas.ShardName(1, 2, "none"))
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			first := int(binary.LittleEndian.Uint64(data)) + tfrecord.FrameLen
			if err := os.WriteFile(file, slices.Concat(data[first:], data[:first]), 0o666); err != nil {
				t.Fatal(err)
			}
			c := of(shards, filepath.Join(t.TempDir(), "model"))
			_, err = Run(context.Background(), c)
			if err == nil || !strings.Contains(err.Error(), file) || !strings.Contains(err.Error(), "shards.json says") {
				t.Errorf("error %v", err)
			}
			if _, err := os.Stat(filepath.Join(c.Output, schemas.ModelFile)); err == nil {
				t.Error("there is a model")
			}
		})
	}
}
