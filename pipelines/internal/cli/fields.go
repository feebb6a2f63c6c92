package cli

import (
	"flag"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"exemplar/transforms/run/redact"
)

// fields knows the flags of a command by the fields that they fill.
//
// What is below the commands knows no flags: its errors, plans and summaries name what a
// user chooses as a field of the step's configuration, Config.Output, or Config.Figure.Width
// where several structs have a field of that name. Whatever a command prints goes through
// text, which puts flags in their place. Most of them need no table: the value of a flag
// that package flag or this one made is a pointer to the field that it fills.
type fields struct {
	own    map[string]flag.Value
	filled []filled          // by a flag, the outermost first
	named  map[string]string // by hand: flags with values of their own; see Command.Fields
}

// filled is a field with the flag that fills it.
type filled struct {
	path []string // names from the job down to it
	flag string
}

// newFields finds the flags, by name, that fill a field of a job or of a struct in it.
func newFields(job any, own map[string]flag.Value, named map[string]string) *fields {
	f := &fields{own: own, named: named}
	if e, ok := job.(Engine); ok {
		job = e.Drives()
	}
	if v := reflect.ValueOf(job); v.Kind() == reflect.Pointer && v.Elem().Kind() == reflect.Struct {
		f.walk(v.Elem(), nil)
	}
	slices.SortStableFunc(f.filled, func(a, b filled) int { return len(a.path) - len(b.path) })
	return f
}

// walk adds the fields of a struct, and of structs in it.
func (f *fields) walk(v reflect.Value, above []string) {
	for i := range v.NumField() {
		name := v.Type().Field(i).Name
		path := append(slices.Clone(above), name)
		if flag := f.filling(v.Field(i), snake(name)); flag != "" {
			f.filled = append(f.filled, filled{path, flag})
		}
		if v.Field(i).Kind() == reflect.Struct {
			f.walk(v.Field(i), path)
		}
	}
}

// filling returns the flag that stores into a field, or "": of several the one with the
// field's own name, else the first.
func (f *fields) filling(field reflect.Value, like string) (found string) {
	for _, name := range sorted(f.own) {
		v := reflect.ValueOf(f.own[name])
		if v.Kind() != reflect.Pointer || v.Pointer() != field.UnsafeAddr() {
			continue
		}
		if of := v.Type().Elem(); of.Kind() != field.Kind() || !of.ConvertibleTo(field.Type()) {
			continue // the first field of a struct has the address of the struct
		}
		if found == "" || name == like {
			found = name
		}
	}
	return found
}

// configField is a field as messages name it: of the step's configuration, or of that of
// another step, with its package before it. Nothing that is a part of a name of a file,
// or a value that was given.
var configField = regexp.MustCompile(`(^|[^\w./\\"=-])((?:[a-z]\w*\.)?Config)((?:\.[A-Z]\w*)+)(\.\w)?`)

// text returns a text with flags in place of the fields that it names.
func (f *fields) text(text string) string {
	if f == nil || !strings.Contains(text, "Config.") {
		return text
	}
	return configField.ReplaceAllStringFunc(text, func(found string) string {
		m := configField.FindStringSubmatch(found)
		path := strings.Split(m[3][1:], ".")
		switch {
		case m[4] != "": // Config.Output.txt is a file
			return found
		case m[2] != "Config":
			return m[1] + f.elsewhere(m[2]+m[3], path)
		}
		return m[1] + f.word(path)
	})
}

// attr is the ReplaceAttr of a log: flags for fields, and no credentials.
func (f *fields) attr(groups []string, a slog.Attr) slog.Attr {
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(f.text(v.String()))
	case slog.KindAny:
		if err, ok := v.Any().(error); ok {
			a.Value = slog.StringValue(f.text(err.Error()))
		}
	}
	return redact.Attr(groups, a)
}

// elsewhere is the flag of a field of another step, which its command has.
func (f *fields) elsewhere(field string, path []string) string {
	if flag, ok := f.named[field]; ok {
		return "--" + flag
	}
	return "--" + snake(path[len(path)-1])
}

// word is the flag of a field, or, where no flag of this command fills it, the field's
// name in words.
func (f *fields) word(path []string) string {
	if flag, ok := f.named[strings.Join(path, ".")]; ok {
		return "--" + flag
	}
	for _, field := range f.filled {
		if n := len(field.path) - len(path); n >= 0 && slices.Equal(field.path[n:], path) {
			return "--" + field.flag
		}
	}
	if flag := snake(path[0]); len(path) == 1 && f.own[flag] != nil {
		return "--" + flag
	}
	return strings.ReplaceAll(snake(strings.Join(path, "")), "_", " ")
}

// snake writes the name of a field as flags are written: MetadataCSV as metadata_csv.
func snake(name string) string {
	var b strings.Builder
	letters := []rune(name)
	for i, r := range letters {
		if i > 0 && unicode.IsUpper(r) {
			within := unicode.IsUpper(letters[i-1]) // a short form: the N of ID before Number
			next := i+1 < len(letters) && unicode.IsLower(letters[i+1])
			plural := i+2 == len(letters) && letters[i+1] == 's'
			if !within || next && !plural {
				b.WriteByte('_')
			}
		}
		b.WriteRune(unicode.ToLower(r))
	}
	return b.String()
}
