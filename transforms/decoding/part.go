package decoding

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"io"
	"iter"
	"math"
	"runtime"

	"exemplar/model"
	"exemplar/schemas"
	"exemplar/transforms/data/imagefile"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
	"exemplar/transforms/run/seq"
	"exemplar/transforms/run/spill"
	"exemplar/transforms/store"
)

// job is the work on one part.
type job struct {
	*Options
	decoder *decoder
	names   namer
	ids     []string // that are decoded; nil for all
	column  string   // of images.csv, behind the others
	batch   int      // images
}

func (f *decodeFn) newJob(ctx context.Context) (*job, error) {
	o := &f.Options
	d, err := loadDecoder(ctx, o.Model, o.ModelSHA256)
	if err != nil {
		return nil, err
	}
	j := &job{Options: o, decoder: d, column: o.Parameters.Column(o.MSE), batch: batchSize(o.Image)}
	j.names.extension = schemas.DecodedExtension(o.Parameters.Format)
	if o.IDs != "" {
		if j.ids, err = sharedIDs(ctx, o.IDs, o.Parameters.IDs); err != nil {
			return nil, err
		}
	}
	return j, nil
}

// Images are decoded some at a time: as many as maxBatch, or fewer where they are large.
const (
	maxBatch   = 32
	batchBytes = 4 << 20
)

func batchSize(shape schemas.ImageShape) int {
	return max(1, min(maxBatch, batchBytes/(4*shape.Bytes())))
}

// buffers holds the memory for decoded numbers, which is what bounds the batches of the
// process that are computed or written at once. A buffer is nil until it is needed.
var buffers = func() chan []float32 {
	c := make(chan []float32, 2*runtime.GOMAXPROCS(0)+4)
	for range cap(c) {
		c <- nil
	}
	return c
}()

// decodePart decodes the vectors of a part on all cores, writes the images and, when they
// are there, the part's lines of images.csv.
func (f *decodeFn) decodePart(ctx context.Context, part Part) (schemas.DecodedPart, error) {
	result := schemas.DecodedPart{Fingerprint: part.Fingerprint, Part: part.Number}
	j, err := f.newJob(ctx)
	if err != nil {
		return result, err
	}
	if err := j.Shared.Read(ctx, func(in io.Reader) (err error) {
		j.names.shared, err = spill.Read[uint64](in)
		return err
	}); err != nil {
		return result, err
	}
	result.List.File = schemas.DecodedListName(part.Number, j.Folder.Parts)
	out, err := outdir.Create(ctx, j.Folder.File(result.List.File))
	if err != nil {
		return result, err
	}
	defer out.Abort()
	lines := csv.NewWriter(out)
	for done, err := range parallel.Map(ctx, j.batches(ctx, part), 2*runtime.GOMAXPROCS(0), j.write) {
		if err != nil {
			return result, err
		}
		if err := lines.WriteAll(done.lines); err != nil {
			return result, err
		}
		result.Images += int64(len(done.lines))
		result.Bytes += done.bytes
		result.Clipped += done.clipped
		result.Errors = append(result.Errors, done.rejected...)
		progress.Add(Step, int64(len(done.lines)+len(done.rejected)))
	}
	result.Vectors = result.Images + int64(len(result.Errors))
	if result.Vectors != part.Images {
		return result, fmt.Errorf("%s has %d of the %d images that it had when the job began: run the same command again", part.Name, result.Vectors, part.Images)
	}
	result.List.Bytes, result.List.SHA256, err = out.Commit()
	return result, err
}

// batches yields the vectors of a part, some at a time.
func (j *job) batches(ctx context.Context, part Part) iter.Seq2[[]vector, error] {
	return seq.From(func(yield func([]vector, error) bool) error {
		var batch []vector
		for v, err := range j.vectors(ctx, part) {
			if err != nil {
				return err
			}
			if batch = append(batch, v); len(batch) == j.batch {
				if !yield(batch, nil) {
					return nil
				}
				batch = nil
			}
		}
		if len(batch) > 0 {
			yield(batch, nil)
		}
		return nil
	})
}

// decoded is the result of a batch: lines of images.csv in the order of the vectors, and
// what was rejected.
type decoded struct {
	lines    [][]string
	rejected []schemas.ErrorRow
	bytes    int64
	clipped  int64
	files    [][]byte // of the lines
}

// write decodes a batch and writes its files.
func (j *job) write(ctx context.Context, batch []vector) (decoded, error) {
	done := j.decode(batch)
	for i, line := range done.lines {
		if err := store.WriteFile(ctx, j.Folder.File(line[1]), done.files[i]); err != nil {
			return done, err
		}
		done.bytes += int64(len(done.files[i]))
	}
	done.files = nil
	return done, nil
}

// decode makes the files of a batch on one of the process's computing slots.
func (j *job) decode(batch []vector) (done decoded) {
	x := <-buffers
	defer func() { buffers <- x }()
	parallel.Compute(func() {
		size := j.decoder.plan.Input().Values()
		if len(x) < len(batch)*size {
			x = make([]float32, j.batch*size)
		}
		r := j.decoder.runners.Take()
		defer j.decoder.runners.Give(r)
		z := make([]float32, 0, len(batch)*j.Dimension)
		for _, v := range batch {
			z = append(z, v.z...)
		}
		r.Decode(x[:len(batch)*size], z)
		pixels := make([]byte, j.Image.Bytes())
		for i, v := range batch {
			clipped, at := quantize(pixels, x[i*size:(i+1)*size], j.decoder.plan.Input())
			if at >= 0 {
				done.rejected = append(done.rejected, schemas.ErrorRow{Name: v.id, Stage: schemas.StageDecode, Reason: schemas.ReasonNotFinite,
					Detail: fmt.Sprintf("value %d of its decoded image is %v: the weights of the model are not usable for its latent vector", at, x[i*size+at])})
				continue
			}
			done.clipped += clipped
			file := j.file(pixels)
			done.files = append(done.files, file)
			done.lines = append(done.lines, j.line(v, file))
		}
	})
	return done
}

// file renders pixels.
func (j *job) file(pixels []byte) []byte {
	if j.Parameters.Format == schemas.DecodedPNG {
		return imagefile.PNG(j.Image, pixels)
	}
	return imagefile.Original(j.Image, pixels, j.decoder.described)
}

// line returns the line of an image in images.csv.
func (j *job) line(v vector, file []byte) []string {
	line := []string{v.id, v.name, fmt.Sprint(len(file)), outdir.SHA256(file)}
	if j.column != "" {
		line = append(line, v.last)
	}
	return line
}

// quantize writes decoded numbers, black 0 and white 1, as raw pixels, rounded and clipped.
// It returns how many were clipped, and the position of the first that is not finite, or
// -1.
func quantize(pixels []byte, x []float32, in model.Input) (clipped int64, at int) {
	full := float64(in.Full())
	for i, v := range x {
		p := math.Round(full * float64(v))
		switch {
		case math.IsNaN(p) || math.IsInf(p, 0):
			return 0, i
		case p < 0:
			p = 0
			clipped++
		case p > full:
			p = full
			clipped++
		}
		if in.Bits == 8 {
			pixels[i] = byte(p)
		} else {
			pixels[2*i], pixels[2*i+1] = byte(int(p)), byte(int(p)>>8)
		}
	}
	return clipped, -1
}

// header returns the first line of images.csv.
func header(column string) []byte {
	names := append([]string{}, schemas.DecodedColumns...)
	if column != "" {
		names = append(names, column)
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	_ = w.Write(names) // a buffer takes everything
	w.Flush()
	return b.Bytes()
}
