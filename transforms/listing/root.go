package listing

import (
	"fmt"
	"strings"

	"exemplar/transforms/store"
)

// root returns the folder that names are relative to: the one that was asked
// for, or the longest that holds every input.
func (c Config) root(inputs []string) (string, error) {
	if c.Root != "" && !(c.InputList != "" && isScheme(c.Root)) {
		root, err := absolute(c.Root)
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

// isScheme says whether a root names a store and no bucket in it: gs://, s3://.
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
