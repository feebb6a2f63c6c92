package enginetest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/artifact"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

// bootDir names the folder for a worker's files. Where it is set, a test binary
// that calls Boot is not a test but the boot program of a worker.
const bootDir = "ENGINETEST_BOOT_DIR"

// Process is an environment in which every worker is a process of its own,
// started by the runner from the staged binary: nothing that a pipeline does
// can lean on the memory of the program that submitted it.
type Process struct {
	Command string            `json:"command"`
	Env     map[string]string `json:"env"`
}

// NewProcess makes the environment. The test binary serves as the boot program:
// its TestMain calls Boot first. Workers see the environment of the runner and
// the KEY=VALUE pairs in env.
func NewProcess(t testing.TB, env ...string) Process {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	p := Process{Command: self, Env: map[string]string{bootDir: t.TempDir()}}
	for _, kv := range env {
		key, value, _ := strings.Cut(kv, "=")
		p.Env[key] = value
	}
	return p
}

// Flags are the arguments that run a pipeline on the local runner with its
// workers in this environment. Binary is the program that workers run.
func (p Process) Flags(t testing.TB, binary string) []string {
	t.Helper()
	return append(p.Environment(t, binary), "--runner=prism")
}

// Environment are the arguments that make any runner start its workers, which run
// the program binary, in this environment.
func (p Process) Environment(t testing.TB, binary string) []string {
	t.Helper()
	config, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	return []string{
		"--environment_type=PROCESS",
		"--environment_config=" + string(config),
		"--worker_binary=" + binary,
	}
}

// Workers returns the process ids of the workers that run in this environment: on
// Linux.
func (p Process) Workers(t testing.TB) (ids []int) {
	t.Helper()
	names, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		command, err := os.ReadFile(name) // fails where the process has ended
		if err == nil && strings.HasPrefix(string(command), p.Env[bootDir]+string(filepath.Separator)) {
			id, err := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			if err != nil {
				t.Fatal(err)
			}
			ids = append(ids, id)
		}
	}
	return ids
}

// Boot does nothing in a test. In a process that a runner started for a worker
// it fetches the staged binary and becomes it: Boot does not return.
func Boot() {
	dir := os.Getenv(bootDir)
	if dir == "" {
		return
	}
	err := boot(context.Background(), dir, os.Args[1:])
	fmt.Fprintln(os.Stderr, "worker boot:", err)
	os.Exit(1)
}

// boot follows the container contract of Beam as far as a Go worker needs it: it
// asks for provision information, fetches the staged binary, and replaces this
// process by it, so that what the runner kills is the worker itself. It returns
// only where that fails.
func boot(ctx context.Context, dir string, args []string) error {
	var id, provision string
	for _, a := range args {
		key, value, _ := strings.Cut(a, "=")
		switch key {
		case "--id":
			id = strings.Trim(value, "'") // prism passes it quoted, without a shell to take the quotes off
		case "--provision_endpoint":
			provision = value
		}
	}
	ctx = grpcx.WriteWorkerID(ctx, id)
	info, err := tools.ProvisionInfo(ctx, provision)
	if err != nil {
		return fmt.Errorf("provision service at %s: %w", provision, err)
	}
	dir, err = os.MkdirTemp(dir, "worker")
	if err != nil {
		return err
	}
	staged, err := artifact.Materialize(ctx, info.GetArtifactEndpoint().GetUrl(),
		info.GetDependencies(), info.GetRetrievalToken(), dir)
	if err != nil {
		return fmt.Errorf("staged files: %w", err)
	}
	if len(staged) != 1 {
		return fmt.Errorf("%d staged files, want the worker binary alone", len(staged))
	}
	name, _ := artifact.MustExtractFilePayload(staged[0])
	worker := filepath.Join(dir, name)
	if err := os.Chmod(worker, 0o700); err != nil {
		return err
	}
	options, err := tools.ProtoToJSON(info.GetPipelineOptions())
	if err != nil {
		return fmt.Errorf("pipeline options: %w", err)
	}
	optionsFile := filepath.Join(dir, "options.json")
	if err := os.WriteFile(optionsFile, []byte(options), 0o600); err != nil {
		return err
	}
	for key, value := range map[string]string{
		"PIPELINE_OPTIONS_FILE": optionsFile,
		"RUNNER_CAPABILITIES":   strings.Join(info.GetRunnerCapabilities(), " "),
	} {
		if err := os.Setenv(key, value); err != nil {
			return err
		}
	}
	if err := os.Unsetenv(bootDir); err != nil {
		return err
	}
	err = syscall.Exec(worker, []string{
		worker,
		"--worker=true",
		"--id=" + id,
		"--logging_endpoint=" + info.GetLoggingEndpoint().GetUrl(),
		"--control_endpoint=" + info.GetControlEndpoint().GetUrl(),
		"--semi_persist_dir=" + dir,
	}, os.Environ())
	return fmt.Errorf("cannot run the staged worker %s: %w", worker, err)
}
