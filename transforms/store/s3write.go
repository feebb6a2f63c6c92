package store

import (
	"bytes"
	"cmp"
	"context"
	"io/fs"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"exemplar/schemas/caught"
)

// A file larger than a part is uploaded in parts, some at once; each is kept
// until the store has it. The store takes 10,000 parts: 78 GiB.
const (
	s3Part    = 8 << 20
	s3AtOnce  = 2
	s3Discard = 10 * time.Second // for telling the store to forget an upload
	clockSkew = 5 * time.Minute  // between this machine and the store, at most
)

func (s3) create(ctx context.Context, name string, size int64) (Writer, error) {
	c, bucket, key, err := s3Object(ctx, "create", name)
	if err != nil {
		return nil, err
	}
	w := &s3Writer{name: name, client: c, bucket: bucket, key: key, began: time.Now()}
	w.ctx, w.cancel = context.WithCancel(ctx)
	w.group, w.sending = caught.NewTasks(w.ctx, s3AtOnce)
	if size >= 0 {
		w.part = make([]byte, 0, min(size, s3Part))
	}
	return w, nil
}

// s3Writer uploads an object, which appears when Commit succeeds.
type s3Writer struct {
	ctx         context.Context
	cancel      context.CancelFunc
	client      *awss3.Client
	name        string
	bucket, key string

	part    []byte  // not yet sent
	upload  *string // id, once there is more than a part
	number  int32   // of the last part sent
	group   *caught.Tasks
	sending context.Context // ends with the first part that cannot be sent
	sent    int64           // bytes of all parts
	began   time.Time
	mu      sync.Mutex
	parts   []types.CompletedPart // in no order

	done bool  // committed or aborted
	err  error // of the first failed Write
}

func (w *s3Writer) Write(p []byte) (int, error) {
	if w.done {
		return 0, newError("write", w.name, fs.ErrClosed, "")
	}
	if w.err != nil {
		return 0, w.err
	}
	n := 0
	for n < len(p) {
		if len(w.part) == s3Part {
			if w.err = w.send(); w.err != nil {
				return n, w.err
			}
		}
		k := min(len(p)-n, s3Part-len(w.part))
		w.part = append(w.part, p[n:n+k]...)
		n += k
	}
	return n, nil
}

// send hands the part over to be uploaded.
func (w *s3Writer) send() error {
	if err := w.sending.Err(); err != nil { // a part failed, or the context ended
		return newError("write", w.name, cmp.Or(w.group.Wait(), err), "")
	}
	if w.upload == nil {
		in := &awss3.CreateMultipartUploadInput{Bucket: &w.bucket, Key: &w.key, ContentType: aws.String(contentType)}
		if w.client.Options().RequestChecksumCalculation == aws.RequestChecksumCalculationWhenSupported {
			in.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32 // what the client sends with each part
		}
		out, err := w.client.CreateMultipartUpload(w.ctx, in)
		if err != nil {
			return s3Error("create", w.name, err)
		}
		w.upload = out.UploadId
	}
	w.number++
	number, part := w.number, w.part
	w.sent += int64(len(part))
	w.part = make([]byte, 0, s3Part)
	w.group.Go(func() error {
		out, err := w.client.UploadPart(w.sending, &awss3.UploadPartInput{
			Bucket: &w.bucket, Key: &w.key, UploadId: w.upload, PartNumber: &number, Body: bytes.NewReader(part),
		})
		if err != nil {
			return s3Error("write", w.name, err)
		}
		w.mu.Lock()
		defer w.mu.Unlock()
		w.parts = append(w.parts, types.CompletedPart{PartNumber: &number, ETag: out.ETag,
			ChecksumCRC32: out.ChecksumCRC32, ChecksumCRC32C: out.ChecksumCRC32C, ChecksumCRC64NVME: out.ChecksumCRC64NVME})
		return nil
	})
	return nil
}

func (w *s3Writer) Commit() error {
	if w.done {
		return newError("write", w.name, fs.ErrClosed, "")
	}
	if w.err == nil {
		w.err = w.publish()
	}
	if w.err != nil {
		w.Abort()
		return w.err
	}
	w.done = true
	w.cancel()
	return nil
}

// publish sends what is left and makes the object appear.
func (w *s3Writer) publish() error {
	if w.upload == nil {
		_, err := w.client.PutObject(w.ctx, &awss3.PutObjectInput{
			Bucket: &w.bucket, Key: &w.key, ContentType: aws.String(contentType), Body: bytes.NewReader(w.part),
		})
		if err != nil {
			return s3Error("write", w.name, err)
		}
		return nil
	}
	if err := w.send(); err != nil {
		return err
	}
	if err := w.group.Wait(); err != nil {
		return err
	}
	slices.SortFunc(w.parts, func(a, b types.CompletedPart) int { return int(*a.PartNumber - *b.PartNumber) })
	_, err := w.client.CompleteMultipartUpload(w.ctx, &awss3.CompleteMultipartUploadInput{
		Bucket: &w.bucket, Key: &w.key, UploadId: w.upload, MultipartUpload: &types.CompletedMultipartUpload{Parts: w.parts},
	})
	if err != nil && !w.published(err) {
		return s3Error("write", w.name, err)
	}
	w.upload = nil
	return nil
}

// published reports whether an upload that the store no longer knows was completed
// by a request whose answer was lost: the object is there, as long as what was
// sent, and new.
func (w *s3Writer) published(err error) bool {
	if !hasCode(err, "NoSuchUpload") {
		return false
	}
	o, serr := (s3{}).stat(w.ctx, w.name)
	return serr == nil && o.Size == w.sent && o.ModTime.After(w.began.Add(-clockSkew))
}

// Abort makes the store forget the upload.
func (w *s3Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	w.cancel()
	w.group.Wait() // its error is the cancellation, or was reported
	if w.upload == nil {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(w.ctx), s3Discard)
	defer cancel()
	// Best effort: a rule of the bucket's lifecycle removes what is left.
	w.client.AbortMultipartUpload(ctx, &awss3.AbortMultipartUploadInput{Bucket: &w.bucket, Key: &w.key, UploadId: w.upload})
}
