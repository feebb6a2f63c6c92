package enginetest

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/x/beamx"
)

// asPipeline makes the test binary the small pipeline of runTiny.
const asPipeline = "ENGINETEST_PIPELINE"

func TestMain(m *testing.M) {
	Boot()
	if os.Getenv(asPipeline) != "" || strings.Contains(strings.Join(os.Args, " "), "--worker=true") {
		flag.Parse()
		beam.Init()
		if err := runTiny(context.Background()); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func init() { beam.RegisterDoFn(reflect.TypeFor[*writePID]()) }

// writePID writes the id of its process to an object of the bucket.
type writePID struct{ Bucket string }

func (f *writePID) ProcessElement(ctx context.Context, name string) error {
	client, err := storage.NewClient(ctx)
	if err != nil {
		return err
	}
	defer client.Close()
	w := client.Bucket(f.Bucket).Object(name).NewWriter(ctx)
	fmt.Fprintf(w, "%d of %d", os.Getpid(), os.Getppid())
	return w.Close()
}

func runTiny(ctx context.Context) error {
	p, s := beam.NewPipelineWithRoot()
	beam.ParDo0(s, &writePID{Bucket: "bucket"}, beam.Create(s, "pid"))
	fmt.Println("driver", os.Getpid())
	return beamx.Run(ctx, p)
}

// tiny runs the small pipeline with the given flags and returns the process ids
// of its driver and of its worker.
func tiny(t *testing.T, store *Storage, env, flags []string) (driver, worker string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, os.Args[0], flags...)
	cmd.WaitDelay = time.Second
	cmd.Env = append(append(os.Environ(), asPipeline+"=1"), append(env, store.Env()...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	worker, parent, _ := strings.Cut(string(store.Get(t, "bucket", "pid")), " of ")
	if _, err := strconv.Atoi(parent); err != nil {
		t.Fatalf("the worker left %q", worker)
	}
	return strconv.Itoa(cmd.Process.Pid), worker
}

func TestWorkerInProcessOfItsOwn(t *testing.T) {
	store := NewStorage(t, "bucket")
	driver, worker := tiny(t, store, nil, NewProcess(t).Flags(t, os.Args[0]))
	if driver == worker {
		t.Errorf("process %s is the driver and the worker", driver)
	}
}

func TestDataflowRunsStagedJob(t *testing.T) {
	store := NewStorage(t, "bucket")
	service := NewDataflow(t, store)
	driver, worker := tiny(t, store, Credentials(t),
		append(service.Flags("gs://bucket/staging"), "--worker_binary="+os.Args[0]))
	if driver == worker {
		t.Errorf("process %s is the driver and the worker", driver)
	}
	jobs := service.Jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs received, want 1", len(jobs))
	}
	self, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	for id, job := range jobs {
		if !bytes.Equal(job.Worker, self) {
			t.Errorf("%s: staged worker differs from the binary given", id)
		}
		if !strings.Contains(job.Pipeline.String(), "writePID") {
			t.Errorf("%s: the staged pipeline does not name the DoFn", id)
		}
	}
}
