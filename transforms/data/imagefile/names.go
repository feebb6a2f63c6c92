package imagefile

import (
	"fmt"
	"path"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"exemplar/schemas/visible"
	"exemplar/transforms/data/images"
	"exemplar/transforms/run/outdir"
)

// maxName bounds the part of a file name that comes from an image id or a
// label, in bytes: file systems end at 255.
const maxName = 150

// Stem drops the extension of an image file.
func Stem(id string) string {
	ext := path.Ext(id)
	if slices.Contains(images.Extensions(), strings.ToLower(ext)) {
		return strings.TrimSuffix(id, ext)
	}
	return id
}

// Safe turns any text into one path element that every file system takes:
// separators, control characters, what is not seen and those reserved on Windows
// become '_', and a long name is cut and told apart by its hash.
func Safe(text string) string {
	name := strings.Map(func(r rune) rune {
		if r == utf8.RuneError || unicode.IsControl(r) || visible.Unseen(r) || strings.ContainsRune(`/\:*?"<>|`, r) {
			return '_'
		}
		return r
	}, text)
	name = strings.TrimRight(name, ". ")
	if len(name) <= maxName {
		return name
	}
	cut := maxName
	for !utf8.RuneStart(name[cut]) {
		cut--
	}
	return fmt.Sprintf("%s~%.8s", strings.TrimRight(name[:cut], ". "), outdir.SHA256([]byte(text)))
}
