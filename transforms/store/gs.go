package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"

	"cloud.google.com/go/storage"
	"github.com/googleapis/gax-go/v2"
	"google.golang.org/api/iterator"
	"google.golang.org/api/option"
	htransport "google.golang.org/api/transport/http"
)

// gs is Google Cloud Storage. Folders are prefixes that end in a slash.
//
// Object names go through the client's own API (JSON), which escapes them as a
// single path segment, so that any name survives.
type gs struct{}

var gsClient clientOf[storage.Client] // for an emulator, one for each

func gsConnect(ctx context.Context) (*storage.Client, error) {
	emulator := os.Getenv("STORAGE_EMULATOR_HOST")
	return gsClient.get(ctx, emulator, func(ctx context.Context) (*storage.Client, error) {
		return newGSClient(ctx, transport(), emulator != "")
	})
}

// newGSClient makes a client whose requests are watched, and repeated where that
// may help: a file's content follows from its name, and removing twice is removing.
func newGSClient(ctx context.Context, base http.RoundTripper, emulator bool) (*storage.Client, error) {
	rt := http.RoundTripper(watched{roundTripper{base}, stallLimit()})
	if !emulator {
		var err error
		if rt, err = htransport.NewTransport(ctx, rt, option.WithScopes(storage.ScopeFullControl)); err != nil {
			return nil, err
		}
	}
	c, err := storage.NewClient(ctx, option.WithHTTPClient(&http.Client{Transport: rt}),
		storage.WithJSONReads(), storage.WithDisabledClientMetrics())
	if err != nil {
		return nil, err
	}
	c.SetRetry(storage.WithPolicy(storage.RetryAlways), storage.WithMaxAttempts(attempts),
		storage.WithErrorFunc(transient), storage.WithBackoff(gax.Backoff{Initial: firstPause, Max: longestPause, Multiplier: 2}))
	return c, nil
}

// gsObject returns the handle of the object that name means.
func gsObject(ctx context.Context, op, name string) (*storage.ObjectHandle, error) {
	bucket, object := splitBucket(name)
	if object == "" {
		return nil, newError(op, name, ErrIsFolder, "")
	}
	c, err := gsConnect(ctx)
	if err != nil {
		return nil, gsError(op, name, err)
	}
	return c.Bucket(bucket).Object(object), nil
}

func (gs) stat(ctx context.Context, name string) (Object, error) {
	h, err := gsObject(ctx, "stat", name)
	if err != nil {
		return Object{}, err
	}
	attrs, err := h.Attrs(ctx)
	if err != nil {
		return Object{}, gsError("stat", name, err)
	}
	return Object{Name: name, Size: attrs.Size, ModTime: attrs.Updated, Generation: attrs.Generation}, nil
}

func (gs) isFolder(ctx context.Context, name string) (bool, error) {
	c, err := gsConnect(ctx)
	if err != nil {
		return false, gsError("open folder", name, err)
	}
	bucket, prefix := folderPrefix(name)
	it := c.Bucket(bucket).Objects(ctx, &storage.Query{Prefix: prefix})
	it.PageInfo().MaxSize = 1
	switch _, err := it.Next(); {
	case errors.Is(err, iterator.Done):
		return prefix == "", nil // a bucket is a folder even if empty
	case err != nil:
		return false, gsError("open folder", name, err)
	}
	return true, nil
}

func (gs) open(ctx context.Context, name string) (io.ReadCloser, int64, error) {
	h, err := gsObject(ctx, "open", name)
	if err != nil {
		return nil, 0, err
	}
	first, err := h.NewReader(ctx)
	if err != nil {
		return nil, 0, gsError("open", name, err)
	}
	a := first.Attrs
	if a.Decompressed || a.Size < 0 { // stored with Content-Encoding: gzip
		return &gsReader{first, name}, -1, nil
	}
	r := gsResumer(ctx, h.Generation(a.Generation), name)
	r.body, r.end = first, a.Size
	if a.CRC32C != 0 {
		r.want = &a.CRC32C
	}
	return r, a.Size, nil
}

// gsResumer reads one generation of an object.
func gsResumer(ctx context.Context, h *storage.ObjectHandle, name string) *resumer {
	return &resumer{ctx: ctx, name: name, fail: gsError, from: func(off, end int64) (io.ReadCloser, error) {
		return h.NewRangeReader(ctx, off, end-off)
	}}
}

// gsReader reads an object that the store unpacks, from its start; its errors
// name it.
type gsReader struct {
	r    *storage.Reader
	name string
}

func (r *gsReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	if err != nil && err != io.EOF {
		err = gsError("read", r.name, err)
	}
	return n, err
}

func (r *gsReader) Close() error { return r.r.Close() }

