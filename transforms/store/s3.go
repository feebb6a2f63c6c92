package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/url"
	"os"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	beams3 "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/s3"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// s3 is Amazon S3 and stores that speak its protocol.
//
// Files are read, written and removed through Beam's filesystem. That one lists
// a single level, names only, and reads only from a file's start; so listing
// and range reads ask the client that it is built on.
type s3 struct{}

// s3Client is what this process uses, made when it is first needed.
var s3Client struct {
	sync.Mutex
	beam     filesystem.Interface
	client   *awss3.Client
	endpoint string
}

func s3Connect(ctx context.Context) (filesystem.Interface, *awss3.Client, error) {
	s3Client.Lock()
	defer s3Client.Unlock()
	endpoint := os.Getenv("AWS_ENDPOINT_URL") + " " + os.Getenv("AWS_ENDPOINT_URL_S3")
	if s3Client.client != nil && s3Client.endpoint == endpoint {
		return s3Client.beam, s3Client.client, nil
	}
	ctx = context.WithoutCancel(ctx)
	cfg, err := config.LoadDefaultConfig(ctx) // Beam's loads the same, and panics where it cannot
	if err != nil {
		return nil, nil, err
	}
	s3Client.beam, s3Client.client, s3Client.endpoint = beams3.New(ctx), awss3.NewFromConfig(cfg), endpoint
	return s3Client.beam, s3Client.client, nil
}

// s3URI returns a name as Beam's filesystem takes it: it parses a URL, and
// would lose what follows a '#' or '?'.
func s3URI(name string) string {
	bucket, key := splitBucket(name)
	return "s3://" + bucket + "/" + url.PathEscape(key)
}

// s3Object connects and splits a name that must be an object's.
func s3Object(ctx context.Context, op, name string) (f filesystem.Interface, c *awss3.Client, bucket, key string, err error) {
	bucket, key = splitBucket(name)
	if key == "" {
		return nil, nil, "", "", newError(op, name, ErrIsFolder, "")
	}
	if f, c, err = s3Connect(ctx); err != nil {
		return nil, nil, "", "", s3Error(op, name, err)
	}
	return f, c, bucket, key, nil
}

func (s3) stat(ctx context.Context, name string) (Object, error) {
	o, _, err := s3Head(ctx, "stat", name)
	return o, err
}

// s3Head returns an object and its entity tag.
func s3Head(ctx context.Context, op, name string) (Object, *string, error) {
	_, c, bucket, key, err := s3Object(ctx, op, name)
	if err != nil {
		return Object{}, nil, err
	}
	h, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, nil, s3Error(op, name, err)
	}
	return Object{Name: name, Size: aws.ToInt64(h.ContentLength), ModTime: aws.ToTime(h.LastModified)}, h.ETag, nil
}

func (s3) isFolder(ctx context.Context, name string) (bool, error) {
	_, c, err := s3Connect(ctx)
	if err != nil {
		return false, s3Error("open folder", name, err)
	}
	bucket, prefix := folderPrefix(name)
	page, err := c.ListObjectsV2(ctx, &awss3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix, MaxKeys: aws.Int32(1)})
	if err != nil {
		return false, s3Error("open folder", name, err)
	}
	return prefix == "" || len(page.Contents) > 0, nil
}

func (s3) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	f, _, _, _, err := s3Object(ctx, "open", name)
	if err != nil {
		return nil, 0, err
	}
	r, err := f.OpenRead(ctx, s3URI(name))
	if err != nil {
		return nil, 0, s3Error("open", name, err)
	}
	return &s3Reader{r, name}, -1, nil
}

// s3Reader reads an object; its errors name it.
type s3Reader struct {
	io.ReadCloser
	name string
}

func (r *s3Reader) Read(p []byte) (int, error) {
	n, err := r.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = s3Error("read", r.name, err)
	}
	return n, err
}

func (s3) openAt(ctx context.Context, name string) (RandomReader, error) {
	o, etag, err := s3Head(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	return &s3Random{ctx, name, etag, o.Size}, nil
}

// s3Random reads ranges of an object, as long as it stays the same.
type s3Random struct {
	ctx  context.Context
	name string
	etag *string
	size int64
}

func (r *s3Random) Size() int64  { return r.size }
func (r *s3Random) Close() error { return nil }

func (r *s3Random) ReadAt(p []byte, off int64) (n int, err error) {
	want, err := clipRange(len(p), off, r.size)
	if want == 0 || off < 0 {
		return 0, err
	}
	_, c, bucket, key, rerr := s3Object(r.ctx, "read", r.name)
	if rerr != nil {
		return 0, rerr
	}
	out, rerr := c.GetObject(r.ctx, &awss3.GetObjectInput{
		Bucket: &bucket, Key: &key, IfMatch: r.etag,
		Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, off+int64(want)-1)),
	})
	if rerr != nil {
		return 0, s3Error("read", r.name, rerr)
	}
	n, rerr = io.ReadFull(out.Body, p[:want])
	if cerr := out.Body.Close(); rerr == nil {
		rerr = cerr
	}
	if rerr != nil {
		return n, s3Error("read", r.name, rerr)
	}
	return n, err
}

