package conn_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// stressEnd is one end of a session: an application that does anything at any
// time, and what came of it.
type stressEnd struct {
	*stressed
	*conn.Conn
	side    int
	draw    func(n int) int // of its receiver
	streams [2]*ledger.Stream
	patient bool // it stays for as long as there is a peer
	buffer  int  // what its send buffer takes
	began   time.Time
	handing atomic.Bool // a message is being pushed to it

	disturbed bool // it is closed from outside; covered by stressed.mu
	crashed   bool // its process is dead, and what it says does not count; the same

	mu    sync.Mutex // covers what follows
	bells []<-chan struct{}
}

// enter takes in an application's session.
func (w *stressed) enter(c *conn.Conn, side int, cfg *conn.Config) *stressEnd {
	w.mu.Lock()
	defer w.mu.Unlock()
	pair := w.sessions[c.ID()]
	if pair == nil {
		pair = new([2]*stressEnd)
		w.sessions[c.ID()] = pair
	}
	assert.Nil(w, pair[side], "a session is served twice")
	n := uint64(len(w.ends))
	e := &stressEnd{stressed: w, Conn: c, side: side, draw: drawing(w.seed, 2000+n), began: time.Now()}
	if e.buffer = cfg.SendBuffer; e.buffer == 0 {
		e.buffer = 1 << 20
	}
	e.patient = e.draw(2) == 0
	for i := range e.streams {
		id := uint32(2*n) + uint32(i)
		e.streams[i] = ledger.New(id)
		w.streams[id] = e.streams[i]
	}
	pair[side] = e
	w.loosen(pair)
	w.ends = append(w.ends, e)
	return e
}

// peer is the other end, nil if there is none yet.
func (e *stressEnd) peer() *stressEnd {
	e.stressed.mu.Lock()
	defer e.stressed.mu.Unlock()
	return e.sessions[e.ID()][1-e.side]
}

// each calls f with the streams that come from the peer.
func (e *stressEnd) each(f func(*ledger.Stream)) {
	if p := e.peer(); p != nil {
		for _, s := range p.streams {
			f(s)
		}
	}
}

// nap is how long an application does something else.
func nap(draw func(int) int) time.Duration {
	return time.Duration(1+draw([]int{1, 10, 100, 1000, 300_000}[draw(5)])) * time.Microsecond
}

// brief is a context that has ended, or soon will have.
func brief(e *stressEnd, draw func(int) int) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.Background(), nap(draw)*time.Duration(draw(4)))
}

// live is an application's life. What it returns is what a handler returns.
func (e *stressEnd) live(ctx context.Context) error {
	var senders sync.WaitGroup
	defer senders.Wait()
	e.beginSending(&senders)
	over := e.calm
	if !e.patient {
		leaving := make(chan struct{})
		timer := time.AfterFunc(time.Duration(e.draw(2000))*time.Millisecond, func() { close(leaving) })
		defer timer.Stop()
		over = leaving
	}
	if e.receive(ctx, over) {
		return e.Err()
	}
	if !e.patient {
		return e.leave()
	}
	received := make(chan struct{})
	until, stop := context.WithCancel(ctx)
	go func() {
		defer close(received)
		e.receive(until, nil)
	}()
	senders.Wait()
	e.settle()
	if e.side == 1 {
		<-e.Done() // it is the client that closes
	}
	stop()
	<-received
	return e.quit(nil)
}

func (e *stressEnd) beginSending(senders *sync.WaitGroup) {
	for i, s := range e.streams {
		draw := drawing(e.seed, 3000+uint64(s.ID()))
		senders.Go(func() { e.send(s, draw, i == 0) })
	}
	senders.Go(func() { e.poke(drawing(e.seed, 4000+uint64(e.streams[0].ID()))) })
}

// poke is somebody who looks at the connection now and then.
func (e *stressEnd) poke(draw func(int) int) {
	var last conn.Stats
	for {
		select {
		case <-time.After(nap(draw) + time.Duration(draw(50))*time.Millisecond):
		case <-e.calm:
			return
		case <-e.Done():
			return
		}
		st := e.Stats()
		fits := st.Unacked <= e.buffer || st.Unacked <= longest
		assert.True(e, fits && 0 <= st.Unsent && st.Unsent <= st.Unacked && st.Unread >= 0, "%+v", st)
		grows := st.Sent >= last.Sent && st.Received >= last.Received && st.Links >= last.Links && st.Replayed >= last.Replayed
		assert.True(e, grows, "%+v after %+v", st, last)
		last = st
		switch draw(4) {
		case 0:
			e.Wake()
		case 1:
			_ = e.RemoteAddr()
		case 2:
			e.NotifyWritable(func() {})
		}
	}
}

// receive receives until the session is over, which it reports, or it is told
// to stop.
func (e *stressEnd) receive(until context.Context, stop <-chan struct{}) (over bool) {
	for until.Err() == nil {
		select {
		case <-stop:
			return false
		case <-e.calm:
			time.Sleep(time.Millisecond)
		case <-time.After(nap(e.draw) / time.Duration(1+e.draw(20))):
		}
		e.each((*ledger.Stream).Ask)
		ctx, cancel := context.WithTimeout(until, 100*time.Millisecond+nap(e.draw))
		if e.draw(4) == 0 {
			cancel()
		}
		msg, err := e.Receive(ctx)
		cancel()
		e.each((*ledger.Stream).Consume)
		switch {
		case err == nil:
			e.deliver(msg)
		case err != context.DeadlineExceeded && err != context.Canceled:
			e.known(err)
			return true
		}
	}
	return e.Err() != nil
}

func (e *stressEnd) deliver(msg []byte) {
	id, _ := ledger.StreamOf(msg)
	e.stressed.mu.Lock()
	s := e.stressed.streams[id]
	e.stressed.mu.Unlock()
	if assert.NotNil(e, s, "a message of nobody's: %x", msg) {
		p := e.peer()
		assert.True(e, p != nil && (s == p.streams[0] || s == p.streams[1]), "a message of another session")
		s.Deliver(msg)
	}
}

// leave ends the session in one of all ways.
func (e *stressEnd) leave() error {
	switch e.draw(6) {
	case 0:
		return errors.New("an application's own error")
	case 1:
		e.each((*ledger.Stream).Ask)
		within(e.T, time.Second, func() { _ = e.Close() })
	case 2:
		e.each((*ledger.Stream).Ask)
		ctx, cancel := brief(e, e.draw)
		defer cancel()
		within(e.T, 2*time.Second, func() { _ = e.Shutdown(ctx, 1000, "enough") })
	case 3:
		if e.side == 1 {
			panic("an application's")
		}
	case 4:
		e.each((*ledger.Stream).Ask)
		e.each((*ledger.Stream).Loosen) // it may be handed one more, and be closed over it
		go e.Close()
		if msg, err := e.Receive(context.Background()); err == nil {
			e.deliver(msg)
		}
	}
	return e.quit(nil)
}

// quit says that the message in hand has been dealt with.
func (e *stressEnd) quit(err error) error {
	e.each((*ledger.Stream).Ask)
	return err
}
