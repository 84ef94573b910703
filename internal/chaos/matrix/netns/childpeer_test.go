//go:build linux

package netns

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
)

// A peer is one end of a session: it numbers what it sends, and holds what it
// receives to the numbers and the content that the other end must have sent.
type peer struct {
	c       *conn.Conn
	child   *child
	out     byte            // its direction
	ctx     context.Context // ends when it has received all that it will
	sending sync.Mutex

	// Covered by child.mu.
	tally
	sent     uint64
	expected uint64 // what has been answered already
}

// direction is that of what a child sends.
func (c *child) direction() byte {
	if c.set.Role == "server" {
		return 's'
	}
	return 'c'
}

// handle is the handler of both roles.
func (c *child) handle(ctx context.Context, cn *conn.Conn) error {
	receiving, done := context.WithCancel(ctx)
	defer done()
	p := &peer{c: cn, child: c, ctx: receiving, out: c.direction(), tally: tally{dir: 'c' + 's' - c.direction()}}
	c.mu.Lock()
	c.peers[cn] = p
	c.mu.Unlock()
	c.emit(event{Ev: evSession, ID: cn.ID()})
	err := p.receive(ctx)
	done()
	p.sending.Lock() // talk ends, and takes down what was accepted
	defer p.sending.Unlock()
	c.mu.Lock()
	delete(c.peers, cn)
	books := p.accountLocked()
	c.mu.Unlock()
	c.emit(event{Ev: evHandled, ID: cn.ID(), Err: textOf(err), Peers: []account{books}})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (p *peer) receive(ctx context.Context) error {
	for {
		msg, err := p.c.Receive(ctx)
		if err != nil {
			return err
		}
		p.child.mu.Lock()
		wrong := p.take(msg)
		p.expectLocked()
		p.child.mu.Unlock()
		if wrong != nil {
			p.child.bad("session %s: %v", p.c.ID(), wrong)
		}
	}
}

// expectLocked answers the latest expect, once.
func (p *peer) expectLocked() {
	if n := p.child.expect; n > p.expected && p.got >= n {
		p.expected = n
		p.child.emit(event{Ev: evReceived, ID: p.c.ID(), N: n})
	}
}

func (p *peer) send(n uint64, every time.Duration) {
	p.sending.Lock()
	defer p.sending.Unlock()
	for range n {
		if err := p.next(p.child.ctx); err != nil {
			p.child.bad("send: %v", err)
			return
		}
		time.Sleep(every) // the pace is part of the case
	}
	p.child.emit(event{Ev: evSent, ID: p.c.ID(), N: n})
}

// talk sends for as long as the session takes anything.
func (p *peer) talk(every time.Duration) {
	p.sending.Lock()
	defer p.sending.Unlock()
	pace := time.NewTicker(every)
	defer pace.Stop()
	for p.ctx.Err() == nil && p.next(p.ctx) == nil {
		<-pace.C
	}
}

// next sends the next message, and counts it if it was accepted.
func (p *peer) next(ctx context.Context) error {
	p.child.mu.Lock()
	i := p.sent
	p.child.mu.Unlock()
	err := p.c.Send(ctx, content(p.out, i))
	if err == nil {
		p.child.mu.Lock()
		p.sent++
		p.child.mu.Unlock()
	}
	return err
}

func (p *peer) accountLocked() account {
	s := p.c.Stats()
	return account{ID: p.c.ID(), Sent: p.sent, Got: p.got, Lost: p.lost, Doubled: p.doubled,
		Links: s.Links, Replayed: s.Replayed, Connected: s.Connected, RTT: s.RTT}
}

func (c *child) trace() *conn.Trace {
	return &conn.Trace{
		LinkUp: func(cn *conn.Conn, _ net.Addr) { c.emit(event{Ev: evUp, ID: cn.ID()}) },
		LinkDown: func(cn *conn.Conn, _ net.Addr, cause error) {
			c.emit(event{Ev: evDown, ID: cn.ID(), Err: textOf(cause), Dead: errors.Is(cause, heartbeat.ErrDead)})
		},
		Refused: func(_ net.Addr, cause error) { c.emit(event{Ev: evRefused, Err: textOf(cause)}) },
		Panic:   func(_ *conn.Conn, v any, stack []byte) { c.bad("panic: %v\n%s", v, stack) },
		SessionEnd: func(cn *conn.Conn, err error) {
			e := event{Ev: evEnded, ID: cn.ID(), Err: textOf(err)}
			if lost := new(conn.LostError); errors.As(err, &lost) {
				c.lost(&e, lost)
			}
			c.emit(e)
		},
	}
}

// lost takes down which messages an error names as not delivered for certain:
// they have to be consecutive.
func (c *child) lost(e *event, lost *conn.LostError) {
	e.Reason = string(lost.Reason)
	for i, msg := range append(lost.Unknown[:len(lost.Unknown):len(lost.Unknown)], lost.Undelivered...) {
		n, err := numberOf(c.direction(), msg)
		if i == 0 {
			e.From, e.To = n, n
		}
		if err != nil || n != e.To {
			c.bad("lost: message %d in place of %d: %v", n, e.To, err)
		}
		e.To = n + 1
	}
}

func textOf(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}
