package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pairArgs are the parameters of the two runs of a pair.
var pairArgs = map[string][2][]string{
	"shard":  {{"--size=32", "--fit=crop"}, {"--size=32", "--fit=resize"}},
	"encode": {{"--layout=list"}, {"--layout=list", "--reconstruct"}},
	"select": {{"--seed=1"}, {"--seed=2"}},
}

// TestPairs starts runs with other parameters in one folder, two at a time, and
// stops and kills them at random: of two that meet at most one is served, exactly one
// where none was killed, the folder is never a mixture, and a run that makes
// everything again gives its own bytes. Two that did not meet, since the first had
// ended when the second came to the folder, are served one after the other.
// EXEMPLAR_PAIRS is the number of pairs.
func TestPairs(t *testing.T) {
	n := 3
	if text := os.Getenv("EXEMPLAR_PAIRS"); text != "" {
		var err error
		if n, err = strconv.Atoi(text); err != nil {
			t.Fatal(err)
		}
	}
	p := &pairs{r: reference(t), want: map[string][2]map[string]string{}, rng: rand.New(rand.NewPCG(3, 1))}
	ended := map[string]int{}
	for i := range n {
		step := steps[i%len(steps)]
		if !t.Run(fmt.Sprintf("%03d %s", i+1, step), func(t *testing.T) { ended[p.run(t, step)]++ }) {
			break
		}
	}
	t.Logf("%d pairs: %v", n, ended)
}

type pairs struct {
	r    workflow
	want map[string][2]map[string]string // the trees of the two runs of a step, each alone
	took time.Duration                   // of a run alone
	rng  *rand.Rand
}

func (p *pairs) args(step string, which int, output string) []string {
	return append(p.r.step(step, output), pairArgs[step][which]...)
}

// alone makes the trees that the two runs of a step give alone.
func (p *pairs) alone(t *testing.T, step string) {
	t.Helper()
	if _, ok := p.want[step]; ok {
		return
	}
	var want [2]map[string]string
	for which := range want {
		dir := filepath.Join(t.TempDir(), "alone")
		began := time.Now()
		must(t, nil, step, p.args(step, which, dir)...)
		p.took = max(p.took, time.Since(began))
		want[which] = tree(t, dir)
	}
	if maps.Equal(want[0], want[1]) {
		t.Fatalf("%s: both parameters give the same bytes", step)
	}
	p.want[step] = want
}

// run lets one pair loose and says how it ended.
func (p *pairs) run(t *testing.T, step string) string {
	p.alone(t, step)
	dir := filepath.Join(t.TempDir(), "out")
	var runs [2]*hitProcess
	for which := range runs {
		cmd := command(t, nil, filepath.Join(bin, step), p.args(step, which, dir)...)
		runs[which] = &hitProcess{cmd: cmd}
		cmd.Stdout, cmd.Stderr = &runs[which].stdout, &runs[which].stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if which == 0 {
			p.sleep(0.3)
		}
	}
	killed := false
	for range 1 + p.rng.IntN(3) {
		p.sleep(0.4)
		one := runs[p.rng.IntN(2)].cmd.Process
		switch p.rng.IntN(4) {
		case 0:
			killed = true
			one.Kill() // it may have ended
		default:
			one.Signal(syscall.SIGSTOP)
			p.sleep(0.8)
			one.Signal(syscall.SIGCONT)
		}
	}
	var lines [2]string
	var served []int
	for which, run := range runs {
		got := run.end()
		lines[which] = strings.TrimSuffix(got.stderr, "\n")
		switch {
		case got.code == 0:
			served = append(served, which)
		case got.code == 1 && lines[which] != "" && !strings.Contains(lines[which], "\n"):
		case got.code == -1 && killed:
		default:
			t.Errorf("run %d: exit code %d\n%s%s", which, got.code, got.stdout, got.stderr)
		}
	}
	switch {
	case len(served) == 2: // the second had its own record in the folder when it ended
		p.same(t, step, dir, p.last(t, step, dir))
	case len(served) == 1 && !killed:
		p.same(t, step, dir, served[0])
	case len(served) == 0 && !killed:
		t.Errorf("none was served:\n%s\n%s", lines[0], lines[1])
	}
	which := p.rng.IntN(2)
	got := start(t, nil, step, p.args(step, which, dir)...)
	ending := "the next run goes on"
	if got.code != 0 {
		ending = "the next run is refused"
		if strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("the next run: exit code %d\n%s%s", got.code, got.stdout, got.stderr)
		}
		must(t, nil, step, append(p.args(step, which, dir), "--overwrite")...)
	}
	p.same(t, step, dir, which)
	switch {
	case len(served) == 2:
		return "one after the other, " + ending
	case killed && len(served) == 0:
		return "killed, " + ending
	case killed:
		return "one served, one killed or refused, " + ending
	}
	return "one served, one refused, " + ending
}

// last says whose manifest a folder has.
func (p *pairs) last(t *testing.T, step, dir string) int {
	t.Helper()
	if tree(t, dir)[manifests[step]] == p.want[step][0][manifests[step]] {
		return 0
	}
	return 1
}

// same fails the test where a folder is not what one run gives alone.
func (p *pairs) same(t *testing.T, step, dir string, which int) {
	t.Helper()
	want, other, got := p.want[step][which], p.want[step][1-which], tree(t, dir)
	if maps.Equal(want, got) {
		return
	}
	for _, name := range slices.Sorted(maps.Keys(got)) {
		switch hash := got[name]; {
		case hash == want[name]:
		case hash == other[name]:
			t.Errorf("%s is that of the other run", name)
		default:
			t.Errorf("%s is that of neither run", name)
		}
	}
	t.Errorf("%d files, want %d", len(got), len(want))
}

// sleep pauses for a random part of the time that a run takes alone.
func (p *pairs) sleep(share float64) {
	time.Sleep(time.Duration(p.rng.Float64() * share * float64(p.took)))
}
