package main

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
)

// picture is a file that the commands of a page make, above the line that shows a copy of it:
//
//	<!-- picture: model/loss.png -->
//	![losses](pictures/loss.png)
var picture = regexp.MustCompile(`(?m)^<!-- picture: (\S+) -->\n!\[[^\]]*\]\(([^)\s]+)\)$`)

// checkPictures holds the pictures of a page to those that its commands made, byte for byte,
// or copies these.
func checkPictures(name, text, dir string, update bool) error {
	var wrong []error
	for _, found := range picture.FindAllStringSubmatch(text, -1) {
		made, err := os.ReadFile(filepath.Join(dir, found[1]))
		if err != nil {
			wrong = append(wrong, fmt.Errorf("%s: its commands made no picture %s", name, found[1]))
			continue
		}
		at := filepath.Join(filepath.Dir(name), found[2])
		there, _ := os.ReadFile(at)
		switch {
		case bytes.Equal(there, made):
		case update:
			wrong = append(wrong, writeIfChanged(at, string(made)))
		default:
			wrong = append(wrong, fmt.Errorf("%s: %s is not what its commands made as %s: UPDATE=1 .ci/run docs copies it", name, at, found[1]))
		}
	}
	return errors.Join(wrong...)
}
