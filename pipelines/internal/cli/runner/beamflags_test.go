package runner

import (
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/google/go-cmp/cmp"

	"exemplar/pipelines/internal/cli"
)

// parsed reads arguments as a program does whose own flag is --labels, and gives the
// SDK's flags their values for a test.
func parsed(t *testing.T, args ...string) (labels string, err error) {
	t.Helper()
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.StringVar(&labels, "labels", "", "")
	plan := fs.Bool("plan", false, "")
	f := cli.NewFlags(fs, sdk)
	t.Cleanup(func() { reset(t) })
	if err = f.Parse(args); err == nil {
		if err = knownRunner(); err == nil {
			err = followed(f, *plan)
		}
	}
	return labels, err
}

// reset gives the SDK's flags the values that they had.
func reset(t *testing.T) {
	t.Helper()
	jobopts.ResourceHints, jobopts.SdkHarnessContainerImageOverrides = nil, nil
	sdk.VisitAll(func(f *flag.Flag) {
		if f.Value.String() != f.DefValue && !strings.HasPrefix(f.Name, "test.") && fmt.Sprintf("%T", f.Value) != "*jobopts.stringSlice" {
			if err := f.Value.Set(f.DefValue); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// TestRunner: without --runner it is the direct one, or prism where a flag needs a
// server; flags that a runner would not follow are refused.
func TestRunner(t *testing.T) {
	for _, c := range []struct {
		args  string
		name  string
		local bool
		want  string // part of the error
	}{
		{"", "direct", true, ""},
		{"--runner=DirectRunner", "DirectRunner", true, ""},
		{"--runner=prism", "prism", true, ""},
		{"--runner=PrismRunner", "PrismRunner", true, ""},
		{"--endpoint=localhost:1", "prism", true, ""},
		{"--environment_type=PROCESS", "prism", true, ""},
		{"--endpoint=localhost:1 --async", "prism", true, ""},
		{"--dry_run", "direct", true, ""},
		{"--dry_run=false --plan", "direct", true, ""},
		{"--dry_run --plan", "direct", true, "--plan and --dry_run"},
		{"--dry_run --async", "direct", true, "--async: the runner direct"},
		{"--dry_run --async --runner=flink --endpoint=localhost:1", "flink", false, "--async and --dry_run"},
		{"--async", "direct", true, "--async: the runner direct does not follow it; it is for clusters"},
		{"--runner=prism --async", "prism", true, "--async"},
		{"--runner=direct --endpoint=localhost:1", "direct", true, "--endpoint: the runner direct"},
		{"--runner=direct --environment_type=PROCESS", "direct", true, "--environment_type"},
		{"--runner=slurm", "slurm", false, "--runner=slurm: must be one of direct, prism"},
		{"--runner=flink", "flink", false, "--endpoint is missing"},
		{"--runner=flink --endpoint=localhost:1 --parallelism=4", "flink", false, ""},
		{"--runner=flink --endpoint=localhost:1 --num_workers=4", "flink", false, "--num_workers: the runner flink does not follow it; it is for --runner=dataflow"},
		{"--runner=flink --endpoint=localhost:1 --environment_type=LOOPBACK --environment_config=x", "flink", false, "--environment_config"},
		{"--runner=flink --endpoint=localhost:1 --environment_type=LOOPBACK --worker_binary=x", "flink", false, "--worker_binary"},
		{"--environment_type=PROCES", "prism", true, "must be DOCKER, PROCESS"},
		{"--runner=dot", "dot", false, "--dot_file is missing"},
		{"--runner=dot --dot_file=x --dry_run", "dot", false, "--dry_run"},
		{"--runner=dataflow --environment_type=LOOPBACK", "dataflow", false, "DOCKER"},
		{"--runner=dataflow --machine_type=a --worker_machine_type=b", "dataflow", false, "--worker_machine_type and --machine_type"},
		{"--runner=dataflow --use_public_ips=false --no_use_public_ips", "dataflow", false, "exclude each other"},
		{"--runner=dataflow --beam_labels=cells", "dataflow", false, "must be JSON"},
		{"--runner=dataflow --resource_hints=min_ram", "dataflow", false, "--resource_hints"},
		{"--runner=dataflow --resource_hints=min_ram=1GB --resource_hints=cpu_count=2", "dataflow", false, ""},
		{"--runner=dataflow --sdk_harness_container_image_override=x", "dataflow", false, "REGEXP,IMAGE"},
		{"--runner=dataflow --flexrs_goal=CHEAP", "dataflow", false, "--flexrs_goal=CHEAP"},
		{"--runner=dataflow --update", "dataflow", false, "only streaming jobs"},
		{"--parallelism=4", "direct", true, "--parallelism: the runner direct does not follow it; it is for runners with a job server"},
		{"--id=3", "direct", true, "it is for workers"},
	} {
		t.Run(c.args, func(t *testing.T) {
			_, err := parsed(t, strings.Fields(c.args)...)
			if runnerName() != c.name || isLocal() != c.local {
				t.Errorf("%s, local %v, want %s, %v", runnerName(), isLocal(), c.name, c.local)
			}
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, want %q", err, c.want)
			}
		})
	}
	if *jobopts.Endpoint != "" || flagIsTrue("async") {
		t.Error("the flags of a case are left")
	}
}

// beams are the names of the SDK's flags, and of those that its libraries register.
func beams() (names []string) {
	sdk.VisitAll(func(f *flag.Flag) {
		if !strings.HasPrefix(f.Name, "test.") {
			names = append(names, f.Name)
		}
	})
	return names
}

// TestNamesOfBeamsFlags: programs that do not know Beam know the names of its flags.
func TestNamesOfBeamsFlags(t *testing.T) {
	if diff := cmp.Diff(beams(), cli.BeamFlags()); diff != "" {
		t.Errorf("-of the SDK +of package cli:\n%s", diff)
	}
}

// TestNoBeamFlagIsSwallowed gives each flag of the SDK to a program that runs on
// runners, with each kind of them: it is accepted where the runner is known to follow it, and refused by its name
// otherwise.
func TestNoBeamFlagIsSwallowed(t *testing.T) {
	values := map[string]string{
		"beam_labels": `{"team":"cells"}`, "environment_type": "DOCKER", "element_processing_timeout": "5m", "resource_hints": "min_ram=1GB",
		"sdk_harness_container_image_override": "a,b", "autoscaling_algorithm": "NONE", "flexrs_goal": "FLEXRS_UNSPECIFIED", "runner": "direct",
	}
	runners := map[int][]string{
		onDirect: {"--runner=direct"}, onLocalPrism: {"--runner=prism"}, onOtherPrism: {"--runner=prism", "--endpoint=h:1"},
		onFlinkRunner: {"--runner=flink", "--endpoint=h:1"}, onCloud: {"--runner=dataflow"}, onDot: {"--runner=dot", "--dot_file=x"},
	}
	if n := len(beams()); n < 55 {
		t.Fatalf("only %d flags of the SDK were found", n)
	}
	for _, name := range beams() {
		kinds, told := follows[name]
		if _, why := never[name]; told == why {
			t.Errorf("--%s: which runners follow it is not known", name)
		}
		shown := name
		if name == "labels" {
			shown = "beam_labels"
		}
		value := values[shown]
		if value == "" {
			value = "1" // a number, a name, and true
		}
		arg := "--" + shown + "=" + value
		for kind, args := range runners {
			if name == "runner" || slices.ContainsFunc(args, func(a string) bool { return strings.HasPrefix(a, "--"+shown+"=") }) {
				continue
			}
			if name == "endpoint" && kind == onLocalPrism {
				continue // it makes the other kind of it
			}
			if kind == onLocalPrism && (name == "environment_config" || name == "worker_binary") {
				args = append(slices.Clone(args), "--environment_type=PROCESS")
			}
			_, err := parsed(t, append(slices.Clone(args), arg)...)
			switch {
			case kinds&kind != 0 && err != nil:
				t.Errorf("%v %s: %v", args, arg, err)
			case kinds&kind == 0 && (err == nil || !strings.Contains(err.Error(), "--"+shown)):
				t.Errorf("%v %s: %v, want it refused by name", args, arg, err)
			}
			reset(t)
		}
	}
	for _, name := range slices.AppendSeq(slices.Collect(maps.Keys(follows)), maps.Keys(never)) {
		if !slices.Contains(beams(), name) {
			t.Errorf("--%s is no flag of the SDK any more", name)
		}
	}
}

func TestBeamFlagsGiveWayToOurs(t *testing.T) {
	labels, err := parsed(t, "--labels=ours.idx", `--beam_labels={"team":"cells"}`, "--project=p", "--runner=dataflow")
	if err != nil || labels != "ours.idx" || flagText("labels") != `{"team":"cells"}` || flagText("project") != "p" {
		t.Errorf("%v; labels %q, beam_labels %q, project %q", err, labels, flagText("labels"), flagText("project"))
	}
}
