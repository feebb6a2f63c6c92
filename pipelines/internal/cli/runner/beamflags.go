package runner

import (
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"

	"exemplar/pipelines/internal/cli"
)

// sdk holds the flags that the Beam SDK registers globally, and those of its runners.
var sdk = flag.CommandLine

// runners that the flags of the SDK are told apart by.
const (
	onDirect      = 1 << iota // in this program
	onLocalPrism              // a server beside it
	onOtherPrism              // one that --endpoint names
	onFlinkRunner             // Flink, Spark, and whatever else has a job server
	onCloud                   // Dataflow
	onDot                     // draws the graph

	onPortable = onLocalPrism | onOtherPrism | onFlinkRunner
	onAny      = onDirect | onPortable | onCloud | onDot
)

// follows says which runners follow a flag of the SDK, seen in its source (v2.77.0) and
// in package cli. One that is not here, no runner follows.
var follows = map[string]int{
	"runner":   onAny,
	"dry_run":  onDirect | onPortable | onCloud,
	"dot_file": onDot,

	"endpoint":                             onOtherPrism | onFlinkRunner,
	"environment_type":                     onPortable | onCloud,
	"environment_config":                   onPortable | onCloud,
	"worker_binary":                        onPortable | onCloud,
	"experiments":                          onPortable | onCloud,
	"element_processing_timeout":           onPortable | onCloud,
	"job_name":                             onOtherPrism | onFlinkRunner | onCloud,
	"async":                                onOtherPrism | onFlinkRunner | onCloud,
	"execute_async":                        onOtherPrism | onFlinkRunner | onCloud,
	"parallelism":                          onFlinkRunner,
	"retain_docker_containers":             onFlinkRunner,
	"resource_hints":                       onFlinkRunner | onCloud,
	"sdk_harness_container_image_override": onCloud,

	"project": onCloud, "region": onCloud, "zone": onCloud, "worker_region": onCloud, "worker_zone": onCloud,
	"dataflow_endpoint": onCloud, "staging_location": onCloud, "temp_location": onCloud,
	"worker_harness_container_image": onCloud, "sdk_container_image": onCloud,
	"labels": onCloud, "service_account_email": onCloud, "dataflow_kms_key": onCloud,
	"num_workers": onCloud, "max_num_workers": onCloud, "number_of_worker_harness_threads": onCloud,
	"disk_size_gb": onCloud, "disk_type": onCloud, "disk_provisioned_iops": onCloud, "disk_provisioned_throughput_mibps": onCloud,
	"autoscaling_algorithm": onCloud, "flexrs_goal": onCloud, "worker_machine_type": onCloud, "machine_type": onCloud, "min_cpu_platform": onCloud,
	"network": onCloud, "subnetwork": onCloud, "no_use_public_ips": onCloud, "use_public_ips": onCloud,
	"dataflow_service_options": onCloud, "teardown_policy": onCloud, "cpu_profiling": onCloud,
}

// never says of flags that no runner follows here why not.
var never = map[string]string{
	"update":                 "only streaming jobs can be updated, and these end",
	"transform_name_mapping": "only streaming jobs can be updated, and these end",
	"template_location":      "a template cannot be made of these jobs: which shards there are is known before they are submitted",
	"beam_strict":            "what it checks is that DoFns have generated code, which these do without",
	"worker":                 "a runner starts its workers itself",
	"id":                     "it is for workers, which a runner starts",
	"logging_endpoint":       "it is for workers, which a runner starts",
	"control_endpoint":       "it is for workers, which a runner starts",
	"semi_persist_dir":       "it is for workers, which a runner starts",
	"options":                "it is for workers, which a runner starts",
}

// kindOfRunner is the one of the runners above that the flags name.
func kindOfRunner() int {
	switch name := runnerName(); {
	case onPrism() && *jobopts.Endpoint == "":
		return onLocalPrism
	case onPrism():
		return onOtherPrism
	case isLocal():
		return onDirect
	case onDataflow():
		return onCloud
	case name == "dot":
		return onDot
	}
	return onFlinkRunner
}

// followed refuses flags of the SDK that would do nothing with the runner, and those
// that exclude each other.
func followed(flags *cli.Flags, planned bool) error {
	set := flags.Brought()
	runner, kind := runnerName(), kindOfRunner()
	for _, name := range slices.Sorted(maps.Keys(set)) {
		shown := flags.Named(name)
		switch why := never[name]; {
		case why != "":
			return cli.Usagef("--%s: %s", shown, why)
		case follows[name]&kind == 0:
			return cli.Usagef("--%s: the runner %s does not follow it%s", shown, runner, whoFollows(follows[name]))
		}
	}
	if planned && set["dry_run"] == "true" {
		return cli.Usagef("--plan and --dry_run: the one says what would be done, the other prints the job; give one of them")
	}
	return consistent(set, kind)
}

