package listing

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/images"
)

// channelGroup is the group of the channel pattern that holds the channel.
const channelGroup = "channel"

// channelPattern compiles the channel pattern; nil where there is none.
func (c Config) channelPattern() (*regexp.Regexp, error) {
	if c.ChannelPattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(c.ChannelPattern)
	if err != nil {
		return nil, fmt.Errorf("Config.ChannelPattern is no regular expression: %w", err)
	}
	if re.SubexpIndex(channelGroup) < 0 {
		return nil, fmt.Errorf("Config.ChannelPattern=%s has no group called channel: write the part that tells the channel as (?P<channel>…)", c.ChannelPattern)
	}
	return re, nil
}

// joiner makes one entry of the files of an image that are one channel each.
type joiner struct {
	r        *Result
	pattern  *regexp.Regexp
	given    []string // names of channels that the user gave
	files    []schemas.ListEntry
	joined   []cellFile // of the files in which the pattern finds a channel
	channels []string   // that there are, in order
	differ   []bool     // columns of a list, by whether they differ between the files of an image
}

// cellFile is a file of an image: of files, which it is.
type cellFile struct {
	id, channel string
	file        int
}

// join replaces the entries by images whose files the pattern joins.
func (r *Result) join(c Config) error {
	pattern, err := c.channelPattern()
	if pattern == nil || err != nil {
		return err
	}
	given, err := schemas.ChannelNames(c.Channels)
	if err != nil {
		return err
	}
	j := &joiner{r: r, pattern: pattern, given: given, files: r.Entries, differ: make([]bool, len(r.Account.Metadata))}
	if err := j.match(); err != nil {
		return err
	}
	take, err := j.choose()
	if err != nil {
		return err
	}
	r.Entries = j.cells(take)
	return nil
}

// match finds channel and image of every file.
func (j *joiner) match() error {
	group, seen, unmatched := j.pattern.SubexpIndex(channelGroup), map[string]bool{}, -1
	for i := range j.files {
		name := j.files[i].Name
		if images.IsIDX(name) {
			return fmt.Errorf("Config.ChannelPattern joins files of one image each, and %s is an IDX file, which holds many: leave the pattern or the file out", name)
		}
		found := j.pattern.FindStringSubmatchIndex(name)
		if found == nil || found[2*group] < 0 || found[2*group] == found[2*group+1] {
			if unmatched < 0 {
				unmatched = i
			}
			continue
		}
		// What is left of a name may hold // or .., which no name may.
		id := strings.TrimPrefix(path.Clean("/"+name[:found[0]]+name[found[1]:]), "/")
		f := cellFile{id: id, channel: name[found[2*group]:found[2*group+1]], file: i}
		if f.id == "" {
			return fmt.Errorf("Config.ChannelPattern=%s matches all of the name %s: it must leave out what the files of an image share, which names it", j.pattern, name)
		}
		seen[f.channel] = true
		j.joined = append(j.joined, f)
	}
	switch n := len(j.files) - len(j.joined); {
	case len(j.files) == 0:
		return nil
	case len(j.joined) == 0:
		return fmt.Errorf("Config.ChannelPattern=%s finds no channel in any of %s, e.g. in %s", j.pattern, words.Plural(len(j.files), "name", "names"), j.files[0].Name)
	case 2*n >= len(j.files) && j.r.Refusal == nil:
		j.r.Refusal = fmt.Errorf("Config.ChannelPattern=%s finds no channel in %s of %s, e.g. in %s: change the pattern, or name with Config.Inputs only the files that it is for",
			j.pattern, words.Count(n), words.Plural(len(j.files), "name", "names"), j.files[unmatched].Name)
	}
	j.channels = slices.SortedFunc(keys(seen), numbersFirst(seen))
	return j.few()
}

// few refuses more channels than an image can have.
func (j *joiner) few() error {
	if n := len(j.channels); n > schemas.MaxChannels && len(j.given) == 0 {
		return fmt.Errorf("Config.ChannelPattern=%s finds %d channels, %s, and %d are the most: check its group, or choose with Config.Channels",
			j.pattern, n, some(j.channels, 6), schemas.MaxChannels)
	}
	return nil
}

// numbersFirst compares channels as numbers where all are, and else as text.
func numbersFirst(channels map[string]bool) func(a, b string) int {
	numbers := true
	for c := range channels {
		numbers = numbers && IsNumber(c)
	}
	return func(a, b string) int {
		if numbers {
			x, y := strings.TrimLeft(a, "0"), strings.TrimLeft(b, "0")
			return cmp.Or(cmp.Compare(len(x), len(y)), cmp.Compare(x, y), cmp.Compare(a, b))
		}
		return cmp.Compare(a, b)
	}
}

// choose returns the channels to take, in their order: those that were given, where the names have these;
// else those that most images have, of which the larger and then the first by name where several are.
func (j *joiner) choose() (take []string, err error) {
	slices.SortFunc(j.joined, func(a, b cellFile) int {
		return cmp.Or(cmp.Compare(a.id, b.id), cmp.Compare(a.channel, b.channel), cmp.Compare(a.file, b.file))
	})
	unknown := slices.DeleteFunc(slices.Clone(j.given), func(name string) bool { return slices.Contains(j.channels, name) })
	if len(j.given) > 0 && len(unknown) == 0 {
		return j.given, nil
	}
	take = j.frequent()
	if len(j.given) == 0 {
		return take, nil
	}
	if slices.ContainsFunc(take, func(c string) bool { return !IsNumber(c) }) {
		return nil, fmt.Errorf("Config.Channels=%s: there is no channel %s: the names have the channels %s", strings.Join(j.given, ","), unknown[0], strings.Join(j.channels, ","))
	}
	if len(take) != len(j.given) {
		return nil, fmt.Errorf("Config.Channels=%s names %d channels, and the numbers in the names are %s: name each of these, or choose with them, as Config.Channels=%s",
			strings.Join(j.given, ","), len(j.given), strings.Join(take, ","), strings.Join(take[:min(2, len(take))], ","))
	}
	return take, nil
}

// frequent returns the set of channels that most images have.
func (j *joiner) frequent() []string {
	sets := map[string]int{}
	for cell := range cellsOf(j.joined) {
		sets[strings.Join(channelsOf(cell), "\x00")]++
	}
	best := ""
	for _, set := range sortedKeys(sets) {
		if n, m := sets[set], sets[best]; best == "" || n > m || n == m && strings.Count(set, "\x00") > strings.Count(best, "\x00") {
			best = set
		}
	}
	if best == "" {
		return nil
	}
	has := strings.Split(best, "\x00")
	return slices.DeleteFunc(slices.Clone(j.channels), func(c string) bool { return !slices.Contains(has, c) })
}

// cellsOf yields the files of each image, which lie beside each other.
func cellsOf(files []cellFile) func(yield func([]cellFile) bool) {
	return func(yield func([]cellFile) bool) {
		for len(files) > 0 {
			n := 1
			for n < len(files) && files[n].id == files[0].id {
				n++
			}
			if !yield(files[:n]) {
				return
			}
			files = files[n:]
		}
	}
}

// channelsOf returns the channels of an image, each once.
func channelsOf(cell []cellFile) (channels []string) {
	for _, f := range cell {
		channels = append(channels, f.channel)
	}
	return slices.Compact(channels)
}

// keys yields the keys of a set.
func keys(set map[string]bool) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for k := range set {
			if !yield(k) {
				return
			}
		}
	}
}
