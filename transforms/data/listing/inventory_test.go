package listing

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// inventoryOf writes a list and returns what it lists as "name size stamp".
func inventoryOf(t *testing.T, name string, data []byte, c Config) []string {
	t.Helper()
	c.InputList = filepath.Join(t.TempDir(), name)
	if err := store.WriteFile(t.Context(), c.InputList, data); err != nil {
		t.Fatal(err)
	}
	r, err := List(t.Context(), c)
	if err != nil {
		t.Errorf("%s: %v", data, err)
		return nil
	}
	return describeEntries(r)
}

func describeEntries(r *Result) (got []string) {
	for _, e := range r.Entries {
		stamp := fmt.Sprint(e.Generation)
		if e.Generation == 0 {
			stamp = e.ModTime.Format(time.RFC3339Nano)
		}
		got = append(got, fmt.Sprintf("%s/%s %d %s", r.Root, e.Name, e.Size, stamp))
	}
	return got
}

// TestInventories lists files that are nowhere: what a row says is enough.
func TestInventories(t *testing.T) {
	zipped := func(text string) []byte {
		var b bytes.Buffer
		z := gzip.NewWriter(&b)
		z.Write([]byte(text))
		z.Close()
		return b.Bytes()
	}
	gs := []string{"gs://b/in/a 1.tif 7 11", "gs://b/in/b.tif 8 12"}
	s3 := []string{"s3://bkt/in/a 1.tif 7 2026-01-02T03:04:05Z", "s3://bkt/in/b#.tif 8 2026-01-02T03:04:05.006Z"}
	for _, c := range []struct {
		name, text string
		want       []string
	}{
		{"google.csv", "bucket,name,size,generation\nb,in/a 1.tif,7,11\nb,in/b.tif,8,12\n", gs},
		{"paths.csv", "\ufeffSize,Generation,Path\r\n7,11,gs://b/in/a 1.tif\r\n8,12,gs://b/in/b.tif\r\n", gs},
		{"s3.csv", "Bucket,Key,Size,Last_Modified,Is_Latest,Is_Delete_Marker\nbkt,in/a 1.tif,7,2026-01-02T03:04:05Z,true,false\n" +
			"bkt,in/b#.tif,8,2026-01-02T03:04:05.006Z,true,false\nbkt,in/old.tif,8,2026-01-02T03:04:05Z,false,false\nbkt,in/gone.tif,,2026-01-02T03:04:05Z,true,true\n", s3},
		{"plain.csv", "\"bkt\",\"in/a+1.tif\",\"7\",\"2026-01-02T03:04:05Z\",\"etag\"\n\"bkt\",\"in/b%23.tif\",\"8\",\"2026-01-02T03:04:05.006Z\",\"etag\"\n", s3},
	} {
		root := c.want[0][:len("gs://")]
		if d := cmp.Diff(c.want, inventoryOf(t, c.name, []byte(c.text), Config{Root: root})); d != "" {
			t.Errorf("%s (-want +got):\n%s", c.name, d)
		}
		if d := cmp.Diff(c.want, inventoryOf(t, c.name+".gz", zipped(c.text), Config{Root: root})); d != "" {
			t.Errorf("%s.gz (-want +got):\n%s", c.name, d)
		}
	}
}

