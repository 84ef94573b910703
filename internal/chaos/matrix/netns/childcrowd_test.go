//go:build linux

package netns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// atOnce is how many members of a crowd begin at a time: it is not how they begin
// that is tested.
const atOnce = 64

// A crowd is many clients in one process, which tell what happens to all of them
// and not to each. Each says one thing, and one more when its server is gone; what
// is reported to it as lost it says again to the next server. Servers echo.
type crowd struct {
	*child
	gone  chan struct{} // closed when the server is
	turns chan struct{}

	ready, spoken, told, back atomic.Int64
	lost, doubled             atomic.Int64

	mu    sync.Mutex        // covers dials
	dials [][]time.Duration // when each attempt of each member began, on the machine's clock
}

// beCrowd keeps the clients.
func (c *child) beCrowd() {
	w := &crowd{child: c, gone: make(chan struct{}), turns: make(chan struct{}, atOnce), dials: make([][]time.Duration, c.set.Conns)}
	for i := range c.set.Conns {
		c.wg.Go(func() { w.member(i) })
	}
	c.crowd = w
}

// beEcho serves a crowd. It tells nothing of each, and takes its clients for as many
// addresses.
func (c *child) beEcho() (end func()) {
	echo := conn.OnMessage(func(ctx context.Context, cn *conn.Conn, msg []byte) error { return cn.Send(ctx, msg) })
	return c.serve(echo, &conn.Config{MaxHandshakesPerIP: -1})
}

func (w *crowd) member(i int) {
	w.turns <- struct{}{}
	m := &member{crowd: w, books: ledger.New(uint32(i))}
	cfg := w.set.Over.Client(&conn.Config{
		OnState: func(s conn.State) {
			if s.Phase == conn.Connecting {
				w.mu.Lock()
				w.dials[i] = append(w.dials[i], machineClock())
				w.mu.Unlock()
			}
		},
		Trace: &conn.Trace{SessionEnd: func(_ *conn.Conn, err error) {
			if errors.As(err, new(*conn.LostError)) {
				w.told.Add(1)
			}
		}},
	})
	err := conn.Run(w.ctx, w.set.Over.Target(w.set.Addr), conn.HandlerFunc(m.serve), cfg)
	if w.ctx.Err() == nil {
		w.bad("client %d: %v", i, err)
	}
}

// reach counts one more, and tells when it was the last.
func (w *crowd) reach(counter *atomic.Int64, ev string) {
	if counter.Add(1) == int64(w.set.Conns) {
		w.emit(event{Ev: ev})
	}
}

// report tells what is known of all, and how the first dials came since an instant.
func (w *crowd) report(since time.Duration) {
	e := event{Ev: evReport, Told: w.told.Load(), Lost: w.lost.Load(), Doubled: w.doubled.Load()}
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, dials := range w.dials {
		i := slices.IndexFunc(dials, func(at time.Duration) bool { return at >= since })
		if i < 0 {
			continue // which the test will miss
		}
		e.Instants = append(e.Instants, dials[i])
		e.N += uint64(len(dials) - i)
	}
	w.emit(e)
}

// A member is one client.
type member struct {
	*crowd
	books    *ledger.Stream
	sessions int
	pending  []byte // what it was told is lost
	held     int    // messages that came back
}

// serve is the handler of each of its sessions.
func (m *member) serve(ctx context.Context, cn *conn.Conn) error {
	m.sessions++
	switch m.sessions {
	case 1:
		return m.first(ctx, cn)
	case 2:
		return m.second(ctx, cn)
	}
	return fmt.Errorf("session %d", m.sessions) // ends Run, which is told
}

func (m *member) first(ctx context.Context, cn *conn.Conn) error {
	if err := m.say(ctx, cn); err != nil {
		return err
	}
	if err := m.hear(ctx, cn); err != nil {
		return err
	}
	if err := cn.Flush(ctx); err != nil {
		return err
	}
	m.books.Acknowledged(1)
	<-m.turns
	m.reach(&m.ready, evReady)
	select {
	case <-m.gone:
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := m.say(ctx, cn); err != nil {
		return err
	}
	m.reach(&m.spoken, evSent)
	_, err := cn.Receive(ctx)
	if lost := new(conn.LostError); errors.As(err, &lost) {
		if lost.Reason != conn.LostRestarted {
			m.bad("lost: %v", lost)
		}
		m.books.Report(lost.Unknown, lost.Undelivered)
		m.pending = slices.Concat(slices.Concat(lost.Unknown, lost.Undelivered)...)
	}
	return err
}

func (m *member) second(ctx context.Context, cn *conn.Conn) error {
	if err := cn.Send(ctx, m.pending); err != nil {
		return err
	}
	if err := m.hear(ctx, cn); err != nil {
		return err
	}
	m.books.Settled()
	m.lost.Add(int64(m.books.Accepted() - m.held))
	if err := m.books.Err(); err != nil {
		m.bad("%v", err)
	}
	m.reach(&m.back, evBack)
	_, err := cn.Receive(ctx) // nothing, until the end
	if err == nil {
		m.doubled.Add(1)
	}
	return err
}

// say sends the next message.
func (m *member) say(ctx context.Context, cn *conn.Conn) error {
	err := cn.Send(ctx, m.books.Offer(64))
	m.books.Answer(err == nil)
	return err
}

// hear takes an echo: the other end has consumed what it is of.
func (m *member) hear(ctx context.Context, cn *conn.Conn) error {
	msg, err := cn.Receive(ctx)
	if err != nil {
		return err
	}
	m.books.Deliver(msg)
	m.held++
	m.books.Ask()
	m.books.Consume()
	return nil
}
