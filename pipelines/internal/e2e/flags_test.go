package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestNoFlagIsSwallowed: a flag of Beam that does nothing in a program, a flag that is
// given twice, and an argument that belongs to none are one line and exit code 2, and
// nothing is written. Package cli does the same with all of Beam's flags.
func TestNoFlagIsSwallowed(t *testing.T) {
	r := reference(t)
	out := filepath.Join(t.TempDir(), "out")
	onClusters := map[string][]string{"shard": r.step("shard", out), "encode": r.step("encode", out), "decode": {"--input=" + r.latents, "--model=" + r.model, "--output=" + out}, "select": r.step("select", out)}
	local := map[string][]string{
		"train":      {"--input=" + r.shards, "--output=" + out},
		"import":     {"--input=" + r.model, "--output=" + out},
		"export":     {"--input=" + r.model, "--format=npz", "--output=" + out},
		"report":     {"--selection=" + r.selection, "--output=" + out},
		"query":      {"--input=" + r.latents, "--image=x", "--output=" + out},
		"verify":     {"--input=" + r.selection},
		"compare":    {"--input=" + r.shards, "--models=" + r.model, "--output=" + out},
		"quickstart": quickstart(r.images, out, "--arch=linear"),
	}
	refused := func(program string, args []string, want string) {
		t.Helper()
		got := start(t, nil, program, args...)
		if got.code != 2 || got.stdout != "" || !strings.HasPrefix(got.stderr, program+": "+want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("%s %q: exit code %d, want %q\n%s%s", program, args, got.code, want, got.stdout, got.stderr)
		}
		if _, err := os.Stat(out); err == nil {
			t.Fatalf("%s %q wrote something", program, args)
		}
	}
	for program, args := range local {
		for _, flag := range []string{"--labels=x", "--num_workers=3", "--project=p", "--dry_run", "--async", "--worker"} {
			name, _, _ := strings.Cut(flag, "=")
			refused(program, append([]string{flag}, args...), name+": it is a flag of Beam, and "+program+" runs on this machine only")
		}
	}
	for program, args := range onClusters {
		for _, flag := range []string{"--num_workers=3", "--parallelism=2", "--async", "--worker", "--id=1"} {
			name, _, _ := strings.Cut(flag, "=")
			refused(program, append([]string{flag}, args...), name+": ")
		}
		local[program] = args
		if got := start(t, nil, program, append([]string{"--dry_run"}, args...)...); got.code != 0 || !strings.HasSuffix(got.stderr, "the job was printed and not submitted\n") || exists(t, out) {
			t.Errorf("%s --dry_run: exit code %d\n%s%s", program, got.code, got.stdout, got.stderr)
		}
	}
	for program, args := range local {
		last := args[len(args)-1]
		name, _, _ := strings.Cut(last, "=")
		refused(program, append([]string{last}, args...), name+" is given twice")
		refused(program, append(args[:len(args):len(args)], "more"), `unexpected argument "more"`)
		refused(program, append([]string{"--plam"}, args...), "--plam: "+program+" has no such flag; did you mean --plan?")
	}
}
