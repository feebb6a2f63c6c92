package main

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"exemplar/model"
	"exemplar/pipelines/internal/enginetest"
	"exemplar/tfrecord"
	"exemplar/transforms/records"
)

// asEncode makes the test binary the encode command.
const asEncode = "ENCODE_TEST_COMMAND"

func TestMain(m *testing.M) {
	enginetest.Boot()
	if os.Getenv(asEncode) != "" || slices.Contains(os.Args, "--worker=true") {
		main()
	}
	os.Exit(m.Run())
}

// command returns the encode command with the given flags.
func command(env []string, flags ...string) *exec.Cmd {
	cmd := exec.Command(os.Args[0], flags...)
	cmd.Env = append(append(os.Environ(), asEncode+"=1"), env...)
	return cmd
}

// encode runs the command and returns what it printed.
func encode(t *testing.T, env []string, flags ...string) string {
	t.Helper()
	out, err := command(env, flags...).CombinedOutput()
	if err != nil {
		t.Fatalf("encode %q: %v\n%s", flags, err, out)
	}
	return string(out)
}

const side = 16

// inputs returns the files of a model and of shards, by path. The model's speed
// is such that the shards take a few tenths of a second.
func inputs(t *testing.T) map[string][]byte {
	t.Helper()
	arch, err := model.ParseArch([]byte(`{"family":"dense","input":{"height":16,"width":16},"latent":4,"widths":[2048,1024]}`))
	if err != nil {
		t.Fatal(err)
	}
	m := &model.Model{Arch: arch}
	for _, s := range arch.EncoderWeights() {
		n := 1
		for _, d := range s.Shape {
			n *= d
		}
		w := model.Tensor{Name: s.Name, Shape: s.Shape, Data: make([]float32, n)}
		for i := range w.Data {
			w.Data[i] = float32((i*2654435761)%1000-500) / 50000
		}
		m.Encoder = append(m.Encoder, w)
	}
	files := map[string][]byte{}
	parts, err := m.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	for name, data := range parts {
		files["model é/"+name] = data
	}
	for s := range 8 {
		var buf bytes.Buffer
		w := tfrecord.NewWriter(&buf, tfrecord.WriterOptions{Gzip: s%2 == 1})
		for i := range 60 {
			im := records.Image{Filename: fmt.Sprintf("Läufe/50%% #%d?/%d.tif", s, i), Height: side, Width: side, Channels: 1, Bits: 8}
			for k := range side * side {
				im.Pixels = append(im.Pixels, byte(k*i+s))
			}
			if _, err := w.Write(records.Append(nil, &im)); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		files[fmt.Sprintf("späte #1 50%%/part %d.tfrecords", s)] = buf.Bytes()
	}
	return files
}

// local writes the inputs below a folder and returns the flags that name them.
func local(t *testing.T, files map[string][]byte) (flags []string) {
	t.Helper()
	dir := t.TempDir()
	for name, data := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, data, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return flagsOf(dir)
}

func flagsOf(root string) []string {
	return []string{"--input=" + root + "/späte #1 50%", "--model=" + root + "/model é"}
}

// latentsIn returns the Parquet files of a folder by name.
func latentsIn(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	names, err := filepath.Glob(filepath.Join(dir, "*.parquet"))
	if err != nil || len(names) != 8 {
		t.Fatalf("%d latents files in %s (%v)", len(names), dir, err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = string(data)
	}
	return files
}

// TestRunners: workers in processes of their own, and a bucket for everything,
// give the bytes of a plain run.
func TestRunners(t *testing.T) {
	files := inputs(t)
	flags := local(t, files)
	plain := filepath.Join(t.TempDir(), "out")
	if out := encode(t, nil, append(flags, "--output="+plain)...); !strings.Contains(out, "480 images in the shards = 480 encoded + 0 rejected") {
		t.Errorf("summary:\n%s", out)
	}
	want := latentsIn(t, plain)

	t.Run("process", func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "out")
		encode(t, nil, slices.Concat(flags, []string{"--output=" + dir}, enginetest.NewProcess(t).Flags(t, os.Args[0]))...)
		if diff := cmp.Diff(want, latentsIn(t, dir)); diff != "" {
			t.Errorf("bytes differ:\n%.300s", diff)
		}
	})
	t.Run("bucket", func(t *testing.T) {
		bucket := enginetest.NewStorage(t, "b")
		for name, data := range files {
			bucket.Put("b", "in/"+name, data)
		}
		args := append(flagsOf("gs://b/in"), "--output=gs://b/Ausgabe #%/latents")
		encode(t, bucket.Env(), args...)
		got := map[string]string{}
		for _, name := range bucket.Names(t, "b", "Ausgabe #%/latents/latents-") {
			got[filepath.Base(name)] = string(bucket.Get(t, "b", name))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("bytes differ:\n%.300s", diff)
		}
		if out := encode(t, bucket.Env(), args...); !strings.Contains(out, "Nothing to do") {
			t.Errorf("a second run printed:\n%s", out)
		}
	})
}

