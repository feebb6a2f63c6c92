package verifying

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"slices"
	"strconv"
	"strings"

	"github.com/zeebo/xxh3"
	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/data/images"
	"exemplar/transforms/data/lines"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/store"
)

// decodedCheck is the check of one folder of decoded images.
type decodedCheck struct {
	dir    string
	m      *schemas.DecodedManifest
	again  *decodedAgain
	report *Report
}

// checkDecoded checks a folder of decoded images: the hashes of its tables and of every
// image, names, shapes and counts, and, where latents and model are at hand, that the
// images are of these latents, and some or all of them bit for bit.
func checkDecoded(ctx context.Context, c Config, r *Report) error {
	m, data, ok, err := readJSON[schemas.DecodedManifest](ctx, c.Input, schemas.DecodedFile, r)
	if err != nil || !ok {
		return err
	}
	if seal, err := outdir.SealDecoded(m); err != nil || seal != m.SHA256 {
		r.problemf(schemas.DecodedFile, "without its line \"sha256\" it has the sha256 %.12s, that line says %.12s: it was changed since it was written", seal, m.SHA256)
	}
	d := &decodedCheck{dir: c.Input, m: &m, report: r}
	for _, f := range m.Files {
		if ok, err := checkFile(ctx, c.Input, f.File, f.Bytes, f.SHA256, schemas.DecodedFile, r); err != nil || !ok {
			return err
		}
	}
	rejected, err := readErrors(ctx, c.Input, schemas.ErrorsFile, m.ErrorsSHA256, schemas.DecodedFile, m.Rejected, r)
	if err != nil {
		return err
	}
	if d.again, err = newDecodedAgain(ctx, c, &m, data, r); err != nil {
		return err
	}
	names, err := d.checkTable(ctx, rejected)
	if err != nil {
		return err
	}
	slices.Sort(names)
	err = checkStrays(ctx, c.Input, schemas.DecodedCSV, func(name string) bool {
		_, listed := slices.BinarySearch(names, xxh3.HashString(name))
		return listed || !strings.HasPrefix(name, schemas.ImagesDir+"/")
	}, r, ".tif", ".png")
	if err != nil {
		return err
	}
	state, err := d.checkState(ctx)
	if err != nil {
		return err
	}
	if want := min(m.Images, 400); m.Shown != want {
		r.problemf(schemas.DecodedFile, "%d images shown on the contact sheet, want %d", m.Shown, want)
	}
	r.checkedf("%s of %s: each named for its vector, sha256, size and shape", words.Plural(m.Images, "decoded image", "decoded images"), m.Image)
	r.checkedf("%s = %s decoded + %s rejected, each rejected one named in %s", words.Plural(m.Vectors, "vector", "vectors"), progress.Count(m.Images), progress.Count(m.Rejected), schemas.ErrorsFile)
	d.again.summary(r)
	others := "code_version and images"
	if !state {
		others = "fingerprint, code_version, images and the number of clipped values"
	}
	r.uncheckedf("what the contact sheet shows, and what is told of the work: %s in %s, and %s", others, schemas.DecodedFile, schemas.RunFile)
	return nil
}

// decodedRow is a line of images.csv.
type decodedRow struct {
	line     int
	id, file string
	bytes    int64
	sha      string
	last     string
	want     *decodedVector // nil where it is not at hand
}

// checkTable checks images.csv against the images and the vectors, and returns the hashes
// of the names of its files.
func (d *decodedCheck) checkTable(ctx context.Context, rejected []schemas.ErrorRow) (names []uint64, err error) {
	meter := progress.Start(Step, d.m.Images, "images")
	defer meter.Stop()
	t := &decodedTable{decodedCheck: d}
	for _, row := range rejected {
		t.ids = append(t.ids, row.Name)
	}
	t.next, t.stop = iter.Pull2(d.again.vectors(ctx, rejected))
	defer t.stop()
	var n, size int64
	var alike []uint64
	for row, err := range parallel.Map(ctx, t.rows(ctx), 8, d.checkImage) {
		if err != nil {
			return nil, err
		}
		names, alike = append(names, xxh3.HashString(row.file)), append(alike, xxh3.HashString(folded(row.file)))
		n, size = n+1, size+row.bytes
		progress.Add(Step, 1)
	}
	if n != d.m.Images || size != d.m.Bytes {
		d.report.problemf(schemas.DecodedCSV, "%d images of %d bytes, %s says %d of %d", n, size, schemas.DecodedFile, d.m.Images, d.m.Bytes)
	}
	slices.Sort(alike)
	if len(slices.Compact(alike)) < len(names) {
		d.report.problemf(schemas.DecodedCSV, "two images have one file, on systems that tell no capitals, or no two ways of writing a letter, apart")
	}
	return names, t.end()
}

// folded returns a name as file systems that tell no capitals apart, and compose letters, see it.
func folded(name string) string {
	return norm.NFC.String(cases.Fold().String(norm.NFD.String(strings.ToLower(name))))
}

// decodedTable reads images.csv beside the vectors that its lines are of.
type decodedTable struct {
	*decodedCheck
	next func() (decodedVector, error, bool)
	stop func()
	ids  []string // of a list of ids
	lost bool     // which vectors the other lines are of cannot be told
}

