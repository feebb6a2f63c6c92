package listing

import (
	"errors"
	"fmt"
	"regexp"
	"slices"

	"exemplar/schemas"
)

// Config says what belongs to a collection.
type Config struct {
	// Inputs are folders (with all folders below), globs (see store.Glob), files
	// and IDX files, local or remote.
	Inputs []string
	// InputList is a file of paths, one per line, instead of Inputs. Relative paths
	// start at Root; without one, at the current folder, and those of a remote
	// list at the list's folder. Blank lines are skipped; there are no comments.
	//
	// A .csv, .csv.gz or .parquet file is an inventory: a column path, key,
	// file_name, filename, name, uri or url, beside which bucket, size, generation,
	// last_modified (or last_modified_date, updated, mtime), is_latest and
	// is_delete_marker are known. A row with the size and the generation (gs://) or
	// the time of the last change is taken at its word, which saves a request a
	// file. A CSV file without a header is one of S3: bucket, key as in a URL, size,
	// last_modified, etag. A column label is the label of the image, columns Metadata_… are kept with it.
	// In place of a path there may be columns FileName_X with PathName_X, or URL_X, for each channel X, as
	// CellProfiler's LoadData has them: a row is an image, named by the file of the first channel taken.
	//
	// Buckets are those of the store that Root is in, or else the list itself. A row
	// with a bucket and a path that is not full is an error where both are local: no
	// store is asked for anything that no name says it holds.
	InputList string
	// Root is the folder that names are relative to; empty chooses it as the
	// package's documentation says. Every file has to lie in it. With InputList, s3://
	// or gs:// alone says what store the buckets are in, and leaves the folder open.
	Root string
	// Exclude holds folders that are not looked into: the output, say, where it
	// lies below an input.
	Exclude []string
	// Labels is an IDX file of labels, one for each image of the one IDX file
	// among the inputs.
	Labels string
	// LabelPattern is a regexp that takes the label out of the name: its group
	// "label", or else its first. A name that does not match has no label.
	LabelPattern string
	// ChannelPattern is a regexp that joins files of one channel each: its group "channel" is the channel,
	// and files whose names are the same without what the pattern matches are one image, of that name.
	// Channels are ordered as numbers where all are, else as text. What has not the channels that most
	// images have is rejected, and so is a file in whose name the pattern finds none.
	ChannelPattern string
	// Channels are names with commas between them, see schemas.ChannelNames. Here they choose and order
	// what ChannelPattern finds and the columns FileName_… of InputList; where the pattern finds numbers
	// and as many, they are names for these.
	Channels string
	// Checksum reads every file and keeps its sha256, which then decides whether
	// it changed, instead of modification time or generation.
	Checksum bool
}

// Validate reports the first mistake that can be seen without opening a file,
// naming its flag.
func (c Config) Validate() error {
	switch {
	case len(c.Inputs) == 0 && c.InputList == "":
		return errors.New("Config.Inputs is missing: name a folder, a glob or a file with images, or use Config.InputList")
	case len(c.Inputs) > 0 && c.InputList != "":
		return errors.New("Config.Inputs and Config.InputList are both given: use one of them")
	case slices.Contains(c.Inputs, ""):
		return errors.New("Config.Inputs is empty: name a folder, a glob or a file with images")
	}
	if c.ChannelPattern != "" && c.Labels != "" {
		return errors.New("Config.ChannelPattern and Config.Labels are both given: labels of IDX are for IDX files, which hold no channels")
	}
	if _, err := schemas.ChannelNames(c.Channels); err != nil {
		return err
	}
	if _, err := c.channelPattern(); err != nil {
		return err
	}
	_, err := c.labelPattern()
	return err
}

// labelPattern compiles the label pattern; nil where there is none.
func (c Config) labelPattern() (*regexp.Regexp, error) {
	if c.LabelPattern == "" {
		return nil, nil
	}
	re, err := regexp.Compile(c.LabelPattern)
	if err != nil {
		return nil, fmt.Errorf("Config.LabelPattern is no regular expression: %w", err)
	}
	if re.NumSubexp() == 0 {
		return nil, fmt.Errorf("Config.LabelPattern=%s has no group: put the part that is the label in parentheses", c.LabelPattern)
	}
	return re, nil
}
