// Package e2e runs the pipelines as users do, as programs with flags, from
// images to a selection: killed and started again, on one processor and on two,
// with workers in processes of their own, on a fake of Dataflow, against a fake
// object store, and with every wrong input a user is likely to give.
//
// What never enters: Beam, Gorgonia, Parquet; tests of a single package, which live
// beside it.
package e2e

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/pipelines/internal/enginetest"
	"exemplar/schemas"
)

// bin is the folder of the programs.
var bin string

func TestMain(m *testing.M) {
	enginetest.Boot()
	code, err := build(m)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(code)
}

// build makes the programs once, runs the tests and removes the programs.
func build(m *testing.M) (code int, err error) {
	scratch, err := os.MkdirTemp("", "e2e")
	if err != nil {
		return 0, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(scratch)) }()
	bin = filepath.Join(scratch, "bin")
	shared = filepath.Join(scratch, "shared")
	cmd := exec.Command("go", "build", "-ldflags=-s -w", "-o", bin+string(filepath.Separator),
		"exemplar/pipelines/shard", "exemplar/pipelines/train", "exemplar/pipelines/encode", "exemplar/pipelines/decode",
		"exemplar/pipelines/select", "exemplar/pipelines/verify", "exemplar/pipelines/report", "exemplar/pipelines/quickstart",
		"exemplar/pipelines/import", "exemplar/pipelines/query", "exemplar/pipelines/export", "exemplar/pipelines/compare", "exemplar/pipelines/exemplar")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return 0, fmt.Errorf("building the programs: %w\n%s", err, out)
	}
	return m.Run(), nil
}

// result is what a program left behind.
type result struct {
	stdout, stderr string
	code           int
}

// command prepares a program with a time limit, so that a hanging runner fails
// its test and not the whole run.
func command(t testing.TB, env []string, program string, args ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
	t.Cleanup(cancel)
	cmd := exec.CommandContext(ctx, program, args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.WaitDelay = time.Second
	return cmd
}

// start runs one of the programs to its end.
func start(t testing.TB, env []string, name string, args ...string) result {
	t.Helper()
	return finish(t, command(t, env, filepath.Join(bin, name), args...))
}

func finish(t testing.TB, cmd *exec.Cmd) result {
	t.Helper()
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	if exit := (*exec.ExitError)(nil); err != nil && !errors.As(err, &exit) {
		t.Fatalf("%s: %v\n%s", cmd, err, stderr.String())
	}
	return result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// must runs one of the programs, which has to succeed, and returns its output.
func must(t testing.TB, env []string, name string, args ...string) string {
	t.Helper()
	r := start(t, env, name, args...)
	if r.code != 0 {
		t.Fatalf("%s %s: exit code %d\n%s%s", name, strings.Join(args, " "), r.code, r.stdout, r.stderr)
	}
	return r.stdout
}

// crop draws image i of the test collection: a spot on black whose size and
// brightness differ from image to image.
func crop(i int) []byte {
	const size = 64
	im := image.NewGray(image.Rect(0, 0, size, size))
	radius, peak := 8+float64(i%17), 90+float64(i*37%160)
	for y := range size {
		for x := range size {
			d := math.Hypot(float64(x-size/2), float64(y-size/2)*(1+float64(i%5)/4)) / radius
			if d < 1 {
				im.SetGray(x, y, color.Gray{Y: uint8(peak * (1 - d*d/2))})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, im); err != nil {
		panic(err) // a bytes.Buffer takes everything
	}
	return b.Bytes()
}

// cropName is the name of image i: names that need escaping in a URL, a shell or
// a format string have to come through unchanged.
func cropName(i int) string {
	return fmt.Sprintf([]string{
		"plate 1/cell %04d.png", "plate#2/cell#%04d.png", "50%%25/zelle-ä%04d.png", "細胞/%04d?.png",
	}[i%4], i)
}

// The folders of a finished workflow, made once for all tests.
type workflow struct{ images, shards, model, latents, selection string }

// shared is the folder of the workflow that all tests read.
var shared string

var makeWorkflow sync.Once

// reference returns the undisturbed workflow: 400 images in 20 shards.
func reference(t testing.TB) workflow {
	t.Helper()
	r := workflow{}
	for name, dir := range map[string]*string{
		"images": &r.images, "shards": &r.shards, "model": &r.model, "latents": &r.latents, "selection": &r.selection,
	} {
		*dir = filepath.Join(shared, name)
	}
	makeWorkflow.Do(func() {
		for i := range 400 {
			file := filepath.Join(r.images, filepath.FromSlash(cropName(i)))
			if err := errors.Join(os.MkdirAll(filepath.Dir(file), 0o777), os.WriteFile(file, crop(i), 0o666)); err != nil {
				t.Fatal(err)
			}
		}
		must(t, nil, "shard", r.step("shard", r.shards)...)
		must(t, nil, "train", "--arch=linear", "--input="+r.shards, "--output="+r.model)
		must(t, nil, "encode", r.step("encode", r.latents)...)
		must(t, nil, "select", r.step("select", r.selection)...)
	})
	if t.Failed() {
		t.FailNow()
	}
	return r
}

// step returns the arguments of a step that reads the workflow and writes output.
func (r workflow) step(name, output string) []string {
	switch name {
	case "shard":
		return []string{"--input=" + r.images, "--shards=20", "--output=" + output}
	case "encode":
		return []string{"--input=" + r.shards, "--model=" + r.model, "--output=" + output}
	case "select":
		return []string{"--input=" + r.latents, "--shards=" + r.shards, "--clusters=5", "--top=3", "--assignments", "--output=" + output}
	}
	panic("no step " + name)
}

// output returns the folder that holds the undisturbed output of a step.
func (r workflow) output(step string) string {
	return map[string]string{"shard": r.shards, "encode": r.latents, "select": r.selection}[step]
}

// moved returns the workflow with the output of a step in another folder.
func (r workflow) moved(step, dir string) workflow {
	switch step {
	case "shard":
		r.shards = dir
	case "encode":
		r.latents = dir
	case "select":
		r.selection = dir
	}
	return r
}

var steps = []string{"shard", "encode", "select"}

// manifests names the file that each step writes last.
var manifests = map[string]string{"shard": "shards.json", "encode": "_latents.json", "select": "selection.json"}

// tree returns the hash of every file below dir by its name. The record of a run
// is left out: it alone tells of time.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(d.Name(), schemas.RunFile) {
			return err
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = fmt.Sprintf("%x", sha256.Sum256(data))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// sameTree fails the test where two folders differ in a name or a byte.
func sameTree(t testing.TB, got, want string) {
	t.Helper()
	if diff := cmp.Diff(tree(t, want), tree(t, got)); diff != "" {
		t.Errorf("%s differs from the undisturbed run (-want +got):\n%s", got, diff)
	}
}
