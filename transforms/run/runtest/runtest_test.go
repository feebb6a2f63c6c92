package runtest

import (
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"exemplar/transforms/run/beamrun"
	"exemplar/transforms/run/parallel"
)

func TestMain(m *testing.M) { os.Exit(Main(m)) }

func init() {
	beam.RegisterDoFn(reflect.TypeFor[faultyFn]())
}

// faultyFn fails in its own way.
type faultyFn struct{ How string }

func (f *faultyFn) ProcessElement(ctx context.Context, n int) error {
	switch f.How {
	case "error":
		return errors.New("disk 7 is gone")
	case "recorded":
		return beamrun.Fail(errors.New("disk 8 is gone"))
	case "panic":
		var none []int
		_ = none[n]
	case "panic beside":
		one := func(yield func(int, error) bool) { yield(n, nil) }
		for range parallel.Map(ctx, one, 1, func(context.Context, int) (int, error) { panic("disk 9") }) {
		}
	}
	return nil
}

// TestFaultsAreOneLine: an error and a panic of a DoFn end the run, on both runners, in
// the line that names the cause, and a later pipeline of the process runs.
func TestFaultsAreOneLine(t *testing.T) {
	for name, run := range map[string]beamrun.Runner{"direct": Direct, "prism": Prism} {
		for _, c := range []struct{ how, want string }{
			{"error", "disk 7 is gone"},
			{"recorded", "disk 8 is gone"},
			{"panic", "index out of range [5] with length 0 at transforms/run/runtest/runtest_test.go:"},
			{"panic beside", "please report it: disk 9 at transforms/run/runtest/runtest_test.go:"},
			{"", ""},
		} {
			p, s := beam.NewPipelineWithRoot()
			beam.ParDo0(s, &faultyFn{c.how}, beam.Create(s, 5))
			err := beamrun.Run(t.Context(), run, p, t.TempDir())
			if c.want == "" && err == nil {
				continue
			}
			if err == nil || c.want == "" || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
				t.Errorf("%s, %s: %v, want %q", name, c.how, err, c.want)
			}
		}
	}
}
