package e2e

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"exemplar/schemas"
)

// TestDamage hits every program that writes, at a random moment: it is killed,
// told to end, has a disk that is too small, or a call of the system fails. It has to
// end as programs do and leave no file that is not whole; the same command again has
// to write the bytes of an undisturbed run and leave nothing else. Variables say
// how often each kind hits, all programs in turn; without one, it hits once, a
// program that is quick. EXEMPLAR_SEED makes other moments, 1 unless told.
func TestDamage(t *testing.T) {
	r := reference(t)
	seed := number(t, "EXEMPLAR_SEED", 1)
	t.Logf("EXEMPLAR_SEED=%d", seed)
	all := victims(t, r)
	for k, kind := range []struct {
		name, variable, quick string
		inject                func(*damage, *testing.T) result
	}{
		{"killed", "EXEMPLAR_KILLS", "import", (*damage).kill},
		{"signalled", "EXEMPLAR_SIGNALS", "export", (*damage).signal},
		{"full disk", "EXEMPLAR_FULL_DISKS", "encode", (*damage).fillDisk},
		{"fault", "EXEMPLAR_FAULTS", "export", (*damage).fault},
	} {
		names := []string{kind.quick}
		if os.Getenv(kind.variable) != "" {
			names = slices.Sorted(maps.Keys(all))
		}
		verdicts := map[string]int{}
		for i := range number(t, kind.variable, 1) {
			name := names[i%len(names)]
			d := &damage{victim: all[name], rng: rand.New(rand.NewPCG(uint64(seed), uint64(k<<32+i)))}
			d.name = fmt.Sprintf("%s/%02d %s", kind.name, i+1, name)
			t.Run(d.name, func(t *testing.T) { d.run(t, kind.inject) })
			for _, v := range d.verdicts {
				verdicts[v]++
			}
			t.Logf("%-28s %-40s %-90s %s", d.name, d.what, d.first, strings.Join(d.verdicts, ", "))
		}
		t.Logf("%s: %v", kind.name, verdicts)
	}
}

// number reads a number from the environment.
func number(t *testing.T, variable string, otherwise int) int {
	t.Helper()
	text := os.Getenv(variable)
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		t.Fatalf("%s=%q is no number", variable, text)
	}
	return n
}

// victim is a program that damage is done to.
type victim struct {
	writer
	clean string           // the folder of an undisturbed run, when there was one
	took  time.Duration    // what that took
	calls map[string][]int // of the system that it made: how many of a name in each thread
}

// victims returns every program that writes, and the walk over all steps.
func victims(t *testing.T, r workflow) map[string]*victim {
	t.Helper()
	all := map[string]*victim{}
	for name, w := range writers(t, r) {
		if name == "train, gradient" {
			w.args = append(w.args, "--epochs=2", "--checkpoint=1ns")
		}
		all[name] = &victim{writer: w}
	}
	all["quickstart"] = &victim{writer: writer{program: "quickstart", args: quickstart(r.images, "", "--arch=linear")}}
	all["quickstart"].args = slices.DeleteFunc(all["quickstart"].args, func(arg string) bool { return strings.HasPrefix(arg, "--output=") })
	dir := t.TempDir()
	for name, v := range all {
		v.clean = filepath.Join(dir, strings.ReplaceAll(name, ", ", "-"))
	}
	return all
}

// outputName is the folder of the output in that of a run, and given so: the page
// of a report repeats the commands that made it.
const outputName = "out"

// in prepares the program to write into a folder of dir.
func (v *victim) in(t *testing.T, dir string, before ...string) *exec.Cmd {
	t.Helper()
	line := slices.Concat(before, []string{filepath.Join(bin, v.program)}, v.into(outputName))
	cmd := command(t, nil, line[0], line[1:]...)
	cmd.Dir = dir
	return cmd
}

// undisturbed runs the program once, in peace.
func (v *victim) undisturbed(t *testing.T) {
	t.Helper()
	if v.took > 0 {
		return
	}
	if err := os.MkdirAll(v.clean, 0o777); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	if got := finish(t, v.in(t, v.clean)); got.code != 0 {
		t.Fatalf("%s: exit code %d\n%s", v.program, got.code, got.stderr)
	}
	v.took = time.Since(start)
	if left := leftovers(tree(t, v.clean)); len(left) > 0 {
		t.Errorf("an undisturbed run left %q", left)
	}
}

// leftovers returns the files that only a run in progress has.
func leftovers(files map[string]string) (left []string) {
	for name := range files {
		switch base := filepath.Base(name); {
		case strings.HasSuffix(base, ".partial"),
			filepath.Base(filepath.Dir(name)) == schemas.StateDir && slices.Contains([]string{"lock", "owner.json", "parameters.json"}, base):
			left = append(left, name)
		}
	}
	return left
}

// damage is one program and what hits it.
type damage struct {
	*victim
	name, dir   string
	rng         *rand.Rand
	what, first string   // the damage, and how the hit run ended
	verdicts    []string // "right", or what is wrong
}