func TestParquetInventories(t *testing.T) {
	type google struct {
		Bucket     string `parquet:"bucket"`
		Name       string `parquet:"name"`
		Size       int64  `parquet:"size"`
		Generation int64  `parquet:"generation"`
		Other      []int64
	}
	type s3 struct {
		Bucket   string    `parquet:"bucket"`
		Key      string    `parquet:"key"`
		Deleted  *bool     `parquet:"is_delete_marker,optional"`
		Size     *int64    `parquet:"size,optional"`
		Modified time.Time `parquet:"last_modified_date,timestamp(millisecond)"`
	}
	size, yes, no := int64(9), true, false
	at := time.Date(2026, 1, 2, 3, 4, 5, 6e6, time.UTC)
	var gsRows []google
	var gsWant []string
	for i := range 1000 { // more than a read of values, and, below, than a row group
		gsRows = append(gsRows, google{Bucket: "b", Name: fmt.Sprintf("in/%04d.tif", i), Size: int64(i), Generation: int64(i + 1), Other: []int64{1, 2}})
		gsWant = append(gsWant, fmt.Sprintf("gs://b/in/%04d.tif %d %d", i, i, i+1))
	}
	if d := cmp.Diff(gsWant, inventoryOf(t, "google.parquet", parquetOf(t, gsRows), Config{Root: "gs://b"})); d != "" {
		t.Errorf("google (-want +got):\n%s", d)
	}
	got := inventoryOf(t, "s3.parquet", parquetOf(t, []s3{
		{"bkt", "in/a.tif", &no, &size, at}, {"bkt", "in/b.tif", &yes, nil, at}, {"bkt", "in/c d%.tif", nil, &size, at},
	}), Config{Root: "s3://"})
	want := []string{"s3://bkt/in/a.tif 9 2026-01-02T03:04:05.006Z", "s3://bkt/in/c d%.tif 9 2026-01-02T03:04:05.006Z"}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("s3 (-want +got):\n%s", d)
	}
}

