// Package widgets writes figures of a selection that an article or a notebook embeds: each
// is one ES module in the form of anywidget, which MyST takes, too, with its data and
// styles inside, and a picture of it for what cannot run it.
//
// The modules load nothing and need no network. Names become text nodes, never HTML, and
// the data in a module are JSON that no name can end. What has nothing to show is left
// out, and said.
//
// The folder follows the protocol of a step (package step); it is no part of what a page
// is made from.
//
// What lives here: the modules' JavaScript and styles (script/), the pictures, the article,
// the preview, and when a folder stands. What never enters: Beam, flags, printing,
// selecting, plots; where the figures' content comes from.
package widgets

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"slices"
	"strings"

	"exemplar/schemas"
	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/run/runlog"
	"exemplar/transforms/run/step"
	"exemplar/transforms/store"
)

// Step is the name under which a run tells of the figures.
const Step = "widgets"

// Config says where figures go.
type Config struct {
	Output    string   // folder for the files
	Reads     []string // folders that are read: no new output lies in one; "" is none
	Selection string   // name of the selection, of which labels are made
	Title     string   // as it was given; "" for that of the numbers
	Overwrite bool     // also where figures of other choices are there
}

// Result is what a run made, or found.
type Result struct {
	Dir      string
	Manifest schemas.WidgetsManifest
	Made     bool // false: the folder held these figures already
	Bytes    int64
	Notes    []string
}

// plan is the figures before anything is written.
type plan struct {
	Config
	source      *reporting.FigureSources
	fingerprint string
	files       map[string][]byte // once they are made
	manifest    *schemas.WidgetsManifest
}

type work = step.Work[struct{}, step.Whole, schemas.WidgetsManifest]

// Run writes the figures, widgets.json last.
func Run(ctx context.Context, c Config, s *reporting.Sources) (*Result, error) {
	p, m, made, err := step.Run(ctx, c.output().Reading(c.Reads...), Step, func(ctx context.Context) (*plan, *work, error) { return c.plan(ctx, s) })
	if err != nil {
		return nil, named(err)
	}
	r := &Result{Dir: c.Output, Manifest: *m, Made: made > 0, Notes: p.source.Notes}
	for _, f := range m.Files {
		r.Bytes += f.Bytes
	}
	return r, nil
}

// Check makes the checks of Run and changes nothing. It returns the names of the figures
// that there are, and what is missing; done says that the folder holds them already.
func Check(ctx context.Context, c Config, s *reporting.Sources) (shown []string, missing []reporting.Missing, done bool, err error) {
	p, _, done, err := step.Check(ctx, c.output().Reading(c.Reads...), func(ctx context.Context) (*plan, *work, error) { return c.plan(ctx, s) })
	if err != nil {
		return nil, nil, false, named(err)
	}
	return p.shown(), p.source.Missing, done, nil
}

// output is the folder of the figures.
func (c Config) output() outdir.Output {
	return outdir.Output{Dir: c.Output, Manifest: schemas.WidgetsFile, Owns: owns, Overwrite: c.Overwrite,
		Parameters: []outdir.Parameter{outdir.Chosen("selection", c.Selection), outdir.Chosen("title", c.Title)}}
}

// owns reports whether a file of the folder is one that figures have.
func owns(name string) bool {
	switch name {
	case schemas.WidgetsArticle, schemas.WidgetsModules, schemas.WidgetsPreview:
		return true
	}
	for _, figure := range reporting.FigureNames {
		if name == figure+schemas.ModuleSuffix || name == figure+schemas.PictureSuffix {
			return true
		}
	}
	return false
}

// bytesAtMost is about what all files have at most.
const bytesAtMost = 40 << 20

