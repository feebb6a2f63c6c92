package selectcmd

import (
	"bytes"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/schemas"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/run/runtest"
	"exemplar/transforms/selecting"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }

// writeMatrix writes rows of two numbers, and a table of their ids.
func writeMatrix(t *testing.T, dir string, rows int, shift float32) {
	t.Helper()
	header := fmt.Sprintf("{'descr': '<f4', 'fortran_order': False, 'shape': (%d, 2), }", rows)
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	data := bytes.NewBufferString("\x93NUMPY\x01\x00\x76\x00" + header)
	ids := "image_id\n"
	for i := range rows {
		ids += fmt.Sprintf("c%03d\n", i)
		if err := binary.Write(data, binary.LittleEndian, []float32{float32(i%7) + shift, float32(i * i % 11)}); err != nil {
			t.Fatal(err)
		}
	}
	for name, text := range map[string]string{"m.npy": data.String(), "ids.csv": ids} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

// TestTheRestIsLookedAtBefore vectors are converted: lists, what is to be extended, and
// the folder for the copy of the latents.
func TestTheRestIsLookedAtBefore(t *testing.T) {
	dir := t.TempDir()
	writeMatrix(t, dir, 40, 0)
	output := filepath.Join(dir, "selection")
	for name, text := range map[string]string{"latin1.txt": "Z\xfcrich\n", "utf16.txt": "\xff\xfea\x00\n\x00", "list.txt": "img0\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	at := func(flag, name string) string { return flag + "=" + filepath.Join(dir, name) }
	for _, c := range []struct {
		flags []string
		want  string
	}{
		{[]string{at("--include", "latin1.txt")}, "is not UTF-8"},
		{[]string{at("--exclude", "latin1.txt")}, "is not UTF-8"},
		{[]string{at("--include", "utf16.txt")}, "it is text in UTF-16"},
		{[]string{at("--exclude", "utf16.txt")}, "it is text in UTF-16"},
		{[]string{at("--include", "list.txt"), at("--exclude", "list.txt")}, "is in the lists of --include and of --exclude"},
		{[]string{at("--extend", "missing")}, "name the folder of a finished selection"},
		{[]string{at("--scratch", "missing")}, "there is no such folder"},
		{[]string{"--balance=plate"}, "--balance=plate: the latents have no column plate: their columns are label"},
		{[]string{"--where=plate=1"}, "--where: the latents have no column plate"},
		{[]string{"--where=mse<1"}, "--where: the latents have no column mse"},
		{[]string{"--scope=cluster,Metadata_plate"}, "--scope=Metadata_plate: the latents in "},
		{[]string{"--scope=cluster*Metadata_plate"}, "have no column Metadata_plate"},
		{[]string{"--candidates=middle", "--top=1"}, "--candidates=middle: the vectors in "},
		{[]string{"--space=whiten:900"}, "--space=whiten:900"},
	} {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		j := setup(fs).(*job)
		if err := fs.Parse(append(c.flags, at("--input", "m.npy"), at("--ids", "ids.csv"), "--output="+output, "--clusters=2")); err != nil {
			t.Fatal(err)
		}
		if err := j.Validate(); err != nil {
			t.Fatal(err)
		}
		_, planned := j.Plan(t.Context())
		for _, err := range []error{j.Run(t.Context(), runtest.Direct, io.Discard), planned} {
			if err == nil || !strings.Contains(Command.Words(err.Error()), c.want) {
				t.Errorf("%s: %v, want %q", c.flags, err, c.want)
			}
		}
	}
	if _, err := os.Stat(filepath.Join(output, schemas.VectorsDir, schemas.LatentsFile)); err == nil {
		t.Error("the vectors were converted all the same")
	}
}

// TestSummarizeOne: what stands for one row, vector, cluster, pass or image is written so.
func TestSummarizeOne(t *testing.T) {
	var b strings.Builder
	summarizeVectors(&b, "d", &ingesting.Result{Manifest: &schemas.LatentsManifest{Records: 1, Rows: 1, Spec: schemas.LatentsSpec{Dimension: 1}}})
	summarizeGate(&b, &schemas.SelectionManifest{Rows: 1, Gate: schemas.Gate{Mode: schemas.GateAuto}})
	scopes := []schemas.ScopeSummary{{Scope: schemas.ScopeLabel, Groups: 1, Images: 1, Ungrouped: 1}}
	summarize(&b, "d", &selecting.Result{Manifest: &schemas.SelectionManifest{Scopes: scopes, Clustering: &schemas.Clustering{Passes: 1}}}, true)
	level := schemas.ClusterLevel{Rows: 1, Clusters: 1, Steps: 1}
	summarizeClustering(&b, &schemas.SelectionManifest{}, &schemas.Clustering{Levels: []schemas.ClusterLevel{level, level}})
	for _, want := range []string{
		"1 row = 1 vector of 1 number + 0 rejected", "1 vector, all eligible",
		"scope label: 1 group of 1 image; 1 eligible image without a value is in none\n", "k-means had not converged after 1 full pass over the latents",
		"hierarchical k-means of 1 image: 1 fine cluster, and 1 cluster of its center after 1 resampling step,",
	} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("no %q in %q", want, b.String())
		}
	}
}

// TestOtherVectorsAreRefusedBefore those are replaced that a finished selection was made
// of: it would not hold any more.
func TestOtherVectorsAreRefusedBefore(t *testing.T) {
	dir := t.TempDir()
	output := filepath.Join(dir, "selection")
	command := func(flags ...string) *job {
		fs := flag.NewFlagSet("", flag.ContinueOnError)
		j := setup(fs).(*job)
		if err := fs.Parse(append(flags, "--input="+filepath.Join(dir, "m.npy"), "--ids="+filepath.Join(dir, "ids.csv"), "--output="+output)); err != nil {
			t.Fatal(err)
		}
		if err := j.Validate(); err != nil {
			t.Fatal(err)
		}
		return j
	}
	writeMatrix(t, dir, 40, 0)
	var said strings.Builder
	if err := command("--top=2", "--clusters=2").Run(t.Context(), runtest.Direct, &said); err != nil {
		t.Fatal(err)
	}
	finished := tree(t, output)
	if again := command("--top=2", "--clusters=2"); again.Run(t.Context(), runtest.Direct, io.Discard) != nil {
		t.Error("the same command is refused")
	}
	for _, shift := range []float32{1, 2} {
		writeMatrix(t, dir, 40*int(shift), shift)
		_, planned := command("--top=2", "--clusters=2").Plan(t.Context())
		err := command("--top=2", "--clusters=2").Run(t.Context(), runtest.Direct, io.Discard)
		for _, err := range []error{err, planned} {
			if err == nil || !strings.Contains(Command.Words(err.Error()), "--input has other vectors here than it had there") || !strings.Contains(Command.Words(err.Error()), "--overwrite") {
				t.Errorf("other vectors: %v", err)
			}
		}
	}
	if diff := cmp.Diff(finished, tree(t, output)); diff != "" {
		t.Errorf("what was refused changed the output:\n%.500s", diff)
	}
	if err := command("--top=2", "--clusters=2", "--overwrite").Run(t.Context(), runtest.Direct, io.Discard); err != nil {
		t.Error(err)
	}
}

// tree returns the files below a folder by their names.
func tree(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		files[path] = string(data)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