// TestKilled: a run that is killed half-way and started again gives the files
// of an undisturbed run, and keeps what was finished.
func TestKilled(t *testing.T) {
	flags := local(t, inputs(t))
	plain := filepath.Join(t.TempDir(), "out")
	encode(t, nil, append(flags, "--output="+plain)...)

	dir := filepath.Join(t.TempDir(), "out")
	cmd := command(nil, append(flags, "--output="+dir)...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	first := filepath.Join(dir, "_state", "latents-00000-of-00008.json")
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(time.Millisecond) {
		if _, err := os.Stat(first); err == nil {
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("no shard was finished within a minute")
		}
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Wait(); err == nil {
		t.Fatal("the run ended before it was killed")
	}
	before, err := os.Stat(first)
	if err != nil {
		t.Fatal(err)
	}
	encode(t, nil, append(flags, "--output="+dir)...)
	if diff := cmp.Diff(everything(t, plain), everything(t, dir)); diff != "" {
		t.Errorf("files differ from an undisturbed run:\n%.300s", diff)
	}
	if after, err := os.Stat(first); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the finished shard was made again (%v)", err)
	}
}

func everything(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := fs.WalkDir(os.DirFS(dir), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(filepath.Join(dir, name))
		files[name] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestMistakes: each is one clear line and an exit code.
func TestMistakes(t *testing.T) {
	files := inputs(t)
	shard := "späte #1 50%/part 0.tfrecords"
	files[shard] = files[shard][:len(files[shard])-5]
	flags := local(t, files)
	out := "--output=" + filepath.Join(t.TempDir(), "out")
	for _, c := range []struct {
		flags []string
		code  int
		want  string
	}{
		{append(flags, out), 1, "part 0.tfrecords: record 59 at byte "},
		{append(flags, out, "--layout=tall"), 2, "--layout=tall: must be one of [list wide]"},
		{append(flags, out, "--batch=x"), 2, "--batch"},
		{flags, 2, "--output is missing"},
		{append(flags, out, "extra"), 2, `unexpected argument "extra"`},
		{append(flags, out, "--reconstruct"), 1, "no decoder"},
		{[]string{flags[0], "--model=" + t.TempDir(), out}, 1, "no model.json"},
		{[]string{"--input=" + t.TempDir(), flags[1], out}, 1, "neither shards.json nor files"},
	} {
		cmd := command(nil, c.flags...)
		var stderr bytes.Buffer
		cmd.Stderr = &stderr
		err := cmd.Run()
		lines := strings.Count(stderr.String(), "\n")
		if cmd.ProcessState.ExitCode() != c.code || !strings.Contains(stderr.String(), c.want) || lines != 1 {
			t.Errorf("encode %q: %v, %d lines, want exit status %d and one line with %q:\n%s", c.flags, err, lines, c.code, c.want, stderr.String())
		}
	}
}
