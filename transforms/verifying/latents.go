package verifying

import (
	"context"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/records"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/store"
)

// latentsCheck is the check of one folder of latents.
type latentsCheck struct {
	dir          string
	m            *schemas.LatentsManifest
	shards       *shardsFolder             // nil: without the shards
	errors       map[schemas.ErrorRow]bool // of _errors.jsonl
	rejected     map[string]bool           // names in it
	fingerprints []string                  // of each file; "" where it is not known
	matched      []int64                   // of each file, from its state; -1 where it is gone
	sums         []schemas.ErrorSums       // of each file
	saysSums     []*schemas.ErrorSums      // of each file, as its state says; nil where it does not
	hasState     []bool                    // of each file
	metadata     *namePattern
	again        *embeddings // encodes images again
	report       *Report
}

// checkLatents checks a folder of latents: the manifest's sums and fingerprint,
// each file's size, sha256 and footer, the order and values of every row, and
// where the shards are at hand that every row stands for its record: place,
// name, pixel hash and quality columns recomputed.
func checkLatents(ctx context.Context, c Config, r *Report) error {
	m, data, ok, err := readJSON[schemas.LatentsManifest](ctx, c.Input, schemas.LatentsFile, r)
	if err != nil || !ok {
		return err
	}
	l := &latentsCheck{dir: c.Input, m: &m, errors: map[schemas.ErrorRow]bool{}, rejected: map[string]bool{}, report: r,
		fingerprints: make([]string, len(m.Files)), matched: make([]int64, len(m.Files)),
		sums: make([]schemas.ErrorSums, len(m.Files)), saysSums: make([]*schemas.ErrorSums, len(m.Files)), hasState: make([]bool, len(m.Files))}
	if l.shards, err = openShards(ctx, c, &m, r); err != nil {
		return err
	}
	l.checkChannels()
	source, err := l.checkSource(ctx, c)
	if err != nil {
		return err
	}
	l.checkTrained(source)
	l.checkModelChannels(source)
	l.again = newEmbeddings(c.Embeddings, data, l, source)
	if err := l.setFingerprints(); err != nil {
		return err
	}
	if l.metadata, err = newNamePattern(&m); err != nil {
		r.problemf(schemas.LatentsFile, "metadata columns: %v", err)
	}
	rows, err := readErrors(ctx, c.Input, schemas.LatentsErrorsFile, m.ErrorsSHA256, schemas.LatentsFile, m.Rejected, r)
	if err != nil {
		return err
	}
	for _, row := range rows {
		l.errors[row], l.rejected[row.Name] = true, true
	}
	meter := progress.Start(Step, m.Rows, "rows")
	defer meter.Stop()
	err = forEach(ctx, len(m.Files), func(ctx context.Context, i int) error {
		if err := l.checkPart(ctx, i); err != nil {
			return err
		}
		return l.checkFile(ctx, i)
	})
	if err != nil {
		return err
	}
	names := map[string]bool{}
	for _, info := range m.Files {
		names[info.File] = true
	}
	err = checkStrays(ctx, c.Input, schemas.LatentsFile, func(name string) bool { return names[name] }, r, ".parquet")
	if err != nil {
		return err
	}
	return l.summary()
}

// summary checks what the files give together and says what was checked.
func (l *latentsCheck) summary() error {
	m, r := l.m, l.report
	matched := int64(0)
	for _, n := range l.matched {
		if n < 0 {
			matched = m.Matched
			break
		}
		matched += n
	}
	if matched != m.Matched || m.MetadataCSV == "" && m.Matched != 0 {
		r.problemf(schemas.LatentsFile, "%d images matched the metadata table, the files give %d", m.Matched, matched)
	}
	r.checkedf("%s with %s of %s: sizes, sha256, footers, row order, finite values",
		words.Plural(len(m.Files), "file of latents", "files of latents"), words.Plural(m.Rows, "row", "rows"), words.Plural(m.Spec.Dimension, "dimension", "dimensions"))
	l.checkErrors()
	l.again.summary(l)
	r.uncheckedf("what is told of the run: code_version in %s, %s", schemas.LatentsFile, schemas.LatentsRunFile)
	r.checkedf("%s records = %s rows + %s rejected, each rejected image named in %s",
		progress.Count(m.Records), progress.Count(m.Rows), progress.Count(m.Rejected), schemas.LatentsErrorsFile)
	switch {
	case m.Spec.Rows():
		r.uncheckedf("the rows against the table that they were made of: it is not read; exemplar encode with the same flags says that there is nothing to do where it is the same")
	case m.Spec.Source != "":
		what := "the rows"
		if len(m.Columns) > 0 {
			what += ", and the names of their columns,"
		}
		r.uncheckedf("%s against where they came from (%s): it is another program's", what, m.Spec.Source)
	case l.shards != nil:
		r.checkedf("every row against its record in %s: name, offset, sha256 of the pixels, quality columns, label", l.shards.dir)
	default:
		r.uncheckedf("the rows against their images: no folder shards/ beside %s; name it with Config.Shards", l.dir)
	}
	if l.shards != nil {
		return nil // their fingerprints were compared
	}
	if slices.Contains(l.fingerprints, "") {
		r.uncheckedf("the fingerprint of %s: it is one of the shards", schemas.LatentsFile)
		return nil
	}
	_, err := l.compareFingerprint()
	return err
}

