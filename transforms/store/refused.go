package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"slices"
	"strings"
	"sync"
	"syscall"

	"github.com/aws/smithy-go"
	"google.golang.org/api/googleapi"
)

// ErrEvery is below the errors that every file of a store meets alike: keys that
// fail or have expired, a wrong clock, a quota, a bucket that is gone. Such an error
// says nothing about the file that was asked for.
var ErrEvery = errors.New("this fails for every file")

// OfFile reports whether an error of reading is a property of the one file, which is
// missing, denied, too large or damaged, so that a run may go on without it. All
// else ends a run: a store that fails after all that is asked again, credentials
// that do not work any more, a process that may open no more files, a network
// folder that is gone, the end of the context.
//
// Denied objects of a bucket are properties of theirs as long as some others are
// not: see denials.
func OfFile(err error) bool {
	var failed *Error
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded), errors.Is(err, ErrEvery):
		return false
	case slices.ContainsFunc(ofProcess, func(e error) bool { return errors.Is(err, e) }):
		return false
	case errors.As(err, &failed) && IsRemote(failed.Name):
		return errors.Is(err, fs.ErrNotExist) || errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrTooLarge) ||
			errors.Is(err, ErrIsFolder) || errors.Is(err, errArchived)
	}
	return true
}

// ofProcess are errors of the system that have nothing to do with a file.
var ofProcess = []error{
	syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM, syscall.ENOBUFS,
	syscall.ENOTCONN, syscall.EHOSTDOWN, syscall.ETIMEDOUT, syscall.ENODEV, // a network folder that is gone
}

// A run goes on past denied objects, up to so many one after another in a bucket:
// fewer where none was ever read.
const (
	deniedFirst = 20
	deniedInRow = 100
)

// denials counts what was denied in each bucket since something was read there.
// A key whose rights are taken away looks like objects that are each denied: with
// the first 20 of a bucket denied, or 100 in a row, that is taken for the reason.
var denials struct {
	sync.Mutex
	buckets map[string]*denied
}

type denied struct {
	row  int
	some bool // an object was read
}

// judge keeps count of how asking for an object ended, and returns the error, which
// for one denied too many becomes that of the bucket.
func judge(name string, err error) error {
	if !IsRemote(name) || err != nil && (!errors.Is(err, fs.ErrPermission) || errors.Is(err, ErrEvery)) {
		return err
	}
	bucket, _ := splitBucket(name)
	scheme, _ := splitScheme(name)
	bucket = scheme + "://" + bucket
	denials.Lock()
	defer denials.Unlock()
	d := denials.buckets[bucket]
	if d == nil {
		if denials.buckets == nil {
			denials.buckets = map[string]*denied{}
		}
		d = &denied{}
		denials.buckets[bucket] = d
	}
	if err == nil {
		d.row, d.some = 0, true
		return nil
	}
	d.row++
	switch {
	case !d.some && d.row >= deniedFirst:
		err = fmt.Errorf("%w (and so were the %d objects of %s before it, all that were asked for)", err, d.row-1, bucket)
	case d.row >= deniedInRow:
		err = fmt.Errorf("%w (and so were the %d objects of %s before it, one after another)", err, d.row-1, bucket)
	default:
		return err
	}
	return &everyError{err}
}

// everyError is an error that is ErrEvery, in its own words.
type everyError struct{ error }

func (e *everyError) Unwrap() []error { return []error{e.error, ErrEvery} }

// refusal is how a store says that it does not serve: the code, or for gs:// the
// reason, in plain words with what to do. It is of every file.
type refusal struct {
	codes      []string
	text, hint string
}

const goesOn = ", then run the same command again: it goes on where it stopped"