func (s3) create(ctx context.Context, name string, _ int64) (Writer, error) {
	f, _, _, _, err := s3Object(ctx, "create", name)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithCancel(ctx)
	w, err := f.OpenWrite(ctx, s3URI(name))
	if err != nil {
		cancel()
		return nil, s3Error("create", name, err)
	}
	return &s3Writer{w: w, cancel: cancel, name: name}, nil
}

// s3Writer uploads an object, which appears when Close succeeds.
type s3Writer struct {
	w       io.WriteCloser
	cancel  context.CancelFunc
	name    string
	started bool  // the upload runs
	done    bool  // committed or aborted
	err     error // of the first failed Write
}

func (w *s3Writer) Write(p []byte) (int, error) {
	if w.done {
		return 0, newError("write", w.name, fs.ErrClosed, "")
	}
	w.started = true
	n, err := w.w.Write(p)
	if err != nil && w.err == nil {
		w.err = s3Error("write", w.name, err)
	}
	return n, w.err
}

func (w *s3Writer) Commit() error {
	if w.done {
		return newError("write", w.name, fs.ErrClosed, "")
	}
	if w.err != nil {
		w.Abort()
		return w.err
	}
	w.done = true
	defer w.cancel()
	if err := w.w.Close(); err != nil {
		return s3Error("write", w.name, err)
	}
	return nil
}

// Abort cancels the upload. The upload waits for bytes, not for its context:
// closing ends the wait, and the request that would publish fails as cancelled.
func (w *s3Writer) Abort() {
	if w.done {
		return
	}
	w.done = true
	w.cancel()
	if w.started {
		w.w.Close() // the error is the cancellation
	}
}

func (s3) remove(ctx context.Context, name string) error {
	f, _, _, _, err := s3Object(ctx, "remove", name)
	if err != nil {
		return err
	}
	r, ok := f.(filesystem.Remover)
	if !ok {
		return newError("remove", name, errors.ErrUnsupported, "")
	}
	if err := r.Remove(ctx, s3URI(name)); err != nil {
		return s3Error("remove", name, err)
	}
	return nil
}

func (s3) list(ctx context.Context, dir string, descend func(string) bool) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		_, c, err := s3Connect(ctx)
		if err != nil {
			yield(Object{}, s3Error("list", dir, err))
			return
		}
		bucket, prefix := folderPrefix(dir)
		in := &awss3.ListObjectsV2Input{Bucket: &bucket, Prefix: &prefix}
		if descend == nil {
			in.Delimiter = aws.String("/")
		}
		found := prefix == ""
		for pages := awss3.NewListObjectsV2Paginator(c, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, s3Error("list", dir, err))
				return
			}
			found = found || len(page.Contents)+len(page.CommonPrefixes) > 0
			for _, o := range page.Contents {
				if strings.HasSuffix(*o.Key, "/") { // stands for a folder
					continue
				}
				if !yield(Object{Name: "s3://" + bucket + "/" + *o.Key, Size: aws.ToInt64(o.Size), ModTime: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
		if !found {
			yield(Object{}, newError("list", dir, &cause{"nothing is there", fs.ErrNotExist, fs.ErrNotExist}, "check the spelling of bucket and path"))
		}
	}
}

// s3Error explains an error of the client. Beam's filesystem passes on the text
// alone, so the text is what is looked at.
func s3Error(op, name string, err error) error {
	bucket, _ := splitBucket(name)
	text := err.Error()
	has := func(parts ...string) bool {
		for _, p := range parts {
			if strings.Contains(text, p) {
				return true
			}
		}
		return false
	}
	switch {
	case has("NoSuchBucket"):
		return newError(op, name, &cause{"there is no bucket " + bucket, fs.ErrNotExist, err}, "create it or check its spelling")
	case has("NoSuchKey", "StatusCode: 404"):
		return newError(op, name, &cause{"nothing is there", fs.ErrNotExist, err}, "check the spelling of bucket and path")
	case has("StatusCode: 403", "StatusCode: 401"):
		return newError(op, name, &cause{"permission denied", fs.ErrPermission, err}, "give your account access to bucket "+bucket)
	case has("failed to retrieve credentials", "failed to refresh cached credentials", "get credentials"):
		return newError(op, name, &cause{"no credentials for S3", fs.ErrPermission, err},
			"run 'aws configure' or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case has("Invalid region", "Missing Region", "missing region", "resolve endpoint"):
		return newError(op, name, err, "set AWS_REGION")
	}
	return newError(op, name, err, "")
}
