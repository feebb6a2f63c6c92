package selecting

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/schemas/words"
	"exemplar/transforms/data/keyed"
	"exemplar/transforms/data/labels"
	"exemplar/transforms/data/latents"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/selection/rows"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/selection/where"
	"exemplar/transforms/store"
)

// CheckBefore refuses what no selection can be made with, before there are any latents:
// the folder for their copy, lists of images, and a selection to extend.
func (c Config) CheckBefore(ctx context.Context) error {
	if err := c.checkScratch(); err != nil {
		return err
	}
	include, exclude, err := c.named(ctx)
	if err == nil {
		err = schemas.PickParameters{Include: include, Exclude: exclude}.ValidateLists()
	}
	if err == nil && c.Labels != "" {
		if _, err = labels.Read(ctx, c.Labels); err != nil {
			err = fmt.Errorf("Config.Labels: %w", err)
		}
	}
	if err == nil && c.Extend != "" {
		_, err = readEarlier(ctx, c.Extend)
	}
	return err
}

// named returns the ids of Config.Include and Config.Exclude.
func (c Config) named(ctx context.Context) (include, exclude []string, err error) {
	if include, err = keyed.IDs(ctx, "Config.Include", c.Include); err != nil {
		return nil, nil, err
	}
	exclude, err = keyed.IDs(ctx, "Config.Exclude", c.Exclude)
	return include, exclude, err
}

// readLists fills in the parameters that files decide: Config.Include, Config.Exclude and
// Config.Extend. Every image they name must be in the latents.
func (c Config) readLists(ctx context.Context, o *Options, files []rows.File) error {
	p := &o.Parameters.Picking
	var err error
	if p.Include, p.Exclude, err = c.named(ctx); err != nil {
		return err
	}
	if c.Extend != "" {
		if p.Extend, err = c.earlier(ctx, o); err != nil {
			return err
		}
		o.Hands.Dropped = throwOut(p)
	}
	if err := o.Parameters.Validate(); err != nil {
		return err
	}
	return checkKnown(ctx, c, o, files)
}

// checkKnown makes sure that the latents have every image that lists name, and that those
// to pick satisfy the condition.
func checkKnown(ctx context.Context, c Config, o *Options, files []rows.File) error {
	p := &o.Parameters.Picking
	unknown := map[string]string{} // image id: field and value
	hashes, changed, outside := map[string]string{}, "", ""
	if p.Extend != nil {
		for _, t := range p.Extend.Targets {
			for i := range t.SHA256 {
				unknown[t.ImageIDs[i]], hashes[t.ImageIDs[i]] = "Config.Extend="+c.Extend, t.SHA256[i]
			}
		}
	}
	for _, id := range p.Include {
		unknown[id] = "Config.Include=" + c.Include
	}
	for _, id := range p.Exclude {
		unknown[id] = "Config.Exclude=" + c.Exclude
	}
	if len(unknown) == 0 {
		return nil
	}
	named := map[string]int{} // by field
	for _, field := range unknown {
		named[field]++
	}
	columns := latents.IDs | where.Columns(o.Parameters.Where)
	if len(hashes) > 0 {
		columns |= latents.SHA
	}
	inside, err := where.New(o.Parameters.Where, o.Metadata)
	if err != nil {
		return err
	}
	asked := map[string]string{} // image id: field and value of a list of images to pick
	maps.Copy(asked, unknown)
	for _, id := range p.Exclude {
		delete(asked, id)
	}
	if err := eachImage(ctx, files, columns, func(b *latents.Batch, i int) {
		id := b.ImageID[i]
		delete(unknown, id)
		if asked[id] != "" && !inside.Inside(b, i) && (outside == "" || id < outside) {
			outside = strings.Clone(id)
		}
		if sum, ok := hashes[id]; ok && sum != b.SHA256[i] && (changed == "" || id < changed) {
			changed = strings.Clone(id)
		}
	}); err != nil {
		return err
	}
	if changed != "" {
		return fmt.Errorf("Config.Extend=%s: its pick %q has other pixels in %s: an earlier pick can be kept only unchanged", c.Extend, changed, c.Input)
	}
	if outside != "" {
		return fmt.Errorf("%s: image %q is not inside Config.Where=%s: take it off, or change the condition", asked[outside], outside, o.Parameters.Where)
	}
	if len(unknown) == 0 {
		return nil
	}
	first := slices.Min(slices.Collect(maps.Keys(unknown)))
	field, misread := unknown[first], ""
	maps.DeleteFunc(unknown, func(_, f string) bool { return f != field })
	if !strings.HasPrefix(field, "Config.Extend=") {
		misread = keyed.Misread(slices.Sorted(maps.Keys(unknown)))
	}
	n := len(unknown)
	return fmt.Errorf("%s: %s of %s %s not in %s, the first is %q: image ids are those of the column %s there%s",
		field, words.Count(n), words.Plural(named[field], "id", "ids"), words.Noun(n, "is", "are"), c.Input, first, schemas.ColImageID, misread)
}

