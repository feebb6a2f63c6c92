package listing

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"iter"
	"net/url"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// item is a line of a list, or a row of an inventory: a file, and what is known
// of it without looking.
type item struct {
	name   string // full
	full   bool   // as it was given
	object store.Object
	known  bool // object need not be asked for

	label    string
	metadata []string     // of the columns that are kept
	parts    []listedPart // of an image of a file for each channel, in the order of the columns; name is that of the first
	fault    string       // of such an image
}

// items yields what --input_list names: the rows of a .parquet or .csv (also
// .csv.gz) inventory, or the lines of any other file.
func items(ctx context.Context, name, base string, c *columns) iter.Seq2[item, error] {
	return seq.From(func(yield func(item, error) bool) error {
		lower := strings.ToLower(name)
		read := lineItems
		switch {
		case strings.HasSuffix(lower, ".parquet"):
			read = parquetItems
		case strings.HasSuffix(lower, ".csv"), strings.HasSuffix(lower, ".csv.gz"):
			read = csvItems
		}
		return read(ctx, name, base, c, func(i item) bool { return yield(i, nil) })
	})
}

func lineItems(ctx context.Context, name, base string, _ *columns, yield func(item) bool) error {
	f, err := store.Open(ctx, name)
	if err != nil {
		return err
	}
	defer f.Close() // only read
	in := bufio.NewReaderSize(f, sniffed)
	start, err := in.Peek(sniffed)
	if err != nil && err != io.EOF {
		return err
	}
	if err := refuseBinary(start); err != nil {
		return err
	}
	return paths(in, base, yield)
}

// What an inventory says of a file.
const (
	filePath = iota
	fileBucket
	fileSize
	fileModified
	fileGeneration
	fileLatest
	fileDeleted
)

// called are the names that its columns may have, in lower case.
var called = [...][]string{
	filePath:       {"path", "key", "file_name", "filename", "name", "uri", "url"},
	fileBucket:     {"bucket"},
	fileSize:       {"size"},
	fileModified:   {"last_modified", "last_modified_date", "lastmodifieddate", "updated", "mtime"},
	fileGeneration: {"generation"},
	fileLatest:     {"is_latest", "islatest"},
	fileDeleted:    {"is_delete_marker", "isdeletemarker"},
}

// inventory makes items of rows: it knows which column is which, -1 for none, and
// the scheme of the store that its buckets are in, "" for none.
type inventory struct {
	base, scheme string
	column       [len(called)]int
	encoded      bool // keys are, as in a URL's query

	label    int // column, -1 for none
	kept     []keptColumn
	values   map[string]string // see keep
	channels []channelColumns  // to take, in the order of the columns; of a list without paths
	order    []string          // channels in the order in which they were given
	empty    *int64            // rows that name no file of any channel
}

// newInventory finds the columns by their names; nil with an error says that none tells the files.
func newInventory(list, base string, names []string, c *columns) (*inventory, error) {
	if err := otherLists(names); err != nil {
		return nil, err
	}
	lower := make([]string, len(names))
	for i, n := range names {
		lower[i] = strings.ToLower(strings.TrimSpace(n))
	}
	v := &inventory{base: base, empty: &c.account.Empty}
	for what, names := range called {
		v.column[what] = -1
		for _, name := range slices.Backward(names) {
			if i := slices.Index(lower, name); i >= 0 {
				v.column[what] = i
			}
		}
	}
	if err := v.findKept(names); err != nil {
		return v, err
	}
	if v.column[filePath] < 0 {
		if err := v.findChannels(names, c.channels); err != nil {
			return v, err
		}
	}
	if v.column[filePath] < 0 && len(v.channels) == 0 {
		return nil, fmt.Errorf("none of its columns is called %s: name the one that holds the paths so", strings.Join(called[filePath], ", "))
	}
	if err := v.unused(names, c.account); err != nil {
		return v, err
	}
	if v.label >= 0 && c.labeled != "" {
		return v, fmt.Errorf("its column %s and %s both say the labels: leave one out", names[v.label], c.labeled)
	}
	c.tell(v)
	v.scheme = storeOf(list, base)
	if v.scheme == "" && base != "" {
		v.column[fileBucket] = -1 // paths are relative to a local folder: it is no store's bucket
	}
	return v, nil
}

