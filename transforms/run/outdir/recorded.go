package outdir

import (
	"context"
	"path"
	"path/filepath"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Named is a folder that something else names.
type Named struct {
	Dir string
	By  string // what names it
}

// Recorded returns the folders that a flag may have named in the run which made a folder,
// by the record that the run left: as it was written there, and relative to where that run
// was started, as far as the name of its output tells. A record is for people: it may be
// missing, and nothing in it is believed without a hash.
func Recorded(ctx context.Context, made, record, step, flag string) []Named {
	name := store.Join(made, record)
	run, ok, err := ReadManifest[schemas.Run](ctx, name)
	if err != nil || !ok || !runs(run.Command, step) {
		return nil // also of quickstart, whose flags are others
	}
	dir, output := flagOf(run.Command, flag), flagOf(run.Command, "output")
	if dir == "" {
		return nil
	}
	list := []Named{{store.Join(dir), name}}
	if store.IsRemote(made) || store.IsRemote(dir) || filepath.IsAbs(dir) || output == "" || filepath.IsAbs(output) {
		return list
	}
	within, found := strings.CutSuffix(filepath.ToSlash(filepath.Join(made)), "/"+filepath.ToSlash(filepath.Join(output)))
	if found {
		list = append(list, Named{store.Join(within+"/", dir), name})
	}
	return list
}

// runs reports whether a command line is that of a step: of the program of that name, or of
// one that has the step as a command.
func runs(command []string, step string) bool {
	if len(command) == 0 {
		return false
	}
	program := strings.TrimSuffix(path.Base(filepath.ToSlash(command[0])), ".exe")
	return program == step || len(command) > 1 && command[1] == step
}

// flagOf returns the value of a flag in a command line; "" where it has none.
func flagOf(command []string, name string) (value string) {
	for i, arg := range command {
		flag, ok := strings.CutPrefix(arg, "-")
		flag, v, given := strings.Cut(strings.TrimPrefix(flag, "-"), "=")
		switch {
		case !ok || flag != name:
		case given:
			value = v
		case i+1 < len(command):
			value = command[i+1]
		}
	}
	return value
}
