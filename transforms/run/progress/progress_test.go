package progress

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

func TestLine(t *testing.T) {
	for _, c := range []struct {
		done, total int64
		elapsed     time.Duration
		want        string
	}{
		{1200, 1503, 3 * time.Second, "shard: 1,200 of 1,503 images (79 %), 400/s, 1s left"},
		{0, 10, time.Second, "shard: 0 of 10 images (0 %), 0.0/s"},
		{10, 10, 2 * time.Second, "shard: 10 of 10 images (100 %), 5.0/s"},
		{1_061_277, 0, 1000 * time.Second, "shard: 1,061,277 images, 1,061/s"},
	} {
		if got := line("shard", "images", c.done, c.total, c.elapsed); got != c.want {
			t.Errorf("line(%d of %d in %v) = %q, want %q", c.done, c.total, c.elapsed, got, c.want)
		}
	}
}

func TestBytes(t *testing.T) {
	for n, want := range map[int64]string{0: "0 B", 1023: "1023 B", 1536: "1.5 KiB", 98_700_000: "94.1 MiB", 5 << 40: "5.0 TiB"} {
		if got := Bytes(n); got != want {
			t.Errorf("Bytes(%d) = %q, want %q", n, got, want)
		}
	}
}

func TestMeterCountsFromItsStart(t *testing.T) {
	Add("test-step", 5)
	var out bytes.Buffer
	m := start(&out, true, "test-step", 10, "images", nil)
	Add("test-step", 4)
	Note("test-step", "loss 0.5")
	m.Stop()
	m.show()
	if !strings.Contains(out.String(), "4 of 10 images") || !strings.HasSuffix(out.String(), ", loss 0.5") {
		t.Errorf("meter shows %q, want 4 of 10 images and the note", out.String())
	}
}

func TestLinesAboveTheMeter(t *testing.T) {
	var out bytes.Buffer
	m := start(&out, true, "test-lines", 10, "images", nil)
	m.Stop()
	out.Reset()
	m.show()
	m.Println(&out, "epoch 1")
	m.show()
	if got, meter := out.String(), clearLine+line("test-lines", "images", 0, 10, time.Second); got != meter+clearLine+"epoch 1\n"+meter {
		t.Errorf("the terminal gets %q", got)
	}
}
