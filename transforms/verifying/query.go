package verifying

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"sync"

	"exemplar/model/npy"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/tables"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// queryCheck is the check of a query.
type queryCheck struct {
	m      schemas.QueryManifest
	dir    string
	report *Report
	vector []float32   // that was compared
	lists  []queryList // of each metric, or of each end
}

// queryList is the rows of one metric or end, in their order.
type queryList struct {
	name   string
	rows   []queryRow
	listed map[string]float64 // by image id

	mu      sync.Mutex
	seen    int    // of the rows, in the latents
	missing string // an image that belongs into the list, or ""
}

type queryRow struct {
	rank  int64
	id    string
	value float64
}

// checkQuery checks a query: the hashes of its files, that both tables say the same, and,
// where the latents are at hand, every distance and that no other image is nearer.
func checkQuery(ctx context.Context, c Config, r *Report) error {
	m, _, ok, err := readJSON[schemas.QueryManifest](ctx, c.Input, schemas.QueryFile, r)
	if err != nil || !ok {
		return err
	}
	q := &queryCheck{m: m, dir: c.Input, report: r}
	if seal, err := outdir.SealQuery(m); err != nil {
		return err
	} else if seal != m.SHA256 {
		r.problemf(schemas.QueryFile, "sha256 without its line \"sha256\" is %s, that line says %s", seal, m.SHA256)
	}
	if want, err := outdir.Fingerprint(schemas.QueryFormat, schemas.FingerprintVersion, m.Latents, m.Parameters, m.Query, m.Shards); err != nil {
		return err
	} else if want != m.Fingerprint {
		r.problemf(schemas.QueryFile, "fingerprint is %s, latents and parameters give %s", m.Fingerprint, want)
	}
	if ok, err := q.checkFiles(ctx); err != nil || !ok {
		return err
	}
	if err := q.readTables(ctx); err != nil || r.Total > 0 {
		return err
	}
	q.checkOrder()
	r.checkedf("%s of %s in %s: hashes, order and ranks", words.Plural(m.Found, "row", "rows"), words.Plural(len(q.lists), "list", "lists"), m.Files[0].File)
	if m.Sheet != nil {
		r.uncheckedf("what %s shows: the images on it are not drawn again", schemas.ContactSheet)
	}
	if m.Query != nil && m.Query.File != "" {
		r.uncheckedf("that %s is the vector of the file %q: the file is not at hand", schemas.QueryVector, m.Parameters.Image)
	}
	return q.checkLatents(ctx, c)
}

// checkFiles compares the files with the manifest.
func (q *queryCheck) checkFiles(ctx context.Context) (ok bool, err error) {
	listed, all := map[string]bool{}, true
	for _, f := range q.m.Files {
		listed[f.File] = true
		ok, err := checkFile(ctx, q.dir, f.File, f.Bytes, f.SHA256, schemas.QueryFile, q.report)
		if err != nil {
			return false, err
		}
		all = all && ok
	}
	return all, checkStrays(ctx, q.dir, schemas.QueryFile, func(name string) bool { return listed[name] }, q.report, ".csv", ".parquet", ".npy", ".png")
}

// readTables reads both tables, which must say the same, and the vector.
func (q *queryCheck) readTables(ctx context.Context) error {
	csvName, parquetName := q.m.Table()
	data, ok, err := readWhole(ctx, q.dir, parquetName, q.report)
	if err != nil || !ok {
		return err
	}
	lines, err := tables.Query(data, &q.m)
	if err != nil {
		q.report.problemf(parquetName, "%v", err)
		return nil
	}
	text, ok, err := readWhole(ctx, q.dir, csvName, q.report)
	if err != nil || !ok {
		return err
	}
	if again, err := csvOf(lines); err != nil || !bytes.Equal(text, again) {
		q.report.problemf(csvName, "does not say what %s says", parquetName)
	}
	if int64(len(lines)-1) != q.m.Found {
		q.report.problemf(schemas.QueryFile, "found is %d, %s has %d rows", q.m.Found, parquetName, len(lines)-1)
	}
	names := q.m.Parameters.Metrics
	if q.m.Query == nil {
		names = schemas.Ends
	}
	for _, name := range names {
		q.lists = append(q.lists, queryList{name: name, listed: map[string]float64{}})
	}
	at := 0
	for _, line := range lines[1:] {
		for at < len(names) && line[3] != names[at] {
			at++
		}
		rank, rerr := strconv.ParseInt(line[0], 10, 64)
		value, verr := strconv.ParseFloat(line[2], 64)
		if at == len(names) || rerr != nil || verr != nil {
			q.report.problemf(parquetName, "row %q is none of %s, in this order", line, strings.Join(names, ", "))
			return nil
		}
		q.lists[at].rows = append(q.lists[at].rows, queryRow{rank, line[1], value})
		q.lists[at].listed[line[1]] = value
	}
	return q.readVector(ctx)
}