// run hits the program and runs it again.
func (d *damage) run(t *testing.T, inject func(*damage, *testing.T) result) {
	d.undisturbed(t)
	got := inject(d, t)
	d.endsWell(t, got)
	d.leavesWholeFiles(t, got)
	if again := finish(t, d.in(t, d.dir)); again.code != 0 {
		d.wrong(t, "no end", "the same command again: exit code %d\n%s%s", again.code, again.stdout, again.stderr)
	}
	want, have := tree(t, d.clean), tree(t, d.dir)
	for name, sum := range want {
		if have[name] == "" {
			d.wrong(t, "lost", "%s is not there after the same command again", name)
		} else if have[name] != sum {
			d.wrong(t, "different", "%s differs from the undisturbed run", name)
		}
	}
	for name := range have {
		if want[name] == "" {
			d.wrong(t, "left over", "%s is left after the same command again", name)
		}
	}
	if d.verdicts == nil {
		d.verdicts = []string{"right"}
	}
}

// wrong fails the test for a reason that is counted.
func (d *damage) wrong(t *testing.T, verdict, format string, args ...any) {
	t.Helper()
	t.Errorf("%s: "+format, append([]any{d.what}, args...)...)
	if !slices.Contains(d.verdicts, verdict) {
		d.verdicts = append(d.verdicts, verdict)
	}
}

// killedBy is the exit code of a program that a signal ended.
const killedBy = -1

// endsWell looks at the exit code and the message of the hit run.
func (d *damage) endsWell(t *testing.T, got result) {
	t.Helper()
	text := strings.TrimPrefix(got.stderr, "\n") // the line of ^C
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	d.first = fmt.Sprintf("%d %s", got.code, lines[len(lines)-1])
	good := true
	switch got.code {
	case 0:
		good = !strings.Contains(text, "goroutine ")
	case 1:
		good = len(lines) == 1 && strings.HasPrefix(text, d.program+": ")
	case 130:
		for _, line := range lines { // a training first says that it saves
			good = good && strings.HasPrefix(line, d.program+": ") && strings.Contains(line, "interrupted")
		}
	case killedBy:
		good = text == ""
	default:
		good = false
	}
	if !good {
		d.wrong(t, "bad end", "exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
}

// leavesWholeFiles makes sure that what has the name of a finished file is one, and
// that a program that could tidy up has.
func (d *damage) leavesWholeFiles(t *testing.T, got result) {
	t.Helper()
	clean := tree(t, d.clean)
	for name, sum := range tree(t, d.dir) {
		switch {
		case strings.HasSuffix(name, ".partial"):
			if got.code != killedBy {
				d.wrong(t, "partial", "exit code %d, and %s is left", got.code, name)
			}
		case d.program == "train", strings.Contains(name, schemas.StateDir+"/"): // files that grow
		case sum != clean[name]:
			d.wrong(t, "not whole", "%s is left, and is not as in the undisturbed run", name)
		}
	}
}

// kill ends the program without warning.
func (d *damage) kill(t *testing.T) result { return d.until(t, syscall.SIGKILL) }

// signal tells the program to end. One that has not begun yet just ends.
func (d *damage) signal(t *testing.T) result {
	signals := []syscall.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
	return d.until(t, signals[d.rng.IntN(len(signals))])
}

// until sends the signal at random moments until it comes while the program runs.
// What is still busy with its end may end well.
func (d *damage) until(t *testing.T, signal syscall.Signal) (got result) {
	within := d.took
	for range 10 {
		d.dir = t.TempDir()
		after := time.Duration(d.rng.Float64() * float64(within))
		d.what = fmt.Sprintf("%v after %d of %d ms", signal, after.Milliseconds(), d.took.Milliseconds())
		p := signalAfter(t, d.in(t, d.dir), after, signal)
		if got = p.end(); got.code != 0 {
			return got
		}
		within = within * 2 / 3
	}
	return got
}

// fillDisk gives the program a disk that its output does not fit on: too few bytes,
// which some programs ask for beforehand, or too few files, which none does.
func (d *damage) fillDisk(t *testing.T) result {
	d.dir = t.TempDir()
	part := 0.1 + 0.8*d.rng.Float64()
	if d.rng.IntN(2) == 0 {
		need := diskNeed(t, d.clean)
		size := max(4096, int64(part*float64(need)))
		d.what = fmt.Sprintf("%d of %d KiB", size>>10, need>>10)
		smallDisk(t, d.dir, fmt.Sprintf("size=%d", size))
	} else {
		need := len(tree(t, d.clean))
		files := 2 + int(part*float64(need)) // two are the folders
		d.what = fmt.Sprintf("room for %d of %d files", files-2, need)
		smallDisk(t, d.dir, fmt.Sprintf("size=1g,nr_inodes=%d", files))
	}
	got := finish(t, d.in(t, d.dir))
	if !strings.Contains(got.stderr, "free some space") && !strings.Contains(got.stderr, "no inodes left") {
		d.wrong(t, "bad end", "exit code %d, and no word of the disk:\n%s", got.code, got.stderr)
	}
	largeDisk(t, d.dir)
	return got
}
