package parquetguard

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestOnlyReader: nothing but this package opens Parquet files with the library.
func TestOnlyReader(t *testing.T) {
	const root = "../../.."
	opens := regexp.MustCompile(`parquet\.(OpenFile|NewReader|NewGenericReader|Read|ReadFile|NewBuffer)\b`)
	err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || filepath.Dir(name) == filepath.Join(root, "transforms", "data", "parquetguard") {
			return err
		}
		text, err := os.ReadFile(name)
		if found := opens.Find(text); found != nil {
			t.Errorf("%s calls %s: read Parquet through package parquetguard", name, found)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
