package e2e

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"exemplar/transforms/store/storetest"
)

// TestInjectedFaults injects random faults into workflows. Each has to end in the bytes of the
// undisturbed workflow after at most one more run of the hit step, or in one
// line that says what is wrong and what to do. EXEMPLAR_ORDEALS is the number of
// whole workflows, hit somewhere, with pauses of 30 s and stores that fail a tenth
// of all requests; without it a few faults hit the steps that suit them best.
func TestInjectedFaults(t *testing.T) {
	r := reference(t)
	text := os.Getenv("EXEMPLAR_ORDEALS")
	if text == "" {
		for _, o := range []*injection{
			{kind: "full disk", step: "encode"},
			{kind: "flipped bit", step: "encode"},
			{kind: "paused", step: "shard", pause: 300 * time.Millisecond},
		} {
			t.Run(o.kind, func(t *testing.T) { o.run(t, r, 1) })
		}
		return
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatal(err)
	}
	rng := rand.New(rand.NewPCG(7, 7))
	for i := range n {
		o := &injection{kind: kinds[i%len(kinds)], step: steps[rng.IntN(len(steps))], whole: true, pause: 30 * time.Second}
		t.Run(fmt.Sprintf("%02d %s", i+1, o.kind), func(t *testing.T) { o.run(t, r, uint64(i)) })
		t.Logf("%2d  %-13s %-7s %-52s %-44s %s", i+1, o.kind, o.step, o.what, o.first, o.then)
	}
}

var kinds = []string{"killed", "paused", "full disk", "flipped bit", "cut shard", "failing store", "cut reads"}

// storeFaults are those that a tenth of the requests meets.
var storeFaults = map[string][]string{
	"failing store": {storetest.Busy, storetest.Broken, storetest.Away, storetest.Reset, storetest.Lost, storetest.Silent},
	"cut reads":     {storetest.Cut, storetest.Cut, storetest.Frozen},
}

// injection is one workflow and the fault that hits it.
type injection struct {
	kind, step string
	whole      bool // all steps are run, and not only the hit one
	pause      time.Duration

	own               workflow // its folders
	rng               *rand.Rand
	what, first, then string // the fault, how the hit run ended, and how the next one
}

// run runs the workflow and compares it with the undisturbed one.
func (o *injection) run(t *testing.T, r workflow, seed uint64) {
	dir := t.TempDir()
	o.rng = rand.New(rand.NewPCG(seed, 1))
	o.own = r
	if faults := storeFaults[o.kind]; faults != nil {
		o.step = "all"
		o.remote(t, r, faults)
		return
	}
	if o.kind == "flipped bit" || o.kind == "cut shard" {
		o.step = "encode" // is the first to read shards
	}
	started := false
	for _, step := range steps {
		started = started || step == o.step || o.whole
		if !started {
			continue
		}
		o.own = o.own.moved(step, filepath.Join(dir, step))
		if step != o.step {
			must(t, nil, step, o.own.step(step, o.own.output(step))...)
		} else {
			o.inject(t)
		}
		sameTree(t, o.own.output(step), r.output(step))
		if !o.whole {
			break
		}
	}
	must(t, nil, "verify", "--input="+o.own.output(o.step), "--shards="+o.own.shards, "--latents="+o.own.latents, "--model="+r.model)
}

// inject runs the step with the fault, and again where it did not end well.
func (o *injection) inject(t *testing.T) {
	args := o.own.step(o.step, o.own.output(o.step))
	switch o.kind {
	case "killed":
		o.killed(t, args)
	case "paused":
		o.paused(t, args)
	case "full disk":
		o.fullDisk(t, args)
	default:
		o.damaged(t)
	}
	if o.first == "right bytes" {
		return
	}
	o.then = "right bytes" // or the test fails
	must(t, nil, o.step, o.own.step(o.step, o.own.output(o.step))...)
}

// signaled starts the step and sends it a signal after a while; hit is false
// where it had ended by then.
func (o *injection) signaled(t *testing.T, args []string, within time.Duration, signal syscall.Signal) (p *hitProcess, hit bool) {
	t.Helper()
	after := time.Duration(o.rng.Float64() * float64(within))
	o.what = fmt.Sprintf("after %d ms", after.Milliseconds())
	p = signalAfter(t, command(t, nil, filepath.Join(bin, o.step), args...), after, signal)
	return p, p.reached && !exists(t, filepath.Join(o.own.output(o.step), manifests[o.step]))
}

// signalAfter starts a program and sends it a signal after a while.
func signalAfter(t *testing.T, cmd *exec.Cmd, after time.Duration, signal syscall.Signal) *hitProcess {
	t.Helper()
	p := &hitProcess{cmd: cmd}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after)
	p.reached = p.cmd.Process.Signal(signal) == nil
	return p
}

// hitProcess is a program that a signal was sent to.
type hitProcess struct {
	cmd            *exec.Cmd
	stdout, stderr bytes.Buffer
	reached        bool // it was there for the signal
}

// end lets the program go on, where it was stopped, and waits for its end.
func (p *hitProcess) end() result {
	_ = p.cmd.Process.Signal(syscall.SIGCONT) // where it has ended already, the exit code says how
	_ = p.cmd.Wait()
	return result{p.stdout.String(), p.stderr.String(), p.cmd.ProcessState.ExitCode()}
}

