package listing

import (
	"fmt"
	"hash/fnv"
	"io"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
)

// metadataColumn matches the columns of a list that images keep, as they are called in latents and as
// CellProfiler's tables of a database call them.
var metadataColumn = regexp.MustCompile(`^(?:Image_)?(` + schemas.MetadataPrefix + `.+)$`)

var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// keptColumn is a column of a list that images keep.
type keptColumn struct {
	name string // as in latents
	at   int
}

// findKept finds the columns of labels and metadata.
func (v *inventory) findKept(names []string) error {
	v.label = -1
	for i, name := range names {
		name = strings.TrimSpace(name)
		if strings.EqualFold(name, schemas.ColLabel) && !slices.Contains(v.column[:], i) {
			if v.label >= 0 {
				return fmt.Errorf("its columns %s and %s are both labels: leave one out", names[v.label], name)
			}
			v.label = i
		}
		m := metadataColumn.FindStringSubmatch(name)
		if m == nil {
			continue
		}
		column := notInName.ReplaceAllString(m[1], "_")
		if at := slices.IndexFunc(v.kept, func(k keptColumn) bool { return k.name == column }); at >= 0 {
			return fmt.Errorf("its columns %s and %s would both be %s: leave one out", names[v.kept[at].at], name, column)
		}
		v.kept = append(v.kept, keptColumn{column, i})
	}
	slices.SortFunc(v.kept, func(a, b keptColumn) int { return strings.Compare(a.name, b.name) })
	return nil
}

// keep reads label and metadata of a row. Values repeat, and each is held once.
func (v *inventory) keep(i *item, field func(column int) string) error {
	read := func(at int, column string) (string, error) {
		text := field(at)
		if fault := schemas.TextFault(text); fault != "" {
			return "", fmt.Errorf("%s: its %s %s", i.name, column, fault)
		}
		if held, ok := v.values[text]; ok {
			return held, nil
		}
		if len(v.values) >= heldValues {
			return strings.Clone(text), nil
		}
		if v.values == nil {
			v.values = map[string]string{}
		}
		text = strings.Clone(text)
		v.values[text] = text
		return text, nil
	}
	var err error
	if v.label >= 0 {
		if i.label, err = read(v.label, schemas.ColLabel); err != nil {
			return err
		}
	}
	if len(v.kept) == 0 {
		return nil
	}
	values, any := make([]string, len(v.kept)), false
	for k, column := range v.kept {
		if values[k], err = read(column.at, column.name); err != nil {
			return err
		}
		any = any || values[k] != ""
	}
	if any {
		i.metadata = values
	}
	return nil
}

// heldValues is the number of values that are remembered so that each is held once: names of plates,
// wells and doses are fewer, and ids that never repeat gain nothing.
const heldValues = 1 << 16

// says returns a hash of all that a list says of an image, by which a row that is there twice is told
// from another one of the same file.
func (i *item) says() uint64 {
	h := fnv.New64a()
	write := func(text string) { io.WriteString(h, text); h.Write([]byte{0}) } // never fail
	write(i.label)
	for _, value := range i.metadata {
		write(value)
	}
	for _, p := range i.parts {
		write(p.name)
	}
	return h.Sum64()
}