// checkErrors compares what is said of the errors of the reconstructions with the
// rows and, where the shards are at hand, with the pixels.
func (l *latentsCheck) checkErrors() {
	says, r := l.m.Reconstructed, l.report
	if says == nil {
		if l.m.Spec.Reconstruct {
			r.uncheckedf("how the errors of the reconstructions compare with those of the mean image: %s does not say", schemas.LatentsFile)
		}
		return
	}
	for i, part := range l.saysSums {
		is := l.sums[i]
		if part != nil && l.shards == nil {
			is.Within, is.Mean, is.Gray = part.Within, part.Mean, part.Gray
		}
		if is.Images > 0 && l.hasState[i] && part == nil {
			part = new(schemas.ErrorSums)
		}
		if part != nil && *part != is {
			r.problemf(schemas.StateDir+"/"+schemas.PartName("latents", i, len(l.saysSums)), "its sums of the errors are %+v, the rows and the pixels give %+v", *part, is)
		}
	}
	is := schemas.JoinErrors(l.sums)
	if is == nil || says.Images != is.Images || says.MSE != is.MSE {
		r.problemf(schemas.LatentsFile, "the reconstructions are said to have %s, the rows give %s", errorsOf(says), errorsOf(is))
	}
	if l.shards != nil && is != nil && *says != *is {
		r.problemf(schemas.LatentsFile, "the errors of the mean image and of one gray value are said to be %v and %v, the pixels give %v and %v",
			says.MeanImage, says.Gray, is.MeanImage, is.Gray)
	}
}

// errorsOf writes what is compared with all its digits.
func errorsOf(l *schemas.Learned) string {
	if l == nil {
		return "no images"
	}
	return fmt.Sprintf("mean squared error %v, number of images %d", l.MSE, l.Images)
}

// compareFingerprint compares the manifest's fingerprint with that of the shards
// hash and the files' fingerprints.
func (l *latentsCheck) compareFingerprint() (ok bool, err error) {
	source := l.m.Shards
	if l.m.Spec.Foreign() {
		source = l.m.Spec.ModelSHA256
	}
	whole, err := outdir.Fingerprint(source, l.fingerprints)
	if err != nil || whole == l.m.Fingerprint {
		return true, err
	}
	l.report.problemf(schemas.LatentsFile, "fingerprint is %s, shards, model and parameters give %s", l.m.Fingerprint, whole)
	return false, nil
}

// setFingerprints recomputes the fingerprint of each file from its shard. Where
// they do not give the manifest's, they are left out: the state of every file
// would differ for the same cause.
func (l *latentsCheck) setFingerprints() error {
	if l.shards == nil {
		return nil
	}
	m := l.m
	for i, shard := range l.shards.manifest.Shards {
		fingerprint, err := outdir.Fingerprint(m.Spec.FileFormat(), schemas.FingerprintVersion, i, len(m.Files), shard.SHA256, m.Spec,
			m.ImageFeature, m.NameFeature, m.MetadataPattern, m.MetadataCSV)
		if err != nil {
			return err
		}
		l.fingerprints[i] = fingerprint
	}
	ok, err := l.compareFingerprint()
	if !ok {
		clear(l.fingerprints)
	}
	return err
}

// shardsFolder is the folder that the latents were made from.
type shardsFolder struct {
	dir      string
	manifest schemas.ShardsManifest
}