func csvOf(lines [][]string) ([]byte, error) {
	var b bytes.Buffer
	err := csv.NewWriter(&b).WriteAll(lines)
	return b.Bytes(), err
}

// readVector reads the vector that was compared.
func (q *queryCheck) readVector(ctx context.Context) error {
	if q.m.Query == nil {
		return nil
	}
	data, ok, err := readWhole(ctx, q.dir, schemas.QueryVector, q.report)
	if err != nil || !ok {
		return err
	}
	head := npy.AppendHeader(nil, "<f4", fmt.Sprintf("(%d,)", q.m.Dimension))
	if !bytes.HasPrefix(data, head) || len(data) != len(head)+4*q.m.Dimension {
		q.report.problemf(schemas.QueryVector, "is no array of %d numbers of float32", q.m.Dimension)
		return nil
	}
	for data = data[len(head):]; len(data) > 0; data = data[4:] {
		q.vector = append(q.vector, math.Float32frombits(binary.LittleEndian.Uint32(data)))
	}
	return nil
}

// checkOrder checks ranks, and the order by number and then by image id.
func (q *queryCheck) checkOrder() {
	table, _ := q.m.Table()
	rows := q.m.Rows
	if q.m.Query != nil && q.m.Query.ImageID != "" {
		rows--
	}
	for i := range q.lists {
		l := &q.lists[i]
		if want := min(rows, int64(q.m.Parameters.Top)); int64(len(l.rows)) != want || len(l.listed) != len(l.rows) {
			q.report.problemf(table, "%s has %d rows of %d images, want %d", l.name, len(l.rows), len(l.listed), want)
		}
		for k, row := range l.rows {
			if row.rank != int64(k+1) {
				q.report.problemf(table, "%s: row %d has the rank %d", l.name, k+1, row.rank)
			}
			if k > 0 && l.compare(l.rows[k-1], row) >= 0 {
				q.report.problemf(table, "%s: rank %d (%q) does not come after rank %d (%q)", l.name, k+1, row.id, k, l.rows[k-1].id)
			}
			if q.m.Query != nil && row.id == q.m.Query.ImageID {
				q.report.problemf(table, "%s: %q is its own neighbor", l.name, row.id)
			}
		}
	}
}

// compare orders rows: the worst from the largest, all others from the smallest.
func (l *queryList) compare(a, b queryRow) int {
	order := cmp.Compare(a.value, b.value)
	if l.name == schemas.EndWorst {
		order = -order
	}
	return cmp.Or(order, strings.Compare(a.id, b.id))
}

// checkLatents measures all images again.
func (q *queryCheck) checkLatents(ctx context.Context, c Config) error {
	dir, err := latentsOf(ctx, c, "query", q.m.Latents)
	if err != nil {
		return err
	}
	if dir == "" {
		q.report.uncheckedf("distances, and that no other image is nearer: no folder latents/ beside %s; name it with Config.Latents", q.dir)
		return nil
	}
	m, data, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, store.Join(dir, schemas.LatentsFile))
	if err != nil {
		return err
	}
	if sum := outdir.SHA256(data); sum != q.m.Latents {
		q.report.problemf(schemas.QueryFile, "made from latents whose %s has sha256 %s, that in %s has %s: they were made again since, or changed", schemas.LatentsFile, q.m.Latents, dir, sum)
		return nil
	}
	if m.Spec.Dimension != q.m.Dimension || m.Spec.ModelSHA256 != q.m.ModelSHA256 || m.Rows != q.m.Rows {
		q.report.problemf(schemas.QueryFile, "says %d rows of %d dimensions by model %s, the latents are %d of %d by %s", q.m.Rows, q.m.Dimension, q.m.ModelSHA256, m.Rows, m.Spec.Dimension, m.Spec.ModelSHA256)
		return nil
	}
	err = forEach(ctx, len(m.Files), func(ctx context.Context, i int) error {
		f := m.Files[i]
		if ok, err := checkFile(ctx, dir, f.File, f.Bytes, f.SHA256, store.Join(dir, schemas.LatentsFile), q.report); err != nil || !ok || q.report.names(f.File) {
			return err
		}
		for b, err := range latents.Read(ctx, store.Join(dir, f.File), latents.IDs|latents.Embedding|latents.SHA|latents.MSE) {
			if err != nil {
				return err
			}
			for k := range b.N {
				q.row(b, k)
			}
		}
		return nil
	})
	if err == nil && !slices.ContainsFunc(m.Files, func(f schemas.LatentsInfo) bool { return q.report.names(f.File) }) {
		q.checkSeen()
	}
	return err
}