// rows yields the lines of images.csv.
func (t *decodedTable) rows(ctx context.Context) iter.Seq2[decodedRow, error] {
	return seq.From(func(yield func(decodedRow, error) bool) error {
		in, err := store.Open(ctx, store.Join(t.dir, schemas.DecodedCSV))
		if err != nil {
			return err
		}
		defer in.Close() // only read
		table := lines.NewCSV(in)
		head, err := table.Read()
		if err != nil || !t.again.columns(head) {
			t.report.problemf(schemas.DecodedCSV, "its columns are %v, which are not those of mode %s", head, t.m.Parameters.Mode)
			return nil
		}
		for line := 2; ; line++ {
			fields, err := table.Read()
			if errors.Is(err, io.EOF) {
				return nil
			}
			if err != nil {
				t.report.problemf(schemas.DecodedCSV, "line %d: %v", line, err)
				return nil
			}
			row, err := t.row(line, fields)
			if err != nil {
				return err
			}
			if !yield(row, nil) {
				return nil
			}
		}
	})
}

// row reads a line.
func (t *decodedTable) row(line int, fields []string) (decodedRow, error) {
	row := decodedRow{line: line, id: fields[0], file: fields[1], sha: fields[3], last: strings.Join(fields[4:], "")}
	var err error
	if row.bytes, err = strconv.ParseInt(fields[2], 10, 64); err != nil || strconv.FormatInt(row.bytes, 10) != fields[2] {
		t.report.problemf(schemas.DecodedCSV, "line %d: %q is no number of bytes", line, fields[2])
	}
	if !namedForVector(row.file, row.id, schemas.DecodedExtension(t.m.Parameters.Format)) {
		t.report.problemf(schemas.DecodedCSV, "line %d: the file %q is not named for image %q", line, row.file, row.id)
	}
	if t.m.Parameters.IDs != "" {
		t.ids = append(t.ids, row.id)
	}
	row.want, err = t.match(&row)
	return row, err
}

// match returns the vector that a line is of; those that a list of ids leaves out are passed
// over.
func (t *decodedTable) match(row *decodedRow) (*decodedVector, error) {
	for !t.lost && t.again.known() {
		v, err, ok := t.next()
		switch {
		case err != nil:
			return nil, err
		case !ok:
			t.report.problemf(schemas.DecodedCSV, "line %d: image %q is none of the vectors, or not in their order", row.line, row.id)
			t.lost = true
		case v.id == row.id:
			if v.last != row.last {
				t.report.problemf(schemas.DecodedCSV, "line %d: the last column is %q, want %q", row.line, row.last, v.last)
			}
			return &v, nil
		case t.m.Parameters.IDs == "":
			t.report.problemf(schemas.DecodedCSV, "line %d is of image %q, the vectors have %q there", row.line, row.id, v.id)
			t.lost = true
		}
	}
	return nil, nil
}

// end checks that no vector is left, and the list of ids.
func (t *decodedTable) end() error {
	if t.m.Parameters.IDs != "" {
		slices.Sort(t.ids)
		if got := outdir.SHA256([]byte(strings.Join(append(t.ids, ""), "\n"))); got != t.m.Parameters.IDs {
			t.report.problemf(schemas.DecodedFile, "ids is %s, those of %s and %s give %s", t.m.Parameters.IDs, schemas.DecodedCSV, schemas.ErrorsFile, got)
		}
		return nil
	}
	if t.lost || !t.again.known() {
		return nil
	}
	v, err, more := t.next()
	if err == nil && more {
		t.report.problemf(schemas.DecodedCSV, "the vector %q is neither in it nor in %s", v.id, schemas.ErrorsFile)
	}
	return err
}

// namedForVector reports whether a file is named for an image: images/<name>.tif, with a
// hash of the id behind the name where others share it, or it means something else.
func namedForVector(file, id, extension string) bool {
	name, in := strings.CutPrefix(file, schemas.ImagesDir+"/")
	name, ends := strings.CutSuffix(name, extension)
	plain := imagefile.Safe(imagefile.Stem(id))
	hash := fmt.Sprintf("~%.16s", outdir.SHA256([]byte(id)))
	front, hashed := strings.CutSuffix(name, hash)
	return in && ends && (name == plain || hashed && strings.TrimPrefix(front, "image-") == strings.TrimPrefix(strings.TrimLeft(plain, "._"), "image-"))
}

// checkImage compares an image with its line, and with what the decoder makes of its
// vector.
func (d *decodedCheck) checkImage(ctx context.Context, row decodedRow) (decodedRow, error) {
	data, err := store.ReadFile(ctx, store.Join(d.dir, row.file))
	if errors.Is(err, fs.ErrNotExist) {
		d.report.problemf(row.file, "the file is missing")
		return row, nil
	}
	if err != nil {
		return row, err
	}
	if int64(len(data)) != row.bytes {
		d.report.problemf(row.file, "%d bytes, %s says %d", len(data), schemas.DecodedCSV, row.bytes)
	} else if got := outdir.SHA256(data); got != row.sha {
		d.report.problemf(row.file, "sha256 is %s, %s says %s", got, schemas.DecodedCSV, row.sha)
	}
	parallel.Compute(func() {
		im, err := images.Decode(row.file, data, images.Options{})
		switch {
		case err != nil:
			d.report.problemf(row.file, "cannot be decoded: %v", err)
		case im.Shape() != d.m.Image:
			d.report.problemf(row.file, "is a %s image, %s says %s", im.Shape(), schemas.DecodedFile, d.m.Image)
		case row.want != nil:
			d.again.compare(row.file, row.want, im.Pixels, d.report)
		}
	})
	row.want = nil
	return row, nil
}
