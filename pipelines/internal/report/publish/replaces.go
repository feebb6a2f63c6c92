package publish

import (
	"context"

	"exemplar/pipelines/internal/report"
	"exemplar/transforms/engine"
	"exemplar/transforms/store"
)

// choices are what the user chose of a report. That folders were named which have more
// to show is no choice: a report that they add to goes on.
func (c Config) choices() []engine.Parameter {
	list := []engine.Parameter{
		engine.Chosen("selection", store.Base(c.Report.Selection)), engine.Chosen("title", c.Report.Title), engine.Chosen("link", c.Link),
		engine.Chosen("no_figure", c.LeaveOut), engine.Chosen("pixels_per_micron", c.Figure.PixelsPerMicron), engine.Chosen("figure_width", c.Figure.Width),
		engine.Chosen("figure_picks", c.Figure.PerGroup), engine.Chosen("figure_sets", c.FigureSets),
		engine.Chosen("deepzoom", c.DeepZoom), engine.Chosen("deepzoom_groups", c.Sheet.Groups), engine.Chosen("deepzoom_side", c.Sheet.Side),
	}
	if c.Report.Embedding != report.EmbeddingNone {
		list = append(list, engine.Chosen("embedding", c.Report.Embedding), engine.Chosen("seed", c.Report.Seed))
	}
	return list
}

// given returns the values of parameters that have one, by name.
func given(list []engine.Parameter) map[string]string {
	values := map[string]string{}
	for _, p := range list {
		if p.Value != "" {
			values[p.Name] = p.Value
		}
	}
	return values
}

// replaces refuses to replace a finished page that was made with other flags. Of pages of
// early versions nothing is known.
func (c Config) replaces(ctx context.Context, s *shelf) error {
	p := s.recorded(s.page)
	if c.Overwrite || p == nil || p.Unfinished || p.Parameters == nil {
		return nil
	}
	if there, err := exists(ctx, s.path(s.page)); err != nil || !there {
		return err
	}
	choices := c.choices()
	var there []engine.Parameter
	for _, choice := range choices {
		there = append(there, engine.Parameter{Name: choice.Name, Value: p.Parameters[choice.Name]})
	}
	if was, ok := p.Parameters["embedding"]; ok && c.Report.Embedding == report.EmbeddingNone {
		there = append(there, engine.Parameter{Name: "embedding", Value: was})
	}
	out := engine.Output{Dir: s.path(s.page), Parameters: choices}
	return out.RefuseFile(out.Differs(there))
}