func (gs) openAt(ctx context.Context, name string) (RandomReader, error) {
	h, err := gsObject(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	attrs, err := h.Attrs(ctx)
	if err != nil {
		return nil, gsError("open", name, err)
	}
	if attrs.ContentEncoding == "gzip" {
		return nil, newError("open", name, errors.New("it is stored with Content-Encoding: gzip, which allows no range reads"),
			"upload it again without gsutil's -z or -Z")
	}
	h = h.Generation(attrs.Generation)
	return &remoteRandom{size: attrs.Size, fresh: func() *resumer { return gsResumer(ctx, h, name) }}, nil
}

func (gs) remove(ctx context.Context, name string) error {
	h, err := gsObject(ctx, "remove", name)
	if err != nil {
		return err
	}
	if err := h.Delete(ctx); err != nil {
		return gsError("remove", name, err)
	}
	return nil
}

// list asks for all objects below the prefix, or with a delimiter for those of
// the folder alone; the client fetches page after page.
func (g gs) list(ctx context.Context, dir string, descend func(string) bool) iter.Seq2[Object, error] {
	q := &storage.Query{}
	if descend == nil {
		q.Delimiter = "/"
	}
	return filesIn(dir, g.query(ctx, dir, q, 0))
}

func (g gs) listAfter(ctx context.Context, dir, after string, page int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		if after != "" {
			page++ // the store sends the key itself too
		}
		_, prefix := folderPrefix(dir)
		for o, err := range g.query(ctx, dir, &storage.Query{StartOffset: max(after, prefix)}, page) {
			if (err != nil || keyOf(o) != after) && !yield(o, err) {
				return
			}
		}
	}
}

// query yields what the store lists below dir: objects, also those that stand
// for folders, and for each folder of a query with a delimiter an Object without
// a name.
func (gs) query(ctx context.Context, dir string, q *storage.Query, page int) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		c, err := gsConnect(ctx)
		if err == nil {
			err = q.SetAttrSelection([]string{"Name", "Size", "Updated", "Generation"})
		}
		if err != nil {
			yield(Object{}, gsError("list", dir, err))
			return
		}
		var bucket string
		bucket, q.Prefix = folderPrefix(dir)
		it := c.Bucket(bucket).Objects(ctx, q)
		it.PageInfo().MaxSize = page
		for {
			attrs, err := it.Next()
			switch {
			case errors.Is(err, iterator.Done):
				return
			case err != nil:
				yield(Object{}, gsError("list", dir, err))
				return
			}
			o := Object{}
			if attrs.Prefix == "" {
				o = Object{"gs://" + bucket + "/" + attrs.Name, attrs.Size, attrs.Updated, attrs.Generation}
			}
			if !yield(o, nil) {
				return
			}
		}
	}
}

// gsError explains an error of the client: what is missing or denied, and where
// credentials come from. Denied is one object only where the reason is "forbidden",
// or none is given.
func gsError(op, name string, err error) error {
	bucket, _ := splitBucket(name)
	api, code := gsAnswer(err), 0
	if api != nil {
		code = api.Code
	}
	if e, ok := full(op, name, err); ok {
		return e
	}
	reason := reasonOf(err)
	if e, ok := refused(gsRefusals, op, name, reason, err); ok {
		return e
	}
	switch {
	case errors.Is(err, storage.ErrBucketNotExist),
		code == http.StatusNotFound && (op == "create" || op == "write"):
		return newError(op, name, everyCause("there is no bucket "+bucket, fs.ErrNotExist, err),
			"create it or check its spelling")
	case errors.Is(err, storage.ErrObjectNotExist), code == http.StatusNotFound:
		return newError(op, name, &cause{"nothing is there", fs.ErrNotExist, err},
			"check the spelling of bucket and path")
	case code == http.StatusForbidden && (reason == "" || reason == "forbidden"):
		return newError(op, name, &cause{strings.TrimSuffix("permission denied: "+api.Message, ": "), fs.ErrPermission, err},
			"give your account access to bucket "+bucket)
	case code == http.StatusUnauthorized, code == http.StatusForbidden:
		return newError(op, name, everyCause(reason+": "+api.Message, fs.ErrPermission, err), "see what 'gcloud auth list' says"+goesOn)
	case contains(err, "could not find default credentials"):
		return newError(op, name, everyCause("no credentials for Google Cloud", fs.ErrPermission, err),
			"run 'gcloud auth application-default login' or set GOOGLE_APPLICATION_CREDENTIALS")
	case contains(err, "cannot fetch token", "invalid_grant"):
		return newError(op, name, &everyError{err}, "run 'gcloud auth application-default login'"+goesOn)
	}
	return newError(op, name, err, giveUpHint(err))
}

// cause is an error of a store's client in plain words, with the general error
// it stands for.
type cause struct {
	text    string
	is, err error
}

func (c *cause) Error() string   { return c.text }
func (c *cause) Unwrap() []error { return []error{c.is, c.err} }