// s3Refusals are the codes of S3 and its likes for other things than one object.
var s3Refusals = []refusal{
	{[]string{"InvalidAccessKeyId", "InvalidClientTokenId", "UnrecognizedClientException", "InvalidUserId"}, "the store does not know the access key",
		"check AWS_ACCESS_KEY_ID or run 'aws configure'" + goesOn},
	{[]string{"SignatureDoesNotMatch", "AuthorizationHeaderMalformed", "InvalidSecurity", "InvalidSignature", "IncompleteSignature", "MissingAuthenticationToken", "MissingSecurityHeader"},
		"the store does not accept the signature", "check AWS_SECRET_ACCESS_KEY and AWS_REGION" + goesOn},
	{[]string{"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "RequestExpired", "InvalidToken", "InvalidTokenId"}, "the credentials have expired or are no longer valid",
		"get new ones, with 'aws sso login' say" + goesOn},
	{[]string{"RequestTimeTooSkewed", "RequestInTheFuture"}, "the clock of this machine is wrong, says the store", "set it" + goesOn},
	{[]string{"AllAccessDisabled", "AccountProblem", "NotSignedUp", "OptInRequired", "InvalidPayer", "UnauthorizedAccess", "AccessPointNotOwnedByYou"},
		"the store serves nothing of this account or bucket any more", "ask whoever runs the bucket" + goesOn},
	{[]string{"PermanentRedirect", "MovedPermanently", "TemporaryRedirect", "IllegalLocationConstraintException"}, "the bucket is in another region", "set AWS_REGION to it" + goesOn},
	{[]string{"ServiceQuotaExceeded", "BandwidthLimitExceeded", "RequestLimitExceeded"}, "the store serves no more for now", "try again later" + goesOn},
}

// gsRefusals are the reasons of gs://; "forbidden" alone is of one object.
var gsRefusals = []refusal{
	{[]string{"authError", "required", "invalid_grant", "expired", "invalid_rapt", "unauthorized"}, "the store does not accept the credentials",
		"run 'gcloud auth application-default login'" + goesOn},
	{[]string{"insufficientPermissions", "ACCESS_TOKEN_SCOPE_INSUFFICIENT"}, "the credentials are not for Cloud Storage",
		"run 'gcloud auth application-default login', or give the machine the scope devstorage.read_write" + goesOn},
	{[]string{"accessNotConfigured", "SERVICE_DISABLED"}, "Cloud Storage is not switched on in this project", "enable storage.googleapis.com there" + goesOn},
	{[]string{"rateLimitExceeded", "userRateLimitExceeded", "dailyLimitExceeded", "quotaExceeded", "dailyLimitExceededUnreg", "RATE_LIMIT_EXCEEDED"}, "a quota of the store is used up",
		"wait or have it raised" + goesOn},
	{[]string{"accountDisabled", "billingNotEnabled", "projectAccountClosed", "userAccountClosed", "BILLING_DISABLED", "CONSUMER_SUSPENDED"}, "the project's billing is off", "switch it on" + goesOn},
	{[]string{"userProjectMissing", "userProjectInvalid", "countryBlocked", "sslRequired", "vpcServiceControls", "SECURITY_POLICY_VIOLATED"}, "the store serves no one from here", "see what it says" + goesOn},
}

// gsTexts are the same of answers without a reason, by what they say in lower case.
var gsTexts = []struct{ says, reason string }{
	{"invalid credentials", "authError"}, {"invalid authentication", "authError"}, {"login required", "required"},
	{"billing account", "accountDisabled"}, {"has not been used in project", "accessNotConfigured"},
	{"rate limit", "rateLimitExceeded"}, {"quota", "quotaExceeded"}, {"insufficient authentication scopes", "insufficientPermissions"},
	{"requester pays", "userProjectMissing"}, {"vpc service controls", "vpcServiceControls"},
}

// errArchived is the error of an object that has to be restored before it is read.
var errArchived = errors.New("archived")

// codeOf returns what S3 calls an error, "" where it does not say. An answer to
// HEAD has no body: its code is made of the status.
func codeOf(err error) string {
	var api smithy.APIError
	if !errors.As(err, &api) {
		return ""
	}
	switch code := api.ErrorCode(); code {
	case "BadRequest", "Forbidden", "Unauthorized", "UnknownError", "Unknown", "":
		return ""
	default:
		return code
	}
}

// gsAnswer returns what gs:// answered, nil for none. The client leaves what is in
// the answer to a read as it came.
func gsAnswer(err error) *googleapi.Error {
	var api, read *googleapi.Error
	if !errors.As(err, &api) || api.Message != "" || api.Body == "" {
		return api
	}
	if errors.As(googleapi.CheckResponseWithBody(&http.Response{StatusCode: api.Code}, []byte(api.Body)), &read) && read.Message != "" {
		return read
	}
	return &googleapi.Error{Code: api.Code, Message: strings.TrimSpace(api.Body), Body: api.Body}
}

// reasonOf returns the reason that gs:// gives for an error.
func reasonOf(err error) string {
	api := gsAnswer(err)
	if api == nil {
		return ""
	}
	for _, item := range api.Errors {
		if item.Reason != "" {
			return item.Reason
		}
	}
	text := strings.ToLower(api.Message)
	for _, t := range gsTexts {
		if strings.Contains(text, t.says) {
			return t.reason
		}
	}
	if api.Code == http.StatusUnauthorized {
		return "authError"
	}
	return ""
}

// refused returns the error of an operation that a store refuses by one of the
// codes; ok is false for others.
func refused(list []refusal, op, name, code string, err error) (_ error, ok bool) {
	for _, r := range list {
		if code != "" && slices.Contains(r.codes, code) {
			return newError(op, name, everyCause(fmt.Sprintf("%s (%s)", r.text, code), fs.ErrPermission, err), r.hint), true
		}
	}
	return nil, false
}

// full returns the error of a store that has no room left; ok is false for others.
func full(op, name string, err error) (_ error, ok bool) {
	writing := op == "create" || op == "write"
	switch {
	case statusOf(err) == http.StatusInsufficientStorage, writing && strings.Contains(strings.ToLower(err.Error()), "storagefull"):
		return newError(op, name, everyCause("the store is full", fs.ErrPermission, err), fullHint), true
	case writing && overQuota(err):
		return newError(op, name, everyCause("a quota of the store is used up", fs.ErrPermission, err), fullHint), true
	}
	return nil, false
}

// everyCause is a cause that is of every file.
func everyCause(text string, is, err error) *cause {
	return &cause{text, errors.Join(is, ErrEvery), err}
}
