package cli

import (
	"flag"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// parsed reads arguments as a program does whose own flags are --labels, --shards, and
// --input with its second name --encoder, and gives the SDK's flags their values for a
// test.
func parsed(t *testing.T, runs bool, args ...string) (labels string, err error) {
	t.Helper()
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	var input string
	fs.StringVar(&labels, "labels", "", "")
	fs.StringVar(&input, "input", "", "")
	fs.StringVar(&input, "encoder", "", "")
	fs.Var(&Strings{}, "several", "")
	fs.Var(&Size{}, "size", "")
	fs.Int("shards", 0, "")
	fs.Float64("share", 0, "")
	fs.Bool("resume", true, "")
	plan := fs.Bool("plan", false, "")
	f := newFlags(fs, runs)
	t.Cleanup(func() { reset(t) })
	if err = f.parse(args); err == nil && runs {
		if err = knownRunner(); err == nil {
			err = f.followed(*plan)
		}
	}
	return labels, err
}

// reset gives the SDK's flags the values that they had.
func reset(t *testing.T) {
	t.Helper()
	jobopts.ResourceHints, jobopts.SdkHarnessContainerImageOverrides = nil, nil
	sdk.VisitAll(func(f *flag.Flag) {
		if f.Value.String() != f.DefValue && !strings.HasPrefix(f.Name, "test.") && !repeatable(f.Value) {
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
			_, err := parsed(t, true, strings.Fields(c.args)...)
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

// TestNoBeamFlagIsSwallowed gives each flag of the SDK to a program that runs on this
// machine only, which refuses it, and to one that runs on runners, with each kind of
// them: it is accepted where the runner is known to follow it, and refused by its name
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
		if _, err := parsed(t, false, arg); err == nil || !strings.Contains(err.Error(), "--"+shown) {
			t.Errorf("%s, without a runner: %v", arg, err)
		}
		reset(t)
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
			_, err := parsed(t, true, append(slices.Clone(args), arg)...)
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

// TestFlagMistakes: what is wrong with a flag is said as it is typed, and no value is
// dropped.
func TestFlagMistakes(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"--bogus=1", "--bogus: test has no such flag (--help"},
		{"--shard=1", "did you mean --shards?"},
		{"--shrads=1", "did you mean --shards?"},
		{"--Label=x", "did you mean --labels?"},
		{"--num_workers=3", "--num_workers: it is a flag of Beam, and test runs on this machine only"},
		{"--dry_run", "--plan says what would be done"},
		{"--shards=many", "--shards=many: must be a whole number"},
		{"--shards=99999999999999999999", "that a computer can hold"},
		{"--share=half", "--share=half: must be a number"},
		{"--shards", "--shards: needs a value"},
		{"--labels --shards=3", `--labels: needs a value, and --shards is the next flag`},
		{"--labels -shards 3", `--labels: needs a value, and --shards is the next flag`},
		{"--labels=", "--labels is given without a value"},
		{"--size=big", "--size=big: want HEIGHTxWIDTH"},
		{"--resume=maybe", "--resume=maybe: must be true or false"},
		{"--resume false", "--resume=false"},
		{"--resume shards/", `unexpected argument "shards/"`},
		{"shards/", `unexpected argument "shards/"`},
		{"--shards=1 -- x", `unexpected argument "x"`},
		{"--labels=a --labels=b", "--labels is given twice, as a and as b"},
		{"--labels=a --labels a", "--labels is given twice: give it once"},
		{"--resume --resume=false", "--resume is given twice"},
		{"--size=3 --size=4", "--size is given twice"},
		{"--input=a --encoder=b", "--encoder and --input are two names of one flag"},
		{"--several=a --several=b", ""},
		{"--labels=-x --shards=-1", ""},
	} {
		_, err := parsed(t, false, strings.Fields(c.args)...)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
}

func TestBeamFlagsGiveWayToOurs(t *testing.T) {
	labels, err := parsed(t, true, "--labels=ours.idx", `--beam_labels={"team":"cells"}`, "--project=p", "--runner=dataflow")
	if err != nil || labels != "ours.idx" || flagText("labels") != `{"team":"cells"}` || flagText("project") != "p" {
		t.Errorf("%v; labels %q, beam_labels %q, project %q", err, labels, flagText("labels"), flagText("project"))
	}
}

// TestHelp: choices of values stand as they are typed, all else in capitals.
func TestHelp(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.String("bits", "keep", "`keep|8` of the samples")
	fs.Int("shards", 0, "`number` of shards")
	var b strings.Builder
	newFlags(fs, false).help(&b, "does it")
	for _, want := range []string{"--bits=keep|8\n", "(default keep)", "--shards=NUMBER\n"} {
		if !strings.Contains(b.String(), want) {
			t.Errorf("the help lacks %q:\n%s", want, b.String())
		}
	}
	if strings.Contains(b.String(), "--runner") {
		t.Error("a program without a runner names one")
	}
}
