package redact

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
)

// secretFlag are the flags whose values are credentials, going by their names;
// those are Beam's, none is of this project.
var secretFlag = regexp.MustCompile(`(?i)` + called)

// bareUser is user:password@host without a scheme before it, as an endpoint may be
// written.
var bareUser = regexp.MustCompile(`(^|[=,\s])([^\s:/@,="']+:[^\s/@,"'][^\s@,"']*)@([^\s/@]+)`)

// Args returns a command line without credentials.
func Args(args []string) []string {
	out := make([]string, len(args))
	before := "" // the flag whose value comes next
	for i, arg := range args {
		isFlag := strings.HasPrefix(arg, "-")
		name, value, ok := strings.Cut(arg, "=")
		switch {
		case !isFlag:
			out[i] = flagValue(before, arg)
		case ok:
			out[i] = name + "=" + flagValue(name, value)
		default:
			out[i] = Line(arg)
		}
		before = ""
		if isFlag && !ok {
			before = name
		}
	}
	return out
}

// flagValue returns the value of a flag, "" for none, without credentials.
func flagValue(flag, value string) string {
	switch {
	case value == "":
		return value
	case secretFlag.MatchString(flag):
		return Hidden
	case strings.HasPrefix(strings.TrimLeft(value, " [\t\n"), "{"):
		if text, ok := object(value); ok {
			return text
		}
		if strings.Contains(flag, "environment") || strings.Contains(value, "env") {
			return Hidden // JSON that cannot be read: what is a secret in it is not known
		}
	}
	value = Line(value)
	return bareUser.ReplaceAllStringFunc(value, func(found string) string {
		part := bareUser.FindStringSubmatch(found)
		if strings.HasPrefix(part[3], "sha256:") { // an image:tag@sha256:digest
			return found
		}
		return part[1] + Hidden + "@" + part[3]
	})
}

// object hides secrets in a JSON text: all values of an object that is called env,
// whatever is called a secret, and what Line finds in the other strings.
func object(text string) (string, bool) {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil || dec.More() {
		return "", false
	}
	var out bytes.Buffer
	enc := json.NewEncoder(&out)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(hide(v, false)); err != nil {
		return "", false
	}
	return strings.TrimSuffix(out.String(), "\n"), true
}

func hide(v any, all bool) any {
	switch v := v.(type) {
	case map[string]any:
		for name, value := range v {
			inside := strings.EqualFold(name, "env") || strings.EqualFold(name, "environment")
			v[name] = hide(value, all || inside || secretFlag.MatchString(name))
		}
		return v
	case []any:
		for i := range v {
			v[i] = hide(v[i], all)
		}
		return v
	case nil:
		return nil
	case string:
		if !all {
			return Line(v)
		}
	}
	if all {
		return Hidden
	}
	return v
}
