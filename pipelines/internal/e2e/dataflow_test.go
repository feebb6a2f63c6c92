package e2e

import (
	"bufio"
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"exemplar/pipelines/internal/enginetest"
)

// inBucket returns the arguments of a step that reads the workflow from gs://data, where
// uploadWorkflow puts it.
func inBucket(step string) []string {
	return workflow{"gs://data/in", "gs://data/shards", "gs://data/model", "gs://data/latents", ""}.step(step, "gs://data/made-"+step)
}

// uploadWorkflow puts n images and all that was made of 400 into gs://data.
func uploadWorkflow(t *testing.T, store *enginetest.Storage, r workflow, n int) {
	t.Helper()
	upload(store, n)
	for name, dir := range map[string]string{"shards": r.shards, "model": r.model, "latents": r.latents} {
		for file := range tree(t, dir) {
			data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(file)))
			if err != nil {
				t.Fatal(err)
			}
			store.Put("data", name+"/"+file, data)
		}
	}
}

// onDataflow is the environment of programs that use the fake services.
func onDataflow(t *testing.T, store *enginetest.Storage) []string {
	return append(store.Env(), append(enginetest.Credentials(t), "CGO_ENABLED=0")...)
}

// asGoRun puts a program where "go run" puts what it builds, and starts.
func asGoRun(t *testing.T, program string) string {
	t.Helper()
	exe := filepath.Join(t.TempDir(), "go-build1234567890", "b001", "exe", filepath.Base(program))
	data, err := os.ReadFile(program)
	if err := errors.Join(err, os.MkdirAll(filepath.Dir(exe), 0o777), os.WriteFile(exe, data, 0o777)); err != nil {
		t.Fatal(err)
	}
	return exe
}

// TestDataflow submits every step as a user does, shard as "go run" does and encode as a
// command of exemplar. The service runs the staged
// pipeline with the staged binary, the command's own, and nothing else: the bytes
// are those of the local runner.
func TestDataflow(t *testing.T) {
	r := reference(t)
	store := enginetest.NewStorage(t, "data")
	uploadWorkflow(t, store, r, 400)
	env := onDataflow(t, store)
	for _, step := range steps {
		t.Run(step, func(t *testing.T) {
			service := enginetest.NewDataflow(t, store)
			program, args := filepath.Join(bin, step), inBucket(step)
			if step == "encode" { // as a command of the one program, which is what workers run
				program, args = filepath.Join(bin, "exemplar"), append([]string{step}, args...)
			}
			if step == "shard" {
				program = asGoRun(t, program)
			}
			args = append(append(args, service.Flags("gs://data/staging")...), documented...)
			got := finish(t, command(t, env, program, args...))
			if got.code != 0 {
				t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
			}
			if n := len(got.stderr); n > 5000 || !strings.Contains(got.stderr, "Logs: https://") {
				t.Errorf("%d characters of log, or no address of the job's:\n%s", n, got.stderr)
			}
			sameObjects(t, store, "made-"+step+"/", r.output(step), finalFiles[step])
			checkJob(t, service, transformOf[step])
		})
	}
}

// documented are the flags that docs/dataflow.md names, beside those of every job.
var documented = []string{
	"--num_workers=3", "--max_num_workers=3", "--autoscaling_algorithm=NONE", "--worker_machine_type=n2-highcpu-8",
	"--service_account_email=worker@project", "--number_of_worker_harness_threads=2", "--disk_size_gb=40",
	"--sdk_container_image=registry/worker:1", "--flexrs_goal=FLEXRS_COST_OPTIMIZED", "--job_name=ours",
	"--network=net", "--subnetwork=sub", "--no_use_public_ips",
}

// finalFiles are the beginnings of the names of what steps make, and transformOf
// those of the names of their transforms.
var (
	finalFiles  = map[string]string{"shard": "images-", "encode": "latents-", "select": "selection."}
	transformOf = map[string]string{"shard": "sharding.", "encode": "encoding.", "select": "selecting."}
)

