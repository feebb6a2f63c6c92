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

// restrict makes the folders those of the images that satisfy Config.Where. All images say
// first how its columns compare, as they do for select.
func (s sources) restrict(ctx context.Context, c Config) error {
	condition, err := c.condition()
	if err != nil || condition == nil {
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
		l := &labeled{Folder: f, of: of}
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
		r := l.Restrict(l.of, func(shard, i int) bool { return test.Inside(l.batches[shard], i) })
		if r.Inside == 0 {
			return fmt.Errorf("Config.Where: none of %s in %s satisfies %s: %s", words.Plural(r.Inside+r.Outside, "image", "images"), l.Dir, condition, l.labels())
		}
		s.restricted = append(s.restricted, restricted{r, l.Dir, condition})
	}
	return nil
}

// labeled is a folder with what its records are labeled by.
type labeled struct {
	*dataset.Folder
	of      [][]dataset.Labeled
	batches []*latents.Batch // of them, by shard
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
	condition schemas.Condition
}

// String counts all images.
func (r restricted) String() string {
	text := fmt.Sprintf("%s in %s = %s with %s (%s) + %s without", words.Plural(r.Inside+r.Outside+r.Unusable, "record", "records"), r.dir,
		words.Count(r.Inside), r.condition, r.condition.Types(), words.Count(r.Outside))
	if r.Unusable > 0 {
		text += fmt.Sprintf(" + %s that %s no usable image", words.Count(r.Unusable), words.Noun(r.Unusable, "holds", "hold"))
	}
	return text
}

// noteWhere adds the condition to the parameters of a model.
func (s sources) noteWhere(parameters map[string]any) {
	if s.limits != nil && len(s.restricted) > 0 {
		parameters[parameterWhere] = s.restricted[0].condition.String()
		parameters[parameterOutside] = float64(s.restricted[0].Outside)
	}
}
