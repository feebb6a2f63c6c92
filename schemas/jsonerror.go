package schemas

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"
)

// MarshalJSON returns a value as files of this project hold it: indented, with a line
// end, and with characters of HTML as they are.
func MarshalJSON(v any) ([]byte, error) {
	var data bytes.Buffer
	enc := json.NewEncoder(&data)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	err := enc.Encode(v)
	var odd *json.UnsupportedValueError
	if errors.As(err, &odd) {
		err = fmt.Errorf("a number of it would be %s, which JSON does not hold: what it is computed from is too large or too small for a figure of it", odd.Str)
	}
	return data.Bytes(), err
}

// JSONError returns an error of encoding/json in the words of JSON: which key holds
// what, and what it must hold, without the types of the program. Every error about
// a file goes through it. Other errors are returned as they are.
func JSONError(err error) error {
	var wrong *json.UnmarshalTypeError
	if errors.As(err, &wrong) {
		value, number, _ := strings.Cut(wrong.Value, " ")
		words := map[string]string{"bool": "true or false", "string": "a string", "array": "a list", "object": "an object", "number": "a number"}
		holds, ok := words[value]
		if !ok {
			holds = wrong.Value
		}
		if number != "" {
			holds = "the number " + number
		}
		what := "it"
		if wrong.Field != "" {
			what = "the key " + wrong.Field
		}
		return errors.New(what + " holds " + holds + " where " + wanted(wrong.Type) + " must be")
	}
	if err == nil {
		return nil
	}
	if text, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return errors.New("the key " + text + " is unknown: check its spelling, or take the program that wrote it")
	}
	var syntax *json.SyntaxError
	if text, ok := strings.CutPrefix(err.Error(), "json: "); ok && !errors.As(err, &syntax) {
		return errors.New(text)
	}
	return err
}

// wanted returns what a type is in JSON.
func wanted(t reflect.Type) string {
	if t == nil {
		return "another value"
	}
	switch t.Kind() {
	case reflect.Pointer:
		return wanted(t.Elem())
	case reflect.Bool:
		return "true or false"
	case reflect.String:
		return "a string"
	case reflect.Float32, reflect.Float64:
		return "a number"
	case reflect.Int, reflect.Int8, reflect.Int16, reflect.Int32, reflect.Int64:
		return "a whole number"
	case reflect.Uint, reflect.Uint8, reflect.Uint16, reflect.Uint32, reflect.Uint64:
		return "a whole number of 0 or more"
	case reflect.Slice, reflect.Array:
		return "a list"
	}
	return "an object"
}
