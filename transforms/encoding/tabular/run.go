package tabular

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/data/variance"
	"exemplar/transforms/data/vectors"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/run/step"
)

// Result is what a run ended with.
type Result struct {
	Manifest *schemas.LatentsManifest
	Made     int   // parts that this run encoded; 0 says that nothing was to do
	Outside  int64 // numbers beyond the least and the largest of their column in training
	Numbers  int64 // of all rows
}

// Run encodes the table. On success the folder holds every file that _latents.json lists,
// and _latents.json, written last.
func Run(ctx context.Context, c Config) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output(), Step, func(ctx context.Context) (*plan, *work, error) { return makePlan(ctx, c) })
	if err != nil {
		return nil, err
	}
	r := &Result{Manifest: m, Made: made, Numbers: int64(len(p.table.Numbers))}
	for i := range p.table.Len() {
		for j, v := range p.table.Row(i) {
			if c := p.scale.Columns[j]; v < c.Least || v > c.Largest {
				r.Outside++
			}
		}
	}
	return r, nil
}

// account tells of a run in its journal.
func account(j *runlog.Step, m *schemas.LatentsManifest, made int) {
	j.Count("records", m.Records)
	j.Count("encoded", m.Rows)
	j.Count("rejected", m.Rejected)
	j.Count("files_made", int64(made))
	j.Count("files_resumed", int64(len(m.Files)-made))
}

// execute makes the missing parts, one after the other.
func (p *plan) execute(ctx context.Context, todo []part) error {
	total := int64(0)
	for _, s := range todo {
		total += int64(s.end - s.first)
	}
	meter := progress.Start(Step, total, "rows")
	defer meter.Stop()
	for _, s := range todo {
		if err := p.encode(ctx, s); err != nil {
			return err
		}
	}
	return nil
}

// encode writes the latents of a part, then its result.
func (p *plan) encode(ctx context.Context, s part) error {
	result := schemas.LatentsPart{Fingerprint: s.fingerprint, Shard: s.number, Records: int64(s.end - s.first),
		Info: schemas.LatentsInfo{File: schemas.LatentsName(s.number, len(p.parts)), Shard: p.Config.names()}}
	if s.number == 0 { // rows that are no vectors have no place among the others
		result.Errors = append(result.Errors, p.table.Rejected...)
		result.Records += int64(len(p.table.Rejected))
	}
	out, err := outdir.Create(ctx, p.folder.File(result.Info.File))
	if err != nil {
		return err
	}
	defer out.Abort()
	w, err := latents.NewWriter(out, p.spec)
	if err != nil {
		return err
	}
	sum := 0.0
	batches := seq.From(func(yield func(part, error) bool) error {
		for at := s.first; at < s.end; at += p.Batch {
			if !yield(part{first: at, end: min(s.end, at+p.Batch)}, ctx.Err()) {
				return nil
			}
		}
		return nil
	})
	for done, err := range parallel.Map(ctx, batches, 2*runtime.GOMAXPROCS(0), p.batch) {
		if err != nil {
			return err
		}
		for i := range done.rows {
			sum += float64(done.rows[i].MSE)
			if err := w.Write(&done.rows[i]); err != nil {
				return err
			}
		}
		result.Errors = append(result.Errors, done.rejected...)
		progress.Add(Step, int64(len(done.rows)+len(done.rejected)))
	}
	if err := w.Close(); err != nil {
		return err
	}
	result.Info.Rows, result.Info.Rejected = w.Rows(), int64(len(result.Errors))
	if p.Reconstruct {
		result.Reconstructed = &schemas.ErrorSums{Images: result.Info.Rows, MSE: sum}
	}
	if result.Info.Bytes, result.Info.SHA256, err = out.Commit(); err != nil {
		return err
	}
	return outdir.WriteJSON(ctx, p.folder.Part(s.number), result)
}

// encoded is the result of a batch: rows in their order, and what was rejected.
type encoded struct {
	rows     []schemas.Latent
	rejected []schemas.ErrorRow
}

