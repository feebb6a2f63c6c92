package cli

import "slices"

// BeamFlags returns the names of the flags of Beam, in their order.
func BeamFlags() []string { return slices.Clone(beamFlags) }

// beamFlags are the names of the flags that the Beam SDK, its runners and its libraries
// register: a program that does not run it refuses them by name.
var beamFlags = []string{
	"async", "autoscaling_algorithm", "beam_strict", "control_endpoint", "cpu_profiling",
	"dataflow_endpoint", "dataflow_kms_key", "dataflow_service_options",
	"disk_provisioned_iops", "disk_provisioned_throughput_mibps", "disk_size_gb",
	"disk_type", "dot_file", "dry_run", "element_processing_timeout", "endpoint",
	"environment_config", "environment_type", "execute_async", "experiments", "flexrs_goal",
	"id", "job_name", "labels", "logging_endpoint", "machine_type", "max_num_workers",
	"min_cpu_platform", "network", "no_use_public_ips", "num_workers",
	"number_of_worker_harness_threads", "options", "parallelism", "project", "region",
	"resource_hints", "retain_docker_containers", "runner", "sdk_container_image",
	"sdk_harness_container_image_override", "semi_persist_dir", "service_account_email",
	"staging_location", "subnetwork", "teardown_policy", "temp_location",
	"template_location", "transform_name_mapping", "update", "use_public_ips", "worker",
	"worker_binary", "worker_harness_container_image", "worker_machine_type",
	"worker_region", "worker_zone", "zone",
}
