package store

import (
	"context"
	"iter"
	"path"
	"path/filepath"
	"strings"
)

// HasMeta reports whether a name holds a wildcard of Glob.
func HasMeta(name string) bool { return strings.ContainsAny(name, `*?[`) }

// GlobRoot returns the longest folder of a pattern that holds no wildcard:
// "gs://b/plates" for "gs://b/plates/*/w[12]*.tif", "." where there is none.
func GlobRoot(pattern string) string {
	root, _ := splitGlob(pattern)
	return root
}

// splitGlob cuts a pattern into its root and the segments below it.
func splitGlob(pattern string) (root string, segments []string) {
	head, rest := "", pattern
	if IsRemote(pattern) {
		scheme, r := splitScheme(pattern)
		bucket, object, _ := strings.Cut(r, "/")
		head, rest = scheme+"://"+bucket, object
	} else if strings.HasPrefix(pattern, "/") {
		head, rest = "/", strings.TrimLeft(pattern, "/")
	}
	segments = strings.Split(rest, "/")
	i := 0
	for i < len(segments)-1 && !HasMeta(segments[i]) {
		i++
	}
	root = Join(head, segments[:i]...)
	if root == "" {
		root = "."
	}
	segments = segments[i:]
	if !IsRemote(pattern) { // as filepath.Join does to the names
		segments = strings.Split(filepath.ToSlash(filepath.Clean(strings.Join(segments, "/"))), "/")
	}
	return root, segments
}

// Glob yields the files that match a pattern, in the order of List. In a
// segment '*' is any run of characters, '?' any character, '[a-c]' and '[^a-c]'
// a class, and a backslash takes the next character literally, as in
// path.Match; the segment '**' is any number of folders, or none, and at the
// end all files below. Hidden names match as others do. Errors are those of
// List, and one for a malformed pattern.
func Glob(ctx context.Context, pattern string) iter.Seq2[Object, error] {
	return glob(pattern, func(d driver, root string, descend func(string) bool) iter.Seq2[Object, error] {
		return d.list(ctx, root, descend)
	})
}

// glob takes what matches out of a listing of the pattern's root.
func glob(pattern string, list func(d driver, root string, descend func(string) bool) iter.Seq2[Object, error]) iter.Seq2[Object, error] {
	d, err := driverOf("list", pattern)
	if err != nil {
		return failed(err)
	}
	root, segments := splitGlob(pattern)
	for _, s := range segments {
		if _, err := path.Match(s, ""); err != nil {
			return failed(newError("list", pattern, err, "close every '[' and put a backslash before characters meant literally"))
		}
	}
	var descend func(string) bool
	if len(segments) > 1 || segments[0] == "**" {
		descend = func(rel string) bool { return matchPrefix(segments, strings.Split(rel, "/")) }
	}
	return func(yield func(Object, error) bool) {
		for o, err := range list(d, root, descend) {
			if o.Name != "" {
				rel, ok := Rel(root, o.Name)
				if !ok || !matchSegments(segments, strings.Split(rel, "/")) {
					continue
				}
			}
			if !yield(o, err) {
				return
			}
		}
	}
}

// matchSegments reports whether a path matches a pattern, both cut at slashes.
func matchSegments(pattern, name []string) bool {
	for len(pattern) > 0 {
		if pattern[0] == "**" {
			if len(pattern) == 1 {
				return len(name) > 0
			}
			for i := range name {
				if matchSegments(pattern[1:], name[i:]) {
					return true
				}
			}
			return false
		}
		if len(name) == 0 {
			return false
		}
		if ok, _ := path.Match(pattern[0], name[0]); !ok {
			return false
		}
		pattern, name = pattern[1:], name[1:]
	}
	return len(name) == 0
}

// matchPrefix reports whether a file below the folder dir can match the pattern.
func matchPrefix(pattern, dir []string) bool {
	for len(dir) > 0 {
		if len(pattern) < 2 && (len(pattern) == 0 || pattern[0] != "**") {
			return false
		}
		if pattern[0] == "**" {
			return true
		}
		if ok, _ := path.Match(pattern[0], dir[0]); !ok {
			return false
		}
		pattern, dir = pattern[1:], dir[1:]
	}
	return true
}
