package dataset

import (
	"cmp"
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"

	"exemplar/transforms/data/records"
	"exemplar/transforms/run/parallel"
	"exemplar/transforms/run/progress"
)

// Labeled is a record with the label that its image has.
type Labeled struct {
	records.Entry
	Label    string
	HasLabel bool
	Usable   bool // it holds an image of the folder's shape
}

// Labels reads all records of the folder, shard by shard.
func (f *Folder) Labels(ctx context.Context) (of [][]Labeled, err error) {
	meter := progress.Start(StepLabels, f.Records(nil), "images")
	defer meter.Stop()
	for list, err := range parallel.Each(ctx, len(f.Shards), runtime.GOMAXPROCS(0), f.labels) {
		if err != nil {
			return nil, err
		}
		of = append(of, list)
	}
	return of, nil
}

// labels reads the records of a shard.
func (f *Folder) labels(ctx context.Context, shard int) (list []Labeled, err error) {
	known := map[string]string{}
	for rec, err := range f.readAll(ctx, shard) {
		var bad *records.BadRecord
		if err != nil && !errors.As(err, &bad) {
			return nil, err
		}
		progress.Add(StepLabels, 1)
		name := rec.Filename
		if bad != nil {
			name = bad.Filename
		}
		at := Labeled{Entry: records.Entry{Name: strings.Clone(name), Number: rec.Number, Offset: rec.Offset, Bytes: rec.Bytes}}
		if row := f.fault(shard, rec.Number, rec.Image, bad); row.Reason == "" {
			at.Usable, at.HasLabel = true, rec.HasLabel
			label, ok := known[rec.Label]
			if !ok {
				label = strings.Clone(rec.Label)
				known[label] = label
			}
			at.Label = label
		}
		list = append(list, at)
	}
	return list, nil
}

// Restricted is what a folder was restricted to.
type Restricted struct {
	Inside, Outside int64
	Unusable        int64 // records that hold no usable image: they stay, to be reported
}

// Restrict makes the folder one of the images that inside takes, of those that Labels
// found, as if there were no others.
func (f *Folder) Restrict(of [][]Labeled, inside func(shard, i int) bool) (r Restricted) {
	f.within = &Sample{shards: make([][]records.Entry, len(f.Shards))}
	for shard, list := range of {
		for i, rec := range list {
			switch {
			case !rec.Usable:
				r.Unusable++
			case !inside(shard, i):
				r.Outside++
				continue
			default:
				r.Inside++
			}
			f.within.shards[shard] = append(f.within.shards[shard], rec.Entry)
		}
	}
	return r
}

// Holds reports whether a record of a shard is among the sample; a nil one has all.
func (s *Sample) Holds(shard int, number int64) bool {
	if s == nil {
		return true
	}
	_, ok := slices.BinarySearchFunc(s.shards[shard], number, func(e records.Entry, n int64) int { return cmp.Compare(e.Number, n) })
	return ok
}

// all is the sample that stands for the whole folder: nil, or what it is restricted to.
func (f *Folder) all(sample *Sample) *Sample {
	if sample == nil {
		return f.within
	}
	return sample
}
