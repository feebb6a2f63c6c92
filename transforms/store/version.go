package store

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"strconv"
	"time"

	"cloud.google.com/go/storage"
	"github.com/aws/aws-sdk-go-v2/aws"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
)

// Version names one state of an object: its generation or entity tag. The zero
// Version is that of an object that is not there.
type Version string

// ErrChanged is the error of a conditional write to an object that is no longer, or
// not yet, of the version.
var ErrChanged = errors.New("it was changed by somebody else")

// versioned is a driver of a store with conditional writes.
type versioned interface {
	// version returns that of an object, the zero one where there is none.
	version(ctx context.Context, name string) (Version, error)
	// readVersion returns an object of at most limit bytes, when it was written by
	// the clock of the store, and its version.
	readVersion(ctx context.Context, name string, limit int64) (data []byte, written time.Time, v Version, err error)
	// writeVersion writes an object where it is of the version, and returns the new one.
	writeVersion(ctx context.Context, name string, data []byte, v Version) (Version, error)
	// removeVersion removes an object where it is of the version; S3 cannot ask.
	removeVersion(ctx context.Context, name string, v Version) error
}

// versionedOf returns the driver of an object; local files have none.
func versionedOf(op, name string) (versioned, error) {
	d, err := driverOf(op, name)
	if err != nil {
		return nil, err
	}
	if v, ok := d.(versioned); ok {
		return v, nil
	}
	return nil, newError(op, name, errors.New("local files have no versions"), "")
}

// ReadVersion returns an object of at most limit bytes, when it was last written by
// the clock of the store, and its version. A missing one is fs.ErrNotExist.
func ReadVersion(ctx context.Context, name string, limit int64) (data []byte, written time.Time, v Version, err error) {
	d, err := versionedOf("read", name)
	if err != nil {
		return nil, time.Time{}, "", err
	}
	return d.readVersion(ctx, name, limit)
}

// WriteVersion writes an object where it is of the version: the zero one writes only
// where there is none. Otherwise the error is ErrChanged. It returns the version
// that was written. Guards are not asked: it is what they are made of.
func WriteVersion(ctx context.Context, name string, data []byte, v Version) (Version, error) {
	d, err := versionedOf("write", name)
	if err != nil {
		return "", err
	}
	for failed := 1; ; failed++ {
		written, err := d.writeVersion(ctx, name, data, v)
		lost := transient(err)
		if err == nil || !lost && !errors.Is(err, ErrChanged) {
			return written, err
		}
		// The answer to a request that was carried out may have been lost, and the
		// request sent again, or not: a client does not know of an upload that ended.
		now, _, at, rerr := d.readVersion(ctx, name, int64(len(data)))
		if rerr == nil && bytes.Equal(now, data) {
			return at, nil
		}
		// A store that answers neither has been waited for twice.
		if !lost || transient(rerr) || failed == rewrites || sleep(ctx, failed) != nil {
			return written, err
		}
	}
}

// rewrites is how often a conditional write is begun; in each a client has its own
// attempts.
const rewrites = 3

// RemoveVersion removes an object of a version. Where the store takes no condition
// for that, it removes what is there: call it only while nobody else may write it.
func RemoveVersion(ctx context.Context, name string, v Version) error {
	d, err := versionedOf("remove", name)
	if err != nil {
		return err
	}
	return d.removeVersion(ctx, name, v)
}

// WriteNew writes a file that is not there yet. In object stores one that appeared
// meanwhile stays, and the error is ErrChanged; a local folder is kept by its lock,
// and the file is written as WriteFile does.
func WriteNew(ctx context.Context, name string, data []byte) error {
	if !IsRemote(name) {
		return WriteFile(ctx, name, data)
	}
	return writeOn(ctx, name, data, "")
}

// Replace writes a file over the version that is there, if any is: in object stores
// one that appears meanwhile stays, and the error is ErrChanged.
func Replace(ctx context.Context, name string, data []byte) error {
	if !IsRemote(name) {
		return WriteFile(ctx, name, data)
	}
	d, err := versionedOf("write", name)
	if err != nil {
		return err
	}
	v, err := d.version(ctx, name)
	if err != nil {
		return err
	}
	return writeOn(ctx, name, data, v)
}

// writeOn writes an object on a version of it where the guards allow it.
func writeOn(ctx context.Context, name string, data []byte, v Version) error {
	if err := allowed("write", name); err != nil {
		return err
	}
	_, err := WriteVersion(ctx, name, data, v)
	if err == nil {
		traffic.written.Add(int64(len(data)))
	}
	return err
}

