package e2e

import (
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"exemplar/transforms/store"
	"exemplar/transforms/store/storetest"
)

// Secrets that are planted where users put them, and where a store echoes them.
const (
	plantedKey       = "wJalrXUtnFEMIK7MDENGbPxRfiCYEXAMPLEKEY"
	plantedToken     = "IQoJb3JpZ2luX2VjPLANTEDTOKEN"
	plantedSignature = "0af1PLANTEDSIGNATURE"
	plantedPassword  = "hunter2PLANTED"
)

// holdsNone fails the test where a text holds a planted secret.
func holdsNone(t *testing.T, what, text string) {
	t.Helper()
	for _, secret := range []string{plantedKey, plantedToken, plantedSignature, plantedPassword} {
		if i := strings.Index(text, secret); i >= 0 {
			t.Errorf("%s: %s", what, text[max(0, i-100):i+len(secret)])
		}
	}
}

// holdsNoneBelow looks into every file below a folder.
func holdsNoneBelow(t *testing.T, dir string) (files int) {
	t.Helper()
	err := filepath.WalkDir(dir, func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(name)
		holdsNone(t, name, string(data))
		files++
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TestKeysThatStopWorking: a store that refuses the key after some images ends the
// run, in one line, and the same command goes on when the key is good; one denied
// object is a rejected image. The store echoes the request, and neither that nor
// what the command line and the environment hold is in anything that is left behind.
func TestKeysThatStopWorking(t *testing.T) {
	refusing := &storetest.Refusing{Next: storetest.FakeS3("data", 1000)}
	s := serveFaults(t, refusing)
	env := append(s.env, "AWS_SESSION_TOKEN="+plantedToken, "AWS_SECRET_ACCESS_KEY="+plantedKey)
	for _, v := range env {
		name, value, _ := strings.Cut(v, "=")
		t.Setenv(name, value)
	}
	for i := range 60 {
		if err := store.WriteFile(t.Context(), "s3://data/in/"+cropName(i), crop(i)); err != nil {
			t.Fatal(err)
		}
	}
	echo := "you sent AWS4-HMAC-SHA256 Credential=test/2026/us-east-1/s3/aws4_request, Signature=" + plantedSignature + " x-amz-security-token:" + plantedToken
	after := func(n int) func(*http.Request) bool {
		return func(r *http.Request) bool {
			if r.Method == http.MethodGet && strings.HasSuffix(r.URL.Path, ".png") {
				n--
			}
			return n < 0
		}
	}
	dir := t.TempDir()
	shard := func(flags ...string) result {
		return start(t, env, "shard", append([]string{"--input=s3://data/in", "--shards=4", "--output=" + dir + "/shards", "--log_format=json", "--log_file=" + dir + "/log"}, flags...)...)
	}
	refusing.Refuse(403, "InvalidAccessKeyId", echo, after(100))
	r := shard()
	if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "the store does not know the access key (InvalidAccessKeyId): check AWS_ACCESS_KEY_ID") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	holdsNone(t, "stderr", r.stdout+r.stderr)
	refusing.Refuse(400, "Odd", echo, after(20))
	if r = shard(); r.code != 1 || !strings.Contains(r.stderr, "…") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	holdsNone(t, "stderr", r.stdout+r.stderr)
	if n := holdsNoneBelow(t, dir); n < 3 {
		t.Errorf("only %d files", n)
	}

	refusing.Refuse(403, "", "", func(*http.Request) bool { return false })
	if r = shard(); r.code != 0 || !strings.Contains(r.stdout, "60 images listed = 60 written + 0 rejected") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	refusing.Refuse(403, "AccessDenied", echo, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, cropName(5)) })
	if r = shard("--overwrite"); r.code != 0 || !strings.Contains(r.stdout, "60 images listed = 59 written + 1 rejected") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	refusing.Refuse(403, "AccessDenied", echo, func(r *http.Request) bool { return strings.HasSuffix(r.URL.Path, ".png") })
	if r = shard("--overwrite"); r.code != 1 || !strings.Contains(r.stderr, "all that were asked for") {
		t.Errorf("exit code %d\n%s%s", r.code, r.stdout, r.stderr)
	}
	for _, input := range []string{"https://me:" + plantedPassword + "@host/in", "s3://data/none?X-Amz-Signature=" + plantedSignature} {
		r := start(t, env, "shard", "--input="+input, "--output="+dir+"/other", "--log_file="+dir+"/log")
		if r.code != 1 || !strings.Contains(r.stderr, "…") {
			t.Errorf("%s: exit code %d\n%s", input, r.code, r.stderr)
		}
		holdsNone(t, "stderr", r.stdout+r.stderr)
	}
	holdsNoneBelow(t, dir)
}

// TestFewOpenFiles: every program ends in one line where it may open hardly any.
func TestFewOpenFiles(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("no ulimit")
	}
	for _, name := range []string{"shard", "train", "encode", "decode", "select", "verify", "report", "quickstart", "import", "export", "query", "compare"} {
		limits := []string{"20"}
		if name == "shard" {
			limits = []string{"10", "20", "40"}
		}
		for _, limit := range limits {
			r := finish(t, command(t, nil, "sh", "-c", "ulimit -n "+limit+`; exec "$0"`, filepath.Join(bin, name)))
			if r.code != 1 || strings.Count(r.stderr, "\n") != 1 || !strings.Contains(r.stderr, "may open "+limit+", a run needs at least 64: raise the limit (ulimit -n 1024)") {
				t.Errorf("%s with %s: exit code %d\n%s", name, limit, r.code, r.stderr)
			}
		}
	}
}
