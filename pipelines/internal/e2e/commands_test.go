package e2e

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"exemplar/pipelines/internal/enginetest"
)

// commands are those of exemplar, each a program of its own as well.
var commands = []string{"quickstart", "shard", "train", "import", "encode", "decode", "select", "report", "query", "verify", "export", "compare"}

// TestCommands: exemplar has every step as a command, with the flags, the output and the
// exit codes of the program of its name, and names the command that was meant.
func TestCommands(t *testing.T) {
	for _, name := range commands {
		alone, command := must(t, nil, name, "--help"), must(t, nil, "exemplar", name, "--help")
		if want := strings.ReplaceAll(alone, "go run ./pipelines/", "exemplar "); command != want || want == alone {
			t.Errorf("exemplar %s --help:\n%s\nwant\n%s", name, command, want)
		}
	}
	if a, b := start(t, nil, "report"), start(t, nil, "exemplar", "report"); a != b || a.code != 2 {
		t.Errorf("report without flags: %+v, as a command %+v", a, b)
	}
	for _, of := range [][]string{{"help", "report"}, {"--help", "report"}} {
		if a, b := must(t, nil, "exemplar", of...), must(t, nil, "exemplar", "report", "-h"); a != b {
			t.Errorf("help in two ways, %s and report -h:\n%s\n%s", of, a, b)
		}
	}
	for flag, says := range map[string]string{"by": "did you mean --scope of select?", "where": "it is one of train, select"} {
		want := "report: --" + flag + ": report has no such flag; " + says + " (--help lists the flags)\n"
		if got := start(t, nil, "exemplar", "report", "--"+flag+"=x"); got.code != 2 || got.stderr != want {
			t.Errorf("a flag of no command: %+v", got)
		}
	}
	for _, of := range [][]string{{"verify", "--version"}, {"exemplar", "--version"}, {"exemplar", "version"}, {"exemplar", "train", "--version"}} {
		version := must(t, nil, of[0], of[1:]...)
		if !regexp.MustCompile(`^(verify|exemplar|train) \S+\n(commit [0-9a-f]+.*\n)?go1\.\S+ \w+/\w+\nkernel winograd-\S+, \w+ routines\n$`).MatchString(version) {
			t.Errorf("%q:\n%s", of, version)
		}
	}
	help := must(t, nil, "exemplar", "help")
	for _, name := range commands {
		if !strings.Contains(help, "\n  "+name+" ") {
			t.Errorf("exemplar help has no %s:\n%s", name, help)
		}
	}
	if got := start(t, nil, "exemplar"); got.code != 2 || got.stdout != "" || got.stderr != help {
		t.Errorf("exemplar without a command: %+v", got)
	}
	for args, want := range map[string]string{
		"shrad --input=x": `there is no command "shrad"; did you mean exemplar shard? (exemplar help lists them)`,
		"help selects":    `there is no command "selects"; did you mean exemplar select?`,
		"help report --x": `unexpected argument "--x": exemplar help takes the name of one command`,
		"--help report x": `unexpected argument "x": exemplar help takes the name of one command`,
		"--version x":     `unexpected argument "x": exemplar --version takes none`,
		"encodes":         `did you mean exemplar encode?`,
		"cluster":         `there is no command "cluster" (exemplar help lists them)`,
		"--input=x shard": "--input=x: a command comes before all flags",
		"--worker":        "--worker: a command comes before all flags",
		"--worker=true":   "--worker: a runner starts its workers itself",
		"worker --id=1":   `there is no command "worker"`,
	} {
		got := start(t, nil, "exemplar", strings.Fields(args)...)
		if got.code != 2 || got.stdout != "" || !strings.HasPrefix(got.stderr, "exemplar: ") || !strings.Contains(got.stderr, want) || strings.Count(got.stderr, "\n") != 1 {
			t.Errorf("exemplar %s: exit code %d, want %q\n%s%s", args, got.code, want, got.stdout, got.stderr)
		}
	}
}

// TestWorkersOfOneProgram: the workers of a runner are exemplar without a command, and
// their bytes those of the programs that are one step.
func TestWorkersOfOneProgram(t *testing.T) {
	r := reference(t)
	exemplar := filepath.Join(bin, "exemplar")
	for _, step := range steps {
		output := filepath.Join(t.TempDir(), step)
		args := append(r.step(step, output), enginetest.NewProcess(t).Flags(t, exemplar)...)
		must(t, nil, "exemplar", append([]string{step}, args...)...)
		sameTree(t, output, r.output(step))
	}
}
