package publish

import (
	"context"

	"exemplar/transforms/reporting"
	"exemplar/transforms/run/outdir"
	"exemplar/transforms/store"
)

// choices are what the user chose of a report. That folders were named which have more
// to show is no choice: a report that they add to goes on.
func (c Config) choices() []outdir.Parameter {
	list := []outdir.Parameter{
		outdir.Chosen("selection", store.Base(c.Report.Selection)), outdir.Chosen("title", c.Report.Title), outdir.Chosen("link", c.Link), outdir.Chosen("composite", c.Report.Composite),
		outdir.Chosen("no_figure", c.LeaveOut).Of("Config.LeaveOut"), outdir.Chosen("pixels_per_micron", c.Figure.PixelsPerMicron), outdir.Chosen("figure_width", c.Figure.Width).Of("Config.Figure.Width"),
		outdir.Chosen("figure_picks", c.Figure.PerGroup).Of("Config.Figure.PerGroup"), outdir.Chosen("figure_sets", c.FigureSets),
		outdir.Chosen("deepzoom", c.DeepZoom).Of("Config.DeepZoom"), outdir.Chosen("deepzoom_groups", c.Sheet.Groups).Of("Config.Sheet.Groups"), outdir.Chosen("deepzoom_side", c.Sheet.Side).Of("Config.Sheet.Side"),
		outdir.Chosen("deepzoom_by", c.Sheet.By).Of("Config.Sheet.By"), outdir.Chosen("deepzoom_draw", c.Sheet.Draw).Of("Config.Sheet.Draw"),
	}
	if c.Report.Embedding != reporting.EmbeddingNone {
		list = append(list, outdir.Chosen("embedding", c.Report.Embedding))
	}
	if c.Report.Embedding != reporting.EmbeddingNone || c.Sheet.Draw > 0 {
		list = append(list, outdir.Chosen("seed", c.Report.Seed))
	}
	return list
}

// given returns the values of parameters that have one, by name.
func given(list []outdir.Parameter) map[string]string {
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
	var there []outdir.Parameter
	for _, choice := range choices {
		there = append(there, outdir.Parameter{Name: choice.Name, Value: p.Parameters[choice.Name]})
	}
	if was, ok := p.Parameters["embedding"]; ok && c.Report.Embedding == reporting.EmbeddingNone {
		there = append(there, outdir.Parameter{Name: "embedding", Value: was})
	}
	out := outdir.Output{Dir: s.path(s.page), Parameters: choices}
	return out.RefuseFile(out.Differs(there))
}
