package conn_test

import (
	"context"
	"errors"
	"io"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// known checks that an error is one that the documentation speaks of, at a time
// when it may come.
func (e *stressEnd) known(err error) {
	var lost *conn.LostError
	var closed *conn.CloseError
	var limit *conn.LimitError
	var unknown *conn.UnknownError
	switch {
	case err == nil, err == conn.ErrFull, err == io.EOF, errors.Is(err, conn.ErrClosed),
		errors.As(err, &closed), errors.As(err, &limit), errors.As(err, &unknown),
		err == context.DeadlineExceeded, err == context.Canceled:
	case errors.As(err, &lost):
		e.legitimate(lost)
	default:
		assert.Fail(e, "an error that nobody has heard of", "%T %v", err, err)
	}
}

// legitimate checks that a session may have been lost for the reason given.
func (e *stressEnd) legitimate(lost *conn.LostError) {
	e.stressed.mu.Lock()
	restarted := e.restarted
	e.stressed.mu.Unlock()
	fair := false
	switch lost.Reason {
	case conn.LostClosed:
		fair = true
	case conn.LostRestarted:
		fair = restarted
	case conn.LostExpired, conn.LostUnknown:
		fair = !e.plan.quiet
	case conn.LostEvicted:
		fair = e.plan.crowded && !e.plan.quiet
	case conn.LostLink:
		fair = e.plan.plain && (!e.plan.quiet || restarted)
	case conn.LostGaveUp:
		fair = true // its Run was cancelled
	}
	assert.True(e, fair, "seed %d: lost by mistake: %v, side %d, %+v", e.seed, lost, e.side, e.plan)
}

// settle is what a patient application does when all is calm and nobody is in a
// hurry any more: soon everything that was accepted is acknowledged, though nobody
// asks, and what is asked is answered at once.
func (e *stressEnd) settle() {
	patience := 300 * time.Millisecond
	if e.plan.real {
		patience = time.Minute
		e.await(func(st conn.Stats) bool { return st.Connected && st.Unacked == 0 })
	} else {
		time.Sleep(4 * time.Second) // a dial may hang, an attempt wait, an acknowledgement be lazy
	}
	if st := e.Stats(); e.settles() {
		assert.True(e, st.Connected && st.Unacked == 0, "seed %d, side %d: something stands still: %+v", e.seed, e.side, st)
		err := e.Send(context.Background(), e.streams[0].Offer(1))
		e.streams[0].Answer(err == nil)
		ctx, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		if err := e.flush(ctx); e.settles() {
			assert.NoError(e, err, "seed %d, side %d", e.seed, e.side)
		}
	}
	time.Sleep(time.Second) // the peer sees the same
}

// await waits for something on a real network, where nobody knows how long it takes.
func (e *stressEnd) await(done func(conn.Stats) bool) {
	for end := time.Now().Add(time.Minute); time.Now().Before(end) && e.settles() && !done(e.Stats()); {
		time.Sleep(10 * time.Millisecond)
	}
}

// settles reports whether both applications are still there.
func (e *stressEnd) settles() bool {
	p := e.peer()
	return e.Err() == nil && e.stays() && p != nil && p.Err() == nil && p.stays()
}

// stays reports whether an application is there for as long as its peer is.
func (e *stressEnd) stays() bool {
	e.stressed.mu.Lock()
	defer e.stressed.mu.Unlock()
	return e.patient && !e.disturbed
}

// interfere notes that the ends on one side are about to be closed over the heads
// of their applications.
func (w *stressed) interfere(side int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.restarted = w.restarted || side == 1
	for _, e := range w.ends {
		if e.side == side {
			e.disturbed = true
			w.loosen(w.sessions[e.ID()])
		}
	}
}

// loosen has the books of a session allow for ends that are closed from outside.
func (w *stressed) loosen(pair *[2]*stressEnd) {
	for side, e := range pair {
		if e != nil && e.disturbed && pair[1-side] != nil {
			for _, s := range pair[1-side].streams {
				s.Loosen()
			}
		}
	}
}

// crash notes that the server's process is dead, and what its ends say does not
// count.
func (w *stressed) crash() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, e := range w.ends {
		if e.side == 1 && e.Err() == nil {
			e.crashed = true
		}
	}
}

// verify compares what is said of messages with what was done to them.
func (w *stressed) verify() {
	for _, e := range w.ends {
		within(w.T, time.Minute, func() { <-e.Done() })
		if e.crashed {
			continue
		}
		e.known(e.Err())
		e.report()
		e.match()
		for _, bell := range e.bells {
			select {
			case <-bell:
			case <-time.After(time.Second):
				assert.Fail(w, "NotifyWritable was forgotten")
			}
		}
		if w.plan.quiet {
			assert.EqualValues(w, 1, e.Stats().Links, "a link died of what applications did")
		}
	}
	for _, s := range w.streams {
		assert.NoError(w, s.Err(), "seed %d", w.seed)
	}
}

// match checks that a client is told that its session is unknown only if the
// server has lost it: one that was closed is remembered.
func (e *stressEnd) match() {
	var lost, own *conn.LostError
	s := e.peer()
	if e.side == 1 || !errors.As(e.Err(), &lost) || lost.Reason != conn.LostUnknown || s == nil || s.crashed || e.plan.hasty {
		return
	}
	assert.True(e, errors.As(s.Err(), &own), "seed %d: %v is unknown, and ended with %v", e.seed, e.ID(), s.Err())
}

// report enters what an end says of its messages.
func (e *stressEnd) report() {
	var lost *conn.LostError
	var unknown, undelivered [2][][]byte
	if errors.As(e.Err(), &lost) {
		unknown, undelivered = e.sort(lost.Unknown), e.sort(lost.Undelivered)
	}
	for i, s := range e.streams {
		s.Report(unknown[i], undelivered[i])
	}
}

// sort parts messages by stream.
func (e *stressEnd) sort(msgs [][]byte) (sorted [2][][]byte) {
	for _, msg := range msgs {
		id, ok := ledger.StreamOf(msg)
		if !ok || id/2 != e.streams[0].ID()/2 {
			assert.Fail(e, "reports a message that it did not send", "%x", msg)
			continue
		}
		sorted[id%2] = append(sorted[id%2], msg)
	}
	return sorted
}
