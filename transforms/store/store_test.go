package store

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestLocalErrorsAreOneLineAndNameTheFile(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	if err := WriteFile(ctx, file, []byte("x")); err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(dir, "no such\nfile")
	for _, c := range []struct {
		what string
		err  error
		is   error
		says string
	}{
		{"missing", errOf(ReadFile(ctx, missing)), fs.ErrNotExist, "check the spelling"},
		{"folder", errOf(ReadFile(ctx, dir)), ErrIsFolder, "give the name of a file"},
		{"stat folder", errOf(Stat(ctx, dir)), ErrIsFolder, "it is a folder"},
		{"create over folder", errOf(Create(ctx, dir)), ErrIsFolder, "it is a folder"},
		{"below a file", WriteFile(ctx, filepath.Join(file, "x"), nil), nil, "a file where a folder is needed"},
		{"too large", errOf(ReadFileLimit(ctx, file, 0)), ErrTooLarge, "1 bytes, at most 0"},
		{"empty name", errOf(Open(ctx, "")), nil, "the name is empty"},
		{"unknown scheme", errOf(Open(ctx, "hdfs://x/y")), nil, "hdfs:// is not a store"},
	} {
		if c.err == nil {
			t.Errorf("%s: no error", c.what)
			continue
		}
		msg := c.err.Error()
		if c.is != nil && !errors.Is(c.err, c.is) {
			t.Errorf("%s: %v is not %v", c.what, c.err, c.is)
		}
		if strings.Contains(msg, "\n") || !strings.Contains(msg, c.says) {
			t.Errorf("%s: %q should be one line with %q", c.what, msg, c.says)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }

func TestDiskFullIsSaid(t *testing.T) {
	// /dev/full takes no byte: written through the writer's own file.
	f, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skip("no /dev/full here: ", err)
	}
	w := &localWriter{name: "shard", f: f}
	_, err = w.Write([]byte("x"))
	if err == nil || !strings.Contains(err.Error(), "cannot write shard") || !strings.Contains(err.Error(), "the disk is full") {
		t.Errorf("got %v", err)
	}
	if cerr := f.Close(); cerr != nil {
		t.Fatal(cerr)
	}
}

// TestDevicesAreNotRead: a device may have no end.
func TestDevicesAreNotRead(t *testing.T) {
	const zero = "/dev/zero"
	if _, err := os.Stat(zero); err != nil {
		t.Skip("there is none")
	}
	ctx := context.Background()
	for what, err := range map[string]error{"read": errOf(ReadFile(ctx, zero)), "open": errOf(Open(ctx, zero))} {
		if err == nil || !strings.Contains(err.Error(), "it is a device, not a file: give the name of a file") {
			t.Errorf("%s: %v", what, err)
		}
	}
	if data, err := ReadFile(ctx, os.DevNull); err != nil || len(data) != 0 {
		t.Errorf("%s: %d bytes, %v", os.DevNull, len(data), err)
	}
}
