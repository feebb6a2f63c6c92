package rows

import (
	"context"
	"fmt"
	"sync"

	"exemplar/model/affine"
	"exemplar/transforms/selection/spaces"
	"exemplar/transforms/store"
)

// Space says into which space the rows of a file are mapped as they are read.
type Space struct {
	Name      string // of the space's file, "" for the rows as they are
	Dimension int
}

// lastMap keeps the map of the space that was used last: a run has one.
var lastMap struct {
	sync.Mutex
	name string
	last *affine.Map
}

// Open returns the space's map, nil where rows stay as they are.
func (s Space) Open(ctx context.Context) (*affine.Map, error) {
	if s.Name == "" {
		return nil, nil
	}
	lastMap.Lock()
	defer lastMap.Unlock()
	if lastMap.name == s.Name {
		return lastMap.last, nil
	}
	data, err := store.ReadFile(ctx, s.Name)
	if err != nil {
		return nil, err
	}
	space, err := spaces.Unmarshal(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: run the same command with Config.Overwrite", s.Name, err)
	}
	lastMap.name, lastMap.last = s.Name, space.Map()
	return lastMap.last, nil
}
