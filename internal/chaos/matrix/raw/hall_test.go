package raw

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A hall is a server whose sessions are members of one room, and the members of it
// who do as they should.
type hall struct {
	*server
	hub     *hub.Hub[*conn.Batch]
	healthy []*listener
	at      []atomic.Int64 // when each message was published, in Unix nanoseconds
	said    int
}

// A listener is a healthy member.
type listener struct {
	c    *conn.Conn
	book *ledger.Stream

	mu    sync.Mutex // covers what follows
	heard int
	late  []time.Duration // how long each message was on its way
}

// open opens a hall for n healthy members. Messages of the hub's own are shorter
// than those of a ledger.
func open(t *testing.T, over stage.Over, ln net.Listener, cfg conn.Config, room hub.Room, healthy int) *hall {
	hcfg := hubconn.Config()
	hcfg.Rooms = room
	hcfg.Notice = func(hub.Notice) *conn.Batch {
		b, err := conn.Encode([]byte("notice"))
		require.NoError(t, err)
		return b
	}
	h := &hall{hub: hub.New(hcfg), at: make([]atomic.Int64, 1<<16)}
	t.Cleanup(func() { require.NoError(t, h.hub.Close()) })
	joined := make(chan *conn.Conn, 1<<14)
	h.server = serveOn(t, over, ln, cfg, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sub, err := h.hub.Join(ctx, "r", hubconn.Member(c))
		if err != nil {
			return err
		}
		defer sub.Leave()
		joined <- c
		_, err = c.Receive(ctx) // nobody says anything
		return err
	}))
	h.sessions = joined
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	id := streams.Add(1)
	for range healthy {
		c, err := conn.Dial(until(t), over.Target(h.addr), over.Client(&conn.Config{Heartbeat: cfg.Heartbeat}))
		require.NoError(t, err)
		<-joined
		l := &listener{c: c, book: ledger.New(id)}
		h.healthy = append(h.healthy, l)
		wg.Go(func() { h.listen(l) })
		t.Cleanup(func() { _ = c.Close() })
	}
	return h
}

func (h *hall) listen(l *listener) {
	for n := 0; ; {
		msg, err := l.c.Receive(context.Background())
		if err != nil {
			return // closed
		}
		if _, ok := ledger.StreamOf(msg); !ok {
			continue // a notice
		}
		late := time.Duration(time.Now().UnixNano() - h.at[n].Load())
		l.book.Deliver(msg)
		n++
		l.mu.Lock()
		l.heard, l.late = n, append(l.late, late)
		l.mu.Unlock()
	}
}

// publish says one message of some bytes. All healthy members keep the same books.
func (h *hall) publish(size int) {
	h.t.Helper()
	var msg []byte
	for _, l := range h.healthy {
		msg = l.book.Offer(size)
	}
	b, err := conn.Encode(msg)
	require.NoError(h.t, err)
	h.at[h.said].Store(time.Now().UnixNano())
	_, err = h.hub.Publish(h.t.Context(), "r", b)
	for _, l := range h.healthy {
		l.book.Answer(err == nil)
	}
	require.NoError(h.t, err)
	h.said++
}

// heard waits until the healthy members have heard everything.
func (h *hall) heard() {
	h.t.Helper()
	settled(h.t, func() bool {
		for _, l := range h.healthy {
			l.mu.Lock()
			n := l.heard
			l.mu.Unlock()
			if n < h.said {
				return false
			}
		}
		return true
	}, "healthy members have heard everything")
}

// books closes those of the healthy members.
func (h *hall) books(r *row.Row) {
	h.t.Helper()
	lost, doubled := 0, 0
	for _, l := range h.healthy {
		require.NoError(h.t, l.book.Err())
		less, more := l.book.Tally()
		lost, doubled = lost+less, doubled+more
	}
	r.Messages(lost, doubled)
	require.Zero(h.t, lost+doubled)
}
