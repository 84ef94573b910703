package reconnect

import (
	"context"
	"sync"
	"sync/atomic"
)

// fakeConn is closed, and says how often.
type fakeConn struct {
	target string
	closed chan struct{}
	once   sync.Once
	closes atomic.Int32
}

func newFakeConn() *fakeConn { return &fakeConn{closed: make(chan struct{})} }

func (c *fakeConn) Close() error {
	c.closes.Add(1)
	c.once.Do(func() { close(c.closed) })
	return nil
}

// untilClosed is a use that is deaf to its context, as a blocked read is.
func untilClosed(_ context.Context, c *fakeConn) error {
	<-c.closed
	return errLost
}
