package training

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/dataset"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/selection/where"
)

// Training parameters of model.json on the condition of the images.
const (
	parameterWhere   = "where"         // the condition, as schemas.ParseCondition reads it
	parameterOutside = "where_outside" // usable images of Config.Shards that do not satisfy it
)

// shardColumns are the columns that a condition of images in shards can name.
var shardColumns = []string{schemas.ColLabel, schemas.ColImageID}

// condition reads Config.Where, with the names that the columns have; it is nil without one.
func (c Config) condition() (schemas.Condition, error) {
	if c.Where == "" {
		return nil, nil
	}
	condition, err := schemas.ParseCondition(c.Where)
	if err != nil {
		return nil, fmt.Errorf("Config.Where: %w", err)
	}
	for _, p := range condition {
		if _, err := where.Column(p.Column, shardColumns); err != nil {
			return nil, fmt.Errorf("Config.Where: image shards have no column %s: theirs are %s", p.Column, words.And(shardColumns))
		}
	}
	if condition, err = where.Resolve(condition, &schemas.LatentsSpec{Source: c.Shards}); err != nil {
		return nil, fmt.Errorf("Config.Where: %w", err)
	}
	return condition, nil
}

// whereText is the condition as fingerprints and model.json have it, however it was typed.
func (c Config) whereText() string {
	condition, err := c.condition()
	if err != nil { // Validate has refused it
		return c.Where
	}
	return condition.String()
}

// restrict makes the folders those of the images that satisfy Config.Where and, with
// Config.Head, have a label. All images say first how the columns of the condition compare, as
// they do for select.
func (s sources) restrict(ctx context.Context, c Config) error {
	condition, err := c.condition()
	if err != nil || condition == nil && c.Head == "" {
		return err
	}
	types, err := where.NewTypes(condition, nil)
	if err != nil {
		return fmt.Errorf("Config.Where: %w", err)
	}
	var found []*labeled
	err = s.each(func(f *dataset.Folder) error {
		of, err := f.Labels(ctx)
		if err != nil {
			return err
		}
		l := &labeled{Folder: f, of: of, head: c.Head != ""}
		for _, list := range of {
			l.batches = append(l.batches, batchOf(list))
			types.Add(l.batches[len(l.batches)-1])
		}
		found = append(found, l)
		return nil
	})
	if err != nil {
		return err
	}
	if condition, err = types.Condition(); err != nil {
		return fmt.Errorf("Config.Where: %w", err)
	}
	test, err := where.New(condition, nil)
	if err != nil {
		return fmt.Errorf("Config.Where: %w", err)
	}
	for _, l := range found {
		l.test = test
		r, err := l.restrict(condition)
		if err != nil {
			return err
		}
		s.limits.restricted = append(s.limits.restricted, r)
	}
	if c.Head == "" {
		return nil
	}
	return s.classify(ctx, c, found)
}

// restrict makes the folder those of its images that count; there must be one.
func (l *labeled) restrict(condition schemas.Condition) (restricted, error) {
	r := restricted{dir: l.Dir, condition: condition, head: l.head}
	r.Restricted = l.Restrict(l.of, func(shard, i int) bool {
		satisfies, inside := l.satisfies(shard, i), l.inside(shard, i)
		if satisfies && !inside {
			r.unlabeled++
		}
		return inside
	})
	images := words.Plural(r.Inside+r.Outside, "image", "images")
	switch {
	case r.Inside > 0:
		return r, nil
	case r.unlabeled > 0 || condition == nil:
		return r, fmt.Errorf("Config.Head: none of %s in %s has a label%s, which the shard step takes from their names or a file of labels", images, l.Dir,
			map[bool]string{true: " and satisfies the condition"}[condition != nil])
	}
	return r, fmt.Errorf("Config.Where: none of %s in %s satisfies %s: %s", images, l.Dir, condition, l.labels())
}

// labeled is a folder with what its records are labeled by.
type labeled struct {
	*dataset.Folder
	of      [][]dataset.Labeled
	batches []*latents.Batch // of them, by shard
	test    where.Test
	head    bool // images without a label do not count
}

// satisfies reports whether an image satisfies the condition.
func (l *labeled) satisfies(shard, i int) bool {
	return l.of[shard][i].Usable && l.test.Inside(l.batches[shard], i)
}

// inside reports whether it counts.
func (l *labeled) inside(shard, i int) bool {
	rec := &l.of[shard][i]
	return l.satisfies(shard, i) && (!l.head || rec.HasLabel && !schemas.Missing(rec.Label))
}

// batchOf returns records as rows with an id and a label; those that hold no usable image have
// neither, and so decide nothing.
func batchOf(list []dataset.Labeled) *latents.Batch {
	b := &latents.Batch{N: len(list)}
	for _, rec := range list {
		id, label := rec.Name, rec.Label
		if !rec.Usable {
			id, label = "", ""
		}
		b.ImageID, b.Label = append(b.ImageID, id), append(b.Label, label)
	}
	return b
}

// mostLabels is the number of labels that a message names.
const mostLabels = 10

// labels says which labels the images have.
func (l *labeled) labels() string {
	has := map[string]bool{}
	for _, b := range l.batches {
		for _, label := range b.Label {
			has[label] = true
		}
	}
	delete(has, "")
	all := slices.Sorted(maps.Keys(has))
	switch n := len(all); {
	case n == 0:
		return "they have no labels, which the shard step takes from their names or a file of labels"
	case n > mostLabels:
		return fmt.Sprintf("their labels are %s, and %d others", strings.Join(all[:mostLabels], ", "), n-mostLabels)
	}
	return "their labels are " + words.And(all)
}

// restricted says what there is of a folder.
type restricted struct {
	dataset.Restricted
	dir       string
	condition schemas.Condition // nil: all images
	head      bool              // those without a label do not count
	unlabeled int64             // images that satisfy the condition and have no label, of those outside
}

// String counts all images; "" where there is nothing to tell.
func (r restricted) String() string {
	var parts []string
	add := func(n int64, what string) { parts = append(parts, words.Count(n)+" "+what) }
	switch with := ""; {
	case r.condition != nil:
		with = fmt.Sprintf("with %s (%s)", r.condition, r.condition.Types())
		if r.unlabeled > 0 {
			with += " and a label"
		}
		add(r.Inside, with)
		add(r.Outside-r.unlabeled, "without")
	case r.unlabeled == 0:
		return ""
	default:
		add(r.Inside, "with a label")
	}
	if r.unlabeled > 0 {
		add(r.unlabeled, "that "+words.Noun(r.unlabeled, "has", "have")+" no label, and "+words.Noun(r.unlabeled, "is", "are")+" left out")
	}
	if r.Unusable > 0 {
		add(r.Unusable, "that "+words.Noun(r.Unusable, "holds", "hold")+" no usable image")
	}
	return fmt.Sprintf("%s in %s = %s", words.Plural(r.Inside+r.Outside+r.Unusable, "record", "records"), r.dir, strings.Join(parts, " + "))
}

// noteWhere adds the condition to the parameters of a model.
func (s sources) noteWhere(parameters map[string]any) {
	if s.limits != nil && len(s.restricted) > 0 && s.restricted[0].condition != nil {
		parameters[parameterWhere] = s.restricted[0].condition.String()
		parameters[parameterOutside] = float64(s.restricted[0].Outside - s.restricted[0].unlabeled)
	}
}
