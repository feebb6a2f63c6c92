package store

import (
	"context"
	"sync"
)

// clientOf is the client of a store in this process, made when it is first needed.
type clientOf[C any] struct {
	mu     sync.Mutex
	client *C
	server string
}

// get returns the client of a server, made by connect where there is none: it outlives
// the call that makes it.
func (c *clientOf[C]) get(ctx context.Context, server string, connect func(context.Context) (*C, error)) (*C, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.client != nil && c.server == server {
		return c.client, nil
	}
	client, err := connect(context.WithoutCancel(ctx))
	if err != nil {
		return nil, err
	}
	c.client, c.server = client, server
	return client, nil
}
