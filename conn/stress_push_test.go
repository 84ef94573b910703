package conn_test

import (
	"errors"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// pushedTo is the server's end of a session whose messages are pushed: it begins
// with the first of them.
func (w *stressed) pushedTo(c *conn.Conn) *stressEnd {
	w.mu.Lock()
	pair := w.sessions[c.ID()]
	w.mu.Unlock()
	if pair != nil && pair[1] != nil {
		return pair[1]
	}
	e := w.enter(c, 1, w.cfg)
	w.lives.Go(func() {
		var senders sync.WaitGroup
		e.beginSending(&senders)
		senders.Wait()
		<-w.calm
		if e.patient {
			e.settle()
		}
	})
	return e
}

// handle deals with one message, and perhaps leaves.
func (e *stressEnd) handle(msg []byte) error {
	assert.True(e, e.handing.CompareAndSwap(false, true), "two messages at the same time")
	defer e.handing.Store(false)
	e.each((*ledger.Stream).Consume) // the one before
	e.deliver(msg)
	select {
	case <-e.calm:
	case <-time.After(nap(e.draw) / time.Duration(1+e.draw(20))):
	}
	if !e.patient && time.Since(e.began) > 300*time.Millisecond && e.draw(20) == 0 {
		switch e.draw(4) {
		case 0:
			return errors.New("an application's own error")
		case 1:
			panic("an application's")
		case 2:
			e.each((*ledger.Stream).Ask)
			within(e.T, time.Second, func() { _ = e.Close() })
		}
	}
	return e.quit(nil)
}
