package selecting

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/store"
)

// replaces refuses to replace a finished selection of other parameters, of another
// model, or of another collection; a report beside it would go with it. A collection that
// has grown goes on.
func (p *plan) replaces(ctx context.Context, m *schemas.SelectionManifest, _ []struct{}) (err error) {
	c, o := p.config, &p.options
	if m.Fingerprint == o.Fingerprint {
		return nil
	}
	differences := p.out.Differs(c.choicesOf(m, o))
	if was, is := &m.Parameters.Picking, &o.Parameters.Picking; len(differences) == 0 {
		differences = append(differences, otherNames("Config.Include", was.Include, is.Include)...)
		differences = append(differences, otherNames("Config.Exclude", was.Exclude, is.Exclude)...)
		if was.Extend != nil && is.Extend != nil && was.Extend.Selection != is.Extend.Selection {
			differences = append(differences, "Config.Extend names another selection here")
		}
	}
	if m.ModelSHA256 != o.ModelSHA256 && !c.ModelDerived {
		differences = append(differences, fmt.Sprintf("the latents are of model %.12s here and were of %.12s there", o.ModelSHA256, m.ModelSHA256))
	}
	if gone := (outdir.Gone{Images: m.Rows, Lost: max(0, m.Rows-o.Rows)}); m.Latents != o.Latents && !gone.Grown() {
		differences = append(differences, fmt.Sprintf("Config.Input has %s here and had %s there", words.Plural(o.Rows, "image", "images"), words.Count(m.Rows)))
	}
	if m.Latents != o.Latents && len(differences) == 0 {
		if differences, err = c.another(ctx, m, p.files); err != nil {
			return err
		}
	}
	err = p.out.Refuse(differences)
	if is := &o.Parameters.Picking; err != nil && is.Extend == nil && len(is.Exclude) > 0 && !slices.Equal(m.Parameters.Picking.Exclude, is.Exclude) {
		err = fmt.Errorf("%w; to replace just the picks that Config.Exclude names, and have the others keep their ranks, give that folder as Config.Extend and a new one as Config.Output", err)
	}
	return err
}

// another says why the latents are of another collection than that of a finished
// selection, of which the picks tell: more than a tenth of them is gone, or all have
// other pixels.
func (c Config) another(ctx context.Context, m *schemas.SelectionManifest, files []rows.File) ([]string, error) {
	picks, err := picked(ctx, c.Output, m)
	if err != nil {
		return nil, err
	}
	lost, same := maps.Clone(picks), false
	if err := eachImage(ctx, files, latents.IDs|latents.SHA, func(b *latents.Batch, i int) {
		if there, ok := picks[b.ImageID[i]]; ok {
			delete(lost, b.ImageID[i])
			same = same || b.SHA256[i] == there
		}
	}); err != nil {
		return nil, err
	}
	switch ids := slices.Sorted(maps.Keys(lost)); {
	case len(lost) > 1 && !(outdir.Gone{Images: int64(len(picks)), Lost: int64(len(lost))}).Grown() || len(lost) > 0 && len(lost) == len(picks):
		return []string{fmt.Sprintf("%d of the %s there %s not in Config.Input, the first %q", len(lost), words.Plural(len(picks), "image picked", "images picked"), words.Noun(len(lost), "is", "are"), ids[0])}, nil
	case !same && len(picks) > 0 && !c.ModelDerived:
		return []string{fmt.Sprintf("Config.Input has the images that were picked there with other pixels, all %s, the first %q", words.Count(len(picks)-len(lost)), slices.Min(slices.Collect(maps.Keys(picks))))}, nil
	}
	return nil, nil
}

// picked returns the images of a selection with the hashes of their pixels, which are ""
// of vectors of another program; none where its table is not what it was.
func picked(ctx context.Context, dir string, m *schemas.SelectionManifest) (map[string]string, error) {
	data, err := store.ReadFile(ctx, store.Join(dir, schemas.SelectionCSV))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if !slices.ContainsFunc(m.Files, func(f schemas.FileInfo) bool {
		return f.File == schemas.SelectionCSV && f.SHA256 == outdir.SHA256(data)
	}) {
		return nil, nil
	}
	targets, err := keptTargets(data, true)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", store.Join(dir, schemas.SelectionCSV), err)
	}
	picks := map[string]string{}
	for _, t := range targets {
		for i, id := range t.ImageIDs {
			picks[id] = t.SHA256[i]
		}
	}
	return picks, nil
}

// eachImage calls f with each image of some files: row i of a batch of these columns.
func eachImage(ctx context.Context, files []rows.File, columns latents.Columns, f func(b *latents.Batch, i int)) error {
	for _, file := range files {
		in, closer, err := rows.OpenFile(ctx, file)
		if err != nil {
			return err
		}
		for b, err := range in.Batches(columns) {
			if err != nil {
				closer.Close()
				return err
			}
			for i := range b.N {
				f(b, i)
			}
		}
		closer.Close() // only read
	}
	return nil
}

// choicesOf returns the choices of a finished selection. What the data may decide counts
// as decided there where it was by the same rule.
func (c Config) choicesOf(m *schemas.SelectionManifest, o *Options) []outdir.Parameter {
	given := func(list []string) string {
		if len(list) > 0 {
			return "given"
		}
		return ""
	}
	then := c // the same flags, for what was there
	then.Include, then.Exclude, then.Extend, then.Shards = given(m.Parameters.Picking.Include), given(m.Parameters.Picking.Exclude), "", ""
	if m.Parameters.Picking.Extend != nil {
		then.Extend = "given"
	}
	if m.Images {
		then.Shards = "given"
	}
	list := then.choices(m.Parameters)
	derived := then.choices(c.parameters(m.Inside(), m.Space.Dimension))
	for i := range list {
		if m.Latents == o.Latents || list[i].Value != derived[i].Value {
			list[i].Derived = false // of the same data the same flags give the same
		}
	}
	return list
}

// otherNames says that a list names other images.
func otherNames(field string, was, is []string) []string {
	if slices.Equal(was, is) {
		return nil
	}
	return []string{fmt.Sprintf("%s names other images here (%s) than there (%s)", field, words.Count(len(is)), words.Count(len(was)))}
}