// openShards finds the shards of a latents folder. They are optional, but
// those of another collection are a problem.
func openShards(ctx context.Context, c Config, m *schemas.LatentsManifest, r *Report) (*shardsFolder, error) {
	if m.Spec.Source != "" {
		return nil, nil
	}
	dir, err := neighbor(ctx, c.Shards, c.Input, "shards", schemas.ShardsFile)
	if err != nil || dir == "" {
		return nil, err
	}
	manifest, data, err := outdir.ReadJSON[schemas.ShardsManifest](ctx, store.Join(dir, schemas.ShardsFile))
	if err != nil {
		return nil, err
	}
	if sum := outdir.SHA256(data); sum != m.Shards {
		r.problemf(schemas.LatentsFile, "made from shards whose %s has sha256 %s, that in %s has %s: they were made again since, or changed",
			schemas.ShardsFile, m.Shards, dir, sum)
		return nil, nil
	}
	if len(manifest.Shards) != len(m.Files) {
		r.problemf(schemas.LatentsFile, "%d files for %d shards", len(m.Files), len(manifest.Shards))
		return nil, nil
	}
	return &shardsFolder{dir, manifest}, nil
}

// checkPart checks what is left of the state of a file, and finds the
// fingerprint of the file.
func (l *latentsCheck) checkPart(ctx context.Context, i int) error {
	name, info := schemas.PartName("latents", i, len(l.m.Files)), l.m.Files[i]
	if l.shards != nil {
		shard := l.shards.manifest.Shards[i]
		if info.Shard != shard.File {
			l.report.problemf(schemas.LatentsFile, "%s stands for %s, %s says %s", info.File, info.Shard, schemas.ShardsFile, shard.File)
		}
		if got := info.Rows + info.Rejected; got != shard.Records {
			l.report.problemf(schemas.LatentsFile, "%s: %d rows and rejected images, %s has %d records", info.File, got, shard.File, shard.Records)
		}
	}
	l.matched[i] = -1
	part, ok, err := readState[schemas.LatentsPart](ctx, l.dir, name, l.report)
	if err != nil || !ok {
		return err
	}
	if l.fingerprints[i] == "" {
		l.fingerprints[i] = part.Fingerprint
	}
	l.matched[i], l.saysSums[i], l.hasState[i] = part.Matched, part.Reconstructed, true
	want := schemas.LatentsPart{Fingerprint: l.fingerprints[i], Shard: i, Info: info, Records: info.Rows + info.Rejected,
		Matched: part.Matched, Errors: part.Errors, Reconstructed: part.Reconstructed}
	file := schemas.StateDir + "/" + name
	if !reflect.DeepEqual(part, want) {
		l.report.problemf(file, "its counts, hash or fingerprint are not those of %s", schemas.LatentsFile)
	}
	for _, row := range part.Errors {
		if !l.errors[row] {
			l.report.problemf(file, "its rejected image %q is not as in %s", row.Name, schemas.LatentsErrorsFile)
		}
	}
	return nil
}

// checkFile reads one latents file from end to end, beside its shard.
func (l *latentsCheck) checkFile(ctx context.Context, i int) error {
	info, r := l.m.Files[i], l.report
	if ok, err := checkFile(ctx, l.dir, info.File, info.Bytes, info.SHA256, schemas.LatentsFile, r); err != nil || !ok {
		return err
	}
	in, err := store.OpenAt(ctx, store.Join(l.dir, info.File))
	if err != nil {
		return err
	}
	defer in.Close()
	f, err := latents.Open(in, in.Size(), info.File)
	if err != nil {
		r.problemf(info.File, "%s", withoutName(err, info.File))
		return nil
	}
	l.checkFooter(info, f)
	rows := rowCheck{latentsCheck: l, file: info.File, shard: int32(i), lastRecord: -1, lastOffset: -1}
	if l.shards != nil {
		name := l.shards.manifest.Shards[i].File
		source, err := records.Open(ctx, store.Join(l.shards.dir, name), records.Fields{Metadata: l.m.MetadataRecords})
		if err != nil {
			r.problemf(info.File, "its shard %s cannot be read: %v", name, err)
		} else {
			defer source.Close()
			rows.source = source
			if got, want := strings.Join(l.m.MetadataRecords, ","), l.shards.manifest.Parameters.ListMetadata; got != want {
				r.problemf(schemas.LatentsFile, "the columns of the records are %q, %s says %q", got, schemas.ShardsFile, want)
			}
			if got, want := l.m.Align, l.shards.manifest.Parameters.Align; got != want && i == 0 {
				r.problemf(schemas.LatentsFile, "align is %q, %s says %q", got, schemas.ShardsFile, want)
			}
			if rows.index, err = openIndex(ctx, l.shards.dir, l.shards.dir, &l.shards.manifest, i, r); err != nil {
				return err
			}
			if shape := l.shards.manifest.Image; l.m.Reconstructed != nil && shape.Validate() == nil {
				rows.pixels = variance.New(shape.Bytes(), shape.Bits, schemas.FullScale(l.m.Spec.ModelFullScale, shape.Bits))
			}
		}
	}
	for b, err := range f.Batches(latents.All) {
		if err != nil {
			r.problemf(info.File, "%s", withoutName(err, info.File))
			return nil
		}
		for k := range b.N {
			rows.check(b, k)
		}
		progress.Add(Step, int64(b.N))
	}
	rows.end()
	l.sums[i] = rows.sum
	if s := rows.pixels; s != nil {
		l.sums[i].Within, l.sums[i].Mean, l.sums[i].Gray = s.Within(), s.Mean(), s.Gray()
	}
	return nil
}

