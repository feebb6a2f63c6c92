package listing

import (
	"bytes"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// boxColumn matches names of columns that say what part of a picture is meant.
var boxColumn = regexp.MustCompile(`(?i)^([xywh]|left|top|right|bottom|[xy]_?(min|max|[0-9]|cent(er|re)?)|(min|max)_?[xy]|` +
	`cent(er|re)_?[xy]|(bbox|box|bounding_?box|roi)([-_].*)?|.*location_center_[xyz]|.*boundingbox.*)$`)

// meanColumn matches figures of an image that CellProfiler makes of its objects: they are no boxes.
var meanColumn = regexp.MustCompile(`^(Image_)?(Mean|Median|StDev)_`)

// unused refuses a list with boxes, which would give whole pictures, and takes down
// the columns that nothing is done with.
func (v *inventory) unused(names []string, a *Account) error {
	var boxes []string
	read := v.wanted()
	for i, name := range names {
		name = strings.TrimSpace(name)
		switch {
		case slices.Contains(v.column[:], i) || slices.Contains(read, i) || name == "":
		case len(v.channels) > 0 && (meanColumn.MatchString(name) || loadData.MatchString(name)):
			a.Columns = append(a.Columns, name)
		case boxColumn.MatchString(name):
			boxes = append(boxes, name)
		default:
			a.Columns = append(a.Columns, name)
		}
	}
	if len(boxes) > 0 {
		return fmt.Errorf("its columns %s look like boxes or centers in larger pictures, and images are taken whole: cut the crops out first and list those, or leave these columns out",
			some(boxes, 6))
	}
	return nil
}

// otherLists knows tables whose columns have no commas between them.
func otherLists(names []string) error {
	if len(names) == 1 && (strings.Contains(names[0], ";") || strings.Contains(names[0], "\t")) {
		return errors.New("its columns are separated by semicolons or tabs: save it as CSV with commas")
	}
	return nil
}

// some writes the first names of a list.
func some(names []string, most int) string {
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// sniffed is how much of a list is looked at before its lines are taken for paths.
const sniffed = 4096

// refuseBinary refuses a list that is no text, without repeating any of it.
func refuseBinary(start []byte) error {
	for _, k := range []struct{ magic, kind string }{
		{"PK\x03\x04", "a zip file (.npz, .zip, .xlsx)"}, {"\x93NUMPY", "a NumPy file"}, {"\x89HDF", "an HDF5 file"}, {"\x1f\x8b", "a gzip file"},
		{"PAR1", "a Parquet file whose name does not end in .parquet"}, {"\x89PNG", "a PNG image"}, {"\xff\xd8\xff", "a JPEG image"},
		{"II*\x00", "a TIFF image"}, {"MM\x00*", "a TIFF image"}, {"%PDF", "a PDF file"},
	} {
		if bytes.HasPrefix(start, []byte(k.magic)) {
			return fmt.Errorf("it is %s, not a list of paths: write one path per line, or a .csv or .parquet with a column path", k.kind)
		}
	}
	for _, mark := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(start, []byte(mark)) {
			return errors.New("it is text in UTF-16: save it as UTF-8")
		}
	}
	if bytes.IndexByte(start, 0) >= 0 || len(start) > 262 && bytes.Equal(start[257:262], []byte("ustar")) {
		return errors.New("it is no text, so no list of paths: write one path per line, or a .csv or .parquet with a column path")
	}
	line, _, _ := bytes.Cut(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), []byte("\n"))
	if n := bytes.IndexByte(line, '\r'); n >= 0 && n < len(line)-1 {
		return errors.New("its lines end in CR alone: save it with the line ends of Unix or Windows")
	}
	if n := bytes.IndexByte(line, '\t'); n > 0 {
		return errors.New("its lines have several columns, separated by tabs: write one path per line, or a .csv with a column path")
	}
	return nil
}
