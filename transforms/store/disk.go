package store

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// Disk is what there is to know of where a local folder lies, or would lie.
type Disk struct {
	Folder string // the folder, or the nearest one above it that exists
	Free   int64  // bytes; -1 where not known
}

// DiskOf looks at the disk of a local folder, which may not exist yet, and checks
// that it can be written to. It writes nothing. Object stores have none: their
// Disk has no folder.
func DiskOf(dir string) (Disk, error) {
	if IsRemote(dir) {
		return Disk{Free: -1}, nil
	}
	at, err := filepath.Abs(dir)
	if err != nil {
		return Disk{}, newError("create", dir, err, "")
	}
	for {
		fi, err := os.Stat(at)
		switch {
		case err == nil && !fi.IsDir():
			return Disk{}, newError("create", dir, fmt.Errorf("%s is a file", at), "choose another output folder")
		case err == nil:
			if err := writable(at); err != nil {
				return Disk{}, newError("write", dir, err, "")
			}
			free, _ := diskLeft(at)
			return Disk{at, free}, nil
		case !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at):
			return Disk{}, newError("create", dir, err, "")
		}
		at = filepath.Dir(at)
	}
}

// Speed is what a disk takes.
type Speed struct {
	Sync      time.Duration // to make a small file durable
	PerSecond float64       // bytes, also made durable
}

// speedBytes is what Speed writes, small enough for a slow disk and for one that
// is nearly full.
const speedBytes = 8 << 20

// Speed measures the disk with a file that has no name and leaves no trace; ok is
// false where the system has no such files.
func (d Disk) Speed() (s Speed, ok bool) {
	if d.Folder == "" || d.Free >= 0 && d.Free < 4*speedBytes {
		return s, false
	}
	f, err := nameless(d.Folder)
	if err != nil {
		return s, false
	}
	defer f.Close() // what was written is thrown away
	small, err := timeWrite(f, make([]byte, 4<<10))
	if err != nil {
		return s, false
	}
	large, err := timeWrite(f, make([]byte, speedBytes))
	if err != nil {
		return s, false
	}
	return Speed{small, speedBytes / max(large-small, large/2, time.Microsecond).Seconds()}, true
}

func timeWrite(f *os.File, data []byte) (time.Duration, error) {
	began := time.Now()
	if _, err := f.Write(data); err != nil {
		return 0, err
	}
	err := f.Sync()
	return time.Since(began), err
}