// untilHit repeats a fault that comes after a random time until it hits a
// step that runs.
func (o *injection) untilHit(t *testing.T, args []string, signal syscall.Signal) *hitProcess {
	t.Helper()
	start := time.Now()
	must(t, nil, o.step, o.own.step(o.step, filepath.Join(t.TempDir(), "timed"))...)
	within := time.Since(start)
	for range 10 {
		p, hit := o.signaled(t, args, within, signal)
		if hit {
			return p
		}
		p.end()
		if err := os.RemoveAll(o.own.output(o.step)); err != nil {
			t.Fatal(err)
		}
		within = within * 2 / 3
	}
	t.Fatalf("%s was never caught while it ran", o.step)
	return nil
}

func (o *injection) killed(t *testing.T, args []string) {
	o.untilHit(t, args, syscall.SIGKILL).end()
	o.first = "killed"
}

// paused stops the step for a while, as a suspended machine does.
func (o *injection) paused(t *testing.T, args []string) {
	p := o.untilHit(t, args, syscall.SIGSTOP)
	time.Sleep(o.pause)
	o.what += fmt.Sprintf(", for %v", o.pause)
	if got := p.end(); got.code != 0 {
		t.Fatalf("exit code %d after a pause\n%s%s", got.code, got.stdout, got.stderr)
	}
	o.first = "right bytes"
}

// fullDisk gives the step a file system that holds a part of its output.
func (o *injection) fullDisk(t *testing.T, args []string) {
	output := o.own.output(o.step)
	need := diskNeed(t, reference(t).output(o.step))
	size := int64(float64(need) * (0.1 + 0.8*o.rng.Float64()))
	if err := os.MkdirAll(output, 0o777); err != nil {
		t.Fatal(err)
	}
	smallDisk(t, output, fmt.Sprintf("size=%d", size))
	o.what = fmt.Sprintf("%d of %d KiB", size>>10, need>>10)
	o.fails(t, args, "no space left")
	largeDisk(t, output)
}

// damaged changes a shard before it is encoded. The step says which; without the
// shard, it is made again from the images.
func (o *injection) damaged(t *testing.T) {
	if !o.whole { // the workflow's own shards stay as they are
		o.own.shards = copyTree(t, o.own.shards)
	}
	files, err := filepath.Glob(filepath.Join(o.own.shards, "images-*"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%d shards, %v", len(files), err)
	}
	file := files[o.rng.IntN(len(files))]
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if o.kind == "cut shard" {
		data = data[:o.rng.IntN(len(data))]
		o.what = fmt.Sprintf("%s after byte %d", filepath.Base(file), len(data))
	} else {
		bit := o.rng.IntN(8 * len(data))
		data[bit/8] ^= 1 << (bit % 8)
		o.what = fmt.Sprintf("%s, bit %d", filepath.Base(file), bit)
	}
	if err := os.WriteFile(file, data, 0o666); err != nil {
		t.Fatal(err)
	}
	if got := start(t, nil, "verify", "--input="+o.own.shards); got.code != 1 || !strings.Contains(got.stdout, filepath.Base(file)) {
		t.Errorf("verify does not name %s: exit code %d\n%s", file, got.code, got.stdout)
	}
	o.fails(t, o.own.step(o.step, o.own.output(o.step)), filepath.Base(file))
	if !strings.Contains(o.first, "remove") {
		t.Errorf("the message does not say what to do: %s", o.first)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	must(t, nil, "shard", o.own.step("shard", o.own.shards)...)
}

// fails runs the step, which has to fail with one line that contains want.
func (o *injection) fails(t *testing.T, args []string, want string) {
	t.Helper()
	got := start(t, nil, o.step, args...)
	message := strings.TrimSuffix(got.stderr, "\n")
	if got.code != 1 || strings.Contains(message, "\n") || !strings.Contains(message, want) {
		t.Errorf("exit code %d, want 1 and one line with %q:\n%s%s", got.code, want, got.stdout, got.stderr)
	}
	o.first = message
	if exists(t, filepath.Join(o.own.output(o.step), manifests[o.step])) {
		t.Errorf("a step that failed left %s", manifests[o.step])
	}
}

// remote runs the whole workflow on an object store that meets faults.
func (o *injection) remote(t *testing.T, r workflow, faults []string) {
	s, base := failingGS(t), "gs://data/a b"
	if o.rng.IntN(2) == 0 {
		s, base = failingS3(t), "s3://data/a b"
	}
	for _, v := range s.env { // this process looks into it, too
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	putTree(t, base+"/images", r.images)
	putTree(t, base+"/model", r.model)
	s.faults.Seed(o.rng.Uint64())
	s.faults.Set(0.1, faults...)
	own := workflow{base + "/images", base + "/shards", base + "/model", base + "/latents", base + "/selection"}
	env := append(s.env, "EXEMPLAR_STORE_TIMEOUT=1s")
	o.first = "right bytes"
	for _, step := range steps {
		args := own.step(step, own.output(step))
		got := start(t, env, step, args...)
		if got.code == 0 {
			continue
		}
		if o.first, o.then = strings.TrimSuffix(got.stderr, "\n"), "right bytes"; strings.Contains(o.first, "\n") {
			t.Errorf("the message is not one line: %s", o.first)
		}
		must(t, env, step, args...)
	}
	o.what = base[:2] + ": " + s.faults.String()
	s.faults.Set(0)
	holds(t, own.shards, r.shards, "images-*")
	holds(t, own.latents, r.latents, "latents-*")
	holds(t, own.selection, r.selection, "selection.csv", "selection.parquet", "centers.parquet", "images/*/*/*/*/*")
}
