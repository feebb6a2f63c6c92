package step_test

import (
	"os"
	"testing"

	"exemplar/transforms/run/runtest"
)

func TestMain(m *testing.M) { os.Exit(runtest.Main(m)) }
