package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	df "google.golang.org/api/dataflow/v1b3"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/structpb"
)

// Dataflow is a fake of the Dataflow service. It takes jobs as the service does,
// with the worker binary and the pipeline staged in object storage, and runs
// them with nothing else: prism reads the staged pipeline, and its workers are
// processes started from the staged binary.
type Dataflow struct {
	t       testing.TB
	storage *Storage
	process Process
	dir     string // binaries of jobs
	url     string

	mu   sync.Mutex
	jobs map[string]*Job
	end  string // state that jobs end in without being run; "" runs them
}

// Job is a job that the fake was given.
type Job struct {
	Request  *df.Job          // as submitted
	Worker   []byte           // the staged worker binary
	Pipeline *pipepb.Pipeline // the staged model of the pipeline

	options *structpb.Struct // pipeline options
	done    chan struct{}
	err     error  // of the run, valid once done is closed
	end     string // state, the same, where err is nil
}

// NewDataflow starts the fake; it stops with the test.
func NewDataflow(t testing.TB, storage *Storage) *Dataflow {
	t.Helper()
	d := &Dataflow{
		t:       t,
		storage: storage,
		process: NewProcess(t, storage.Env()...),
		dir:     t.TempDir(),
		jobs:    map[string]*Job{},
	}
	mux := http.NewServeMux()
	const jobs = "/v1b3/projects/{project}/locations/{region}/jobs"
	mux.HandleFunc("POST "+jobs, d.create)
	mux.HandleFunc("GET "+jobs+"/{job}", d.get)
	mux.HandleFunc("GET "+jobs+"/{job}/metrics", func(w http.ResponseWriter, _ *http.Request) {
		reply(w, &df.JobMetrics{})
	})
	server := httptest.NewServer(authorized(mux))
	t.Cleanup(server.Close)
	d.url = server.URL + "/"
	return d
}

// Flags are the arguments that submit a pipeline to d, staging in the given
// gs:// folder.
func (d *Dataflow) Flags(staging string) []string {
	return []string{
		"--runner=dataflow",
		"--project=project",
		"--region=europe-west4",
		"--staging_location=" + staging,
		"--dataflow_endpoint=" + d.url,
	}
}

// EndJobs makes the jobs that come be in the given state at once, such as
// JOB_STATE_CANCELLED, without being run.
func (d *Dataflow) EndJobs(state string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.end = state
}

// Jobs returns the jobs received so far, by id.
func (d *Dataflow) Jobs() map[string]*Job {
	d.mu.Lock()
	defer d.mu.Unlock()
	return maps.Clone(d.jobs)
}

// authorized lets pass only requests that carry the token of Credentials.
func authorized(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+Token {
			http.Error(w, "no valid token", http.StatusUnauthorized)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// create takes a job, fetches what it refers to and starts it.
func (d *Dataflow) create(w http.ResponseWriter, r *http.Request) {
	request := &df.Job{}
	if err := json.NewDecoder(r.Body).Decode(request); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	job, err := d.read(request)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	d.mu.Lock()
	request.Id = fmt.Sprintf("job-%d", len(d.jobs)+1)
	d.jobs[request.Id] = job
	job.end = d.end
	d.mu.Unlock()
	go func() {
		defer close(job.done)
		if job.end == "" {
			job.end = "JOB_STATE_DONE"
			job.err = d.run(context.Background(), job)
		}
	}()
	reply(w, request)
}

// read fetches the worker binary and the pipeline that a request names.
func (d *Dataflow) read(request *df.Job) (*Job, error) {
	var options struct {
		Options struct {
			PipelineURL string `json:"pipelineUrl"`
		} `json:"options"`
	}
	if err := json.Unmarshal(request.Environment.SdkPipelineOptions, &options); err != nil {
		return nil, fmt.Errorf("sdkPipelineOptions: %w", err)
	}
	pools := request.Environment.WorkerPools
	if len(pools) != 1 || len(pools[0].Packages) != 1 {
		return nil, fmt.Errorf("want one worker pool with one package, the worker binary")
	}
	worker, err := d.storage.open(pools[0].Packages[0].Location)
	if err != nil {
		return nil, fmt.Errorf("staged worker: %w", err)
	}
	model, err := d.storage.open(options.Options.PipelineURL)
	if err != nil {
		return nil, fmt.Errorf("staged pipeline: %w", err)
	}
	job := &Job{Request: request, Worker: worker, Pipeline: &pipepb.Pipeline{}, done: make(chan struct{})}
	if err := proto.Unmarshal(model, job.Pipeline); err != nil {
		return nil, fmt.Errorf("staged pipeline: %w", err)
	}
	job.options, err = tools.JSONToProto(string(request.Environment.SdkPipelineOptions))
	return job, err
}

// run executes a job to its end.
func (d *Dataflow) run(ctx context.Context, job *Job) error {
	worker := filepath.Join(d.dir, job.Request.Id)
	if err := os.WriteFile(worker, job.Worker, 0o700); err != nil {
		return err
	}
	pipeline := proto.Clone(job.Pipeline).(*pipepb.Pipeline)
	payload, err := proto.Marshal(&pipepb.ProcessPayload{Command: d.process.Command, Env: d.process.Env})
	if err != nil {
		return err
	}
	for _, env := range pipeline.GetComponents().GetEnvironments() {
		env.Urn, env.Payload = "beam:env:process:v1", payload
	}
	if err := runnerlib.UpdateGoEnvironmentWorker(worker, pipeline); err != nil {
		return err
	}

	client, err := prism.CreateJobServer(ctx, prism.Options{})
	if err != nil {
		return err
	}
	prepared, err := client.Prepare(ctx, &jobpb.PrepareJobRequest{
		Pipeline:        pipeline,
		PipelineOptions: job.options,
		JobName:         job.Request.Name,
	})
	if err != nil {
		return err
	}
	token, err := runnerlib.Stage(ctx, prepared.GetPreparationId(),
		prepared.GetArtifactStagingEndpoint().GetUrl(), worker, prepared.GetStagingSessionToken())
	if err != nil {
		return err
	}
	id, err := runnerlib.Submit(ctx, client, prepared.GetPreparationId(), token)
	if err != nil {
		return err
	}
	return runnerlib.WaitForCompletion(ctx, client, id)
}

// get answers with the state of a job once the job has ended: the client polls
// every 30 seconds, and a test has no time for a second round.
func (d *Dataflow) get(w http.ResponseWriter, r *http.Request) {
	job := d.Jobs()[r.PathValue("job")]
	if job == nil {
		http.Error(w, "no such job", http.StatusNotFound)
		return
	}
	select {
	case <-job.done:
	case <-r.Context().Done():
		return
	}
	state := *job.Request
	state.CurrentState = job.end
	if job.err != nil {
		d.t.Logf("job %s: %v", state.Id, job.err)
		state.CurrentState = "JOB_STATE_FAILED"
	}
	reply(w, &state)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(v); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// Wait waits for the end of the job's run and returns its error.
func (j *Job) Wait() error {
	<-j.done
	return j.err
}