// readEarlier reads the manifest of an earlier selection.
func readEarlier(ctx context.Context, dir string) (m schemas.SelectionManifest, err error) {
	m, _, err = outdir.ReadJSON[schemas.SelectionManifest](ctx, store.Join(dir, schemas.SelectionFile))
	if errors.Is(err, fs.ErrNotExist) {
		return m, fmt.Errorf("Config.Extend=%s: there is no %s: name the folder of a finished selection", dir, schemas.SelectionFile)
	}
	if err == nil {
		err = outdir.CheckSeal(store.Join(dir, schemas.SelectionFile), m)
	}
	if err == nil {
		err = m.Validate()
	}
	if err != nil {
		return m, fmt.Errorf("Config.Extend=%s: %w", dir, err)
	}
	return m, nil
}

// earlier reads the picks of an earlier selection, which must have the same groups.
func (c Config) earlier(ctx context.Context, o *Options) (*schemas.EarlierPick, error) {
	dir := c.Extend
	m, err := readEarlier(ctx, dir)
	if err != nil {
		return nil, err
	}
	if was, is := m.Parameters.Where, o.Parameters.Where; !reflect.DeepEqual(was, is) {
		return nil, fmt.Errorf("Config.Extend=%s: that selection is of %s, this one of %s: give the same Config.Where", dir, imagesOf(was), imagesOf(is))
	}
	if m.Parameters.Picking.Strategy == schemas.StrategyRange {
		return nil, fmt.Errorf("Config.Extend=%s: its picks are at positions among the distances of their groups (Config.Strategy=%s), which they would not keep: make a new selection, and name what is not to be picked by Config.Exclude", dir, schemas.StrategyRange)
	}
	grown := m.Latents != o.Latents
	if !grown && groupsOf(m.Parameters) != groupsOf(o.Parameters) {
		return nil, fmt.Errorf("Config.Extend=%s: that selection has other groups: %s; give what was given there", dir, strings.Join(c.otherGroups(m.Parameters, o.Parameters), ", "))
	}
	if grown && o.Foreign {
		if err := c.sameNumbers(ctx, &m, o); err != nil {
			return nil, err
		}
	}
	e := &schemas.EarlierPick{}
	o.Hands = handsOf(&m)
	for _, f := range m.Files {
		switch f.File {
		case schemas.SelectionParquet:
			e.Selection = f.SHA256
		case schemas.SelectionCSV:
			data, err := store.ReadFile(ctx, store.Join(dir, f.File))
			if err != nil {
				return nil, fmt.Errorf("Config.Extend: %w", err)
			}
			if outdir.SHA256(data) != f.SHA256 {
				return nil, fmt.Errorf("Config.Extend: %s is not the file that %s lists: it was changed; make that selection again", store.Join(dir, f.File), schemas.SelectionFile)
			}
			if e.Targets, err = keptTargets(data, grown); err != nil {
				return nil, fmt.Errorf("Config.Extend: %s: %w", store.Join(dir, f.File), err)
			}
		}
	}
	p := &o.Parameters
	for _, t := range e.Targets {
		if !slices.Contains(p.Scopes, t.Scope) || !slices.Contains(p.Centers, t.Center) || !slices.Contains(p.Metrics, t.Metric) {
			return nil, fmt.Errorf("Config.Extend=%s: that selection has picks of scope %s by %s and %s: give these flags again", dir, t.Scope, t.Center, t.Metric)
		}
	}
	if m.Picks > schemas.MaxListed {
		return nil, fmt.Errorf("Config.Extend=%s: its %d picks are more than %d, the most that can be kept", dir, m.Picks, schemas.MaxListed)
	}
	return e, nil
}

