package npy

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func file(version byte, header string) []byte {
	b := append([]byte("\x93NUMPY"), version, 0)
	if version == 1 {
		b = binary.LittleEndian.AppendUint16(b, uint16(len(header)))
	} else {
		b = binary.LittleEndian.AppendUint32(b, uint32(len(header)))
	}
	return append(b, header...)
}

func TestRead(t *testing.T) {
	for text, want := range map[string]Header{
		"{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }      \n": {Type: "<f4", Shape: []int{3, 4}},
		"{'descr': '<f8', 'fortran_order': True, 'shape': (7,), }\n":          {Type: "<f8", Fortran: true, Shape: []int{7}},
		"{'descr': '|u1', 'fortran_order': False, 'shape': (), }":             {Type: "|u1"},
		`{"shape":(10L,2L),"descr":">i2","fortran_order":False}`:              {Type: ">i2", Shape: []int{10, 2}},
	} {
		for version := byte(1); version <= 3; version++ {
			data := file(version, text)
			in := bytes.NewReader(append(bytes.Clone(data), "numbers"...))
			h, err := Read(in)
			want.Size = int64(len(data))
			if d := cmp.Diff(want, h); d != "" || err != nil || in.Len() != len("numbers") {
				t.Errorf("version %d, %s: %v %s", version, text, err, d)
			}
		}
	}
}

// TestAppendHeader: what is written is read, and numbers begin at a multiple of 64.
func TestAppendHeader(t *testing.T) {
	for shape, want := range map[string][]int{"(3, 4)": {3, 4}, "(7,)": {7}, "()": nil, "(12345678, 100, 100)": {12345678, 100, 100}} {
		data := AppendHeader([]byte("before"), "<f8", shape)[len("before"):]
		h, err := Read(bytes.NewReader(data))
		if d := cmp.Diff(Header{Type: "<f8", Shape: want, Size: int64(len(data))}, h); d != "" || err != nil || len(data)%64 != 0 {
			t.Errorf("%s: %v %s, %d bytes", shape, err, d, len(data))
		}
	}
}

func TestDamagedHeaders(t *testing.T) {
	const good = "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n"
	long := file(2, good)
	copy(long[8:], "\xff\xff\xff\xff")
	for want, data := range map[string][]byte{
		"would have 4294967295 bytes, at most 65536": long,
		"cut off in its header":                      file(1, good)[:20],
		"does not begin as":                          []byte("PK\x03\x04, and more"),
		"version 9":                                  file(9, good),
		"is no dict":                                 file(1, "\n"),
		"does not have just":                         file(1, "{}"),
		"where True or False":                        file(1, "{'descr': '<f4', 'fortran_order': 0}"),
		"only arrays of plain numbers":               file(1, "{'descr': [('a', '<f4')]}"),
		"dimension \"-\"":                            file(1, "{'shape': (-3, 4)}"),
		"dimension \"99999999999999999999\"":         file(1, "{'shape': (99999999999999999999999999, 4)}"),
		"more than 32 dimensions":                    file(1, "{'shape': ("+strings.Repeat("1,", 1000)+")}"),
		"a text does not end":                        file(1, "{'shape"),
	} {
		_, err := Read(bytes.NewReader(data))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 200 {
			t.Errorf("%v, want one line with %q", err, want)
		}
	}
	if _, ok := (Header{Shape: []int{1<<62 + 50, 4}}).Count(); ok {
		t.Error("a count that does not fit is taken")
	}
	if n, ok := (Header{Shape: []int{3, 0, 4}}).Count(); n != 0 || !ok {
		t.Error("an empty array is not counted")
	}
}

// FuzzRead: whatever the header, there is no panic, and little memory is taken.
func FuzzRead(f *testing.F) {
	f.Add(file(1, "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }\n"))
	f.Add(file(3, "{'shape': (1L,), 'descr': \"<f4\""))
	f.Fuzz(func(t *testing.T, data []byte) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		h, err := Read(bytes.NewReader(data))
		runtime.ReadMemStats(&after)
		if n := after.TotalAlloc - before.TotalAlloc; n > 1<<20 {
			t.Errorf("%d bytes allocated for %d", n, len(data))
		}
		if err == nil && (h.Size > int64(len(data)) || len(h.Shape) > maxDims) || errors.Is(err, io.EOF) {
			t.Errorf("%+v, %v", h, err)
		}
	})
}
