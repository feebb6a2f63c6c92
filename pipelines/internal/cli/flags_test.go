package cli

import (
	"flag"
	"strings"
	"testing"
)

// parsed reads arguments as a program does whose own flags are --labels, --shards, and
// --input with its second name --encoder.
func parsed(args ...string) error {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	var input string
	fs.String("labels", "", "")
	fs.StringVar(&input, "input", "", "")
	fs.StringVar(&input, "encoder", "", "")
	fs.Var(&Strings{}, "several", "")
	fs.Var(&Size{}, "size", "")
	fs.Int("shards", 0, "")
	fs.Float64("share", 0, "")
	fs.Bool("resume", true, "")
	return NewFlags(fs, nil).Parse(args)
}

// TestNoBeamFlagIsSwallowed gives each flag of Beam to a program that runs on this
// machine only, which refuses it.
func TestNoBeamFlagIsSwallowed(t *testing.T) {
	for _, name := range beamFlags {
		if name == "labels" {
			continue // this program has one of that name
		}
		want := "--" + name + ": it is a flag of Beam, and test runs on this machine only"
		if err := parsed("--" + name + "=1"); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("--%s: %v, want %q", name, err, want)
		}
	}
	if err := parsed("--beam_labels=1"); err == nil || !strings.Contains(err.Error(), "--beam_labels") {
		t.Errorf("--beam_labels: %v", err)
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
		{"--several_files=x", "did you mean --several?"},
		{"--number_of_shards=x", "did you mean --shards?"},
		{"--out-labels=x", "did you mean --labels?"},
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
		err := parsed(strings.Fields(c.args)...)
		if (err == nil) != (c.want == "") || err != nil && (!strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n")) {
			t.Errorf("%s: %v, want %q", c.args, err, c.want)
		}
	}
}

// TestFlagsOfOthers: of a flag that a command does not have it is said which other ones
// have it, or what else may be meant, there or here.
func TestFlagsOfOthers(t *testing.T) {
	command := func(name string, flags ...string) Command {
		return Command{Name: name, Setup: func(fs *flag.FlagSet) Job {
			for _, f := range flags {
				fs.String(f, "", "")
			}
			return nil
		}}
	}
	others := []Command{command("report", "title", "output"), command("select", "scope", "seed", "output"), command("train", "seed", "lr")}
	for arg, want := range map[string]string{
		"--scope=x":         "--scope: report has no such flag; it is one of select (--help lists the flags)",
		"--seed=x":          "--seed: report has no such flag; it is one of select, train (--help lists the flags)",
		"--tilte=x":         "--tilte: report has no such flag; did you mean --title? (--help lists the flags)",
		"--out=x":           "--out: report has no such flag; did you mean --output? (--help lists the flags)",
		"-o=x":              "--o: report has no such flag; did you mean --output? (--help lists the flags)",
		"--by=x":            "--by: report has no such flag; did you mean --scope of select? (--help lists the flags)",
		"--scopes=x":        "--scopes: report has no such flag; did you mean --scope of select? (--help lists the flags)",
		"--Learning-Rate=x": "--Learning-Rate: report has no such flag; did you mean --lr of train? (--help lists the flags)",
		"--bogus=x":         "--bogus: report has no such flag, nor has another command (--help lists the flags)",
	} {
		fs := flag.NewFlagSet("report", flag.ContinueOnError)
		others[0].Setup(fs)
		f := NewFlags(fs, nil)
		f.others = others
		if err := f.Parse([]string{arg}); err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %q", arg, err, want)
		}
	}
}

// TestSynonyms: a name that other programs use stands for one of our flags.
func TestSynonyms(t *testing.T) {
	means := map[string]string{}
	for flag, names := range synonyms {
		for _, name := range strings.Fields(names) {
			if other := means[name]; other != "" || synonyms[name] != "" {
				t.Errorf("%s stands for --%s and --%s", name, flag, other)
			}
			means[name] = flag
		}
	}
}

// TestHelp: flags stand in their groups, and those that are in none in the last; choices
// of values stand as they are typed, all else in capitals.
func TestHelp(t *testing.T) {
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.String("bits", "keep", "`keep|8` of the samples")
	fs.Int("shards", 0, "`number` of shards")
	fs.String("input", "", "`folder` of images")
	fs.String("rule", "near", "`rule`: near (to the center), or "+strings.Repeat("far ", 20))
	fs.Bool("plan", false, "say what would be done")
	c := Command{Name: "test", About: "does it", Examples: []string{"--input=a"}, Groups: []string{"Input: input* bits", "More: shards"}}
	var b strings.Builder
	NewFlags(fs, nil).help(&b, c, "exemplar test")
	const want = `test: does it

Usage: exemplar test --input=FOLDER [flags]

For example:
  exemplar test --input=a

Input:
  --input=FOLDER  (required)
        folder of images
  --bits=keep|8
        keep|8 of the samples (default keep)

More:
  --shards=NUMBER
        number of shards
  --rule=RULE
        near (to the center), or far far far far far far far far far far far far far far
        far far far far far far (default near)
  --plan
        say what would be done
`
	if b.String() != want {
		t.Errorf("the help is\n%s\nwant\n%s", &b, want)
	}
}
