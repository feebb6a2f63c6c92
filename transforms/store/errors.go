package store

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"

	"exemplar/transforms/run/redact"
)

// ErrIsFolder is the error of using a folder as a file.
var ErrIsFolder = errors.New("it is a folder")

// ErrTooLarge is the error of ReadFileLimit for a file over the limit.
var ErrTooLarge = errors.New("the file is too large")

// Error is a failed operation on a file: one line that names the file, what was
// wrong and, where it is known, what to do.
type Error struct {
	Op   string // "open", "read", "create", "write", "remove", "list", "stat", …
	Name string
	Err  error  // errors.Is finds fs.ErrNotExist, fs.ErrPermission and such below it
	Hint string // what to do; may be empty
}

// Error returns the line, without credentials: stores echo what they refuse.
func (e *Error) Error() string {
	msg := fmt.Sprintf("cannot %s %s: %s", e.Op, printable(redact.Name(e.Name)), oneLine(redact.Line(e.Err.Error())))
	if e.Hint != "" {
		msg += ": " + e.Hint
	}
	return msg
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// newError makes an *Error, unless err already is one or is nothing but the end
// of the context. A hint is chosen for what went wrong where none is given.
func newError(op, name string, err error, hint string) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	if hint == "" {
		hint = hintFor(op, name, err)
	}
	switch e := err.(type) { // their texts repeat operation and name
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	}
	return &Error{Op: op, Name: name, Err: err, Hint: hint}
}

// WriteHint says what a person can do about the error of writing a file by other
// means than this package; "" where that is not known or err says it already.
func WriteHint(name string, err error) string {
	if e := (*Error)(nil); errors.As(err, &e) && e.Hint != "" {
		return ""
	}
	return hintFor("write", name, err)
}

// hintFor says what a person can do about err.
func hintFor(op, name string, err error) string {
	writing := op == "create" || op == "write"
	switch {
	case errors.Is(err, syscall.ENOSPC) && !IsRemote(name) && noInodes(name):
		return "the disk has room but no inodes left for more files (see df -i): remove files there or choose another output folder"
	case errors.Is(err, syscall.ENOSPC):
		return "the disk is full: free some space or choose another output folder"
	case errors.Is(err, syscall.EDQUOT):
		return "your quota of this disk is used up, in bytes or in files (see quota -s): remove files there or choose another output folder"
	case errors.Is(err, syscall.EFBIG):
		return "this disk, or the limit on the size of files (see ulimit -f), allows no larger file: raise it or choose another output folder"
	case writing && overQuota(err):
		return fullHint
	case errors.Is(err, syscall.EROFS):
		return "choose an output folder on a disk that can be written"
	case errors.Is(err, syscall.EMFILE), errors.Is(err, syscall.ENFILE):
		return "raise the limit on open files (ulimit -n 1024)"
	case errors.Is(err, syscall.ENAMETOOLONG):
		return "use a shorter name"
	case errors.Is(err, fs.ErrPermission) && writing:
		return "check that you may write to this folder"
	case errors.Is(err, fs.ErrPermission):
		return "check that you may read it"
	case errors.Is(err, fs.ErrNotExist) && !writing:
		return "check the spelling of the path, and whether it was moved or removed"
	case errors.Is(err, syscall.ENOTDIR):
		return "a part of the path is a file where a folder is needed"
	case errors.Is(err, ErrIsFolder), errors.Is(err, syscall.EISDIR):
		return "give the name of a file"
	case errors.Is(err, context.DeadlineExceeded):
		return "the store did not answer in time; try again"
	}
	return ""
}

// fullHint is what to do where a store has no room.
const fullHint = "the store takes no more: free some space there or have its quota raised, then run the same command again"

// noInodes reports whether the disk of a local file, which may not be there, holds no
// more files although it has room for bytes.
func noInodes(name string) bool {
	for at := name; ; at = filepath.Dir(at) {
		if bytes, files := diskLeft(at); bytes >= 0 {
			return files == 0 && bytes > 0
		}
		if at == filepath.Dir(at) {
			return false
		}
	}
}

// overQuota reports whether an object store refused to take more, going by what it
// says: "QuotaExceeded", "quota exceeded", "StorageFull".
func overQuota(err error) bool {
	text := strings.ToLower(err.Error())
	return strings.Contains(text, "quota") && strings.Contains(text, "exceeded") || strings.Contains(text, "storagefull") ||
		strings.Contains(text, "insufficient storage")
}

// maxErrorText is how much of a store's own message is shown, in bytes.
const maxErrorText = 400

// oneLine puts a message of a store's client on one line.
func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxErrorText {
		s = strings.ToValidUTF8(s[:maxErrorText], "") + " …"
	}
	return s
}

// printable quotes a name that would break the line or hide something.
func printable(name string) string {
	if strings.HasSuffix(name, " ") || strings.ContainsFunc(name, func(r rune) bool { return !strconv.IsPrint(r) }) {
		return strconv.Quote(name)
	}
	return name
}
