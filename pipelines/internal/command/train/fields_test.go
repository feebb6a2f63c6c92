package train

import "testing"

// TestFieldsAreFlags: what messages name as a field, a user reads as the flag.
func TestFieldsAreFlags(t *testing.T) {
	for field, flag := range map[string]string{
		"Shards":             "input",
		"Output":             "output",
		"Arch":               "arch",
		"Latent":             "latent",
		"Seed":               "seed",
		"Limit":              "limit",
		"Overwrite":          "overwrite",
		"Working":            "working_size",
		"Filters":            "filters",
		"ConvsPerStage":      "convs_per_stage",
		"Widths":             "widths",
		"Activations.Hidden": "hidden_activation",
		"Activations.Latent": "latent_activation",
		"Activations.Output": "output_activation",
		"Scale":              "input_range",
		"Loss":               "loss",
		"Noise":              "noise",
		"L1":                 "l1",
		"Dropout":            "dropout",
		"Variational":        "variational",
		"Beta":               "beta",
		"ClipNorm":           "clip_norm",
		"Epochs":             "epochs",
		"Batch":              "batch",
		"LR":                 "lr",
		"Schedule":           "schedule",
		"Patience":           "patience",
		"Every":              "checkpoint",
		"Validation":         "validation",
		"HeldShards":         "validation_input",
		"Buffer":             "shuffle_mib",
		"File":               "sweep",
	} {
		if got := Command.Words("Config." + field + ": wrong"); got != "--"+flag+": wrong" {
			t.Errorf("Config.%s becomes %q, want --%s", field, got, flag)
		}
	}
}