// storeOf returns the scheme of the store that the buckets of a list are in: that of
// --root, or else of where the list itself lies. Nothing else says that a column
// which happens to be called bucket is meant for a store, and which one; without
// such a word no request may go out.
func storeOf(list, base string) string {
	for _, name := range []string{base, list} {
		if scheme, _, ok := strings.Cut(name, "://"); ok && store.IsRemote(name) {
			return scheme + "://"
		}
	}
	return ""
}

// noStore is the error of a row with a bucket, in a list of which nothing says what
// store it is about.
func noStore(bucket, path string) error {
	return fmt.Errorf("a row has the bucket %q and the path %q, and nothing says in which store: add Config.Root=s3:// or Config.Root=gs://, or Config.Root=FOLDER if the column is not the bucket of a store",
		bucket, path)
}

// item returns the file of a row, whose fields field returns; ok is false for a
// row of an object that was deleted or replaced.
func (v *inventory) item(field func(column int) string) (i item, ok bool, err error) {
	get := func(what int) string {
		if v.column[what] < 0 {
			return ""
		}
		return field(v.column[what])
	}
	if strings.EqualFold(get(fileLatest), "false") || strings.EqualFold(get(fileDeleted), "true") {
		return item{}, false, nil
	}
	if len(v.channels) > 0 {
		if i, ok, err = v.parts(field); err == nil && !ok {
			*v.empty++
		}
	} else {
		i, ok, err = v.file(get)
	}
	if ok && err == nil {
		err = v.keep(&i, field)
	}
	return i, ok, err
}

// file returns the file of a row with a path.
func (v *inventory) file(get func(what int) string) (i item, ok bool, err error) {
	path := get(filePath)
	if v.encoded {
		if path, err = url.QueryUnescape(path); err != nil {
			return item{}, false, err
		}
	}
	switch bucket := get(fileBucket); {
	case path == "":
		return item{}, false, nil
	case bucket != "" && v.scheme == "" && !store.IsRemote(path) && !filepath.IsAbs(path):
		return item{}, false, noStore(bucket, path)
	case bucket != "" && v.scheme != "":
		i.name = v.scheme + bucket + "/" + path
	default:
		i.full = store.IsFull(path)
		if i.name, err = fullName(path, v.base); err != nil {
			return item{}, false, err
		}
	}
	return v.known(i, get(fileSize), get(fileGeneration), get(fileModified))
}

// known fills in what a row says of its file, if that is all that a look at the
// file would: the size, and the generation (gs://) or the time of the last change.
func (v *inventory) known(i item, size, generation, modified string) (item, bool, error) {
	o := store.Object{Name: i.name}
	var err error
	if size != "" {
		if o.Size, err = strconv.ParseInt(size, 10, 64); err != nil || o.Size < 0 {
			return i, false, fmt.Errorf("%s: %q is no size in bytes", i.name, size)
		}
	}
	if generation != "" {
		if o.Generation, err = strconv.ParseInt(generation, 10, 64); err != nil {
			return i, false, fmt.Errorf("%s: %q is no generation", i.name, generation)
		}
	}
	if modified != "" {
		if o.ModTime, err = time.Parse(time.RFC3339, modified); err != nil {
			return i, false, fmt.Errorf("%s: %q is no time: write 2026-01-31T23:59:59Z", i.name, modified)
		}
	}
	stamped := o.Generation != 0
	if !strings.HasPrefix(i.name, "gs://") {
		o.Generation, stamped = 0, modified != ""
	}
	if size != "" && stamped {
		i.object, i.known = o, true
	}
	return i, true, nil
}
