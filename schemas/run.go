package schemas

import (
	"strings"
	"time"
)

// RunFormat is the value of "format" in a Run.
const RunFormat = "exemplar.run/1"

// Names of the file that tells of the latest run of a step, in its output folder.
// It is for people and their dashboards: no step needs it, no manifest lists it,
// and it alone differs between two runs that made the same bytes. Report looks in it for
// folders that were not named, and takes those whose hashes are right; compare tells by it
// how long a training took.
const (
	RunFile = "run.json"
	// LatentsRunFile is that of a folder of latents, which readers take as one dataset.
	LatentsRunFile = "_run.json"
)

// RunFileBeside returns the name of the run's file in the folder of a manifest.
func RunFileBeside(manifest string) string {
	if strings.HasPrefix(manifest, "_") {
		return LatentsRunFile
	}
	return RunFile
}

// ReportRunFileBeside returns the name of the run's file beside a page: of
// report.html, which lies in the folder of a selection, report.run.json.
func ReportRunFileBeside(page string) string {
	return strings.TrimSuffix(page, ".html") + "." + RunFile
}

// States of a run.
const (
	RunComplete    = "complete"
	RunFailed      = "failed"
	RunInterrupted = "interrupted"
	RunSubmitted   = "submitted" // to a cluster, and not awaited
)

// Run is run.json: what one run of a step was asked, what it did, and how long it
// took. It is written at the end of a run that changed its output, however it
// ended; a run that was killed leaves none, and one that found everything done
// leaves that of the run before.
type Run struct {
	Format string `json:"format"`
	Run    string `json:"run"` // random; in every line of the log
	Step   string `json:"step"`
	State  string `json:"state"`
	Error  string `json:"error,omitempty"` // one line

	Command     []string `json:"command"` // program and flags, without passwords and the like
	Runner      string   `json:"runner"`  // direct, prism, flink, …
	CodeVersion string   `json:"code_version"`
	Revision    string   `json:"revision,omitempty"` // of the source, where the build knows it
	GoVersion   string   `json:"go_version"`
	Platform    string   `json:"platform"` // linux/amd64
	Cores       int      `json:"cores"`
	GOMAXPROCS  int      `json:"gomaxprocs"`

	Start   time.Time  `json:"start"` // UTC
	End     time.Time  `json:"end"`
	Seconds float64    `json:"seconds"`
	Phases  []RunPhase `json:"phases"`

	// Counts are those of the manifest, whatever run made them ("listed", "written",
	// "rejected", …), and what this run found finished ("resumed", in shards or files)
	// and made ("made"). Of a run that did not end well, only what is known.
	Counts   map[string]int64 `json:"counts"`
	Rejected map[string]int64 `json:"rejected_by_reason,omitempty"`

	// Bytes that this process read from and wrote to files of any store; absent where
	// the work was done by the workers of a cluster.
	BytesRead    int64 `json:"bytes_read,omitempty"`
	BytesWritten int64 `json:"bytes_written,omitempty"`
	PeakMemory   int64 `json:"peak_memory,omitempty"` // bytes resident, of the process until now

	Decided *RunDecision `json:"decided,omitempty"` // of the training of quickstart

	Failures []string `json:"failures"` // errors of workers, the first few; also those that a retry mended
}

// RunDecision says what quickstart decided to train, and by what.
type RunDecision struct {
	Arch    string   `json:"arch"`              // conv, which the linear one is trained beside, or linear
	Epochs  int      `json:"epochs,omitempty"`  // of conv
	Images  int64    `json:"images"`            // trained on and held out
	Of      int64    `json:"of"`                // images of the collection
	By      []string `json:"by"`                // flags, "collection", "portable kernels", "model that is there"
	Instead string   `json:"instead,omitempty"` // why conv could not be trained
}

// RunPhase is a part of a run that counts its work. Phases may overlap, and time
// that counts nothing is in none.
type RunPhase struct {
	Name      string  `json:"name"`
	Unit      string  `json:"unit"` // what is counted: images, rows
	Done      int64   `json:"done"`
	Total     int64   `json:"total,omitempty"` // that were to be done, where known
	Seconds   float64 `json:"seconds"`
	PerSecond float64 `json:"per_second"`
}