// whoFollows names the runners that follow a flag which another one does not.
func whoFollows(kinds int) string {
	switch {
	case kinds == 0:
		return ""
	case kinds == onCloud:
		return "; it is for --runner=dataflow"
	case kinds == onDot:
		return "; it is for --runner=dot"
	case kinds&onDirect != 0:
		return "; it is for other runners"
	case kinds&onCloud != 0:
		return "; it is for clusters"
	}
	return "; it is for runners with a job server, such as --runner=flink"
}

// rivals are flags of which only one has a meaning.
var rivals = [][2]string{
	{"worker_machine_type", "machine_type"}, {"sdk_container_image", "worker_harness_container_image"},
	{"use_public_ips", "no_use_public_ips"}, {"async", "execute_async"}, {"async", "dry_run"}, {"execute_async", "dry_run"},
	{"environment_config", "sdk_container_image"}, {"environment_config", "worker_harness_container_image"},
}

// consistent checks values that the SDK looks at only when a job is submitted, with a
// stack trace for some, or not at all.
func consistent(set map[string]string, kind int) error {
	given := func(name string) bool { _, ok := set[name]; return ok }
	for _, pair := range rivals {
		if given(pair[0]) && given(pair[1]) {
			return cli.Usagef("--%s and --%s exclude each other: give one of them", pair[0], pair[1])
		}
	}
	environment := strings.ToLower(set["environment_type"])
	if given("environment_type") && !slices.Contains([]string{"docker", "process", "loopback", "external"}, environment) {
		return cli.Usagef("--environment_type=%s: must be DOCKER, PROCESS, LOOPBACK or EXTERNAL", set["environment_type"])
	}
	if environment == "" && kind == onLocalPrism {
		environment = "loopback"
	}
	switch {
	case kind == onCloud && given("environment_type") && environment != "docker":
		return cli.Usagef("--environment_type=%s: the workers of Dataflow run in containers, DOCKER", set["environment_type"])
	case kind == onDot && !given("dot_file"):
		return cli.Usagef("--dot_file is missing: name the file that the graph is written to")
	case kind == onFlinkRunner && !given("endpoint"):
		return cli.Usagef("--endpoint is missing: name the job server of the runner %s, HOST:PORT", runnerName())
	case environment == "loopback" && given("environment_config"):
		return cli.Usagef("--environment_config: workers in this program (LOOPBACK) have no use for it")
	case environment == "loopback" && given("worker_binary"):
		return cli.Usagef("--worker_binary: workers in this program (LOOPBACK) have no use for it")
	case given("retain_docker_containers") && environment != "docker" && environment != "":
		return cli.Usagef("--retain_docker_containers: --environment_type=%s starts none", set["environment_type"])
	}
	return wellFormed(set)
}

// wellFormed checks values that have a form.
func wellFormed(set map[string]string) error {
	if text, ok := set["labels"]; ok && json.Unmarshal([]byte(text), &map[string]string{}) != nil {
		return cli.Usagef(`the labels of a Dataflow job are %s: must be JSON, {"name":"value"}`, text)
	}
	for name, values := range map[string][]string{
		"autoscaling_algorithm": {"NONE", "THROUGHPUT_BASED"},
		"flexrs_goal":           {"FLEXRS_UNSPECIFIED", "FLEXRS_SPEED_OPTIMIZED", "FLEXRS_COST_OPTIMIZED"},
	} {
		if text, ok := set[name]; ok && !slices.Contains(values, text) {
			return cli.Usagef("--%s=%s: must be %s", name, text, strings.Join(values, ", "))
		}
	}
	for _, pair := range jobopts.SdkHarnessContainerImageOverrides {
		if !strings.Contains(pair, ",") {
			return cli.Usagef("--sdk_harness_container_image_override=%s: must be REGEXP,IMAGE", pair)
		}
	}
	return hints()
}

// hints checks --resource_hints as the SDK does, which panics.
func hints() (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = cli.Usagef("--resource_hints: %s: must be NAME=VALUE, such as min_ram=12GB", strings.TrimSpace(fmt.Sprint(r)))
		}
	}()
	jobopts.GetPipelineResourceHints()
	return nil
}
