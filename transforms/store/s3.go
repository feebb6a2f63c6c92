package store

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"net/http"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/ratelimit"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	awss3 "github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"
)

// s3 is Amazon S3 and stores that speak its protocol. Folders are prefixes that
// end in a slash.
//
// It asks the client that Beam's own filesystem is built on: that one lists a
// single level, names only, reads only from a file's start and does not go on
// after a lost connection.
type s3 struct{}

var s3Client clientOf[awss3.Client] // one for each endpoint

func s3Connect(ctx context.Context) (*awss3.Client, error) {
	endpoint := os.Getenv("AWS_ENDPOINT_URL") + " " + os.Getenv("AWS_ENDPOINT_URL_S3")
	return s3Client.get(ctx, endpoint, func(ctx context.Context) (*awss3.Client, error) {
		cfg, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			return nil, err
		}
		return newS3Client(cfg), nil
	})
}

// newS3Client makes a client whose requests are watched, and repeated where that
// may help. Stores other than Amazon's are addressed by path: few have a name in
// DNS for every bucket.
func newS3Client(cfg aws.Config) *awss3.Client {
	return awss3.NewFromConfig(cfg, func(o *awss3.Options) {
		if c, ok := o.HTTPClient.(*awshttp.BuildableClient); ok {
			o.HTTPClient = c.WithTransportOptions(keepConnections)
		}
		o.HTTPClient = watched{o.HTTPClient, stallLimit()}
		o.UsePathStyle = o.UsePathStyle || o.BaseEndpoint != nil && !strings.Contains(*o.BaseEndpoint, "amazonaws.com")
		o.Logger = logging.Nop{} // it would warn of every answer that is given up
		o.DisableLogOutputChecksumValidationSkipped = true
		o.Retryer = retry.NewStandard(func(r *retry.StandardOptions) {
			r.MaxAttempts, r.RateLimiter = attempts, ratelimit.None
			r.Retryables = append([]retry.IsErrorRetryable{retry.IsErrorRetryableFunc(func(err error) aws.Ternary {
				if transient(err) {
					return aws.TrueTernary
				}
				return aws.UnknownTernary
			})}, r.Retryables...)
			r.Backoff = retry.BackoffDelayerFunc(func(failed int, _ error) (time.Duration, error) { return pause(failed), nil })
		})
	})
}

// s3Object connects and splits a name that must be an object's.
func s3Object(ctx context.Context, op, name string) (c *awss3.Client, bucket, key string, err error) {
	bucket, key = splitBucket(name)
	if key == "" {
		return nil, "", "", newError(op, name, ErrIsFolder, "")
	}
	if c, err = s3Connect(ctx); err != nil {
		return nil, "", "", s3Error(op, name, err)
	}
	return c, bucket, key, nil
}

func (s3) stat(ctx context.Context, name string) (Object, error) {
	o, _, err := s3Head(ctx, "stat", name)
	return o, err
}

// s3Head returns an object and its entity tag.
func s3Head(ctx context.Context, op, name string) (Object, *string, error) {
	c, bucket, key, err := s3Object(ctx, op, name)
	if err != nil {
		return Object{}, nil, err
	}
	h, err := c.HeadObject(ctx, &awss3.HeadObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return Object{}, nil, s3Error(op, name, s3Why(ctx, c, bucket, key, err))
	}
	return Object{Name: name, Size: aws.ToInt64(h.ContentLength), ModTime: aws.ToTime(h.LastModified)}, h.ETag, nil
}

// s3Why returns the error of an answer to HEAD with the code that it has no room
// for: it asks for the first byte. Where that is given, or the store says no more,
// the error stays as it is.
func s3Why(ctx context.Context, c *awss3.Client, bucket, key string, err error) error {
	status := statusOf(err)
	if codeOf(err) != "" || status != http.StatusBadRequest && status != http.StatusUnauthorized && status != http.StatusForbidden {
		return err
	}
	out, why := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key, Range: aws.String("bytes=0-0")})
	if why == nil {
		out.Body.Close() // not read
		return err
	}
	if codeOf(why) == "" {
		return err
	}
	return why
}

func (s3) isFolder(ctx context.Context, name string) (bool, error) {
	c, err := s3Connect(ctx)
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
	c, bucket, key, err := s3Object(ctx, "open", name)
	if err != nil {
		return nil, 0, err
	}
	first, err := c.GetObject(ctx, &awss3.GetObjectInput{Bucket: &bucket, Key: &key})
	if err != nil {
		return nil, 0, s3Error("open", name, err)
	}
	if first.ContentLength == nil {
		first.Body.Close() // not read
		return nil, 0, newError("open", name, errors.New("the store does not say how long it is"), "")
	}
	r := s3Resumer(ctx, c, name, first.ETag)
	r.body, r.end = first.Body, *first.ContentLength
	return r, r.end, nil
}