// batch computes the latents of some rows on one of the process's computing slots.
func (p *plan) batch(_ context.Context, s part) (done encoded, err error) {
	parallel.Compute(func() {
		var at []int
		var rows [][]byte
		x := make([]float32, len(p.table.Columns))
		for i := s.first; i < s.end; i++ {
			p.scale.Scaled(x, p.table.Row(i))
			if j := slices.IndexFunc(x, latents.NotFinite); j >= 0 {
				done.reject(p.table, i, schemas.StageVector, schemas.ReasonBadVector,
					fmt.Sprintf("column %s holds %g, which scaled is no number of float32", p.table.Columns[j], p.table.Row(i)[j]))
				continue
			}
			at, rows = append(at, i), append(rows, model.AppendRow(nil, x))
		}
		r := p.runners.Take()
		defer p.runners.Give(r)
		d := p.spec.Dimension
		z, mse := make([]float32, len(at)*d), make([]float64, len(at))
		r.Encode(z, rows)
		if p.Reconstruct {
			r.MSE(mse, z, rows)
		}
		for k, i := range at {
			done.take(p, i, z[k*d:(k+1)*d], float32(mse[k]))
		}
	})
	return done, nil
}

// take takes the latent of a row, if it is finite.
func (e *encoded) take(p *plan, i int, z []float32, mse float32) {
	if j := slices.IndexFunc(z, latents.NotFinite); j >= 0 {
		e.reject(p.table, i, schemas.StageEncode, schemas.ReasonNotFinite,
			fmt.Sprintf("dimension %d of its latent vector is %v: the weights of the model are not usable for it", j, z[j]))
		return
	}
	if latents.NotFinite(mse) {
		e.reject(p.table, i, schemas.StageEncode, schemas.ReasonNotFinite,
			fmt.Sprintf("the squared error of its reconstruction is %v: the weights of the decoder are not usable for it", mse))
		return
	}
	t := p.table
	e.rows = append(e.rows, schemas.Latent{ImageID: t.IDs[i], Embedding: z, Record: t.Records[i], MSE: mse, HasMSE: p.Reconstruct,
		Label: t.Labels[i].Text, HasLabel: t.Labels[i].Has, Metadata: t.Texts[i]})
}

func (e *encoded) reject(t *vectors.Table, i int, stage, reason, detail string) {
	e.rejected = append(e.rejected, schemas.ErrorRow{Name: t.IDs[i], Stage: stage, Reason: reason, Detail: fmt.Sprintf("row %d: %s", t.Records[i], detail)})
}

// merge puts the results of all parts together and writes _errors.jsonl.
func (p *plan) merge(ctx context.Context, parts iter.Seq2[schemas.LatentsPart, error]) (*schemas.LatentsManifest, error) {
	m := &schemas.LatentsManifest{Format: p.spec.FileFormat(), CodeVersion: schemas.CodeVersion, Fingerprint: p.fingerprint,
		Shards: p.table.SHA256, Spec: p.spec, Trained: p.learned}
	var rejected []schemas.ErrorRow
	sum := 0.0
	for part, err := range parts {
		if err != nil {
			return nil, err
		}
		m.Records += part.Records
		m.Rows += part.Info.Rows
		m.Rejected += part.Info.Rejected
		m.Bytes += part.Info.Bytes
		m.Files = append(m.Files, part.Info)
		rejected = append(rejected, part.Errors...)
		if part.Reconstructed != nil {
			sum += part.Reconstructed.MSE
		}
	}
	if m.Rows == 0 {
		if len(rejected) == 0 {
			return nil, errors.New(p.Input + " holds no rows")
		}
		return nil, fmt.Errorf("none of the %s in %s could be encoded; the first: %s: %s", words.Plural(m.Records, "row", "rows"), p.Input, rejected[0].Name, rejected[0].Detail)
	}
	if p.Reconstruct {
		m.Reconstructed = p.compare(rejected, sum/float64(m.Rows))
	}
	if err := m.Validate(); err != nil {
		return nil, fmt.Errorf("the counts of %s do not add up (%w): please report this", p.Output, err)
	}
	var err error
	m.ErrorsSHA256, err = outdir.WriteErrors(ctx, p.folder.File(schemas.LatentsErrorsFile), rejected)
	return m, err
}

// compare compares the error of the reconstructions with that of the mean row.
func (p *plan) compare(rejected []schemas.ErrorRow, mse float64) *schemas.Learned {
	not := map[string]bool{}
	for _, row := range rejected {
		not[row.Name] = true
	}
	d := len(p.table.Columns)
	x, sums := make([]float32, d), variance.New(4*d, 32, 1)
	for i, id := range p.table.IDs {
		if !not[id] {
			p.scale.Scaled(x, p.table.Row(i))
			sums.Add(model.AppendRow(nil, x))
		}
	}
	n := float64(sums.Images())
	return &schemas.Learned{Images: sums.Images(), MSE: mse, MeanImage: sums.Within() / n, Gray: sums.Gray() / n}
}
