package faultproxy

import (
	"context"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// exhausted is a listener of a process that has no file descriptor left.
type exhausted struct{ accepts atomic.Int32 }

func (l *exhausted) Accept() (net.Conn, error) {
	l.accepts.Add(1)
	return nil, &net.OpError{Op: "accept", Net: "tcp", Err: syscall.EMFILE}
}
func (*exhausted) Close() error   { return nil }
func (*exhausted) Addr() net.Addr { return &net.TCPAddr{} }

func TestAcceptErrorsAreWaitedOut(t *testing.T) {
	listener := &exhausted{}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	p := &Proxy{listener: listener, ctx: ctx}
	p.wg.Add(1)
	p.accept(listener)
	require.LessOrEqual(t, listener.accepts.Load(), int32(6))
	require.GreaterOrEqual(t, listener.accepts.Load(), int32(2))
}
