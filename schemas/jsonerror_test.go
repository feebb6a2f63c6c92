package schemas

import (
	"bytes"
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// goWords are those of Go's own errors.
var goWords = regexp.MustCompile(`\bGo (struct|value|type)|json:|unmarshal|\b(u?int|float)(8|16|32|64)?\b|\[\]|map\[|schemas\.`)

// TestJSONError: what a key holds and must hold, without Go's types, for every kind
// of field that files have.
func TestJSONError(t *testing.T) {
	var v struct {
		Outer struct {
			Int   int            `json:"whole"`
			Uint  uint8          `json:"positive"`
			Float *float64       `json:"real"`
			Bool  bool           `json:"bool"`
			Text  string         `json:"text"`
			List  []int          `json:"list"`
			Map   map[string]int `json:"map"`
		} `json:"outer"`
	}
	for text, want := range map[string]string{
		`{"outer":{"whole":"x"}}`:    "the key outer.whole holds a string where a whole number must be",
		`{"outer":{"whole":1.5}}`:    "the key outer.whole holds the number 1.5 where a whole number must be",
		`{"outer":{"positive":-1}}`:  "the key outer.positive holds the number -1 where a whole number of 0 or more must be",
		`{"outer":{"real":true}}`:    "the key outer.real holds true or false where a number must be",
		`{"outer":{"bool":[]}}`:      "the key outer.bool holds a list where true or false must be",
		`{"outer":{"text":{}}}`:      "the key outer.text holds an object where a string must be",
		`{"outer":{"list":"x"}}`:     "the key outer.list holds a string where a list must be",
		`{"outer":{"map":3}}`:        "the key outer.map holds a number where an object must be",
		`[]`:                         "it holds a list where an object must be",
		`{"outer":{"txet":"x"}}`:     `the key "txet" is unknown: check its spelling, or take the program that wrote it`,
		`{"outer"`:                   "unexpected EOF",
		`{"outer":{"whole":1,}}`:     "invalid character '}' looking for beginning of object key string",
		`{"outer":{"list":["a"]}}`:   "the key outer.list holds a string where a whole number must be",
		`{"outer":{"map":{"a":""}}}`: "",
	} {
		dec := json.NewDecoder(bytes.NewReader([]byte(text)))
		dec.DisallowUnknownFields()
		err := JSONError(dec.Decode(&v))
		if err == nil || want != "" && err.Error() != want || goWords.MatchString(err.Error()) {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if JSONError(nil) != nil {
		t.Error("no error became one")
	}
}

// translated are the files that decode JSON without showing the error: what they
// read is the program's own, of this process, or a fault means "not there".
var translated = map[string]string{
	"model/keras/config.go":                        "", // each call goes through it, or names the field
	"transforms/clustering/scan.go":                "of this process",
	"transforms/clustering/survey.go":              "of this process",
	"transforms/verifying/grade.go":                "of this process",
	"transforms/lock/owner.go":                     "not there",
	"transforms/records/index.go":                  "not there",
	"transforms/images/stack.go":                   "not there",
	"transforms/listing/own.go":                    "not there",
	"transforms/verifying/indexes.go":              "not there",
	"transforms/redact/args.go":                    "not there",
	"pipelines/import/run.go":                      "not there",
	"pipelines/internal/training/output.go":        "not there",
	"pipelines/internal/report/publish/earlier.go": "not there",
	"pipelines/internal/sample/sample.go":          "not there",
	"pipelines/internal/cli/beamflags.go":          "not there",
	"pipelines/internal/enginetest/dataflow.go":    "of tests",
}

// TestErrorsAreTranslated reads the program: whatever decodes JSON shows its errors
// through JSONError, or is known not to show them.
func TestErrorsAreTranslated(t *testing.T) {
	for _, root := range []string{"../model", "../pipelines", "../schemas", "../tfrecord", "../transforms"} {
		err := filepath.WalkDir(root, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			text, err := os.ReadFile(name)
			if err != nil || !bytes.Contains(text, []byte(`"encoding/json"`)) {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
			if err != nil {
				return err
			}
			decodes := false
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					x, _ := s.X.(*ast.Ident)
					decodes = decodes || x != nil && x.Name == "json" && (s.Sel.Name == "Unmarshal" || s.Sel.Name == "NewDecoder")
				}
				return true
			})
			_, known := translated[strings.TrimPrefix(filepath.ToSlash(name), "../")]
			if decodes && !known && !bytes.Contains(text, []byte("JSONError(")) {
				t.Errorf("%s decodes JSON, but shows its errors without schemas.JSONError", name)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}
