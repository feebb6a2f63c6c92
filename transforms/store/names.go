package store

import (
	"fmt"
	"path/filepath"
	"strings"
)

// splitScheme cuts "gs://bucket/a" into "gs" and "bucket/a". A local path has
// no scheme: a scheme is letters, digits, '+', '-' and '.' before "://".
func splitScheme(name string) (scheme, rest string) {
	i := strings.Index(name, "://")
	if i <= 0 {
		return "", name
	}
	if strings.ContainsFunc(name[:i], func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || strings.ContainsRune("+-.", r))
	}) {
		return "", name
	}
	return name[:i], name[i+len("://"):]
}

// splitBucket cuts "gs://bucket/a/b" into "bucket" and "a/b".
func splitBucket(name string) (bucket, object string) {
	_, rest := splitScheme(name)
	bucket, object, _ = strings.Cut(rest, "/")
	return bucket, object
}

// folderPrefix returns the bucket of a folder and the prefix of all objects in
// it: "" for the bucket's root, else ending in a slash.
func folderPrefix(dir string) (bucket, prefix string) {
	bucket, prefix = splitBucket(dir)
	if prefix != "" && !strings.HasSuffix(prefix, "/") {
		prefix += "/"
	}
	return bucket, prefix
}

// IsRemote reports whether name is in an object store rather than a local path.
func IsRemote(name string) bool {
	scheme, _ := splitScheme(name)
	return scheme != ""
}

// IsFull reports whether name means the same file in any current folder.
func IsFull(name string) bool { return IsRemote(name) || filepath.IsAbs(name) }

// Absolute makes a local name absolute, so that it means the same file in every
// process of a run.
func Absolute(name string) (string, error) {
	if IsRemote(name) {
		return name, nil
	}
	abs, err := filepath.Abs(name)
	if err != nil {
		return "", fmt.Errorf("%s: the current folder is gone: %w", name, err)
	}
	return abs, nil
}

// Place returns a name that two names of the same folder share.
func Place(name string) string {
	if IsRemote(name) {
		return strings.TrimRight(name, "/")
	}
	if abs, err := filepath.Abs(name); err == nil {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(filepath.Clean(name))
}

// Join puts path elements below base, with one slash between two of them;
// empty ones are left out. Nothing is escaped. Local paths are cleaned, object
// names are kept as they are.
func Join(base string, elem ...string) string {
	if !IsRemote(base) {
		return filepath.Join(append([]string{base}, elem...)...)
	}
	for _, e := range elem {
		if e == "" {
			continue
		}
		if !strings.HasSuffix(base, "/") {
			base += "/"
		}
		base += e
	}
	return base
}

// Base returns what follows the last slash of name.
func Base(name string) string {
	if !IsRemote(name) {
		return filepath.Base(name)
	}
	_, object := splitBucket(trimSlash(name))
	return object[strings.LastIndexByte(object, '/')+1:]
}

// Dir returns the folder of name: all before the last slash, and the bucket's
// root ("gs://bucket") at least.
func Dir(name string) string {
	if !IsRemote(name) {
		return filepath.Dir(name)
	}
	name = trimSlash(name)
	if _, object := splitBucket(name); object == "" {
		return name
	}
	return trimSlash(name[:strings.LastIndexByte(name, '/')])
}

// Rel returns the path of name below dir, '/'-separated, and whether it lies
// there. Names and folder are compared as strings: both as List returns them.
func Rel(dir, name string) (string, bool) {
	if !IsRemote(dir) {
		dir = filepath.Clean(dir)
		if dir == "." && !filepath.IsAbs(name) && name != ".." && !strings.HasPrefix(name, "../") {
			return filepath.ToSlash(name), true
		}
	}
	dir = trimSlash(dir)
	if dir != "/" {
		dir += "/"
	}
	rel, ok := strings.CutPrefix(name, dir)
	if !ok || rel == "" {
		return "", false
	}
	return filepath.ToSlash(rel), true
}

// trimSlash drops one trailing slash of a folder's name, but not of "/".
func trimSlash(dir string) string {
	if len(dir) > 1 && !strings.HasSuffix(dir, "://") {
		return strings.TrimSuffix(dir, "/")
	}
	return dir
}
