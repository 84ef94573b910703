package main

import (
	"context"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// cutting returns a dial function whose connections are cut after about the
// time given, between half and one and a half of it: as if a router had
// forgotten them, or a server had hung up. Zero or less means never.
func cutting(every time.Duration) dialFunc {
	dial := new(net.Dialer).DialContext
	if every <= 0 {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		c := &cutConn{TCPConn: nc.(*net.TCPConn)}
		c.timer = time.AfterFunc(every/2+rand.N(every), c.cut)
		return c, nil
	}
}

// A cutConn is a TCP connection with a short life.
type cutConn struct {
	*net.TCPConn
	timer  *time.Timer
	struck atomic.Bool
}

// cut ends the connection, with a reset or in order, by a toss.
func (c *cutConn) cut() {
	c.struck.Store(true)
	if rand.N(2) == 0 {
		c.SetLinger(0)
	}
	c.TCPConn.Close()
}

func (c *cutConn) Close() error {
	c.timer.Stop()
	return c.TCPConn.Close()
}

func (c *cutConn) Read(p []byte) (int, error) {
	n, err := c.TCPConn.Read(p)
	return n, c.told(err)
}

func (c *cutConn) Write(p []byte) (int, error) {
	n, err := c.TCPConn.Write(p)
	return n, c.told(err)
}

// told makes of the error of a connection that was cut here what the network
// would have said.
func (c *cutConn) told(err error) error {
	if err != nil && c.struck.Load() {
		return &net.OpError{Op: "read", Net: "tcp", Addr: c.RemoteAddr(), Err: syscall.ECONNRESET}
	}
	return err
}
