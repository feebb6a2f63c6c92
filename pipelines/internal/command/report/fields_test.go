package report

import "testing"

// TestFieldsAreFlags: what messages name as a field, a user reads as the flag.
func TestFieldsAreFlags(t *testing.T) {
	for field, flag := range map[string]string{
		"Selection":       "selection",
		"Latents":         "latents",
		"Shards":          "shards",
		"Model":           "model",
		"Output":          "output",
		"Link":            "link",
		"Embedding":       "embedding",
		"Seed":            "seed",
		"Title":           "title",
		"PixelsPerMicron": "pixels_per_micron",
		"Width":           "figure_width",
		"Figure.Width":    "figure_width",
		"PerGroup":        "figure_picks",
		"FigureSets":      "figure_sets",
		"LeaveOut":        "no_figure",
		"DeepZoom":        "deepzoom",
		"Groups":          "deepzoom_groups",
		"Side":            "deepzoom_side",
		"Overwrite":       "overwrite",
	} {
		if got := Command.Words("Config." + field + ": wrong"); got != "--"+flag+": wrong" {
			t.Errorf("Config.%s becomes %q, want --%s", field, got, flag)
		}
	}
}
