package e2e

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/schemas"
)

// quickstart returns the arguments of a short walk over images.
func quickstart(images, output string, more ...string) []string {
	return append([]string{"--input=" + images, "--output=" + output, "--latent=8", "--clusters=5", "--top=3"}, more...)
}

// walk is the finished one that several tests begin with: its folder, its arguments,
// and what it said.
var walk struct {
	sync.Once
	dir, said string
	args      []string
}

// makeWalk walks over the reference, for one epoch, unless it did before.
func makeWalk(t *testing.T) {
	t.Helper()
	r := reference(t)
	walk.Do(func() {
		walk.dir = filepath.Join(shared, "walk")
		walk.args = quickstart(r.images, walk.dir, "--epochs=1")
		walk.said = must(t, nil, "quickstart", walk.args...)
	})
	if walk.said == "" {
		t.Fatal("there is no walk to begin with")
	}
}

// walked returns a copy of the folder of the walk, which a test may change, and the
// arguments of a walk into it.
func walked(t *testing.T) (output string, args []string) {
	t.Helper()
	makeWalk(t)
	output = filepath.Join(t.TempDir(), "out")
	if err := os.CopyFS(output, os.DirFS(walk.dir)); err != nil {
		t.Fatal(err)
	}
	return output, quickstart(reference(t).images, output, "--epochs=1")
}

// TestQuickstart runs the workflow with a convolutional model that is compared with
// the linear one, which is better: it is used, and the other is beside. A second walk
// makes nothing.
func TestQuickstart(t *testing.T) {
	r := reference(t)
	makeWalk(t)
	output, args, out := walk.dir, walk.args, walk.said
	for _, want := range []string{
		"epoch 1 of 1: loss ", "convolutional autoencoder, 8 dimensions, 1 epoch: reconstruction MSE 0.0",
		"linear autoencoder, 8 dimensions: 0.0", "images held out\n", "the linear autoencoder is used: its error on the images held out is ", "400 encoded + 0 rejected", "15 picks from 5 clusters", "all hold",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("the output lacks %q:\n%s", want, out)
		}
	}
	for dir, want := range map[string]string{"model": model.FamilyLinear, besideModel: model.FamilyConv} {
		if got := family(t, filepath.Join(output, dir)); got != want {
			t.Errorf("the model in %s is of family %s", dir, got)
		}
	}
	must(t, nil, "verify", "--input="+filepath.Join(output, "model"))
	before := modTimes(t, output)
	if out := must(t, nil, "quickstart", args...); !strings.Contains(out, "is there already, 8 dimensions") {
		t.Errorf("second walk:\n%s", out)
	}
	for name, was := range modTimes(t, output) {
		if !was.Equal(before[name]) {
			t.Errorf("the second walk wrote %s", name)
		}
	}
	if out := must(t, nil, "quickstart", quickstart(r.images, output, "--arch=linear")...); !strings.Contains(out, "is there already") {
		t.Errorf("--arch=linear:\n%s", out)
	}
}

// besideModel is where the quickstart keeps the convolutional model that is not the better one.
const besideModel = "compared/convolutional"

