//go:build linux

package netns

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
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
	out     byte // its direction
	in      byte // the other
	sending sync.Mutex

	// Covered by child.mu.
	sent, got uint64
	expected  uint64 // what has been answered already
}

// content is the i-th message of a direction: all of it follows from both.
func content(dir byte, i uint64) []byte {
	msg := binary.BigEndian.AppendUint64([]byte{dir}, i)
	sum := sha256.Sum256(msg)
	return append(msg, bytes.Repeat(sum[:], int(sum[0]%8))...)
}

// handle is the handler of both roles.
func (c *child) handle(ctx context.Context, cn *conn.Conn) error {
	p := &peer{c: cn, child: c, out: 'c', in: 's'}
	if c.set.Role == "server" {
		p.out, p.in = p.in, p.out
	}
	c.mu.Lock()
	c.peers[cn] = p
	c.mu.Unlock()
	c.emit(event{Ev: evSession, ID: cn.ID()})
	err := p.receive(ctx)
	c.mu.Lock()
	delete(c.peers, cn)
	c.mu.Unlock()
	c.emit(event{Ev: evHandled, ID: cn.ID(), Err: textOf(err)})
	if errors.Is(err, io.EOF) {
		return nil
	}
	return err
}

func (p *peer) receive(ctx context.Context) error {
	for i := uint64(0); ; i++ {
		msg, err := p.c.Receive(ctx)
		if err != nil {
			return err
		}
		if !bytes.Equal(msg, content(p.in, i)) {
			p.child.bad("session %s: message %d of %c is wrong: %.9q of %d bytes", p.c.ID(), i, p.in, msg, len(msg))
		}
		p.child.mu.Lock()
		p.got = i + 1
		p.expectLocked()
		p.child.mu.Unlock()
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
		p.child.mu.Lock()
		i := p.sent
		p.child.mu.Unlock()
		if err := p.c.Send(p.child.ctx, content(p.out, i)); err != nil {
			p.child.bad("send %d: %v", i, err)
			return
		}
		p.child.mu.Lock()
		p.sent++
		p.child.mu.Unlock()
		time.Sleep(every) // the pace is part of the case
	}
	p.child.emit(event{Ev: evSent, ID: p.c.ID(), N: n})
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
		n := uint64(0)
		if len(msg) >= 9 {
			n = binary.BigEndian.Uint64(msg[1:])
		}
		if i == 0 {
			e.From, e.To = n, n
		}
		if n != e.To || !bytes.Equal(msg, content(msg[0], n)) {
			c.bad("lost: %.9q in place of message %d", msg, e.To)
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
