// Package scratch keeps decoded vectors on the local disk for the time of a run,
// so that passes over the same files read them as they are: reading 2 GB of them
// takes a tenth of the time of decoding.
//
// What lives here: one file for each run in this process, which nobody else sees. It has
// no name where the system allows that, so that nothing is left of a run however it
// ends. What never enters: Beam, Parquet, flags, printing; what vectors mean, and
// results: a run without scratch, or on a worker that has none of it, decodes and
// computes the same.
package scratch

import (
	"os"
	"path/filepath"
	"sync"
	"time"
	"unsafe"

	"exemplar/transforms/store"
)

// Place says where a run keeps vectors. It may be copied to other processes,
// which keep their own.
type Place struct {
	Run string // unique; "" for a run that keeps none
	Dir string // folder, or "" for the system's
}

// reserve is the number of bytes that are left free on the disk.
const reserve = 1 << 30

// idle is the time after which a run that has not read or written is over, for
// the process of a worker is not told of its end.
const idle = 10 * time.Minute

var (
	mu   sync.Mutex
	runs = map[string]*run{}
)

// run is the file of one run.
type run struct {
	mu      sync.Mutex
	file    *os.File // nil: keep none
	end     int64    // of the parts given away
	entries map[string]*Entry
	used    time.Time
}

// Entry is what a run keeps of one source of rows.
type Entry struct {
	run    *run
	offset int64
	d      int
	state  state
}

type state int

const (
	empty state = iota
	filling
	complete
)

// Of returns the entry of rows of d numbers from a source, named by its path; nil
// where the run keeps none. It begins empty.
func (p Place) Of(path string, rows int64, d int) *Entry {
	if p.Run == "" || rows == 0 {
		return nil
	}
	r := p.open()
	r.mu.Lock()
	defer r.mu.Unlock()
	if e := r.entries[path]; e != nil || r.file == nil {
		return e
	}
	bytes := 4 * rows * int64(d)
	if disk, err := store.DiskOf(filepath.Dir(r.file.Name())); err != nil || disk.Free < bytes+reserve {
		return nil
	}
	e := &Entry{run: r, offset: r.end, d: d}
	r.end += bytes
	r.entries[path] = e
	return e
}

// open returns the run, and ends those that are idle.
func (p Place) open() *run {
	mu.Lock()
	defer mu.Unlock()
	r := runs[p.Run]
	if r == nil {
		for name, other := range runs {
			if time.Since(other.used) > idle {
				other.close()
				delete(runs, name)
			}
		}
		r = &run{entries: map[string]*Entry{}}
		r.file = create(p.Dir)
		runs[p.Run] = r
	}
	r.used = time.Now()
	return r
}

// create returns a new file, without a name where that is possible; nil where
// there is no room for one.
func create(dir string) *os.File {
	if dir == "" {
		dir = folder()
	}
	f, err := os.CreateTemp(dir, "exemplar-scratch-")
	if err != nil {
		return nil
	}
	os.Remove(f.Name()) // refused by some systems, for it is open: then at the end
	return f
}

// folder returns the system's folder for large temporary files, which is on a
// disk where the one for small files is in memory.
func folder() string {
	const large = "/var/tmp"
	if info, err := os.Stat(large); err == nil && info.IsDir() && os.Getenv("TMPDIR") == "" {
		return large
	}
	return os.TempDir()
}

// Drop ends the run in this process.
func (p Place) Drop() {
	mu.Lock()
	defer mu.Unlock()
	if r := runs[p.Run]; r != nil {
		r.close()
		delete(runs, p.Run)
	}
}

func (r *run) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.drop()
}

// drop gives the disk space back and keeps nothing more; the caller holds r.mu.
func (r *run) drop() {
	if r.file == nil {
		return
	}
	r.file.Close()
	os.Remove(r.file.Name())
	r.file = nil
	clear(r.entries)
}

// Complete reports whether the entry holds all rows.
func (e *Entry) Complete() bool {
	if e == nil {
		return false
	}
	e.run.mu.Lock()
	defer e.run.mu.Unlock()
	return e.state == complete && e.run.file != nil
}

// Read fills x with the rows from number first on, of a complete entry.
func (e *Entry) Read(x []float32, first int64) error {
	e.run.mu.Lock()
	f := e.run.file
	e.run.mu.Unlock()
	if f == nil {
		return os.ErrClosed
	}
	_, err := f.ReadAt(bytesOf(x), e.offset+4*first*int64(e.d))
	return err
}

// Fill begins to fill the entry. It returns nil where another goroutine does, or has.
func (e *Entry) Fill() *Filler {
	if e == nil {
		return nil
	}
	e.run.mu.Lock()
	defer e.run.mu.Unlock()
	if e.state != empty || e.run.file == nil {
		return nil
	}
	e.state = filling
	return &Filler{entry: e, file: e.run.file}
}

// Filler fills an entry.
type Filler struct {
	entry *Entry
	file  *os.File
	err   error
}

// Write keeps rows, the first one of which has that number. What goes wrong ends
// the run's keeping, not the run.
func (f *Filler) Write(x []float32, first int64) {
	if f == nil || f.err != nil {
		return
	}
	_, f.err = f.file.WriteAt(bytesOf(x), f.entry.offset+4*first*int64(f.entry.d))
}

// Close ends the filling; all reports whether every row was written.
func (f *Filler) Close(all bool) {
	if f == nil {
		return
	}
	r := f.entry.run
	r.mu.Lock()
	defer r.mu.Unlock()
	f.entry.state = empty
	switch {
	case f.err != nil:
		r.drop()
	case all:
		f.entry.state = complete
	}
}

// bytesOf returns the memory of x.
func bytesOf(x []float32) []byte {
	return unsafe.Slice((*byte)(unsafe.Pointer(unsafe.SliceData(x))), 4*len(x))
}