// TestQuickstartOfEarlierVersion: where an earlier version finished with the convolutional
// model although the linear one is better, what is finished stays, and one line says so.
// Where it was interrupted before, the better one is used.
func TestQuickstartOfEarlierVersion(t *testing.T) {
	output, args := walked(t)
	at := func(name string) string { return filepath.Join(output, name) }
	better := hashes(t, at("model"))["model.json"]
	for _, dir := range []string{"model", "latents", "selection"} {
		if err := os.RemoveAll(at(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Rename(at(besideModel), at("model")); err != nil {
		t.Fatal(err)
	}
	if out := must(t, nil, "quickstart", append(args, "--plan")...); !strings.Contains(out, "a linear model, which is better") {
		t.Errorf("the plan:\n%s", out)
	}
	must(t, nil, "encode", "--input="+at("shards"), "--model="+at("model"), "--output="+at("latents"), "--reconstruct")
	before := modTimes(t, at("latents"))
	out := must(t, nil, "quickstart", args...)
	if !strings.Contains(out, "the finished latents are of the convolutional one and stay, --overwrite makes") || family(t, at("model")) != model.FamilyConv || exists(t, at(besideModel)) {
		t.Errorf("the model is of family %s:\n%s", family(t, at("model")), out)
	}
	if d := cmp.Diff(before, modTimes(t, at("latents"))); d != "" {
		t.Errorf("latents were written (-before +after):\n%s", d)
	}
	for _, dir := range []string{"latents", "selection"} {
		if err := os.RemoveAll(at(dir)); err != nil {
			t.Fatal(err)
		}
	}
	if out := must(t, nil, "quickstart", args...); !strings.Contains(out, "the linear autoencoder is used") || hashes(t, at("model"))["model.json"] != better {
		t.Errorf("without latents:\n%s", out)
	}
}

// TestQuickstartLinear: the linear model takes the place of another on request, once that
// is said.
func TestQuickstartLinear(t *testing.T) {
	r := reference(t)
	output, _ := walked(t)
	if err := os.RemoveAll(filepath.Join(output, "model")); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(filepath.Join(output, besideModel), filepath.Join(output, "model")); err != nil {
		t.Fatal(err)
	}
	refusedEarly(t, filepath.Join(output, "model"), "--overwrite to replace it", "quickstart", quickstart(r.images, output, "--arch=linear")...)
	if out := must(t, nil, "quickstart", quickstart(r.images, output, "--arch=linear", "--overwrite")...); !strings.Contains(out, "linear autoencoder: 8 dimensions") {
		t.Errorf("--arch=linear:\n%s", out)
	}
	if got := family(t, filepath.Join(output, "model")); got != model.FamilyLinear {
		t.Errorf("the model is of family %s", got)
	}
}

// TestQuickstartWithoutAssembly: where nothing is asked for, the linear autoencoder is made
// without assembly, to the bytes that go on with assembly where it is the better one. It is
// said and recorded, and with assembly the folder stands as it is.
func TestQuickstartWithoutAssembly(t *testing.T) {
	r := reference(t)
	makeWalk(t)
	output := filepath.Join(t.TempDir(), "out")
	args, portable := quickstart(r.images, output), []string{"EXEMPLAR_KERNEL=portable"}
	if out := must(t, portable, "quickstart", append(args, "--plan")...); !strings.Contains(out, "it is the linear autoencoder") {
		t.Errorf("the plan:\n%s", out)
	}
	out := must(t, portable, "quickstart", args...)
	if !strings.Contains(out, "decided by the collection (400 images of 64x64 8-bit) and the portable kernels: the linear autoencoder\n") || strings.Contains(out, "epoch") {
		t.Errorf("the output:\n%s", out)
	}
	for _, dir := range []string{"model", "latents", "selection"} {
		want, got := hashes(t, filepath.Join(walk.dir, dir)), hashes(t, filepath.Join(output, dir))
		private := func(name, _ string) bool { return name == "report.html" || strings.HasPrefix(name, "_state/") }
		maps.DeleteFunc(want, private)
		maps.DeleteFunc(got, private)
		if d := cmp.Diff(want, got); d != "" || len(got) < 3 {
			t.Errorf("%s (-with assembly +without):\n%s", dir, d)
		}
	}
	var run schemas.Run
	readJSON(t, filepath.Join(output, "model", schemas.RunFile), &run)
	want := &schemas.RunDecision{Arch: "linear", Images: 400, Of: 400, By: []string{"collection", "portable kernels"}}
	if d := cmp.Diff(want, run.Decided); d != "" {
		t.Errorf("run.json (-want +got):\n%s", d)
	}
	before := modTimes(t, output)
	if out := must(t, nil, "quickstart", args...); !model.Portable() && !strings.Contains(out, "decided by the model that is there: the linear autoencoder\n") {
		t.Errorf("with assembly:\n%s", out)
	}
	if d := cmp.Diff(before, modTimes(t, output)); d != "" {
		t.Errorf("with assembly (-before +after):\n%s", d)
	}
}

// TestQuickstartElsewhere: the same command in another folder, later, writes the same
// bytes. Only the records of runs, and what reports whether an image changed, hold times.
func TestQuickstartElsewhere(t *testing.T) {
	var first map[string]string
	for range 2 {
		dir := t.TempDir()
		cmd := command(t, nil, filepath.Join(bin, "quickstart"), "--images=30", "--latent=4", "--clusters=3", "--top=3", "--arch=linear", "--output=out")
		cmd.Dir = dir
		if r := finish(t, cmd); r.code != 0 {
			t.Fatalf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
		}
		files := hashes(t, dir)
		maps.DeleteFunc(files, func(name, _ string) bool { return strings.HasPrefix(name, "out/shards/_state/images-") })
		if first == nil {
			first = files
		} else if d := cmp.Diff(first, files); d != "" || len(files) < 40 {
			t.Errorf("%d files, (-first +second):\n%s", len(files), d)
		}
	}
}

func family(t *testing.T, dir string) string {
	t.Helper()
	files := model.Files{}
	for _, name := range model.FileNames() {
		data, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		files[name] = data
	}
	m, err := model.Unmarshal(files)
	if err != nil {
		t.Fatal(err)
	}
	return m.Arch.Family
}

// TestQuickstartInItsInput: what a walk writes below its own input is no image of the
// collection, neither when it is walked again nor when the collection has grown.
func TestQuickstartInItsInput(t *testing.T) {
	dir := t.TempDir()
	add := func(from, to int) {
		for i := from; i < to; i++ {
			if err := os.WriteFile(filepath.Join(dir, fmt.Sprintf("%03d.png", i)), crop(i), 0o666); err != nil {
				t.Fatal(err)
			}
		}
	}
	had := 0
	for _, n := range []int{40, 43} {
		add(had, n)
		had = n
		out := must(t, nil, "quickstart", quickstart(dir, dir, "--arch=linear")...)
		if want := fmt.Sprintf("%d images listed = %d written + 0 rejected", n, n); !strings.Contains(out, want) {
			t.Errorf("not %q:\n%s", want, out)
		}
		var c schemas.Collection
		readJSON(t, filepath.Join(dir, "shards", schemas.CollectionFile), &c)
		if c.Ignored != 0 {
			t.Errorf("%d files were ignored, and none was there", c.Ignored)
		}
	}
}

// TestQuickstartInterrupted ends a walk by Ctrl-C while it trains: the same
// command goes on, to the model of an undisturbed walk.
func TestQuickstartInterrupted(t *testing.T) {
	r := reference(t)
	clean := filepath.Join(t.TempDir(), "clean")
	must(t, []string{"GOMAXPROCS=1"}, "quickstart", quickstart(r.images, clean, "--epochs=3")...)
	for range 10 {
		output := filepath.Join(t.TempDir(), "out")
		args := quickstart(r.images, output, "--epochs=3")
		cmd := command(t, nil, filepath.Join(bin, "quickstart"), args...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- cmd.Wait() }()
		for len(ended) == 0 && !exists(t, filepath.Join(output, "model", checkpoint)) {
			time.Sleep(time.Millisecond)
		}
		_ = cmd.Process.Signal(os.Interrupt) // where it has ended already, its files say so
		<-ended
		if exists(t, filepath.Join(output, "model", "model.json")) {
			continue // it was faster
		}
		if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(stderr.String(), "run the same command again to go on") {
			t.Errorf("exit code %d\n%s", code, &stderr)
		}
		if out := must(t, nil, "quickstart", args...); !strings.Contains(out, "going on in epoch") {
			t.Errorf("started again:\n%s", out)
		}
		for _, dir := range []string{"model", besideModel} {
			sameTree(t, filepath.Join(output, dir), filepath.Join(clean, dir))
		}
		return
	}
	t.Fatal("the walk was never caught in its training")
}

// TestQuickstartTakesAnyImage: of other sizes and depths a model is trained, too,
// and where none can be by gradient steps, it is linear, and one line says why.
func TestQuickstartTakesAnyImage(t *testing.T) {
	for _, c := range []struct {
		name                  string
		height, width, images int
		bits                  int
		want, family          string
	}{
		{"16 bits, odd", 29, 43, 150, 16, "convolutional autoencoder, 8 dimensions", model.FamilyConv},
		{"small", 8, 8, 150, 8, "convolutional autoencoder, 8 dimensions", model.FamilyConv},
		{"too small", 5, 9, 150, 8, "images of 5x9 8-bit are too small for convolutions: the linear autoencoder instead", model.FamilyLinear},
		{"too few", 16, 16, 60, 8, "60 images are too few to hold some back for validation: the linear autoencoder instead", model.FamilyLinear},
	} {
		t.Run(c.name, func(t *testing.T) {
			images, output := t.TempDir(), filepath.Join(t.TempDir(), "out")
			for i := range c.images {
				if err := os.WriteFile(filepath.Join(images, fmt.Sprintf("%03d.png", i)), blob(c.height, c.width, c.bits, i), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			more := []string{}
			if c.family == model.FamilyConv {
				more = append(more, "--epochs=1")
			}
			if out := must(t, nil, "quickstart", quickstart(images, output, more...)...); !strings.Contains(out, c.want) {
				t.Errorf("the output lacks %q:\n%s", c.want, out)
			}
			at := "model"
			if exists(t, filepath.Join(output, besideModel)) {
				at = besideModel
			}
			if got := family(t, filepath.Join(output, at)); got != c.family {
				t.Errorf("the model in %s is of family %s", at, got)
			}
		})
	}
}

// blob draws an image of one bright spot, whose place depends on i.
func blob(height, width, bits, i int) []byte {
	gray := image.NewGray16(image.Rect(0, 0, width, height))
	var im image.Image = gray
	shallow := image.NewGray(gray.Rect)
	for y := range height {
		for x := range width {
			dy, dx := y-i*7%height, x-i*11%width
			v := 65535 / (1 + dy*dy + dx*dx)
			gray.SetGray16(x, y, color.Gray16{Y: uint16(v)})
			shallow.SetGray(x, y, color.Gray{Y: uint8(v >> 8)})
		}
	}
	if bits == 8 {
		im = shallow
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return b.Bytes()
}