// plan looks at what there is to show.
func (c Config) plan(ctx context.Context, s *reporting.Sources) (*plan, *work, error) {
	source, err := s.Figures(ctx)
	if err != nil {
		return nil, nil, err
	}
	p := &plan{Config: c, source: source}
	if p.fingerprint, err = source.Fingerprint(); err != nil {
		return nil, nil, err
	}
	w := &work{Output: c.output(), Overwrite: c.Overwrite, Finished: p.finished, Refusal: p.refusal, Need: func([]struct{}) int64 { return bytesAtMost },
		Compute: p.compute, Execute: p.execute, Merge: p.merge, Account: account}
	w.Replaces = func(_ context.Context, there *schemas.WidgetsManifest, _ []struct{}) error {
		return w.Output.Refuse(w.Output.Differs(parameters(there)))
	}
	return p, w, nil
}

// parameters are those of a folder that is there.
func parameters(m *schemas.WidgetsManifest) (list []outdir.Parameter) {
	for _, name := range slices.Sorted(maps.Keys(m.Parameters)) {
		list = append(list, outdir.Parameter{Name: name, Value: m.Parameters[name]})
	}
	return list
}

// shown are the names of the figures that there are.
func (p *plan) shown() (list []string) {
	for _, name := range reporting.FigureNames {
		if p.source.Shows(name) {
			list = append(list, name)
		}
	}
	return list
}

// refusal is the error of a selection of which no figure shows anything.
func (p *plan) refusal(context.Context) error {
	if len(p.shown()) > 0 {
		return nil
	}
	var why []string
	for _, m := range p.source.Missing {
		why = append(why, m.Figure+": "+m.Why)
	}
	return fmt.Errorf("Config.Output=%s: there is nothing to show: %s; leave Config.Output out, or name what the selection was made from", p.Output, strings.Join(why, "; "))
}

// finished reports whether the figures that are there are these, and whole.
func (p *plan) finished(ctx context.Context, there *schemas.WidgetsManifest) (bool, error) {
	if there.Format != schemas.WidgetsFormat || there.Fingerprint != p.fingerprint || len(p.output().Differs(parameters(there))) > 0 {
		return false, nil
	}
	for _, f := range there.Files {
		sum, err := store.FileSHA256(ctx, store.Join(p.Output, f.File))
		if errors.Is(err, fs.ErrNotExist) {
			return false, nil
		}
		if err != nil || sum != f.SHA256 {
			return false, err
		}
	}
	return true, nil
}

// compute makes all files in memory.
func (p *plan) compute(ctx context.Context) error {
	f, err := p.source.Gather(ctx)
	if err != nil {
		return err
	}
	p.files, p.manifest, err = files(f, p.Selection)
	return err
}

// execute writes the files.
func (p *plan) execute(ctx context.Context, _ []struct{}) error {
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		if err := store.WriteFile(ctx, store.Join(p.Output, name), p.files[name]); err != nil {
			return err
		}
	}
	return nil
}

func (p *plan) merge(context.Context, iter.Seq2[step.Whole, error]) (*schemas.WidgetsManifest, error) {
	m := p.manifest
	m.Format, m.CodeVersion, m.Fingerprint = schemas.WidgetsFormat, schemas.CodeVersion, p.fingerprint
	m.Selection, m.Model = p.source.Selection()
	m.Parameters = map[string]string{}
	for _, of := range p.output().Parameters {
		if of.Value != "" {
			m.Parameters[of.Name] = of.Value
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.files)) {
		m.Files = append(m.Files, schemas.FileInfo{File: name, Bytes: int64(len(p.files[name])), SHA256: outdir.SHA256(p.files[name])})
	}
	return m, nil
}

// account tells of the figures in the journal of a run.
func account(j *runlog.Step, m *schemas.WidgetsManifest, _ int) {
	j.Count("figures", int64(len(m.Figures)))
	j.Count("missing", int64(len(m.Missing)))
}

// named puts the field of a report's folder of figures into an error, where it names that
// of a step's output.
func named(err error) error { return &field{err} }

type field struct{ error }

func (f *field) Error() string {
	return strings.ReplaceAll(f.error.Error(), "Config.Output", "Config.Widgets")
}

func (f *field) Unwrap() error { return f.error }