// changed makes the error of a condition that does not hold.
func changed(op, name string, err error) error {
	return newError(op, name, &cause{ErrChanged.Error(), ErrChanged, err}, "see that no other run writes there, and run the same command again")
}

func (d gs) version(ctx context.Context, name string) (Version, error) {
	o, err := d.stat(ctx, name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return Version(strconv.FormatInt(o.Generation, 10)), err
}

func (s3) version(ctx context.Context, name string) (Version, error) {
	_, etag, err := s3Head(ctx, "stat", name)
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	return Version(aws.ToString(etag)), err
}

func (gs) readVersion(ctx context.Context, name string, limit int64) ([]byte, time.Time, Version, error) {
	h, err := gsObject(ctx, "read", name)
	if err != nil {
		return nil, time.Time{}, "", err
	}
	r, err := h.NewReader(ctx)
	if err != nil {
		return nil, time.Time{}, "", gsError("read", name, err)
	}
	defer r.Close() // only read
	data, err := readAll(r, -1, limit)
	if err != nil {
		return nil, time.Time{}, "", gsError("read", name, err)
	}
	return data, r.Attrs.LastModified, Version(strconv.FormatInt(r.Attrs.Generation, 10)), nil
}

// gsCondition is the one that an object is of a version.
func gsCondition(v Version) storage.Conditions {
	if v == "" {
		return storage.Conditions{DoesNotExist: true}
	}
	generation, _ := strconv.ParseInt(string(v), 10, 64) // as readVersion made it
	return storage.Conditions{GenerationMatch: generation}
}

func (gs) writeVersion(ctx context.Context, name string, data []byte, v Version) (Version, error) {
	h, err := gsObject(ctx, "write", name)
	if err != nil {
		return "", err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	tries := &budget{}
	w := h.If(gsCondition(v)).Retryer(storage.WithErrorFunc(tries.retry)).NewWriter(ctx)
	w.ContentType, w.ChunkSize = contentType, len(data)+1
	_, err = w.Write(data)
	err = cmp.Or(err, w.Close())
	switch {
	case statusOf(err) == http.StatusPreconditionFailed:
		return "", changed("write", name, err)
	case err != nil:
		return "", gsError("write", name, err)
	}
	return Version(strconv.FormatInt(w.Attrs().Generation, 10)), nil
}

func (gs) removeVersion(ctx context.Context, name string, v Version) error {
	h, err := gsObject(ctx, "remove", name)
	if err != nil {
		return err
	}
	err = h.If(gsCondition(v)).Delete(ctx)
	switch {
	case errors.Is(err, storage.ErrObjectNotExist):
		return nil
	case statusOf(err) == http.StatusPreconditionFailed:
		return changed("remove", name, err)
	case err != nil:
		return gsError("remove", name, err)
	}
	return nil
}

func (s3) readVersion(ctx context.Context, name string, limit int64) ([]byte, time.Time, Version, error) {
	c, bucket, key, err := s3Object(ctx, "read", name)
	if err != nil {
		return nil, time.Time{}, "", err
	}
	out, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, time.Time{}, "", s3Error("read", name, err)
	}
	defer out.Body.Close() // only read
	size := aws.ToInt64(out.ContentLength)
	if limit >= 0 && size > limit {
		return nil, time.Time{}, "", newError("read", name, fmt.Errorf("%w: %d bytes, at most %d are read", ErrTooLarge, size, limit), "")
	}
	data := make([]byte, size)
	if _, err := io.ReadFull(out.Body, data); err != nil {
		return nil, time.Time{}, "", s3Error("read", name, err)
	}
	return data, aws.ToTime(out.LastModified), Version(aws.ToString(out.ETag)), nil
}

func (s3) writeVersion(ctx context.Context, name string, data []byte, v Version) (Version, error) {
	c, bucket, key, err := s3Object(ctx, "write", name)
	if err != nil {
		return "", err
	}
	in := &awss3.PutObjectInput{Bucket: &bucket, Key: &key, ContentType: aws.String(contentType), Body: bytes.NewReader(data)}
	if v == "" {
		in.IfNoneMatch = aws.String("*")
	} else {
		in.IfMatch = aws.String(string(v))
	}
	out, err := c.PutObject(ctx, in)
	switch status := statusOf(err); {
	// 409 says that another conditional write is under way, 404 that the object of
	// the version is gone.
	case status == http.StatusPreconditionFailed, status == http.StatusConflict, v != "" && hasCode(err, "NoSuchKey"):
		return "", changed("write", name, err)
	case err != nil:
		return "", s3Error("write", name, err)
	}
	return Version(aws.ToString(out.ETag)), nil
}

func (d s3) removeVersion(ctx context.Context, name string, _ Version) error {
	return d.remove(ctx, name)
}