// s3Resumer reads an object as long as it has an entity tag.
func s3Resumer(ctx context.Context, c *awss3.Client, name string, etag *string) *resumer {
	bucket, key := splitBucket(name)
	return &resumer{ctx: ctx, name: name, fail: s3Error, from: func(off, end int64) (io.ReadCloser, error) {
		out, err := c.GetObject(ctx, &awss3.GetObjectInput{
			Bucket: &bucket, Key: &key, IfMatch: etag, Range: aws.String(fmt.Sprintf("bytes=%d-%d", off, end-1)),
		})
		if err != nil {
			return nil, err
		}
		if got := aws.ToString(out.ContentRange); !strings.HasPrefix(got, fmt.Sprintf("bytes %d-", off)) {
			out.Body.Close() // not read
			return nil, fmt.Errorf("bytes from %d on were asked for, the store sends %q", off, got)
		}
		return out.Body, nil
	}}
}

func (s3) openAt(ctx context.Context, name string) (RandomReader, error) {
	o, etag, err := s3Head(ctx, "open", name)
	if err != nil {
		return nil, err
	}
	c, err := s3Connect(ctx)
	if err != nil {
		return nil, s3Error("open", name, err)
	}
	return &remoteRandom{size: o.Size, fresh: func() *resumer { return s3Resumer(ctx, c, name, etag) }}, nil
}

func (s3) remove(ctx context.Context, name string) error {
	c, bucket, key, err := s3Object(ctx, "remove", name)
	if err != nil {
		return err
	}
	if _, err := c.DeleteObject(ctx, &awss3.DeleteObjectInput{Bucket: &bucket, Key: &key}); err != nil {
		return s3Error("remove", name, err)
	}
	return nil
}

func (s s3) list(ctx context.Context, dir string, descend func(string) bool) iter.Seq2[Object, error] {
	in := &awss3.ListObjectsV2Input{}
	if descend == nil {
		in.Delimiter = aws.String("/")
	}
	return filesIn(dir, s.query(ctx, dir, in))
}

func (s s3) listAfter(ctx context.Context, dir, after string, page int) iter.Seq2[Object, error] {
	in := &awss3.ListObjectsV2Input{MaxKeys: aws.Int32(int32(page))}
	if after != "" {
		in.StartAfter = &after
	}
	return s.query(ctx, dir, in)
}

// query yields what the store lists below dir: objects, also those that stand
// for folders, and for each folder of a query with a delimiter an Object without
// a name.
func (s3) query(ctx context.Context, dir string, in *awss3.ListObjectsV2Input) iter.Seq2[Object, error] {
	return func(yield func(Object, error) bool) {
		c, err := s3Connect(ctx)
		if err != nil {
			yield(Object{}, s3Error("list", dir, err))
			return
		}
		bucket, prefix := folderPrefix(dir)
		in.Bucket, in.Prefix = &bucket, &prefix
		for pages := awss3.NewListObjectsV2Paginator(c, in); pages.HasMorePages(); {
			page, err := pages.NextPage(ctx)
			if err != nil {
				yield(Object{}, s3Error("list", dir, err))
				return
			}
			for range page.CommonPrefixes {
				if !yield(Object{}, nil) {
					return
				}
			}
			for _, o := range page.Contents {
				if !yield(Object{Name: "s3://" + bucket + "/" + *o.Key, Size: aws.ToInt64(o.Size), ModTime: aws.ToTime(o.LastModified)}, nil) {
					return
				}
			}
		}
	}
}

// errReplaced is the error of an object that changed between two requests.
var errReplaced = errors.New("replaced")

// s3Error explains an error of the client: what is missing or denied, and where
// credentials come from. Denied is one object only where the store says so, or does
// not say more.
func s3Error(op, name string, err error) error {
	bucket, _ := splitBucket(name)
	status, code := statusOf(err), codeOf(err)
	if e, ok := full(op, name, err); ok {
		return e
	}
	if e, ok := refused(s3Refusals, op, name, code, err); ok {
		return e
	}
	switch {
	case code == "NoSuchBucket":
		return newError(op, name, everyCause("there is no bucket "+bucket, fs.ErrNotExist, err), "create it or check its spelling")
	case status == http.StatusNotFound:
		return newError(op, name, &cause{"nothing is there", fs.ErrNotExist, err}, "check the spelling of bucket and path")
	case status == http.StatusPreconditionFailed:
		return newError(op, name, &cause{"it was replaced while it was read", errReplaced, err}, "start again when nothing writes there")
	case code == "InvalidObjectState":
		return newError(op, name, &cause{"it is archived (InvalidObjectState)", errArchived, err}, "restore it first")
	case status == http.StatusForbidden && (code == "" || code == "AccessDenied"):
		return newError(op, name, &cause{"permission denied", fs.ErrPermission, err}, "give your account access to bucket "+bucket)
	case status == http.StatusForbidden, status == http.StatusUnauthorized:
		return newError(op, name, everyCause(cmp.Or(code, "the store does not accept the credentials"), fs.ErrPermission, err),
			"see what 'aws sts get-caller-identity' says"+goesOn)
	case contains(err, "failed to retrieve credentials", "failed to refresh cached credentials", "get credentials"):
		return newError(op, name, everyCause("no credentials for S3", fs.ErrPermission, err),
			"run 'aws configure' or set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")
	case contains(err, "Invalid region", "Missing Region", "missing region", "resolve endpoint"):
		return newError(op, name, err, "set AWS_REGION")
	case status == http.StatusBadRequest && code == "":
		return newError(op, name, &everyError{err}, "the store does not say why: look at the credentials, which may have expired, and at AWS_REGION")
	}
	return newError(op, name, err, giveUpHint(err))
}
