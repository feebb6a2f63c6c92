package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/transforms/store"
)

// inside is a collection of 24 images whose folder, or prefix, every step also
// writes into: each step into what it reads, as earlier versions let them.
type inside struct {
	base string
	env  []string
}

const insideImages = 24

func newInside(t *testing.T, base string, env []string) inside {
	t.Helper()
	for _, v := range env { // this process looks into the store too
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	for i := range insideImages {
		if err := store.WriteFile(t.Context(), store.Join(base, fmt.Sprintf("plate/%03d.png", i)), crop(i)); err != nil {
			t.Fatal(err)
		}
	}
	return inside{base, env}
}

func (in inside) at(name string) string { return store.Join(in.base, name) }

// steps returns every program that writes, in the order of the workflow.
func (in inside) steps() [][]string {
	shards, model, latents := in.at("shards"), in.at("shards/model"), in.at("shards/latents")
	return [][]string{
		{"shard", "--input=" + in.base, "--shards=3", "--output=" + shards},
		append([]string{"train"}, workflow{shards: shards}.gradient(model, "--epochs=1")...),
		{"encode", "--input=" + shards, "--model=" + model, "--output=" + latents},
		{"decode", "--input=" + latents, "--model=" + model, "--output=" + latents + "/decoded"},
		{"select", "--input=" + latents, "--shards=" + shards, "--clusters=3", "--top=2", "--output=" + latents + "/selection"},
		{"report", "--selection=" + latents + "/selection", "--latents=" + latents, "--embedding=none", "--output=" + latents + "/selection/report.html"},
		{"query", "--input=" + latents, "--shards=" + shards, "--image=plate/000.png", "--output=" + latents + "/query"},
		{"compare", "--input=" + shards, "--models=" + model, "--output=" + model + "/compared"},
		{"export", "--model=" + model, "--format=npz", "--output=" + model + "/npz"},
		{"import", "--arch=" + in.at("arch.json"), "--encoder=" + model + "/npz/encoder.npz", "--decoder=" + model + "/npz/decoder.npz", "--output=" + model + "/npz/imported"},
		append([]string{"quickstart"}, quickstart(in.base, in.at("quick"), "--arch=linear")...),
	}
}

// listed fails the test unless a program says that it read the images that somebody
// put there, and no others.
func (in inside) listed(t *testing.T, out, more string) {
	t.Helper()
	if want := fmt.Sprintf("%d images listed = %d written + 0 rejected", insideImages, insideImages); !strings.Contains(out, want) || !strings.Contains(out, more) {
		t.Errorf("not %q and %q:\n%s", want, more, out)
	}
}

// isNamed fails the test unless a folder of Exemplar's, named as the input, is read
// and that is said.
func (in inside) isNamed(t *testing.T, folder string, pictures int) {
	t.Helper()
	out := must(t, in.env, "shard", "--input="+in.at(folder), "--output="+filepath.Join(t.TempDir(), "named"))
	for _, want := range []string{
		fmt.Sprintf("%d images listed = %d written + 0 rejected", pictures, pictures),
		"--input=" + in.at(folder) + " is what Exemplar wrote: it was named, so its pictures are read",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("%s: not %q:\n%s", folder, want, out)
		}
	}
}

// refused fails the test unless a step refuses at once, with and without --plan, to write into a
// folder that another step wrote, and then makes the same beside it and moves it there.
func (in inside) refused(t *testing.T, step []string) string {
	t.Helper()
	output := ""
	for _, arg := range step {
		if _, v, ok := strings.Cut(arg, "--output="); ok {
			output = v
		}
	}
	before := tree(t, in.base)
	for _, more := range [][]string{{"--plan"}, nil} {
		r := start(t, nil, step[0], append(slices.Clone(step[1:]), more...)...)
		if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "output folder "+output+" would lie in ") {
			t.Errorf("%s %v: exit code %d\n%s", step[0], more, r.code, r.stderr)
		}
	}
	if d := cmp.Diff(before, tree(t, in.base)); d != "" {
		t.Errorf("%s changed what is there, refusing (-before +after):\n%s", step[0], d)
	}
	beside := filepath.Join(t.TempDir(), "beside")
	args := slices.Clone(step[1:])
	for i := range args {
		args[i] = strings.ReplaceAll(args[i], "--output="+output, "--output="+beside)
	}
	first := must(t, nil, step[0], args...)
	if err := os.Rename(beside, output); err != nil {
		t.Fatal(err)
	}
	return first
}

// TestOutputInsideInput: a step refuses to write into a folder of another one that it reads.
// What earlier versions wrote there, among the images of a collection, stands: run again a
// step makes nothing, and the collection is the same images for a
// walk and a shard that begin when all is there. A folder that Exemplar wrote is read
// where it is named.
func TestOutputInsideInput(t *testing.T) {
	dir := t.TempDir()
	in := newInside(t, dir, nil)
	for _, step := range in.steps() {
		if step[0] == "import" {
			if err := os.WriteFile(in.at("arch.json"), architecture(t, in.at("shards/model")), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		first := ""
		switch step[0] {
		case "shard", "quickstart", "report": // into images, and into the selection that a page belongs to
			first = must(t, nil, step[0], step[1:]...)
		default:
			first = in.refused(t, step)
		}
		before := tree(t, dir)
		again := must(t, nil, step[0], step[1:]...)
		if d := cmp.Diff(before, tree(t, dir)); d != "" {
			t.Errorf("%s, run again (-before +after):\n%s", step[0], d)
		}
		switch step[0] {
		case "quickstart":
			in.listed(t, first, "passed over: ")
			in.listed(t, again, "passed over: ")
		case "shard":
			in.listed(t, first, "")
			in.listed(t, again, "Nothing to do")
		default:
			if !strings.Contains(again, "Nothing to do") && !strings.Contains(again, "is there already") {
				t.Errorf("%s made something:\n%s", step[0], again)
			}
		}
	}
	fresh := filepath.Join(t.TempDir(), "shards")
	in.listed(t, must(t, nil, "shard", "--input="+dir, "--output="+fresh), "passed over: ")
	sameTree(t, fresh, in.at("quick/shards"))
	for _, folder := range []string{"shards", "quick/selection", "shards/model/npz/imported", "shards/latents/decoded"} {
		must(t, nil, "verify", "--input="+in.at(folder))
	}
	// The folder of a step is not swept where others wrote into it.
	step := in.steps()[0]
	if r := start(t, nil, step[0], step[1:]...); r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "also holds") {
		t.Errorf("shard, over what others wrote: exit code %d\n%s", r.code, r.stderr)
	}
	in.isNamed(t, "shards/latents/selection", 6)
	in.isNamed(t, "quick/selection/images", 14)
}

// TestOutputInsideInputOfStores: the same of prefixes.
func TestOutputInsideInputOfStores(t *testing.T) {
	for base, s := range map[string]failingStore{"gs://data/in": failingGS(t), "s3://data/in": failingS3(t)} {
		t.Run(base[:2], func(t *testing.T) {
			in := newInside(t, base, s.env)
			all := in.steps()
			walk, shard := all[len(all)-1], all[0]
			in.listed(t, must(t, in.env, walk[0], walk[1:]...), "")
			for range 2 {
				in.listed(t, must(t, in.env, shard[0], shard[1:]...), "passed over: ")
			}
			out := must(t, in.env, walk[0], walk[1:]...)
			in.listed(t, out, "is there already")
			in.isNamed(t, "quick/selection", 14)
		})
	}
}
