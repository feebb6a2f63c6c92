package importing

import (
	"path/filepath"
	"strings"
	"testing"
)

// TestFullScaleAndChannels: both reach the model, change what it is, and are refused where the
// weights or their file say otherwise.
func TestFullScaleAndChannels(t *testing.T) {
	sums := map[string]string{}
	for _, full := range []int{0, 255, 4095, 65535} {
		for _, names := range []string{"", "DNA"} {
			c := fixture()
			c.Output, c.FullScale, c.Channels = filepath.Join(t.TempDir(), "model"), full, names
			r, err := Run(t.Context(), c)
			if err != nil {
				t.Fatalf("%d, %q: %v", full, names, err)
			}
			in, bits := r.Model.Arch.Input, map[bool]int{false: 8, true: 16}[full > 255]
			if want := map[int]int{4095: 4095}[full]; in.Bits != bits || in.FullScale != want || full != 0 && in.Full() != full || len(r.Model.Channels) != len(names)/3 {
				t.Errorf("%d, %q: input %+v, channels %v", full, names, in, r.Model.Channels)
			}
			sums[r.SHA256] += "x"
			if c.FullScale, c.Channels = 1023, "RNA"; full == 4095 {
				_, err := Run(t.Context(), c)
				if err == nil || !strings.Contains(err.Error(), "of another architecture, full scale or other channels") || !strings.Contains(err.Error(), "Config.Overwrite") {
					t.Errorf("another full scale over it: %v", err)
				}
			}
		}
	}
	if len(sums) != 6 { // 255 is what 0 stands for
		t.Errorf("%d models, want 6: %v", len(sums), sums)
	}
	for _, bad := range []struct {
		full        int
		names, want string
	}{
		{-1, "", "Config.FullScale=-1: must be 1 to 65535"},
		{65536, "", "Config.FullScale=65536: must be 1 to 65535"},
		{0, "DNA,ER", "its images have 1 channel, and Config.Channels names 2"},
		{0, "DNA,DNA", `"DNA" is there twice`},
		{0, "DNA,", "is empty"},
	} {
		c := fixture()
		c.Output, c.FullScale, c.Channels = filepath.Join(t.TempDir(), "model"), bad.full, bad.names
		err := c.Validate()
		if err == nil {
			_, err = Run(t.Context(), c)
		}
		if err == nil || !strings.Contains(err.Error(), bad.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%d, %q: %v", bad.full, bad.names, err)
		}
	}
}
