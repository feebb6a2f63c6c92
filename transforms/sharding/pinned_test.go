package sharding

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// gray is a PNG of 2x2 pixels.
const gray = "iVBORw0KGgoAAAANSUhEUgAAAAIAAAACCAAAAABX3VL4AAAADklEQVR4nGNgZGJgZgEAAB0ACw21UgYAAAAASUVORK5CYII="

// TestPinnedFingerprints: finished folders are known by their fingerprints, so that
// one that changes has them all made again. The second is that of version 0.1.0.
func TestPinnedFingerprints(t *testing.T) {
	const now = "574e8111cd36cc451a50e3ada9997ba15c55bb00a1717dffd59f0c59c7f8efc1"
	const before = "39de73929c13522b1fb40232a17e2bea28329f2e429e6dd3dd21bb6373000074"
	data, err := base64.StdEncoding.DecodeString(gray)
	if err != nil {
		t.Fatal(err)
	}
	in := t.TempDir()
	for i, name := range []string{"a.png", "b.png", "c.png"} {
		file := filepath.Join(in, name)
		if err := os.WriteFile(file, data, 0o666); err != nil {
			t.Fatal(err)
		}
		touch(t, file, time.Unix(1700000000+int64(i), 0))
	}
	c := config(in, filepath.Join(t.TempDir(), "shards"))
	c.Shards = 2
	p, _, err := makePlan(t.Context(), c, nil, true)
	if err != nil {
		t.Fatal(err)
	}
	e, err := p.earlier()
	if err != nil {
		t.Fatal(err)
	}
	if p.fingerprint != now || e.fingerprint != before {
		t.Errorf("fingerprints are %s and, of version 0.1.0, %s, want %s and %s", p.fingerprint, e.fingerprint, now, before)
	}
}
