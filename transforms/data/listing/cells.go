package listing

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
)

// cells makes the entries, and rejects what is not whole.
func (j *joiner) cells(take []string) (entries []schemas.ListEntry) {
	ids, used, all, bad, first := map[string]string{}, make([]bool, len(j.files)), 0, 0, ""
	for cell := range cellsOf(j.joined) {
		for _, f := range cell {
			used[f.file] = true
		}
		all++
		e := schemas.ListEntry{Name: cell[0].id}
		if reason, detail := j.fault(cell, take); reason != "" {
			bad++
			j.r.rejectRow(e.Name, reason, detail)
			first = cmp.Or(first, e.Name+": "+detail)
			continue
		}
		ids[e.Name] = j.files[cell[0].file].Name
		for _, channel := range take {
			at := slices.IndexFunc(cell, func(f cellFile) bool { return f.channel == channel })
			addPart(&e, channel, j.files[cell[at].file])
			j.keep(&e, &j.files[cell[at].file])
		}
		j.leave(cell, take)
		entries = append(entries, e)
	}
	j.drop(entries)
	for i, f := range j.files {
		if first := ids[f.Name]; !used[i] && first != "" {
			j.r.rejectRow(f.Name, schemas.ReasonDuplicate, fmt.Sprintf("it has the name of the image that %s and others are joined to: rename it", first))
		} else if !used[i] {
			j.r.rejectRow(f.Name, schemas.ReasonNoChannel, fmt.Sprintf("--channel_pattern=%s finds no channel in the name: change the pattern, or leave the file out", j.pattern))
		}
	}
	if 2*bad > all && j.r.Refusal == nil {
		j.r.Refusal = fmt.Errorf("%s of %s that Config.ChannelPattern joins %s not whole, the first %s", words.Count(bad), words.Plural(all, "image", "images"), words.Noun(bad, "is", "are"), first)
	}
	j.r.Account.Joined = len(take)
	return entries
}

// keep gives an image what a list says of one of its files.
func (j *joiner) keep(e, f *schemas.ListEntry) {
	if len(e.Parts) == 1 {
		e.Label, e.Metadata = f.Label, f.Metadata
		return
	}
	value := func(of []string, k int) string {
		if of == nil {
			return ""
		}
		return of[k]
	}
	for k := range j.r.Account.Metadata {
		if value(e.Metadata, k) != value(f.Metadata, k) {
			j.differ[k] = true
		}
	}
}

// drop leaves out columns that are not those of an image, and names them.
func (j *joiner) drop(entries []schemas.ListEntry) {
	a := &j.r.Account
	if !slices.Contains(j.differ, true) {
		return
	}
	stays := func(of []string) (kept []string) {
		for k, text := range of {
			if !j.differ[k] {
				kept = append(kept, text)
			}
		}
		return kept
	}
	for i := range entries {
		entries[i].Metadata = stays(entries[i].Metadata)
	}
	for k, column := range a.Metadata {
		if j.differ[k] {
			a.Columns = append(a.Columns, column+" (differs between the files of an image)")
		}
	}
	a.Metadata = stays(a.Metadata)
}

// leave counts files of channels that are not taken.
func (j *joiner) leave(cell []cellFile, take []string) {
	for _, f := range cell {
		if !slices.Contains(take, f.channel) {
			if j.r.Account.Left == nil {
				j.r.Account.Left = map[string]int64{}
			}
			j.r.Account.Left[f.channel]++
			j.r.Bytes -= j.files[f.file].Size
		}
	}
}

// fault says why files do not make an image; "" where they do. A channel beside those that most images
// have is a fault where nobody chose among them.
func (j *joiner) fault(cell []cellFile, take []string) (reason, detail string) {
	has := channelsOf(cell)
	chosen := len(j.given) > 0 && slices.Equal(take, j.given)
	for i := range cell[1:] {
		if a, b := cell[i], cell[i+1]; a.channel == b.channel && slices.Contains(take, a.channel) {
			return schemas.ReasonDuplicate, fmt.Sprintf("%s and %s are both channel %s of this image: keep one of them, or change the pattern", j.files[a.file].Name, j.files[b.file].Name, a.channel)
		}
	}
	for i, channel := range take {
		if !slices.Contains(has, channel) {
			name := channel
			if len(j.given) > 0 && !chosen { // a name for a number
				name += " (" + j.given[i] + ")"
			}
			return schemas.ReasonMissingChannel, fmt.Sprintf("channel %s is missing: of this image there is %s, channel %s", name, j.files[cell[0].file].Name, strings.Join(has, ","))
		}
	}
	for _, f := range cell[1:] {
		if a, b := &j.files[cell[0].file], &j.files[f.file]; a.Label != b.Label {
			return schemas.ReasonDuplicate, fmt.Sprintf("%s has the label %q in the list, and %s of the same image %q: give its files one", a.Name, a.Label, b.Name, b.Label)
		}
	}
	for _, f := range cell {
		if !chosen && !slices.Contains(take, f.channel) {
			return schemas.ReasonWrongChannels, fmt.Sprintf("%s is channel %s, which most images do not have: they have %s; --channels chooses", j.files[f.file].Name, f.channel, strings.Join(take, ","))
		}
	}
	return "", ""
}
