package listing

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/store"
)

// addPart makes a file one channel of an image.
func addPart(e *schemas.ListEntry, channel string, f schemas.ListEntry) {
	file := f.Source
	if file == "" {
		file = f.Name
	}
	e.Size += f.Size
	e.Parts = append(e.Parts, schemas.ListPart{Channel: channel, File: file, Size: f.Size, ModTime: f.ModTime, Generation: f.Generation, Checksum: f.Checksum})
}

// PartSource returns the full name of a file of an entry.
func PartSource(root string, p schemas.ListPart) string {
	if store.IsFull(p.File) {
		return p.File
	}
	return store.Join(root, p.File)
}

// IsNumber reports whether a channel is only numbered: that is its place, and no name.
func IsNumber(channel string) bool {
	return channel != "" && strings.Trim(channel, "0123456789") == ""
}

// relativeParts makes the full names of the files of an entry relative to the root; bad is the
// name of one that no list could hold.
func relativeParts(root string, parts []schemas.ListPart) (bad string, err error) {
	for i := range parts {
		full := parts[i].File
		rel, ok := store.Rel(root, full)
		switch {
		case !ok:
			return "", outside(full, root)
		case !utf8.ValidString(rel):
			return rel, nil
		case store.Join(root, rel) == full:
			parts[i].File = rel
		}
	}
	return "", nil
}

// withoutTimes returns parts as a name list has them.
func withoutTimes(parts []schemas.ListPart) []schemas.ListPart {
	parts = slices.Clone(parts)
	for i := range parts {
		parts[i].ModTime, parts[i].Generation = time.Time{}, 0
	}
	return parts
}

// joinNotes say in lines for a person what became of files of one channel each.
func (r *Result) joinNotes() (lines []string) {
	a := &r.Account
	if a.Joined > 0 {
		lines = append(lines, fmt.Sprintf("%s of %s each: %s", words.Plural(len(r.Entries), "image", "images"), words.Plural(a.Joined, "file", "files"), strings.Join(r.partChannels(), ",")))
	}
	var left []string
	files := int64(0)
	for _, channel := range sortedKeys(a.Left) {
		left, files = append(left, channel), files+a.Left[channel]
	}
	if len(left) > 0 {
		lines = append(lines, fmt.Sprintf("%s %s not taken: %s", words.Noun(len(left), "channel", "channels"), some(left, 12), words.Plural(files, "file", "files")))
	}
	if a.Empty > 0 {
		lines = append(lines, fmt.Sprintf("%s of the list %s no file: passed over", words.Plural(a.Empty, "row", "rows"), words.Noun(a.Empty, "names", "name")))
	}
	if len(a.Metadata) > 0 {
		lines = append(lines, fmt.Sprintf("%s of the list %s in the shards, and in latents: %s", words.Noun(len(a.Metadata), "1 column", words.Count(len(a.Metadata))+" columns"), words.Noun(len(a.Metadata), "is", "are"), some(a.Metadata, 12)))
	}
	return lines
}

// partChannels returns the channels of the first image.
func (r *Result) partChannels() (channels []string) {
	if len(r.Entries) > 0 {
		for _, p := range r.Entries[0].Parts {
			channels = append(channels, p.Channel)
		}
	}
	return channels
}
