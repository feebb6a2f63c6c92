package schemas

import (
	"bytes"
	"encoding/json"
	"regexp"
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