func parquetOf[T any](t testing.TB, rows []T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := parquet.Write(&b, rows, parquet.MaxRowsPerRowGroup(300)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestInventoryWithoutSizes asks for what its rows do not say.
func TestInventoryWithoutSizes(t *testing.T) {
	dir := t.TempDir()
	makeFiles(t, dir, "x/a.tif", "x/b.tif")
	list := []byte("label,file_name,size\nG1,x/a.tif,1\nS,x/none.tif,1\nS,x/b.tif,\n\n")
	file := filepath.Join(dir, "my.csv")
	if err := store.WriteFile(t.Context(), file, list); err != nil {
		t.Fatal(err)
	}
	r := mustList(t, Config{InputList: file, Root: dir})
	if d := cmp.Diff([]string{"x/a.tif", "x/b.tif"}, names(r)); d != "" {
		t.Errorf("(-want +got):\n%s", d)
	}
	checkRejected(t, r, "x/none.tif "+schemas.ReasonUnreadable)
	if r.Entries[0].Size != int64(len("x/a.tif")) || r.Entries[0].ModTime.IsZero() {
		t.Errorf("%+v: the size of the file is %d", r.Entries[0], len("x/a.tif"))
	}
}

func TestInventoryErrors(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct{ text, says string }{
		"columns.csv":  {"a,b\n1,2\n", "none of its columns is called path, key"},
		"one.csv":      {"gs://b/x.tif\n", "none of its columns"},
		"size.csv":     {"path,size\n/x.tif,many\n", `"many" is no size`},
		"time.csv":     {"path,mtime\n/x.tif,yesterday\n", `"yesterday" is no time`},
		"gen.csv":      {"path,generation\ngs://b/x,new\n", `"new" is no generation`},
		"short.csv":    {"path,size\n/x.tif\n", "wrong number of fields"},
		"quote.csv":    {"path\n\"/x.tif\n", "quote"},
		"empty.csv":    {"", "holds no paths"},
		"head.csv":     {"path\n", "holds no paths"},
		"text.csv.gz":  {"path\n", "gzip"},
		"text.parquet": {"path\n/x.tif\n", "no Parquet file"},
	} {
		file := filepath.Join(dir, name)
		if err := store.WriteFile(t.Context(), file, []byte(c.text)); err != nil {
			t.Fatal(err)
		}
		_, err := List(t.Context(), Config{InputList: file})
		if err == nil || !strings.Contains(err.Error(), c.says) || !strings.Contains(err.Error(), file) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v should be one line with the file and %q", name, err, c.says)
		}
	}
	type nested struct{ Path []string }
	file := filepath.Join(dir, "nested.parquet")
	if err := store.WriteFile(t.Context(), file, parquetOf(t, []nested{{[]string{"/x"}}})); err != nil {
		t.Fatal(err)
	}
	if _, err := List(t.Context(), Config{InputList: file}); err == nil || !strings.Contains(err.Error(), "no plain column") {
		t.Errorf("nested: %v", err)
	}
}

// TestBucketColumn: a column that is called bucket is one of a store only where a
// name says which. No request goes out before, not even for credentials.
func TestBucketColumn(t *testing.T) {
	asked := countRequests(t)
	dir := t.TempDir()
	makeFiles(t, dir, "x/a.tif", "x/b.tif")
	full := filepath.Join(dir, "x", "a.tif")
	type row struct {
		Bucket string `parquet:"bucket"`
		Path   string `parquet:"path"`
	}
	for name, c := range map[string]struct {
		data []byte
		root string
		want []string // nil: an error
	}{
		"relative.csv":     {[]byte("bucket,path\nbin7,x/a.tif\n"), "", nil},
		"key.csv":          {[]byte("bucket,key\nbin7,x/a.tif\n"), "", nil},
		"name.csv":         {[]byte("bucket,name,size\nbin7,x/a.tif,3\n"), "", nil},
		"headless.csv":     {[]byte("bin7,x/a.tif\nbin7,x/b.tif\n"), "", nil},
		"relative.parquet": {parquetOf(t, []row{{"bin7", "x/a.tif"}}), "", nil},
		"full.csv":         {[]byte("bucket,path\nbin7," + full + "\n"), "", []string{"a.tif"}},
		"root.csv":         {[]byte("bucket,path\nbin7,x/a.tif\nbin7,x/b.tif\n"), dir, []string{"x/a.tif", "x/b.tif"}},
		"empty.csv":        {[]byte("bucket,path\n," + full + "\n"), "", []string{"a.tif"}},
		"root.parquet":     {parquetOf(t, []row{{"bin7", "x/a.tif"}}), dir, []string{"x/a.tif"}},
	} {
		file := filepath.Join(t.TempDir(), name)
		if err := store.WriteFile(t.Context(), file, c.data); err != nil {
			t.Fatal(err)
		}
		r, err := List(t.Context(), Config{InputList: file, Root: c.root})
		switch {
		case c.want == nil:
			if err == nil || !strings.Contains(err.Error(), "nothing says in which store: add Config.Root=s3:// or Config.Root=gs://, or Config.Root=FOLDER") || !strings.Contains(err.Error(), file) {
				t.Errorf("%s: %v", name, err)
			}
		case err != nil:
			t.Errorf("%s: %v", name, err)
		default:
			if d := cmp.Diff(c.want, names(r)); d != "" {
				t.Errorf("%s (-want +got):\n%s", name, d)
			}
		}
	}
	if n := asked(); n > 0 {
		t.Errorf("%d requests", n)
	}
	file := filepath.Join(dir, "s3.csv") // a store that is named is asked, and the counter counts
	if err := store.WriteFile(t.Context(), file, []byte("bucket,key\nbin7,x/a.tif\n")); err != nil {
		t.Fatal(err)
	}
	if _, err := List(t.Context(), Config{InputList: file, Root: "s3://"}); err == nil || asked() == 0 {
		t.Errorf("%v, %d requests", err, asked())
	}
}

// countRequests points all that the clients of the stores would ask at a server
// that refuses and counts.
func countRequests(t *testing.T) func() int64 {
	var n atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		n.Add(1)
		http.Error(w, "no", http.StatusForbidden)
	}))
	t.Cleanup(server.Close)
	for _, name := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE", "AWS_EC2_METADATA_DISABLED"} {
		t.Setenv(name, "")
	}
	for _, name := range []string{"AWS_SHARED_CREDENTIALS_FILE", "AWS_CONFIG_FILE"} {
		t.Setenv(name, filepath.Join(t.TempDir(), "none"))
	}
	t.Setenv("AWS_REGION", "us-east-1")
	for _, name := range []string{"AWS_EC2_METADATA_SERVICE_ENDPOINT", "AWS_ENDPOINT_URL", "STORAGE_EMULATOR_HOST"} {
		t.Setenv(name, server.URL)
	}
	return n.Load
}
