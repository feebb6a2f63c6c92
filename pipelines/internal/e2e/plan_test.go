package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
)

// plans are the programs with flags that a plan is asked of, with the output as the
// last one.
func plans(r workflow) map[string][]string {
	return map[string][]string{
		"shard":    {"shard", "--input=" + r.images, "--shards=20", "--output="},
		"gzip":     {"shard", "--input=" + r.images, "--compression=gzip", "--output="},
		"encode":   {"encode", "--input=" + r.shards, "--model=" + r.model, "--output="},
		"decode":   {"decode", "--input=" + r.latents, "--model=" + r.model, "--output="},
		"images":   {"decode", "--shards=" + r.shards, "--model=" + r.model, "--reconstruct", "--output="},
		"select":   {"select", "--input=" + r.latents, "--shards=" + r.shards, "--clusters=5", "--top=3", "--assignments", "--output="},
		"linear":   {"train", "--arch=linear", "--input=" + r.shards, "--output="},
		"gradient": {"train", "--arch=mnist-conv", "--filters=4,8", "--latent=2", "--epochs=4", "--input=" + r.shards, "--output="},
		"report":   {"report", "--selection=" + r.selection, "--output="},
		"query":    {"query", "--input=" + r.latents, "--shards=" + r.shards, "--image=" + cropName(3), "--output="},
		"compare":  {"compare", "--input=" + r.shards, "--models=" + r.model, "--output="},
		"quick":    {"quickstart", "--input=" + r.images, "--output="},
		"sample":   {"quickstart", "--output="},
	}
}

// TestPlanChangesNothing: a plan says what it would do, and leaves no trace, neither
// of an output that is not there nor in one that is half-way.
func TestPlanChangesNothing(t *testing.T) {
	r := reference(t)
	for name, args := range plans(r) {
		dir := t.TempDir()
		output := filepath.Join(dir, "out")
		if name == "report" {
			output += ".html"
		}
		args[len(args)-1] += output
		out := must(t, nil, args[0], append(args[1:], "--plan")...)
		for _, want := range []string{"reads ", "writes ", "Nothing was written."} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: the plan has no %q:\n%s", name, want, out)
			}
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("%s: the plan left %v (%v)", name, left, err)
		}
	}
	for _, step := range steps {
		if out := must(t, nil, step, append(r.step(step, r.output(step)), "--plan")...); !strings.HasPrefix(out, "Nothing to do: ") {
			t.Errorf("%s: the plan of what is done:\n%s", step, out)
		}
		output := killHalfWay(t, r, step)
		files, times := tree(t, output), modTimes(t, output)
		must(t, nil, step, append(r.step(step, output), "--plan")...)
		after := modTimes(t, output)
		for name := range tree(t, output) {
			if !after[name].Equal(times[name]) || files[name] == "" {
				t.Errorf("%s: the plan wrote %s", step, name)
			}
		}
		if len(after) != len(times) {
			t.Errorf("%s: %d files before the plan, %d after", step, len(times), len(after))
		}
	}
	if out := must(t, nil, "verify", "--input="+r.selection, "--plan"); !strings.Contains(out, "writes   nothing") || strings.Contains(out, "\ntime ") {
		t.Errorf("verify: %s", out)
	}
}

// TestPlanRefusesAsTheRun: what cannot start is refused by the plan and by the run,
// with the same line and code, before anything is written.
func TestPlanRefusesAsTheRun(t *testing.T) {
	r := reference(t)
	foreign := write(t, "thesis.txt", []byte("important"))
	small := fullDisk(t, "size=1100k") // the files of a lock do not show in the figure
	locked := fullDisk(t, "ro")
	file := filepath.Join(foreign, "thesis.txt")
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"no images":          {[]string{"shard", "--input=" + foreign, "--output=" + small + "/a"}, foreign},
		"foreign output":     {[]string{"shard", "--input=" + r.images, "--output=" + foreign}, "was not written by this step"},
		"output in a file":   {[]string{"shard", "--input=" + r.images, "--output=" + file + "/a"}, "thesis.txt"},
		"no room for shards": {[]string{"shard", "--input=" + r.images, "--output=" + small + "/a"}, "1.1 MiB are free there, and about 1."},
		"no room for model":  {[]string{"train", "--arch=ae1m", "--input=" + r.shards, "--output=" + small + "/a"}, "free some space"},
		"no room for page":   {[]string{"report", "--selection=" + r.selection, "--output=" + small + "/a.html"}, "free some space"},
		"read-only output":   {[]string{"encode", "--input=" + r.shards, "--model=" + r.model, "--output=" + locked + "/a"}, "read-only file system: choose an output folder on a disk that can be written"},
		"read-only for picks": {[]string{"select", "--input=" + r.latents, "--clusters=5", "--top=3", "--output=" + locked + "/a"},
			"read-only file system"},
		"no model":            {[]string{"encode", "--input=" + r.shards, "--model=" + foreign, "--output=" + small + "/a"}, "model.json"},
		"other shards":        {[]string{"select", "--input=" + r.latents, "--shards=" + r.latents, "--clusters=5", "--top=3", "--output=" + small + "/a"}, "shards.json"},
		"nothing to verify":   {[]string{"verify", "--input=" + foreign}, "no finished output folder"},
		"no selection":        {[]string{"report", "--selection=" + foreign}, "selection.json"},
		"more clusters":       {[]string{"select", "--input=" + r.latents, "--clusters=500", "--top=3", "--output=" + small + "/a"}, "more than the 400 images"},
		"no such pattern":     {[]string{"shard", "--input=" + r.images + "/*.none", "--output=" + small + "/a"}, "*.none"},
		"quickstart, no room": {[]string{"quickstart", "--input=" + r.images, "--output=" + small + "/q"}, "free some space"},
	} {
		planned := start(t, nil, c.args[0], append(c.args[1:], "--plan")...)
		run := start(t, nil, c.args[0], c.args[1:]...)
		if planned.code != 1 || strings.Count(planned.stderr, "\n") != 1 || !strings.Contains(planned.stderr, c.want) {
			t.Errorf("%s: the plan ends with code %d\n%s", name, planned.code, planned.stderr)
		}
		said := strings.Replace(run.stderr, "quickstart: shard: ", "quickstart: ", 1) // the run says in which step
		if planned.code != run.code || planned.stderr != said {
			t.Errorf("%s: the plan says\n%sand the run, with code %d,\n%s", name, planned.stderr, run.code, run.stderr)
		}
	}
	for _, dir := range []string{small, locked} {
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("refused runs left %v (%v)", left, err)
		}
	}
}

// TestRoomIsEnough: what the plan of shards takes to be enough is, and is not much
// more than they need.
func TestRoomIsEnough(t *testing.T) {
	r := reference(t)
	var m schemas.ShardsManifest
	readJSON(t, filepath.Join(r.shards, "shards.json"), &m)
	for _, c := range []struct {
		share float64
		code  int
	}{{0.9, 1}, {1.35, 0}} {
		disk := fullDisk(t, "size="+fmt.Sprint(int64(c.share*float64(m.Bytes))))
		output := filepath.Join(disk, "shards")
		if got := start(t, nil, "shard", r.step("shard", output)...); got.code != c.code {
			t.Errorf("%.2f of the bytes of the shards: exit code %d\n%s", c.share, got.code, got.stderr)
		}
	}
}
