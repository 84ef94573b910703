package conntest

import (
	"net"
	"sync"
	"time"
)

// A Link is one connection of the in-memory network, seen from outside: the
// wire between its two ends. Its methods inject faults and are safe for
// concurrent use; none of them blocks.
type Link struct {
	id     int
	client *conn
	server *conn

	mu      sync.Mutex // guards all below and the state of both ends; never held while waiting
	streams [2]stream  // indexed by Direction.ways
	over    bool
}

func newLink(buffer int, from, to addr) *Link {
	if buffer <= 0 {
		buffer = defaultBuffer
	}
	l := &Link{}
	for i := range l.streams {
		l.streams[i].limit = buffer
	}
	up, down := &l.streams[0], &l.streams[1]
	l.client = &conn{link: l, in: down, out: up, local: from, remote: to}
	l.server = &conn{link: l, in: up, out: down, local: to, remote: from}
	l.client.peer, l.server.peer = l.server, l.client
	return l
}

// LinkOf returns the link that c is an end of, or nil when c does not come
// from this package.
func LinkOf(c net.Conn) *Link {
	if c, ok := c.(*conn); ok {
		return c.link
	}
	return nil
}

// ID counts the links of a network from 1, in the order in which they were
// made. It is 0 for a [Pipe].
func (l *Link) ID() int { return l.id }

// Client returns the dialing end.
func (l *Link) Client() net.Conn { return l.client }

// Server returns the accepting end.
func (l *Link) Server() net.Conn { return l.server }

// Over reports whether the link was reset or both of its ends were closed.
func (l *Link) Over() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.settle(time.Now())
}

// Written returns how many bytes have been written in direction d since the
// link began, or the sum when d is Both. It includes bytes that were lost.
func (l *Link) Written(d Direction) int64 {
	return l.sum(d, func(s *stream) int64 { return s.written })
}

// Delivered returns how many bytes have been read in direction d since the
// link began, or the sum when d is Both.
func (l *Link) Delivered(d Direction) int64 {
	return l.sum(d, func(s *stream) int64 { return s.taken })
}

func (l *Link) sum(d Direction, of func(*stream) int64) (n int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i := range d.ways() {
		n += of(&l.streams[i])
	}
	return n
}

// settle brings both directions up to now and reports whether the link is over.
func (l *Link) settle(now time.Time) bool {
	for _, e := range [2]*conn{l.client, l.server} {
		if e.in.settle(now) {
			e.hearReset()
		}
	}
	if !l.over && l.client.ended() && l.server.ended() {
		l.end()
	}
	return l.over
}

// end marks the link as over; the network sweeps such links out of its list.
func (l *Link) end() {
	l.over = true
	l.streams[0].ring()
	l.streams[1].ring()
}

// await gives up the lock until s changes or the given time comes; zero: never.
func (l *Link) await(s *stream, until, now time.Time) {
	changed := s.wait()
	l.mu.Unlock()
	defer l.mu.Lock()
	if until.IsZero() {
		<-changed
		return
	}
	timer := time.NewTimer(until.Sub(now))
	defer timer.Stop()
	select {
	case <-changed:
	case <-timer.C:
	}
}
