package session

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// ends are both ends of a session, joined by a pipe that loses nothing.
type ends struct {
	t      testing.TB
	now    time.Duration
	limits Limits
	client *Client
	entry  *Entry
	side   [2]*end // client, server
	token  wire.Token
	tokens byte
}

// end is one of them, with the application on top.
type end struct {
	s        *Session
	gen      uint64
	accepted [][]byte
	inbox    []int // sizes of the frames that the application has not had
	received [][]byte
	lastWord []byte // kind of each frame that arrived
}

const (
	clientSide = 0
	serverSide = 1
)

var testLimits = Limits{Window: 1000, MaxMessage: 300, SendBuffer: 2000}

func newEnds(t testing.TB, limits Limits) *ends {
	e := &ends{t: t, now: 1, limits: limits}
	e.side[clientSide] = &end{s: New(limits, Pool{})}
	e.side[serverSide] = &end{s: New(limits, Pool{})}
	e.client = NewClient(e.side[clientSide].s)
	h := e.client.Hello()
	entry, w, gen, err := NewEntry(e.side[serverSide].s, wire.ID{1}, "ada", &h, e.nextToken())
	require.NoError(t, err)
	e.entry, w.Epoch = entry, 7
	e.side[serverSide].gen = gen
	e.side[clientSide].gen, err = e.client.Welcome(h.Attempt, &w)
	require.NoError(t, err)
	return e
}

func (e *ends) nextToken() wire.Token {
	e.tokens++
	e.token = wire.Token{e.tokens}
	return e.token
}

// resume puts the session on another link.
func (e *ends) resume() {
	h := e.client.Hello()
	w, gen, err := e.entry.Resume(&h, KeyOf(h.Token), "ada", e.nextToken())
	require.NoError(e.t, err)
	w.Epoch = 7
	e.side[serverSide].gen = gen
	e.side[clientSide].gen, err = e.client.Welcome(h.Attempt, &w)
	require.NoError(e.t, err)
}

// send offers a message.
func (e *ends) send(side int, msg []byte) error {
	err := e.side[side].s.Append(msg)
	if err == nil {
		e.side[side].accepted = append(e.side[side].accepted, append([]byte(nil), msg...))
	}
	return err
}

// carry writes once and has the other end read it. It reports whether there was
// anything.
func (e *ends) carry(from, budget int) bool {
	a, b := e.side[from], e.side[1-from]
	pending := a.s.Pending(a.gen)
	_, bufs := a.s.Next(a.gen, nil, nil, budget)
	if len(bufs) == 0 {
		require.False(e.t, pending, "Pending promised something to write")
		return false
	}
	var p []byte
	for _, buf := range bufs {
		p = append(p, buf...)
	}
	a.s.Wrote()
	for len(p) > 0 {
		kind, body, size, ok, err := wire.Cut(p, e.limits.MaxMessage)
		require.NoError(e.t, err)
		require.True(e.t, ok, "a write holds whole frames")
		b.lastWord = append(b.lastWord, byte(kind))
		if kind == wire.KindData {
			discard, err := b.s.Data(b.gen, size, e.now)
			require.NoError(e.t, err)
			if !discard {
				b.inbox = append(b.inbox, size)
				b.received = append(b.received, append([]byte(nil), body...))
			}
		} else {
			_, _, err := b.s.Control(b.gen, kind, body, e.now)
			require.NoError(e.t, err)
		}
		p = p[size:]
	}
	return true
}

// consume has the application deal with its next message.
func (e *ends) consume(side int) bool {
	a := e.side[side]
	if len(a.inbox) == 0 {
		return false
	}
	a.s.Consume(a.inbox[0], e.now)
	a.inbox = a.inbox[1:]
	return true
}

// settle carries until there is nothing more to carry.
func (e *ends) settle() {
	for n := 0; ; n++ {
		busy := e.carry(clientSide, 1<<16)
		busy = e.carry(serverSide, 1<<16) || busy
		if !busy {
			return
		}
		require.Less(e.t, n, 10_000, "the ends never come to rest")
	}
}

// drain settles, with both applications consuming all that comes.
func (e *ends) drain() {
	for busy := true; busy; {
		e.settle()
		busy = e.consume(clientSide)
		busy = e.consume(serverSide) || busy
	}
	e.settle()
}

// words returns the kinds that arrived at a side since the last call.
func (e *ends) words(side int) []wire.Kind {
	var kinds []wire.Kind
	for _, k := range e.side[side].lastWord {
		kinds = append(kinds, wire.Kind(k))
	}
	e.side[side].lastWord = nil
	return kinds
}
