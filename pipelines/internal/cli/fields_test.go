package cli

import (
	"bytes"
	"errors"
	"flag"
	"log/slog"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// options are those of the command of these tests.
type options struct {
	Output    string
	Top       int
	Width     float64
	Hidden    struct{ Output, Width string }
	Size      struct{ Height, Width int }
	Inputs    []string
	Every     time.Duration
	Overwrite bool
	Clusters  int
	MaxPasses int
	Model     string
	IDs       string
	LR        float64
}

type filler struct {
	Job
	config options
	sides  struct{ Width int }
}

func filledFields() *fields {
	j := &filler{}
	c := &j.config
	fs := flag.NewFlagSet("test", flag.ContinueOnError)
	fs.StringVar(&c.Output, "output", "", "")
	fs.IntVar(&c.Top, "top", 1, "")
	fs.StringVar(&c.Hidden.Output, "hidden_output", "", "")
	fs.Float64Var(&c.Width, "figure_width", 0, "")
	fs.StringVar(&c.Hidden.Width, "hidden_width", "", "")
	fs.Var((*Size)(&c.Size), "size", "")
	fs.Var((*Strings)(&c.Inputs), "input", "")
	fs.DurationVar(&c.Every, "checkpoint", 0, "")
	fs.BoolVar(&c.Overwrite, "overwrite", false, "")
	fs.Func("clusters", "", func(string) error { return nil })
	fs.StringVar(&c.Model, "input_model", "", "")
	fs.StringVar(&c.Model, "model", "", "")
	fs.IntVar(&j.sides.Width, "side", 0, "")
	fs.String("scope", "", "")
	own := map[string]flag.Value{}
	fs.VisitAll(func(f *flag.Flag) { own[f.Name] = f.Value })
	return newFields(j, own, map[string]string{"Clusters": "clusters", "Budget.Of": "budget", "encoding.Config.Shards": "input"})
}

// TestFields: what is below the commands names fields, and a user reads flags.
func TestFields(t *testing.T) {
	f := filledFields()
	for said, want := range map[string]string{
		"Config.Output is missing: name a folder":        "--output is missing: name a folder",
		"Config.Top=3 and Config.Clusters=4: give one":   "--top=3 and --clusters=4: give one",
		"give it (Config.Overwrite), or set Config.Top.": "give it (--overwrite), or set --top.",
		"Config.Size=3x4, Config.Inputs; Config.Every":   "--size=3x4, --input; --checkpoint",
		"Config.Hidden.Output and Config.Hidden.Width":   "--hidden_output and --hidden_width",
		"Config.Width is the outermost":                  "--figure_width is the outermost",
		"Config.Model has two flags, one of its name":    "--model has two flags, one of its name",
		"Config.Budget.Of by hand":                       "--budget by hand",
		"Config.Scope by its name":                       "--scope by its name",
		"Config.Hidden.Scope is not that":                "hidden scope is not that",
		"Config.MaxPasses=0, Config.IDs, Config.LR":      "max passes=0, ids, lr",
		"shard with sharding.Config.MetadataCSV=x":       "shard with --metadata_csv=x",
		"as encoding.Config.Shards":                      "as --input",
		"two lines\nConfig.Top":                          "two lines\n--top",
		// Names of files and other words stay.
		"a/Config.Output: b": "a/Config.Output: b", `"Config.Output"`: `"Config.Output"`, "Config.Output.txt": "Config.Output.txt",
		"Config.Output=Config.Output: b": "--output=Config.Output: b",
		"MyConfig.Output":                "MyConfig.Output", "Config.output": "Config.output", "Config and Config.": "Config and Config.",
	} {
		if got := f.text(said); got != want {
			t.Errorf("%q becomes %q, want %q", said, got, want)
		}
	}
	if got := (*fields)(nil).text("Config.Top"); got != "Config.Top" {
		t.Errorf("before there are flags: %q", got)
	}
}

// TestSnake: fields and flags are written by one rule.
func TestSnake(t *testing.T) {
	for name, want := range map[string]string{
		"Output": "output", "MaxPasses": "max_passes", "MetadataCSV": "metadata_csv", "IDColumn": "id_column", "IDs": "ids", "L1": "l1", "LR": "lr", "MaxMSE": "max_mse",
	} {
		if got := snake(name); got != want {
			t.Errorf("snake(%q) = %q, want %q", name, got, want)
		}
	}
}

// TestFieldsInAllThatIsPrinted: standard output and both formats of the log.
func TestFieldsInAllThatIsPrinted(t *testing.T) {
	f := filledFields()
	var out bytes.Buffer
	var said atomic.Pointer[fields]
	said.Store(f)
	o := &output{to: &out, said: &said}
	if n, err := o.Write([]byte("Config.Top\n")); n != len("Config.Top\n") || err != nil || out.String() != "--top\n" {
		t.Errorf("%q, %d, %v", &out, n, err)
	}
	options := &slog.HandlerOptions{ReplaceAttr: f.attr}
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, options), slog.NewJSONHandler(&out, options)} {
		out.Reset()
		slog.New(handler).Info("Config.Top", "error", errors.New("Config.Output is missing"), "also", "Config.Size", "n", 3)
		for _, want := range []string{"--top", "--output is missing", "--size"} {
			if !strings.Contains(out.String(), want) || strings.Contains(out.String(), "Config") {
				t.Errorf("%s lacks %q", &out, want)
			}
		}
	}
}