// row holds an image of the latents against the tables.
func (q *queryCheck) row(b *latents.Batch, k int) {
	d := q.m.Dimension
	x := b.Embedding[k*d : (k+1)*d]
	id := b.ImageID[k]
	if q.m.Query != nil && id == q.m.Query.ImageID {
		if !slices.Equal(x, q.vector) {
			q.report.problemf(schemas.QueryVector, "is not the vector that %q has in the latents", id)
		}
		if b.SHA256[k] != q.m.Query.Pixels {
			q.report.problemf(schemas.QueryFile, "pixels_sha256 is %q, the latents say %q of %q", q.m.Query.Pixels, b.SHA256[k], id)
		}
		return
	}
	table, _ := q.m.Table()
	for i := range q.lists {
		l := &q.lists[i]
		value, tolerance := float64(b.MSE[k]), 0.0
		if q.m.Query != nil {
			value = queryDistance(l.name, x, q.vector)
			tolerance = 1e-9 * (1 + value)
		}
		says, listed := l.listed[id]
		if q.m.Query == nil {
			value = shortest(b.MSE[k])
		}
		switch {
		case listed && !(math.Abs(says-value) <= tolerance):
			q.report.problemf(table, "%s: %q has %v, the latents give %v", l.name, id, says, value)
		case !listed && len(l.rows) > 0 && l.before(queryRow{id: strings.Clone(id), value: value}, tolerance):
			l.miss(id)
		}
		if listed {
			l.mu.Lock()
			l.seen++
			l.mu.Unlock()
		}
	}
}

// before reports whether an image comes before the last of the list, by more than a
// tolerance.
func (l *queryList) before(row queryRow, tolerance float64) bool {
	last := l.rows[len(l.rows)-1]
	if tolerance > 0 {
		return row.value < last.value-tolerance
	}
	return l.compare(row, last) < 0
}

// miss notes an image that is not in the list and should be: the first by id.
func (l *queryList) miss(id string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.missing == "" || id < l.missing {
		l.missing = strings.Clone(id)
	}
}

// checkSeen tells what the pass over the latents has found.
func (q *queryCheck) checkSeen() {
	table, _ := q.m.Table()
	for i := range q.lists {
		l := &q.lists[i]
		if l.missing != "" {
			q.report.problemf(table, "%s: %q is not there, and comes before the last that is", l.name, l.missing)
		}
		if l.seen != len(l.rows) {
			q.report.problemf(table, "%s: %d of its %d images are in the latents", l.name, l.seen, len(l.rows))
		}
	}
	what := "every distance, and that no other image is nearer, measured again"
	if q.m.Query == nil {
		what = "every error, and that no other image is farther out, by the latents"
	}
	q.report.checkedf("%s: %s", words.Plural(q.m.Rows, "image", "images"), what)
}

// shortest is a float32 as the CSV file has it.
func shortest(v float32) float64 {
	f, _ := strconv.ParseFloat(strconv.FormatFloat(float64(v), 'g', -1, 32), 64)
	return f
}

// queryDistance measures in the plainest way.
func queryDistance(metric string, a, b []float32) float64 {
	var squares, dot, aa, bb float64
	for i := range a {
		x, y := float64(a[i]), float64(b[i])
		squares += (x - y) * (x - y)
		dot, aa, bb = dot+x*y, aa+x*x, bb+y*y
	}
	switch {
	case metric == schemas.MetricEuclidean:
		return math.Sqrt(squares)
	case aa == 0 || bb == 0:
		return 1
	}
	return 1 - dot/math.Sqrt(aa)/math.Sqrt(bb)
}
