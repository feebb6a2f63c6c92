package e2e

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// failing are the calls of the system that a fault may hit. Writing is not among
// them, since the runtime of Go itself writes, and cannot go on where that fails:
// it fails for files above a size.
var failing = []string{"fsync", "renameat", "mkdirat"}

// fault lets calls of the system fail below the program, which knows nothing of it:
// the k-th of one kind in every thread, or all writing behind some size of a file.
func (d *damage) fault(t *testing.T) result {
	if _, err := exec.LookPath("strace"); err != nil {
		t.Skip("no strace to let calls of the system fail")
	}
	d.count(t)
	call := append(slices.Clone(failing), "write")[d.rng.IntN(len(failing)+1)]
	if call == "write" {
		return d.limit(t)
	}
	most := slices.Max(append(d.calls[call], 1))
	errno := []string{"EIO", "ENOSPC", "EACCES"}[d.rng.IntN(3)]
	for k := 1 + d.rng.IntN(most); ; k = (k + 1) / 2 { // another run may share the work out otherwise
		d.dir = t.TempDir()
		d.what = fmt.Sprintf("%s %d in a thread: %s", call, k, errno)
		got, log := d.traced(t, d.dir, call, "-e", fmt.Sprintf("inject=%s:error=%s:when=%d", call, errno, k))
		if strings.Contains(log, "(INJECTED)") || k == 1 {
			return got
		}
	}
}

// limit lets writing fail behind a size that some file of the output has.
func (d *damage) limit(t *testing.T) result {
	d.dir = t.TempDir()
	var sizes []int64
	for name := range tree(t, d.clean) {
		info, err := os.Stat(filepath.Join(d.clean, name))
		if err != nil {
			t.Fatal(err)
		}
		sizes = append(sizes, info.Size())
	}
	slices.Sort(sizes)
	blocks := sizes[d.rng.IntN(len(sizes))] / 512
	blocks = int64(d.rng.Float64() * float64(blocks))
	d.what = fmt.Sprintf("no file above %d bytes", blocks*512)
	return finish(t, d.in(t, d.dir, "sh", "-c", fmt.Sprintf(`ulimit -f %d; exec "$@"`, blocks), "sh"))
}

// count counts the calls of an undisturbed run.
func (d *damage) count(t *testing.T) {
	t.Helper()
	if d.calls != nil {
		return
	}
	got, log := d.traced(t, t.TempDir(), strings.Join(failing, ","))
	if got.code != 0 {
		t.Skipf("strace: exit code %d\n%s", got.code, got.stderr)
	}
	d.calls = map[string][]int{}
	for _, call := range failing {
		threads := map[string]int{}
		for line := range strings.Lines(log) {
			if thread, rest, _ := strings.Cut(line, " "); strings.HasPrefix(strings.TrimSpace(rest), call+"(") {
				threads[thread]++
			}
		}
		for _, n := range threads {
			d.calls[call] = append(d.calls[call], n)
		}
	}
}

// traced runs the program with strace, and returns what that wrote down.
func (d *damage) traced(t *testing.T, dir, calls string, more ...string) (result, string) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "log")
	strace := []string{"strace", "-f", "-qq", "--seccomp-bpf", "-o", file, "-e", "trace=" + calls, "-e", "signal=none"}
	got := finish(t, d.in(t, dir, append(strace, more...)...))
	log, err := os.ReadFile(file)
	if err != nil {
		t.Skipf("strace wrote nothing down: %v\n%s", err, got.stderr)
	}
	return got, string(log)
}