// sameNumbers refuses vectors of another program that are of other columns than those of the
// selection that is extended, or of more or fewer numbers.
func (c Config) sameNumbers(ctx context.Context, m *schemas.SelectionManifest, o *Options) error {
	there := store.Join(c.Extend, schemas.VectorsDir, schemas.LatentsFile)
	was, _, err := outdir.ReadJSON[schemas.LatentsManifest](ctx, there)
	if errors.Is(err, fs.ErrNotExist) { // made of a folder of latents elsewhere
		if d := m.Space.Dimension; (m.Space.Kind == spaces.Raw || m.Space.Kind == spaces.ZScore) && d != o.Encoded {
			return fmt.Errorf("Config.Extend=%s: that selection is of vectors of %s, this one of %s: give vectors of the same numbers", c.Extend, words.Plural(d, "number", "numbers"), words.Count(o.Encoded))
		}
		return nil
	}
	if err != nil {
		return fmt.Errorf("Config.Extend: %w", err)
	}
	named := len(was.Columns) > 0 && len(o.Columns) > 0 // earlier versions did not
	switch {
	case named && !slices.Equal(was.Columns, o.Columns):
		return fmt.Errorf("Config.Extend=%s: that selection is of the columns %s, this one of %s: give the same ingesting.Config.VectorColumns", c.Extend, someOf(was.Columns), someOf(o.Columns))
	case was.Spec.Dimension != o.Encoded:
		return fmt.Errorf("Config.Extend=%s: that selection is of vectors of %s, this one of %s: give vectors of the same numbers", c.Extend, words.Plural(was.Spec.Dimension, "number", "numbers"), words.Count(o.Encoded))
	}
	return nil
}

// someOf lists the first names of columns.
func someOf(names []string) string {
	const most = 5
	text := strings.Join(names[:min(len(names), most)], ", ")
	if more := len(names) - most; more > 0 {
		text += fmt.Sprintf(" and %d more", more)
	}
	return text
}

// handsOf returns what people named in a selection that is extended, and in those
// that it extended.
func handsOf(m *schemas.SelectionManifest) *schemas.EarlierHands {
	h := &schemas.EarlierHands{Include: slices.Clone(m.Parameters.Picking.Include), Exclude: slices.Clone(m.Parameters.Picking.Exclude)}
	if m.Parameters.Picking.Extend == nil {
		return h
	}
	before := m.EarlierHands
	if before == nil {
		h.Unknown = true
		return h
	}
	join := func(a, b []string) []string {
		all := slices.Concat(a, b)
		slices.Sort(all)
		return slices.Compact(all)
	}
	h.Include, h.Exclude, h.Unknown = join(h.Include, before.Include), join(h.Exclude, before.Exclude), before.Unknown
	return h
}

// groupsOf renders the parameters that decide groups and their centers.
func groupsOf(p schemas.SelectionParameters) string {
	p.Top, p.Picking, p.Assignments = 0, schemas.PickParameters{}, false
	if !p.Clustered() {
		p.Seed = 0
	}
	text, err := json.Marshal(p)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// otherGroups names the choices that decide groups and their centers and are not the same,
// whether they were given or not.
func (c Config) otherGroups(was, is schemas.SelectionParameters) []string {
	deciding := func(p schemas.SelectionParameters) (list []outdir.Parameter) {
		if !p.Clustered() {
			p.Seed = 0
		}
		for _, chosen := range c.choices(p) {
			if slices.Contains(decidesGroups, chosen.Name) || slices.ContainsFunc(p.Gate.Flags(), func(f schemas.GateFlag) bool { return f.Name == chosen.Name }) {
				chosen.Derived = false
				list = append(list, chosen)
			}
		}
		return list
	}
	return outdir.Output{Parameters: deciding(is)}.Differs(deciding(was))
}

// decidesGroups are the names of the choices in groupsOf, beside the limits of the gate.
var decidesGroups = []string{"scope", "centers", "metrics", "space", "clusters", "clustering", "fine_clusters", "resampling_steps",
	"seed", "restarts", "max_passes", "sample_size", "gate", "labels"}

// keptTargets reads selection.csv, whose rows are in the order of the ranks. Groups
// of a collection that has grown are others, so that there images are kept with
// their hashes, whatever their group.
func keptTargets(data []byte, grown bool) (targets []schemas.KeptTargets, err error) {
	rows, err := csv.NewReader(bytes.NewReader(data)).ReadAll()
	if err != nil || len(rows) == 0 {
		return nil, fmt.Errorf("cannot be read: %v", err)
	}
	at, place := map[string]int{}, map[[4]string]int{}
	for i, name := range rows[0] {
		at[name] = i
	}
	for _, row := range rows[1:] {
		t := schemas.KeptTargets{Scope: row[at["scope"]], GroupID: row[at["group_id"]], Center: row[at["center"]], Metric: row[at["metric"]]}
		if grown {
			t.GroupID = ""
		}
		key := [4]string{t.Scope, t.GroupID, t.Center, t.Metric}
		i, there := place[key]
		if !there {
			i, place[key] = len(targets), len(targets)
			targets = append(targets, t)
		}
		targets[i].ImageIDs = append(targets[i].ImageIDs, row[at[schemas.ColImageID]])
		if grown {
			targets[i].SHA256 = append(targets[i].SHA256, row[at[schemas.ColSHA256]])
		}
	}
	return targets, nil
}
