package journal

import (
	"regexp"
	"strings"
)

// secret are the flags whose values are credentials, going by their names; those
// are Beam's, none is of this project.
var secret = regexp.MustCompile(`(?i)(password|passwd|secret|token|credential|api_?key|access_?key|private_?key)`)

// inURL are credentials in an address: user:password@, and the parameters of a
// signed URL.
var (
	userInfo  = regexp.MustCompile(`://[^/@\s]+@`)
	signature = regexp.MustCompile(`(?i)([?&][^=&\s]*(?:signature|token|credential|key)[^=&\s]*=)[^&\s]+`)
)

const hidden = "…"

// Redact returns a command line without credentials.
func Redact(args []string) []string {
	out := make([]string, len(args))
	next := false // the value of a flag that was secret
	for i, arg := range args {
		name, value, ok := strings.Cut(arg, "=")
		isFlag := strings.HasPrefix(arg, "-")
		switch {
		case next && !isFlag:
			arg = hidden
		case isFlag && secret.MatchString(name) && ok && value != "":
			arg = name + "=" + hidden
		default:
			arg = userInfo.ReplaceAllString(arg, "://"+hidden+"@")
			arg = signature.ReplaceAllString(arg, "${1}"+hidden)
		}
		next = isFlag && !ok && secret.MatchString(name)
		out[i] = arg
	}
	return out
}
