package lines

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// ErrNotText is what errors.Is finds in the error of a file that is no text in UTF-8.
var ErrNotText = errors.New("is not text in UTF-8")

func notTextf(format string, args ...any) error {
	return &marked{fmt.Sprintf(format, args...), ErrNotText}
}

// headed is how much of the beginning of a file is looked at, in bytes.
const headed = 64 << 10

// kinds are files that are taken for lists, by their first bytes.
var kinds = []struct{ start, what string }{
	{"PAR1", "a Parquet file: write it as CSV"},
	{"\x1f\x8b", "a gzip file: unpack it first"},
	{"PK\x03\x04", "a ZIP archive, as .npz, .xlsx and .keras files are"},
	{"\x93NUMPY", "a NumPy array"},
	{"\x89HDF", "an HDF5 file"},
	{"\x89PNG", "a PNG image"},
	{"\xff\xd8\xff", "a JPEG image"},
	{"II*\x00", "a TIFF image"},
	{"MM\x00*", "a TIFF image"},
	{"BZh", "a bzip2 file: unpack it first"},
	{"\x28\xb5\x2f\xfd", "a Zstandard file: unpack it first"},
	{"%PDF-", "a PDF document"},
}

// look says what is wrong with the beginning of a file that should be text. It
// shows none of its bytes.
func look(in *bufio.Reader) error {
	head, err := in.Peek(headed)
	short := err != nil
	for _, utf16 := range []string{"\xff\xfe", "\xfe\xff"} {
		if bytes.HasPrefix(head, []byte(utf16)) {
			return notTextf("it is text in UTF-16: save it as UTF-8 (in Excel: CSV UTF-8)")
		}
	}
	for _, k := range kinds {
		if bytes.HasPrefix(head, []byte(k.start)) {
			return notTextf("it is no text, but %s", k.what)
		}
	}
	if at := bytes.IndexByte(head, 0); at >= 0 {
		return notTextf("it is no text: byte %d is zero", at)
	}
	cr := bytes.IndexByte(head, '\r')
	if cr >= 0 && (cr < len(head)-1 || !short) && !bytes.Contains(head, []byte("\n")) {
		return notTextf("its lines end in carriage returns alone, as old Macintosh programs wrote them: save it with line feeds")
	}
	return nil
}

// badByte returns the first byte of a text that is not UTF-8.
func badByte(text string) byte {
	for len(text) > 0 {
		r, n := utf8.DecodeRuneInString(text)
		if r == utf8.RuneError && n == 1 {
			return text[0]
		}
		text = text[n:]
	}
	return 0
}

// OtherSeparator says that the first row of a table seems to be separated by
// something else than commas, as the end of a message; "" where it does not.
func OtherSeparator(row []string) string {
	text := strings.Join(row, ",")
	for _, s := range []struct{ sign, name string }{{"\t", "a tab"}, {";", `";"`}, {"|", `"|"`}} {
		if n := strings.Count(text, s.sign); n > 0 && n >= len(row) {
			return ": the separator seems to be " + s.name + ": save the table with commas"
		}
	}
	return ""
}
