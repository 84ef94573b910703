package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/pprof"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/reconnect"
)

// Dial begins a session with the server at target, and returns once it has
// begun. The target is "tcp://host:port", "tls://host:port", "unix:///path", a
// scheme of [Config.Dialers], or "host:port" for TCP.
//
// Dial keeps trying, as it does later when a link is lost: until ctx ends, the
// server refuses for good, or [Config.Retry] gives up. ctx does not concern the
// connection once Dial has returned, but its values go to dial functions.
//
// The caller must call Close or Shutdown, also after the session was lost.
func Dial(ctx context.Context, target string, cfg *Config) (*Conn, error) {
	cfg = cfg.orZero()
	c := newConn(cfg, session.New(cfg.limits(), pool))
	c.dialling = &dialling{client: session.NewClient(c.s), kept: make(chan struct{})}
	keepCtx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	c.cancel = cancel
	up := make(chan struct{})
	c.dialer = &reconnect.Dialer[*link]{
		Dial:        c.dialLink,
		Targets:     append([]string{target}, cfg.Targets...),
		DialTimeout: cfg.DialTimeout,
		Policy:      cfg.Retry,
		OnState:     c.onDial,
	}
	go c.keep(keepCtx, up)
	select {
	case <-up:
		return c, nil
	case <-c.kept:
		return nil, c.Err()
	case <-ctx.Done():
	}
	c.mu.Lock()
	if c.client.Known() { // only just: the server need not keep the session
		c.abortLocked(CodeAborted, "")
	}
	c.unlock()
	cancel()
	<-c.kept
	err := context.Cause(ctx)
	if last := c.lastState.Err; last != nil {
		return nil, fmt.Errorf("conn: dial %s: %w (last failure: %w)", target, err, last)
	}
	return nil, fmt.Errorf("conn: dial %s: %w", target, err)
}

// keep is the goroutine that keeps a client's link, until the session ends.
func (c *Conn) keep(ctx context.Context, up chan struct{}) {
	defer close(c.kept)
	pprof.SetGoroutineLabels(keeperLabel)
	err := c.dialer.Run(ctx, func(_ context.Context, l *link) error {
		if up != nil {
			close(up)
			up = nil
		}
		<-l.dead
		if c.mayReturn() {
			return l.err
		}
		<-c.Done() // now, or when the application has received what came before
		return nil
	})
	c.mu.Lock()
	if !c.ended {
		c.stopLocked(err)
	}
	err = c.err
	gone := c.gone.wait()
	c.unlock()
	<-gone
	c.cancel()
	c.tell(State{Phase: Closed, Target: c.lastState.Target, Cause: reconnect.Classify(err), Err: err})
}

// Wake ends the present delay of a client that is about to dial again, for an
// application that has learnt that the network is back. It does nothing for a
// connection that has a link, nor for a server's.
func (c *Conn) Wake() {
	if c.dialling != nil {
		c.dialer.Wake()
	}
}

// stopLocked ends a session because there will be no further link.
func (c *Conn) stopLocked(err error) {
	if !c.client.Known() {
		c.endLocked(err)
		return
	}
	c.loseLocked(LostGaveUp, err)
}

// mayReturn reports whether a client whose link has died makes another.
func (c *Conn) mayReturn() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.ended && c.client.Resumable()
}

func (c *Conn) over() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ended
}

// Close makes a link the closable thing that the redialer keeps.
func (l *link) Close() error {
	l.fail(net.ErrClosed)
	return nil
}

// dialLink opens a transport and performs the handshake on it.
func (c *Conn) dialLink(ctx context.Context, target string) (*link, error) {
	var credential []byte
	if c.cfg.Credential != nil {
		var err error
		if credential, err = c.cfg.Credential(ctx); err != nil {
			return nil, fmt.Errorf("conn: credential: %w", err)
		}
		if len(credential) > maxCredential {
			return nil, reconnect.Permanent(&LimitError{Limit: "Credential", Got: len(credential), Max: maxCredential})
		}
	}
	nc, err := c.cfg.open(ctx, target)
	if err != nil {
		return nil, err
	}
	l := newLink(nc)
	l.dead = make(chan struct{})
	if err := c.greet(ctx, l, target, credential); err != nil {
		_ = nc.Close() // nothing was begun on it
		if ctx.Err() != nil && errors.Is(err, net.ErrClosed) {
			err = ctx.Err()
		}
		return nil, err
	}
	return l, nil
}
