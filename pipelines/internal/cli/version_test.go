package cli

import (
	"runtime/debug"
	"testing"
)

// TestCommitOf: the commit is what the build tells of it, and nothing where it tells
// nothing.
func TestCommitOf(t *testing.T) {
	setting := func(key, value string) debug.BuildSetting { return debug.BuildSetting{Key: key, Value: value} }
	revision := setting("vcs.revision", "e7c28ad0")
	for want, settings := range map[string][]debug.BuildSetting{
		"":                                {setting("GOOS", "linux"), setting("vcs.modified", "true")},
		"commit e7c28ad0\n":               {setting("vcs", "git"), revision, setting("vcs.modified", "false")},
		"commit e7c28ad0, with changes\n": {setting("vcs.modified", "true"), revision},
	} {
		if got := commitOf(settings); got != want {
			t.Errorf("%v: %q, want %q", settings, got, want)
		}
	}
}
