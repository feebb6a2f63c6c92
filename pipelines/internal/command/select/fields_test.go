package selectcmd

import "testing"

// TestFieldsAreFlags: what messages name as a field, a user reads as the flag.
func TestFieldsAreFlags(t *testing.T) {
	for field, flag := range map[string]string{
		"Input":           "input",
		"Output":          "output",
		"Shards":          "shards",
		"Scratch":         "scratch",
		"Include":         "include",
		"Exclude":         "exclude",
		"Extend":          "extend",
		"Resume":          "resume",
		"Overwrite":       "overwrite",
		"Scopes":          "scope",
		"Centers":         "centers",
		"Metrics":         "metrics",
		"Space":           "space",
		"Top":             "top",
		"Budget":          "budget",
		"Quota":           "quota",
		"Strategy":        "strategy",
		"MinDistance":     "min_distance",
		"Duplicates":      "duplicates",
		"Clusters":        "clusters",
		"Auto":            "clusters=auto",
		"Clustering":      "clustering",
		"FineClusters":    "fine_clusters",
		"ResamplingSteps": "resampling_steps",
		"Seed":            "seed",
		"Restarts":        "restarts",
		"MaxPasses":       "max_passes",
		"SampleSize":      "sample_size",
		"Gate.Mode":       "gate",
		"MinForeground":   "min_foreground",
		"MaxSaturated":    "max_saturated",
		"MaxBorder":       "max_border",
		"MinSharpness":    "min_sharpness",
		"MaxSharpness":    "max_sharpness",
		"MaxMSE":          "max_mse",
		"IDColumn":        "id_column",
		"VectorColumn":    "vector_column",
		"VectorColumns":   "vector_columns",
		"LabelColumn":     "label_column",
		"IDs":             "ids",
	} {
		if got := Command.Words("Config." + field + ": wrong"); got != "--"+flag+": wrong" {
			t.Errorf("Config.%s becomes %q, want --%s", field, got, flag)
		}
	}
}
