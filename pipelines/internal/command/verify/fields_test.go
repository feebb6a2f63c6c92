package verify

import "testing"

// TestFieldsAreFlags: what messages name as a field, a user reads as the flag.
func TestFieldsAreFlags(t *testing.T) {
	for field, flag := range map[string]string{
		"Input":      "input",
		"Shards":     "shards",
		"Model":      "model",
		"Latents":    "latents",
		"Embeddings": "embeddings",
	} {
		if got := Command.Words("Config." + field + ": wrong"); got != "--"+flag+": wrong" {
			t.Errorf("Config.%s becomes %q, want --%s", field, got, flag)
		}
	}
}
