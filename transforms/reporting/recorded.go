package reporting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// place is a folder that may be one of those that the selection was made from.
type place struct {
	dir string
	by  string // what named it; "" is the user, or nobody: it lies beside the selection
}

// candidates returns the folders where one of a kind may be: the given one alone or,
// where none is given, the one of that name beside the selection and those that runs
// were told of. Whoever takes one makes sure by hashes that it is the one.
func (in *inputs) candidates(given, kind string, recorded ...place) []place {
	if given != "" {
		return []place{{dir: given}}
	}
	list := []place{{dir: store.Join(store.Dir(store.Join(in.Selection)), kind)}}
	for _, p := range recorded {
		if !slices.ContainsFunc(list, func(q place) bool { return q.dir == p.dir }) {
			list = append(list, p)
		}
	}
	return list
}

// recorded returns the folders that a flag may have named in the run which made a folder,
// by the record that the run left: as it was written there, and relative to where that run
// was started, as far as the name of its output tells. A record is for people: it may be
// missing, and nothing in it is believed without a hash.
func recorded(ctx context.Context, made, record, step, flag string) []place {
	name := store.Join(made, record)
	run, ok, err := outdir.ReadManifest[schemas.Run](ctx, name)
	if err != nil || !ok || !runs(run.Command, step) {
		return nil // also of quickstart, whose flags are others
	}
	dir, output := flagOf(run.Command, flag), flagOf(run.Command, "output")
	if dir == "" {
		return nil
	}
	list := []place{{store.Join(dir), name}}
	if store.IsRemote(made) || store.IsRemote(dir) || filepath.IsAbs(dir) || output == "" || filepath.IsAbs(output) {
		return list
	}
	within, found := strings.CutSuffix(filepath.ToSlash(filepath.Join(made)), "/"+filepath.ToSlash(filepath.Join(output)))
	if found {
		list = append(list, place{store.Join(within+"/", dir), name})
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

// errOther is that a folder is not the one that the selection was made from.
var errOther = errors.New("other")

// take calls try with one candidate after the other until one is taken. What was found by
// a record is noted, and where none is taken why those that are named are not. Only what
// the user named, or what lies beside the selection and cannot be read, is an error.
func (in *inputs) take(kind, field string, list []place, given bool, try func(dir string) error) (string, error) {
	notes, of := []string{}, map[string]int{} // one for each that named a folder
	for _, p := range list {
		err := try(p.dir)
		missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrIsFolder)
		named := p.dir
		if p.by != "" {
			named += ", named in " + p.by + ","
		}
		note := ""
		switch {
		case err == nil:
			if p.by != "" {
				in.notes = append(in.notes, kind+": "+strings.TrimSuffix(named, ","))
			}
			return p.dir, nil
		case given || p.by == "" && !missing && !errors.Is(err, errOther):
			return "", err
		case errors.Is(err, errOther):
			note = named + " is not what the selection was made from"
		case p.by == "":
			continue
		case missing:
			note = named + " is not there"
		default:
			note = named + " cannot be read"
		}
		switch i, known := of[p.by]; {
		case !known:
			of[p.by] = len(notes)
			notes = append(notes, note)
		case !missing: // it is there, if only by the name of the output
			notes[i] = note
		}
	}
	if len(notes) > 0 {
		in.notes = append(in.notes, fmt.Sprintf("%s: none; %s: name the folder with %s", kind, strings.Join(notes, "; "), field))
	}
	return "", nil
}

// Notes says in a line each which folders were found without being named, and which were
// named when the selection was made and are not there.
func (s *Sources) Notes() []string { return s.in.notes }
