package listing

import (
	"fmt"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/data/images"
	"exemplar/transforms/store"
)

// loadData matches the columns of CellProfiler's LoadData, and of what it exports: what of the
// file, and the channel.
var loadData = regexp.MustCompile(`^(?:Image_)?(FileName|PathName|URL|Frame|Series)_(.+)$`)

// channelColumns are the columns that tell the file of one channel, -1 for none.
type channelColumns struct {
	name                          string
	file, folder, url, page, part int
}

// findChannels finds the columns of channels in their order; given, if any, are those to take.
func (v *inventory) findChannels(names []string, given []string) error {
	var all []channelColumns
	for i, column := range names {
		m := loadData.FindStringSubmatch(strings.TrimSpace(column))
		if m == nil {
			continue
		}
		at := slices.IndexFunc(all, func(c channelColumns) bool { return c.name == m[2] })
		if at < 0 {
			at = len(all)
			all = append(all, channelColumns{m[2], -1, -1, -1, -1, -1})
		}
		c := &all[at]
		to := map[string]*int{"FileName": &c.file, "PathName": &c.folder, "URL": &c.url, "Frame": &c.page, "Series": &c.part}[m[1]]
		if *to >= 0 {
			return fmt.Errorf("its columns %s and %s say the same of channel %s: leave one out", names[*to], column, m[2])
		}
		*to = i
	}
	all = slices.DeleteFunc(all, func(c channelColumns) bool { return c.file < 0 && c.url < 0 })
	var there []string
	for _, c := range all {
		there = append(there, c.name)
	}
	for _, name := range given {
		if len(all) > 0 && !slices.Contains(there, name) {
			return fmt.Errorf("it has no channel %s of Config.Channels=%s: its columns FileName_… and URL_… are of the channels %s", name, strings.Join(given, ","), strings.Join(there, ","))
		}
	}
	if len(given) == 0 && len(all) > schemas.MaxChannels {
		return fmt.Errorf("its columns are of %d channels, %s, and %d are the most: choose with Config.Channels", len(all), some(there, 6), schemas.MaxChannels)
	}
	v.channels = all
	if len(given) > 0 {
		v.channels = slices.DeleteFunc(slices.Clone(all), func(c channelColumns) bool { return !slices.Contains(given, c.name) })
	}
	v.order = given
	return nil
}

// columns returns the columns of a channel that are read.
func (c channelColumns) columns() (columns []int) {
	for _, at := range []int{c.file, c.folder, c.url, c.page, c.part} {
		if at >= 0 {
			columns = append(columns, at)
		}
	}
	return columns
}

// parts returns the files of a row, in the order of the columns; ok is false where it names none. A
// channel without a file has none among them, and is missing.
func (v *inventory) parts(field func(column int) string) (i item, ok bool, err error) {
	for _, c := range v.channels {
		name, full, err := v.fileOf(c, field)
		if err != nil {
			return i, false, err
		}
		for _, of := range []int{c.page, c.part} {
			if of >= 0 && name != "" && strings.Trim(field(of), "0.") != "" && i.fault == "" {
				i.fault = fmt.Sprintf("channel %s is picture %s of %s by the list: only files of one picture are read, write each to a file of its own", c.name, field(of), name)
			}
		}
		i.parts = append(i.parts, listedPart{channel: c.name, name: name})
		i.full = i.full || full
		if i.name == "" {
			i.name = name
		}
	}
	return i, i.name != "", nil
}

// fileOf returns the full name of the file of a channel; "" where the row has none.
func (v *inventory) fileOf(c channelColumns, field func(column int) string) (name string, full bool, err error) {
	path := ""
	if c.file >= 0 && field(c.file) != "" {
		path = field(c.file)
		if c.folder >= 0 && field(c.folder) != "" && !store.IsFull(path) {
			path = store.Join(field(c.folder), path)
		}
	} else if c.url >= 0 {
		if path, err = plainPath(field(c.url)); err != nil {
			return "", false, err
		}
	}
	if path == "" {
		return "", false, nil
	}
	name, err = fullName(path, v.base)
	return name, store.IsFull(path), err
}

// plainPath returns the file that a URL of CellProfiler names.
func plainPath(text string) (string, error) {
	scheme, rest, ok := strings.Cut(text, ":")
	switch {
	case !ok:
		return text, nil
	case scheme == "file":
		name, err := url.PathUnescape(rest)
		if err != nil {
			return "", fmt.Errorf("%s is no URL of a file: %w", text, err)
		}
		if after, ok := strings.CutPrefix(name, "//"); ok {
			if name = strings.TrimPrefix(after, "localhost"); !strings.HasPrefix(name, "/") {
				return "", fmt.Errorf("%s names a file on another machine: name its folder there in PathName_…", text)
			}
		}
		return name, nil
	case scheme == "http" || scheme == "https":
		return "", fmt.Errorf("%s: images are not fetched from the web: download them, and list the files", text)
	}
	return text, nil
}

// listedPart is the file of a channel that a row names.
type listedPart struct {
	channel, name string
	object        store.Object
}

// entry returns the image of a row, of files that were looked at, with its channels in the order of
// those that were given; reason says why there is none.
func (i *item) entry(order []string) (e schemas.ListEntry, reason, detail string) {
	if i.parts == nil {
		e = entryOf(i.object)
		e.Label, e.Metadata = i.label, i.metadata
		return e, "", ""
	}
	e = schemas.ListEntry{Name: i.name, Label: i.label, Metadata: i.metadata}
	if i.fault != "" {
		return e, schemas.ReasonUnsupported, i.fault
	}
	for k, p := range i.parts {
		if p.name == "" {
			return e, schemas.ReasonMissingChannel, fmt.Sprintf("channel %s is missing: the row of the list has no file for it", p.channel)
		}
		if at := slices.IndexFunc(i.parts[:k], func(q listedPart) bool { return q.name == p.name }); at >= 0 {
			return e, schemas.ReasonDuplicate, fmt.Sprintf("%s is the file of the channels %s and %s: a file holds one", p.name, i.parts[at].channel, p.channel)
		}
		if images.IsIDX(p.name) {
			return e, schemas.ReasonUnsupported, fmt.Sprintf("%s, the file of channel %s, is an IDX file, which holds many images", p.name, p.channel)
		}
		addPart(&e, p.channel, entryOf(p.object))
	}
	if len(order) > 0 {
		slices.SortFunc(e.Parts, func(a, b schemas.ListPart) int {
			return slices.Index(order, a.Channel) - slices.Index(order, b.Channel)
		})
	}
	return e, "", ""
}
