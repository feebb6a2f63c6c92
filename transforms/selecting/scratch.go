package selecting

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"exemplar/transforms/run/runlog"
	"exemplar/transforms/store"
)

// checkScratch refuses a folder for the copy of the latents where none can be kept: the
// run would be as slow as without, and say nothing. What the workers of a cluster have is
// not known here.
func (c Config) checkScratch() error {
	if c.Scratch == "" || c.Scratch == scratchOff {
		return nil
	}
	if store.IsRemote(c.Scratch) {
		return fmt.Errorf("Config.Scratch=%s: must be a folder on the local disk, or off", c.Scratch)
	}
	if runner := strings.ToLower(runlog.Runner()); runner != "" && !strings.HasPrefix(runner, "direct") && !strings.HasPrefix(runner, "prism") {
		return nil
	}
	f, err := os.CreateTemp(c.Scratch, ".exemplar-*")
	switch info, serr := os.Stat(c.Scratch); {
	case errors.Is(serr, fs.ErrNotExist):
		return fmt.Errorf("Config.Scratch=%s: there is no such folder: make it, or leave the flag away", c.Scratch)
	case serr == nil && !info.IsDir():
		return fmt.Errorf("Config.Scratch=%s: is a file: name a folder, or leave the flag away", c.Scratch)
	case err != nil:
		return fmt.Errorf("Config.Scratch: nothing can be written there: %w", err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}
