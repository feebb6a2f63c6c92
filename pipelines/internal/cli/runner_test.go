package cli

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
)

// set gives flags their values for a test.
func set(t *testing.T, flags map[string]string) {
	t.Helper()
	for name, value := range flags {
		f := flag.Lookup(name)
		was := f.Value.String()
		t.Cleanup(func() { _ = f.Value.Set(was) })
		if err := f.Value.Set(value); err != nil {
			t.Fatal(err)
		}
	}
}

// TestRunner: without --runner it is the direct one, or prism where a flag needs a
// server; flags that a local runner would not follow are refused.
func TestRunner(t *testing.T) {
	for _, c := range []struct {
		flags map[string]string
		name  string
		local bool
		want  string // part of the error
	}{
		{nil, "direct", true, ""},
		{map[string]string{"runner": "DirectRunner"}, "DirectRunner", true, ""},
		{map[string]string{"runner": "prism"}, "prism", true, ""},
		{map[string]string{"runner": "PrismRunner"}, "PrismRunner", true, ""},
		{map[string]string{"endpoint": "localhost:1"}, "prism", true, ""},
		{map[string]string{"environment_type": "PROCESS"}, "prism", true, ""},
		{map[string]string{"endpoint": "localhost:1", "async": "true"}, "prism", true, ""},
		{map[string]string{"async": "true"}, "direct", true, "--async"},
		{map[string]string{"async": "true", "runner": "prism"}, "prism", true, "--async"},
		{map[string]string{"runner": "direct", "endpoint": "localhost:1"}, "direct", true, "--endpoint=localhost:1"},
		{map[string]string{"runner": "direct", "environment_type": "PROCESS"}, "direct", true, "--environment_type=PROCESS"},
		{map[string]string{"runner": "slurm"}, "slurm", false, "--runner=slurm: must be one of direct, prism"},
		{map[string]string{"runner": "flink"}, "flink", false, "runs on this machine only"},
	} {
		t.Run(fmt.Sprint(c.flags), func(t *testing.T) {
			set(t, c.flags)
			if runnerName() != c.name || isLocal() != c.local {
				t.Errorf("%s, local %v, want %s, %v", runnerName(), isLocal(), c.name, c.local)
			}
			err := validateRunner(t.Context(), "train", nil)
			if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
				t.Errorf("validateRunner = %v, want %q", err, c.want)
			}
		})
	}
	if *jobopts.Endpoint != "" {
		t.Error("the flags of a case are left")
	}
}