// checkJob fails the test unless the service received one job, of a Linux program
// with the named transform, for the machines that were asked for.
func checkJob(t *testing.T, service *enginetest.Dataflow, transform string) {
	t.Helper()
	jobs := service.Jobs()
	if len(jobs) != 1 {
		t.Fatalf("%d jobs received, want 1", len(jobs))
	}
	for id, job := range jobs {
		if !bytes.HasPrefix(job.Worker, []byte("\x7fELF")) {
			t.Errorf("%s: the staged worker of %d bytes is not a Linux program", id, len(job.Worker))
		}
		environment := job.Request.Environment
		pool := environment.WorkerPools[0]
		got := []any{pool.NumWorkers, pool.AutoscalingSettings.MaxNumWorkers, pool.AutoscalingSettings.Algorithm, pool.MachineType,
			environment.ServiceAccountEmail, pool.NumThreadsPerWorker, pool.DiskSizeGb,
			pool.SdkHarnessContainerImages[0].ContainerImage, environment.FlexResourceSchedulingGoal, job.Request.Name,
			pool.Network, pool.Subnetwork, pool.IpConfiguration}
		want := []any{int64(3), int64(3), "AUTOSCALING_ALGORITHM_NONE", "n2-highcpu-8", "worker@project", int64(2), int64(40),
			"registry/worker:1", "FLEXRS_COST_OPTIMIZED", "ours", "net", "sub", "WORKER_IP_PRIVATE"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: settings (-want +got):\n%s", id, diff)
		}
		var transforms []string
		for _, tr := range job.Pipeline.GetComponents().GetTransforms() {
			transforms = append(transforms, tr.GetUniqueName())
		}
		if !strings.Contains(strings.Join(transforms, " "), transform) {
			t.Errorf("%s: the staged pipeline has no transform %s*: %q", id, transform, transforms)
		}
	}
}

func TestDataflowDetached(t *testing.T) {
	reference(t)
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	upload(store, 8)
	env := onDataflow(t, store)
	args := []string{"--input=gs://data/in", "--shards=2", "--output=gs://data/shards"}
	got := start(t, env, "shard", append(append(args, service.Flags("gs://data/staging")...),
		"--async")...)
	if got.code != 0 || !strings.Contains(got.stderr, "run the same command again") {
		t.Fatalf("exit code %d\n%s%s", got.code, got.stdout, got.stderr)
	}
	for _, job := range service.Jobs() {
		if err := job.Wait(); err != nil {
			t.Fatal(err)
		}
	}
	if out := must(t, env, "shard", args...); !strings.Contains(out, "8 images listed") {
		t.Errorf("the command after the end of the job says:\n%s", out)
	}
	must(t, env, "verify", "--input=gs://data/shards")
	if n := len(service.Jobs()); n != 1 {
		t.Errorf("%d jobs submitted, want 1", n)
	}
}

// noWorker is the flag that stages an empty file as the program of a job that is not
// run.
func noWorker(t *testing.T) string {
	file := filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(file, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	return "--worker_binary=" + file
}

// TestDataflowJobDoesNotFinish: a job that fails, or that somebody cancels, which
// the SDK takes for success, is a failure of the command, and the command
// without a cluster makes what is missing.
func TestDataflowJobDoesNotFinish(t *testing.T) {
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	uploadWorkflow(t, store, reference(t), 8)
	env := onDataflow(t, store)
	for _, c := range []struct{ step, state, want string }{
		{"shard", "JOB_STATE_FAILED", "failed"},
		{"shard", "JOB_STATE_CANCELLED", "run the same command again"},
		{"encode", "JOB_STATE_CANCELLED", "run the same command again"},
		{"select", "JOB_STATE_CANCELLED", "run the same command again"},
	} {
		service.EndJobs(c.state)
		got := start(t, env, c.step, append(append(inBucket(c.step), service.Flags("gs://data/staging")...), noWorker(t))...)
		lines := strings.Split(strings.TrimSpace(got.stderr), "\n")
		if last := lines[len(lines)-1]; got.code != 1 || !strings.HasPrefix(last, c.step+": ") || !strings.Contains(last, c.want) {
			t.Errorf("%s, %s: exit code %d, last line %s", c.state, c.step, got.code, last)
		}
	}
	if out := must(t, env, "shard", inBucket("shard")...); !strings.Contains(out, "8 images listed = 8 written") {
		t.Errorf("the command on this machine says:\n%s", out)
	}
}

// TestDataflowInterrupted: Ctrl-C ends the command and not the job, and says so.
func TestDataflowInterrupted(t *testing.T) {
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	service.EndJobs("JOB_STATE_RUNNING") // and never anything else
	upload(store, 8)
	args := append([]string{"--input=gs://data/in", "--output=gs://data/out", noWorker(t)}, service.Flags("gs://data/staging")...)
	cmd := command(t, onDataflow(t, store), filepath.Join(bin, "shard"), args...)
	log, err := cmd.StderrPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	last := ""
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if last = lines.Text(); strings.Contains(last, "Job still running") {
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
		}
	}
	cmd.Wait() // its code follows
	if code := cmd.ProcessState.ExitCode(); code != 130 || !strings.Contains(last, "goes on") || !strings.Contains(last, "gcloud dataflow jobs list --region=europe-west4") {
		t.Errorf("exit code %d, last line %s", code, last)
	}
}

