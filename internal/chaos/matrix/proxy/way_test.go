package proxy

import (
	"context"
	"crypto/sha256"
	"errors"
	"hash"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// patience is how long a test waits for what is not measured.
const patience = 30 * time.Second

// A bell tells those who wait that something has changed.
type bell struct {
	mu   sync.Mutex
	next chan struct{}
}

// change makes a change, and tells.
func (b *bell) change(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
	if b.next != nil {
		close(b.next)
		b.next = nil
	}
}

// until waits until a change has made ok true.
func (b *bell) until(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		b.mu.Lock()
		if ok() {
			b.mu.Unlock()
			return
		}
		if b.next == nil {
			b.next = make(chan struct{})
		}
		next := b.next
		b.mu.Unlock()
		select {
		case <-next:
		case <-late.C:
			require.FailNow(t, "waited in vain", "%s", what)
		}
	}
}

// A way is one direction of a session, and its books.
type way struct {
	*ledger.Stream
	t        *testing.T
	from, to *conn.Conn

	bell  bell // covers what follows
	got   int  // messages
	sum   hash.Hash
	ended error // of the receiver
}

func newWay(t *testing.T, id uint32, from, to *conn.Conn) *way {
	return &way{Stream: ledger.New(id), t: t, from: from, to: to, sum: sha256.New()}
}

// receive takes all there is, to the end of the session.
func (w *way) receive() {
	for {
		w.Ask()
		msg, err := w.to.Receive(context.Background())
		if err != nil {
			w.bell.change(func() { w.ended = err })
			return
		}
		w.Consume()
		w.Deliver(msg)
		w.bell.change(func() {
			w.got++
			_, _ = w.sum.Write(msg)
		})
	}
}

// send has messages of these sizes accepted.
func (w *way) send(sizes ...int) {
	w.t.Helper()
	for _, size := range sizes {
		require.NoError(w.t, w.trySend(size))
	}
}

// trySend is send for other goroutines than the test's own.
func (w *way) trySend(size int) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := w.from.Send(ctx, w.Offer(size))
	w.Answer(err == nil)
	return err
}

// heard waits until all that was accepted has been received.
func (w *way) heard() {
	w.t.Helper()
	n := w.Accepted()
	w.bell.until(w.t, "messages", func() bool { return w.got >= n || w.ended != nil })
}

// received is how many messages have been.
func (w *way) received() (n int) {
	w.bell.change(func() { n = w.got })
	return n
}

// settle waits until all that was accepted has been consumed, and the sender told
// so.
func (w *way) settle() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	n := w.Accepted()
	require.NoError(w.t, w.from.Flush(ctx))
	w.Acknowledged(n)
	w.Settled()
}

// over waits for the end of the receiver, which must be a clean one.
func (w *way) over() {
	w.t.Helper()
	w.bell.until(w.t, "the end", func() bool { return w.ended != nil })
	assert.True(w.t, errors.Is(w.ended, io.EOF) || errors.Is(w.ended, conn.ErrClosed), "%v", w.ended)
	assert.NoError(w.t, w.Err())
}
