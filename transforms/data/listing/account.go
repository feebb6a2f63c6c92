package listing

import (
	"fmt"

	"exemplar/schemas/words"
)

// Account is what was found and is not among the images. It is for the console alone:
// what other steps write below the input must not tell in what this one publishes.
type Account struct {
	Other map[string]int64 // files that are no images by their name, by extension; hidden ones under "hidden"

	Passed map[string]int64 // pictures in folders that Exemplar wrote, by the full name of the folder
	Own    []string         // inputs that Exemplar wrote, and that were read since they were named

	Followed, Known []string // links to folders, see store.Links
	Broken          []string // links to nothing

	Repeated int64    // paths of a list that are in it already
	Columns  []string // of a list, that nothing is done with

	Joined   int              // files of each image that is one for each channel; 0 where none is
	Left     map[string]int64 // files of channels that are not taken
	Empty    int64            // rows of a list that name no file of any channel
	Metadata []string         // columns of a list that the images keep, sorted

	Labels *Values // what the label pattern, or the column of a list, says; nil without one
}

// ignored is the number of files that are no images by their name.
func (a *Account) ignored() (n int64) {
	for _, of := range a.Other {
		n += of
	}
	return n
}

// Notes says in lines for a person what was found and is not among the images.
func (r *Result) Notes() (lines []string) {
	a := &r.Account
	add := func(format string, args ...any) { lines = append(lines, fmt.Sprintf(format, args...)) }
	if len(a.Passed) > 0 {
		n := int64(0)
		for _, of := range a.Passed {
			n += of
		}
		first := InWords(sortedKeys(a.Passed)[0], r.Root, r.Given)
		add("passed over: %s in %s that Exemplar wrote, e.g. %s", words.Plural(n, "picture", "pictures"), words.Plural(len(a.Passed), "folder", "folders"), first)
	}
	for _, input := range a.Own {
		add("Config.Inputs=%s is what Exemplar wrote: it was named, so its pictures are read", input)
	}
	if n := len(a.Followed); n > 0 {
		add("%s followed, e.g. %s", words.Plural(n, "link to a folder was", "links to folders were"), a.Followed[0])
	}
	if n := len(a.Known); n > 0 {
		add("%s not followed, e.g. %s: that folder is read under another name", words.Plural(n, "link to a folder was", "links to folders were"), a.Known[0])
	}
	if n := len(a.Broken); n > 0 {
		add("%s to nothing, e.g. %s", words.Plural(n, "link leads", "links lead"), a.Broken[0])
	}
	if a.Repeated > 0 {
		add("%s in the list already: each image is taken once", words.Plural(a.Repeated, "path was", "paths were"))
	}
	if n := len(a.Columns); n > 0 {
		add("%s of the list not used: %s (a label is in a column label, what latents are to have in columns Metadata_…)", words.Noun(n, "1 column", words.Count(n)+" columns"), some(a.Columns, 6))
	}
	lines = append(lines, r.joinNotes()...)
	if n := a.ignored(); n > 0 {
		byExt := map[string]int{}
		for kind, of := range a.Other {
			byExt[kind] = int(of)
		}
		add("no images by their name: %s", describe(byExt))
	}
	if n := a.Other[kindLabels]; n > 0 && r.LabelsSHA256 == "" {
		add("%s not used: Config.Labels=FILE takes the labels of the one IDX file of images that is Config.Inputs", words.Plural(n, "file of IDX labels is", "files of IDX labels are"))
	}
	if a.Labels != nil {
		add("%s", a.Labels)
	}
	return lines
}
