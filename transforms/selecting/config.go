package selecting

import (
	"cmp"
	"fmt"
	"math"

	"exemplar/schemas"
	"exemplar/transforms/spaces"
)

// Config is what a user chooses for one run.
type Config struct {
	Input  string // folder of latents
	Output string // folder for the selection
	Shards string // folder of the image shards; "" leaves the picked originals unread

	// Scratch is the folder for a copy of the embeddings that passes read faster
	// than the latents, on every machine that works on the run. It is gone when the
	// run ends. "" takes the system's folder for large temporary files, scratchOff makes none.
	Scratch string

	// Parameters are the choices that decide the picks; SampleSize 0 takes
	// clustering.DefaultSampleSize.
	Parameters schemas.SelectionParameters

	// Resume finishes an interrupted run with the same inputs and parameters;
	// Overwrite does all work again.
	Resume, Overwrite bool
}

// Validate reports the first wrong flag, before any work.
func (c Config) Validate() error {
	switch {
	case c.Input == "":
		return fmt.Errorf("--input is missing: name the folder of latents that encode wrote")
	case c.Output == "":
		return fmt.Errorf("--output is missing: name the folder for the selection")
	case c.Parameters.SampleSize < 0:
		return fmt.Errorf("--sample_size=%d: must be at least --clusters, or 0 for the default", c.Parameters.SampleSize)
	}
	p := c.Parameters
	if p.SampleSize == 0 {
		p.SampleSize = max(p.Clusters, 1)
	}
	if _, _, err := spaces.Parse(c.space(), math.MaxInt); err != nil {
		return err
	}
	return p.Validate()
}

// space returns the value of --space, raw where it is not given.
func (c Config) space() string { return cmp.Or(c.Parameters.Space, spaces.Raw) }

// parameters returns the parameters as the manifest records them: defaults
// filled in, and those of k-means left out where clusters are no scope.
func (c Config) parameters(defaultSample int) schemas.SelectionParameters {
	p := c.Parameters
	p.Space = c.space()
	if !p.Clustered() {
		p.Clusters, p.Auto, p.Restarts, p.MaxPasses, p.SampleSize, p.Seed = 0, false, 0, 0, 0, 0
	} else if p.SampleSize == 0 {
		p.SampleSize = defaultSample
	}
	return p
}

// scratchOff is the value of Config.Scratch for no copy.
const scratchOff = "off"
