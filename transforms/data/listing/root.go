package listing

import (
	"fmt"
	"path/filepath"
	"strings"

	"exemplar/transforms/store"
)

// root returns the folder that names are relative to: the one that was asked
// for, or the longest that holds every input.
func (c Config) root(inputs []string) (string, error) {
	if c.Root != "" && !(c.InputList != "" && isScheme(c.Root)) {
		root, err := store.Absolute(c.Root)
		if err == nil && len(root) > 1 {
			root = strings.TrimSuffix(root, "/")
		}
		return root, err
	}
	var common commonFolder
	for _, dir := range inputs {
		if err := common.add(dir); err != nil {
			return "", err
		}
	}
	return common.path, nil
}

// given returns the root in the words of who gave it: relative to the current folder
// where it, or all that it was found from, was given so. What is published says this,
// so that a walk in another folder, or on another machine, writes the same; full says
// whether an input was given in full.
func (c Config) given(root string, full bool) string {
	switch {
	case c.Root != "" && !isScheme(c.Root):
		full = store.IsFull(c.Root)
	case store.IsRemote(root):
		full = true
	}
	if full {
		return root
	}
	here, err := filepath.Abs(".")
	if err != nil {
		return root
	}
	rel, err := filepath.Rel(here, root)
	if err != nil {
		return root
	}
	return filepath.ToSlash(rel)
}

// InWords returns a detail of a rejected image with the root as it was given in the
// place of its full name.
func InWords(detail, root, given string) string {
	if root == given {
		return detail
	}
	separator := string(filepath.Separator)
	root, given = strings.TrimSuffix(root, separator)+separator, strings.TrimPrefix(given+"/", "./")
	var b strings.Builder
	for {
		i := strings.Index(detail, root)
		if i < 0 {
			return b.String() + detail
		}
		b.WriteString(detail[:i])
		if i == 0 || detail[i-1] == ' ' || detail[i-1] == '"' {
			b.WriteString(given)
		} else {
			b.WriteString(root)
		}
		detail = detail[i+len(root):]
	}
}

// isScheme reports whether a root names a store and no bucket in it: gs://, s3://.
func isScheme(root string) bool { return store.IsRemote(root) && strings.HasSuffix(root, "://") }

// commonFolder is the longest folder that holds all folders added to it. Local
// ones are absolute.
type commonFolder struct {
	path string
	any  bool
}

func (c *commonFolder) add(dir string) error {
	if dir != "/" {
		dir = strings.TrimSuffix(dir, "/")
	}
	if !c.any {
		c.path, c.any = dir, true
		return nil
	}
	for path := c.path; ; path = store.Dir(path) {
		if _, below := store.Rel(path, dir); below || path == dir {
			c.path = path
			return nil
		}
		if store.Dir(path) == path {
			return fmt.Errorf("%s and %s have no folder in common, which image names would be relative to: make two collections, or bring the images together", c.path, dir)
		}
	}
}
