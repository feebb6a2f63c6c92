package reporting

import (
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// place is a folder that may be one of those that the selection was made from. What names
// none is the user, or nobody: it lies beside the selection.
type place = outdir.Named

// candidates returns the folders where one of a kind may be: the given one alone or,
// where none is given, the one of that name beside the selection and those that runs
// were told of. Whoever takes one makes sure by hashes that it is the one.
func (in *inputs) candidates(given, kind string, recorded ...place) []place {
	if given != "" {
		return []place{{Dir: given}}
	}
	list := []place{{Dir: store.Join(store.Dir(store.Join(in.Selection)), kind)}}
	for _, p := range recorded {
		if !slices.ContainsFunc(list, func(q place) bool { return q.Dir == p.Dir }) {
			list = append(list, p)
		}
	}
	return list
}

// errOther is that a folder is not the one that the selection was made from.
var errOther = errors.New("other")

// take calls try with one candidate after the other until one is taken. What was found by
// a record is noted, and where none is taken why those that are named are not. Only what
// the user named, or what lies beside the selection and cannot be read, is an error.
func (in *inputs) take(kind, field string, list []place, given bool, try func(dir string) error) (string, error) {
	notes, of := []string{}, map[string]int{} // one for each that named a folder
	for _, p := range list {
		err := try(p.Dir)
		missing := errors.Is(err, fs.ErrNotExist) || errors.Is(err, store.ErrIsFolder)
		named := p.Dir
		if p.By != "" {
			named += ", named in " + p.By + ","
		}
		note := ""
		switch {
		case err == nil:
			if p.By != "" {
				in.notes = append(in.notes, kind+": "+strings.TrimSuffix(named, ","))
			}
			return p.Dir, nil
		case given || p.By == "" && !missing && !errors.Is(err, errOther):
			return "", err
		case errors.Is(err, errOther):
			note = named + " is not what the selection was made from"
		case p.By == "":
			continue
		case missing:
			note = named + " is not there"
		default:
			note = named + " cannot be read"
		}
		switch i, known := of[p.By]; {
		case !known:
			of[p.By] = len(notes)
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
