package outdir

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/store"
)

// Parameter is one of the choices that decide what a step writes.
type Parameter struct {
	// Name is that of the field of the step's Config in small letters, as max_pixels. It
	// is kept in folders: where a field has another name, Of says which.
	Name  string `json:"name"`
	Value string `json:"value"`
	field string // "" where the name says it
	// Derived says that the data decided the value, not the user.
	Derived bool `json:"derived,omitempty"`
}

// Chosen returns the parameter of a field; values that are zero are no choice.
func Chosen(name string, value any) Parameter {
	switch v := value.(type) {
	case []string:
		return Parameter{Name: name, Value: strings.Join(v, ",")}
	case bool:
		if !v {
			return Parameter{Name: name}
		}
	case int, int64, uint64, float64:
		if text := fmt.Sprint(v); text != "0" {
			return Parameter{Name: name, Value: text}
		}
		return Parameter{Name: name}
	}
	return Parameter{Name: name, Value: fmt.Sprint(value)}
}

// Given returns the parameter of a field that names a file: its content is data, and
// only whether there is one is a choice.
func Given(name, file string) Parameter {
	if file == "" {
		return Parameter{Name: name}
	}
	return Parameter{Name: name, Value: "given"}
}

// DerivedIf marks the parameter as decided by the data.
func (p Parameter) DerivedIf(derived bool) Parameter {
	p.Derived = derived
	return p
}

// Of names the field of the step's Config, Config.Scopes, where the name of the parameter
// is another one.
func (p Parameter) Of(field string) Parameter {
	p.field = field
	return p
}

// shorts are words of names that fields write in capitals.
var shorts = map[string]string{"id": "ID", "ids": "IDs", "csv": "CSV", "lr": "LR", "mse": "MSE"}

// Field is the name of the field as messages write it.
func (p Parameter) Field() string {
	if p.field != "" {
		return p.field
	}
	name := "Config."
	for word := range strings.SplitSeq(p.Name, "_") {
		if short, ok := shorts[word]; ok {
			name += short
		} else if word != "" {
			name += strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return name
}

// intent is the content of schemas.IntentFile. A finished folder has none, unless the
// step remembers its parameters there.
type intent struct {
	Parameters []Parameter `json:"parameters"`
}

func (o Output) intentName() string { return store.Join(o.Dir, schemas.IntentFile) }

// Agrees refuses a folder that an unfinished run with other parameters left, or a
// finished one that remembers others: what it made would be lost. That the data have
// changed since is no other parameter. A folder whose run left no word is not looked at;
// nor is any where all is made again.
func (o Output) Agrees(ctx context.Context, again bool) error {
	if again {
		return nil
	}
	left, ok, err := ReadManifest[intent](ctx, o.intentName())
	if err != nil || !ok {
		return err
	}
	differences := differ(o.Parameters, left.Parameters)
	if len(differences) == 0 {
		return nil
	}
	if _, err := store.Stat(ctx, o.Name()); !errors.Is(err, fs.ErrNotExist) {
		if err != nil || !o.Remember {
			return err
		}
		return o.Refuse(differences)
	}
	return fmt.Errorf("output folder %s holds what an unfinished run with other parameters left: %s; give the same parameters, choose another Config.Output, or Config.Overwrite to make it again, whole",
		o.Dir, strings.Join(differences, ", "))
}

// Differs names the parameters of finished work, in the folder, that are not those of
// this run.
func (o Output) Differs(there []Parameter) []string { return differ(o.Parameters, there) }

// Refuse is the error of finished work that a run would replace, with the differences; nil
// where there are none.
func (o Output) Refuse(differences []string) error {
	return refuse("output folder "+o.Dir+" holds finished work that would be replaced", differences)
}

// RefuseFile does the same of a step whose output is one file, Dir.
func (o Output) RefuseFile(differences []string) error {
	return refuse(o.Dir+" is finished work that would be replaced", differences)
}

func refuse(what string, differences []string) error {
	if len(differences) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %s; give what was given there, choose another Config.Output, or Config.Overwrite to replace it", what, strings.Join(differences, ", "))
}

// mostDifferences is the number of parameters that a message names.
const mostDifferences = 3

// differ names the first parameters that are not the same. Where the data decided
// both values, they may differ.
func differ(here, there []Parameter) (differences []string) {
	more := 0
	left := map[string]Parameter{}
	for _, p := range there {
		left[p.Name] = p
	}
	for _, p := range append(here[:len(here):len(here)], missing(there, here)...) {
		q := left[p.Name]
		switch {
		case p.Value == q.Value || p.Derived && q.Derived:
		case len(differences) == mostDifferences:
			more++
		default:
			differences = append(differences, fmt.Sprintf("%s is %s here and was %s there", p.Field(), shown(p.Value), shown(q.Value)))
		}
	}
	if more > 0 {
		differences = append(differences, fmt.Sprintf("and %d more", more))
	}
	return differences
}

// missing returns those of a list whose names another one lacks, without values.
func missing(list, other []Parameter) (lacking []Parameter) {
	names := map[string]bool{}
	for _, p := range other {
		names[p.Name] = true
	}
	for _, p := range list {
		if !names[p.Name] {
			lacking = append(lacking, Parameter{Name: p.Name, Derived: p.Derived})
		}
	}
	return lacking
}

// mostShown is the number of bytes of a value that a message shows.
const mostShown = 60

// shown writes a value for a message.
func shown(value string) string {
	switch {
	case value == "":
		return "not given"
	case len(value) > mostShown:
		return fmt.Sprintf("%.*q…", mostShown, value)
	case strings.ContainsFunc(value, func(r rune) bool { return r < '!' || r > '~' }):
		return fmt.Sprintf("%q", value)
	}
	return value
}

// intend writes down what the run sets out to do, also where nothing is chosen: it says that
// what lies beside it is the step's, see traced.
func (o Output) intend(ctx context.Context) error {
	return WriteJSON(ctx, o.intentName(), intent{o.Parameters})
}