func TestDryRunPrintsTheJob(t *testing.T) {
	store := enginetest.NewStorage(t, "data")
	uploadWorkflow(t, store, reference(t), 8)
	env := onDataflow(t, store)
	for _, step := range steps {
		service := enginetest.NewDataflow(t, store)
		got := start(t, env, step, append(append(inBucket(step), service.Flags("gs://data/staging")...), "--dry_run")...)
		if got.code != 0 {
			t.Errorf("%s: exit code %d\n%s%s", step, got.code, got.stdout, got.stderr)
		}
		if !strings.Contains(got.stdout+got.stderr, "sdkPipelineOptions") {
			t.Errorf("%s: no job is printed:\n%s%s", step, got.stdout, got.stderr)
		}
		if n := len(service.Jobs()); n != 0 {
			t.Errorf("%s: %d jobs submitted", step, n)
		}
	}
}

// TestDataflowRefuses: what cannot work on Dataflow is one line, before any work.
func TestDataflowRefuses(t *testing.T) {
	store := enginetest.NewStorage(t, "data")
	service := enginetest.NewDataflow(t, store)
	env := append(onDataflow(t, store), "PATH=", "CLOUDSDK_COMPUTE_REGION=")
	without := func(flag string) (flags []string) {
		for _, f := range service.Flags("gs://data/staging") {
			if !strings.HasPrefix(f, flag) {
				flags = append(flags, f)
			}
		}
		return flags
	}
	all := without("nothing")
	for _, c := range []struct {
		name string
		args []string // program and flags
		want string   // part of the line
	}{
		{"no region", append([]string{"shard", "--input=gs://data/in", "--output=gs://data/out"}, without("--region")...), "--region is missing"},
		{"no staging", append([]string{"shard", "--input=gs://data/in", "--output=gs://data/out"}, without("--staging")...), "--staging_location=:"},
		{"local images", append([]string{"shard", "--input=gs://data/in", "--input=crops", "--output=gs://data/out"}, all...), "--input=crops: the workers"},
		{"local shards", append([]string{"shard", "--input=gs://data/in", "--output=out"}, all...), "--output=out: the workers"},
		{"local model", append([]string{"encode", "--input=gs://data/in", "--model=model", "--output=gs://data/out"}, all...), "--model=model: the workers"},
		{"local originals", append([]string{"select", "--input=gs://data/in", "--shards=shards", "--output=gs://data/out"}, all...), "--shards=shards: the workers"},
		{"Arm", append([]string{"encode", "--input=gs://data/in", "--model=gs://data/model", "--output=gs://data/out", "--worker_machine_type=t2a-standard-4"}, all...), "t2a-standard-4"},
		{"train", append([]string{"train", "--arch=linear", "--input=gs://data/in", "--output=gs://data/out"}, all...), "train runs on this machine only"},
		{"verify", append([]string{"verify", "--input=gs://data/in"}, all...), "verify runs on this machine only"},
		{"report", append([]string{"report", "--selection=gs://data/in"}, all...), "report runs on this machine only"},
		{"quickstart", append([]string{"quickstart", "--input=gs://data/in", "--output=gs://data/out"}, all...), "quickstart runs on this machine only"},
	} {
		got := start(t, env, c.args[0], c.args[1:]...)
		if got.code != 2 || !strings.Contains(got.stderr, c.want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s: exit code %d\n%s%s", c.name, got.code, got.stdout, got.stderr)
		}
	}
	if names := store.Names(t, "data", ""); len(names) > 0 || len(service.Jobs()) > 0 {
		t.Errorf("the bucket now holds %q, and %d jobs were submitted", names, len(service.Jobs()))
	}
}
