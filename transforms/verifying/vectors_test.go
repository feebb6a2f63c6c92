package verifying

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"exemplar/schemas"
	"exemplar/transforms/ingesting"
	"exemplar/transforms/run/runtest"
)

// TestVectorsOfAnotherProgram checks a folder that was made from a matrix, and
// one that was changed since.
func TestVectorsOfAnotherProgram(t *testing.T) {
	dir := t.TempDir()
	var matrix bytes.Buffer
	header := "{'descr': '<f4', 'fortran_order': False, 'shape': (50, 3), }"
	header += strings.Repeat(" ", 117-len(header)) + "\n"
	fmt.Fprintf(&matrix, "\x93NUMPY\x01\x00%c\x00%s", len(header), header)
	ids := "image_id,Metadata_Well\n"
	for i := range 50 {
		check(t, binary.Write(&matrix, binary.LittleEndian, [3]float32{float32(i), 1, float32(i * i)}))
		ids += fmt.Sprintf("cell %d,A%d\n", i, i%7)
	}
	check(t, os.WriteFile(filepath.Join(dir, "m.npy"), matrix.Bytes(), 0o666))
	check(t, os.WriteFile(filepath.Join(dir, "ids.csv"), []byte(ids), 0o666))
	out := filepath.Join(dir, "latents")
	_, err := ingesting.Run(t.Context(), ingesting.Config{Input: filepath.Join(dir, "m.npy"), IDs: filepath.Join(dir, "ids.csv"), Output: out}, runtest.Direct)
	check(t, err)
	report, err := Run(t.Context(), Config{Input: out})
	check(t, err)
	if report.Total != 0 || len(report.Checked) == 0 {
		t.Errorf("an untouched folder: %d problems, %v; checked %v", report.Total, report.Problems, report.Checked)
	}

	name := filepath.Join(out, schemas.LatentsFile)
	manifest, err := os.ReadFile(name)
	check(t, err)
	check(t, os.WriteFile(name, bytes.Replace(manifest, []byte(`"rows": 50`), []byte(`"rows": 49`), 1), 0o666))
	if report, err = Run(t.Context(), Config{Input: out}); err != nil || report.Total == 0 {
		t.Errorf("another count of rows was not reported: %v", err)
	}
}
