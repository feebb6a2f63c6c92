// Package redact takes credentials out of text that leaves the program: lines for
// people, the log, records of runs, names in manifests. A store's message may echo
// the request that it refuses, signature and token in it, and a command line may
// hold what belongs in the environment.
//
// Line is for text, Name for the name of a file or an input, which stays as it is
// byte by byte where it holds no secret, Args for a command line. What is hidden
// becomes "…". They know secrets by their place (user:password@, a signed address,
// NAME=VALUE, a header, JSON, XML), by their form (tokens), and by value: that of
// each environment variable of this process that is called a secret, wherever it
// occurs.
//
// What never enters: Beam, Parquet, flags, printing, store; what a program computes
// with. Nothing is compared, hashed or opened by a redacted name.
package redact

import (
	"io"
	"log/slog"
	"regexp"
	"slices"
)

// Hidden stands for what was taken out.
const Hidden = "…"

// What secrets are called: in NAME=VALUE, as parameters of an address, where short
// words mean nothing else, and as headers.
const (
	called    = `[\w.-]*(?:passw(?:or)?d|passphrase|secret|token|credential|signature|api[_-]?key|access[_-]?key|private[_-]?key)[\w.-]*`
	parameter = `[\w.-]*(?:passw(?:or)?d|secret|token|credential|signature|key)[\w.-]*|sig`
	header    = `(?:proxy-)?authorization|(?:set-)?cookie|x-api-key|x-(?:amz|goog)-(?:security-token|signature|credential)[\w-]*`
)

// rule replaces what it finds.
type rule struct {
	found *regexp.Regexp
	with  string
}

func of(found, with string) rule { return rule{regexp.MustCompile(found), with} }

// inNames finds an address with its user, and one that is signed.
var inNames = []rule{
	of(`://[^/\s"'<>]*@`, `://`+Hidden+`@`),
	of(`(?i)([?&](?:`+parameter+`)=)[^&\s"'<>]*[^&\s"'<>:]`, `${1}`+Hidden),
}

// inText finds what text may hold besides.
var inText = append([]rule{
	of(`(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(?:-----END [A-Z ]*PRIVATE KEY-----|$)`, Hidden),
	of(`(?i)\b(authorization\s*:\s*)\w+\s+[^\s,;"'<>=]+(\s|$)`, `${1}`+Hidden+`${2}`),
	of(`(?i)\b(bearer\s+)[\w.~+/-]{16,}=*`, `${1}`+Hidden),
	of(`(?i)\b((?:`+header+`)\s*:\s*)[^\s,;"'<>]+`, `${1}`+Hidden),
	of(`(?i)(`+called+`\s?=\s?)("[^"]+"|'[^']+'|[^\s,;&"'<>(){}\[\]]*[^\s,;&"'<>(){}\[\]:])`, `${1}`+Hidden),
	// JSON, and JSON inside a string.
	of(`(?i)(["'](?:`+called+`|authorization)\\*["']\s*:\s*\\*["'])(?:[^"'\\]|\\+[^"'\\])+`, `${1}`+Hidden),
	// XML, as S3 answers.
	of(`(?i)(<(?:StringToSign\w*|CanonicalRequest\w*|Token-\d+|[\w]*AccessKeyId|\w*Signature\w*|\w*Token\w*|\w*Credential\w*|\w*Secret\w*)>)[^<]+`, `${1}`+Hidden),
	// Tokens, by their form.
	of(`\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`, Hidden),
	of(`\bya29\.[\w-]{8,}`, Hidden),
	of(`\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*`, Hidden),
}, inNames...)

// Name returns the name of a file or an input without credentials.
func Name(name string) string { return apply(inNames, values(name)) }

// Line returns text without credentials.
func Line(text string) string { return apply(inText, values(text)) }

func apply(rules []rule, text string) string {
	for _, r := range rules {
		text = r.found.ReplaceAllString(text, r.with)
	}
	return text
}

// Names returns names without credentials.
func Names(names []string) []string {
	out := slices.Clone(names)
	for i, name := range out {
		out[i] = Name(name)
	}
	return out
}

// Attr is the ReplaceAttr of a slog.Handler: no attribute and no message of its
// log holds credentials.
func Attr(_ []string, a slog.Attr) slog.Attr {
	switch v := a.Value; v.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(Line(v.String()))
	case slog.KindAny:
		switch v := v.Any().(type) {
		case error:
			a.Value = slog.StringValue(Line(v.Error()))
		case []string:
			a.Value = slog.AnyValue(Args(v))
		}
	}
	return a
}

// Writer returns a writer that passes on text without credentials. Each Write has
// to bring whole lines, as those of package fmt do.
func Writer(w io.Writer) io.Writer { return writer{w} }

type writer struct{ w io.Writer }

func (w writer) Write(p []byte) (int, error) {
	text := string(p)
	if line := Line(text); line != text {
		if _, err := io.WriteString(w.w, line); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return w.w.Write(p)
}