// checkFooter compares what a file says of itself with the manifest.
func (l *latentsCheck) checkFooter(info schemas.LatentsInfo, f *latents.File) {
	spec, want := f.Spec(), l.m.Spec
	spec.ModelFullScale = want.ModelFullScale // which footers tell as part of the preprocessing
	switch {
	case spec.ModelSHA256 != want.ModelSHA256:
		l.report.problemf(info.File, "made by model %s, %s says %s", spec.ModelSHA256, schemas.LatentsFile, want.ModelSHA256)
	case spec.Dimension != want.Dimension:
		l.report.problemf(info.File, "%d dimensions, %s says %d", spec.Dimension, schemas.LatentsFile, want.Dimension)
	case !reflect.DeepEqual(spec, want):
		l.report.problemf(info.File, "made as %+v, %s says %+v", spec, schemas.LatentsFile, want)
	}
	if f.Rows() != info.Rows {
		l.report.problemf(info.File, "%d rows, %s says %d", f.Rows(), schemas.LatentsFile, info.Rows)
	}
}

// withoutName drops the file name that the errors of its reader start with.
func withoutName(err error, file string) string {
	return strings.TrimPrefix(err.Error(), file+": ")
}

// namePattern recomputes the metadata columns that come from the file name.
type namePattern struct {
	pattern *regexp.Regexp
	columns map[int]int // by group of the pattern: position in the metadata
	records []int       // of the columns of the records: the same
}

var notInName = regexp.MustCompile(`[^A-Za-z0-9_]+`)

// newNamePattern compiles the metadata pattern of a manifest; nil without one.
// Its groups must be columns, and without a table there are no others.
func newNamePattern(m *schemas.LatentsManifest) (*namePattern, error) {
	p := &namePattern{columns: map[int]int{}}
	if m.MetadataPattern != "" {
		pattern, err := regexp.Compile(m.MetadataPattern)
		if err != nil {
			return nil, err
		}
		p.pattern = pattern
		for i, name := range pattern.SubexpNames() {
			if name == "" {
				continue
			}
			column := schemas.MetadataPrefix + strings.TrimPrefix(notInName.ReplaceAllString(name, "_"), schemas.MetadataPrefix)
			at := slices.Index(m.Spec.Metadata, column)
			if at < 0 {
				return nil, fmt.Errorf("there is no %s, a group of the pattern", column)
			}
			p.columns[i] = at
		}
	}
	for _, column := range m.MetadataRecords {
		at := slices.Index(m.Spec.Metadata, column)
		if at < 0 {
			return nil, fmt.Errorf("there is no %s, which the records of the shards have", column)
		}
		p.records = append(p.records, at)
	}
	if m.MetadataCSV == "" && m.Spec.Source == "" && len(m.Spec.Metadata) != len(p.columns)+len(p.records) {
		return nil, fmt.Errorf("%v, but the pattern has %d named groups, the records have %s, and there is no table", m.Spec.Metadata, len(p.columns), words.Plural(len(p.records), "column", "columns"))
	}
	return p, nil
}
