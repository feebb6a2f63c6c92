package schemas

import (
	"errors"
	"reflect"
	"regexp"
	"strings"
)

// configField is a field of a step's configuration, as errors name it.
var configField = regexp.MustCompile(`\bConfig((?:\.[A-Z]\w*)+)`)

// Recorded returns an error about parameters that stand in a manifest. Who reads the
// manifest gave no Config: a field is named as the manifest has it, max_passes and not
// Config.MaxPasses.
func Recorded(err error, parameters any) error {
	if err == nil {
		return nil
	}
	return errors.New(configField.ReplaceAllStringFunc(err.Error(), func(field string) string {
		path := strings.Split(field, ".")[1:]
		if name := nameIn(reflect.TypeOf(parameters), path); name != "" {
			return name
		}
		return field
	}))
}

// nameIn returns the name in JSON of a field of a struct, or of one within it; "" where
// there is none.
func nameIn(t reflect.Type, path []string) string {
	if f, ok := t.FieldByName(path[0]); ok {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if len(path) > 1 {
			name += "." + nameIn(f.Type, path[1:])
		}
		return name
	}
	for f := range t.Fields() {
		if f.Type.Kind() != reflect.Struct {
			continue
		}
		if name := nameIn(f.Type, path); name != "" {
			return name
		}
	}
	return ""
}
