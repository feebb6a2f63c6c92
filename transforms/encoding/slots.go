package encoding

import (
	"runtime"

	"exemplar/transforms/run/beamrun"
)

// shardSlots bounds the shards that the process works on at once, over all
// bundles. Each has a row group of its latents in memory.
var shardSlots = beamrun.NewSlots(max(4, runtime.GOMAXPROCS(0)/2))

// pixelBuffers holds the memory for the pixels of batches, which is what bounds
// the batches of the process that are read or computed at once. A buffer is nil
// until it is needed.
var pixelBuffers = func() chan []byte {
	c := make(chan []byte, 2*runtime.GOMAXPROCS(0)+4)
	for range cap(c) {
		c <- nil
	}
	return c
}()
