package proxy

import (
	"context"
	"encoding/binary"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/reconnect"
)

// Row 28: an application sends on while there is no link. TrySend returns an error
// and Send blocks when the buffer is full, and what was accepted takes no more memory
// than the buffer and a tenth. It all arrives later.
func TestOfflineOverflow(t *testing.T) {
	const buffer, size = 4 << 20, 4000
	stage.Each(t, 28, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		l := open(t, over, r, setup{server: conn.Config{SendBuffer: buffer}, client: conn.Config{SendBuffer: buffer}})
		l.offline()
		before := heap()
		for _, w := range []*way{l.up, l.down} {
			w.fill(t, size)
			unacked := w.from.Stats().Unacked
			require.LessOrEqual(t, unacked, buffer)
			require.Greater(t, unacked, buffer-2*size)
		}
		grown := heap() - before
		r.Memory(grown)
		require.LessOrEqual(t, grown, int64(2*buffer*11/10), "both ends' buffers")

		blocked := make(chan error, 2)
		for _, w := range []*way{l.up, l.down} {
			ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
			err := w.from.Send(ctx, w.Offer(size))
			cancel()
			w.Answer(err == nil)
			require.ErrorIs(t, err, context.DeadlineExceeded)
			go func() { blocked <- w.trySend(size) }()
		}
		healed := time.Now()
		require.NoError(t, l.proxy.Resume())
		require.NoError(t, errors.Join(<-blocked, <-blocked))
		l.recovered = l.atClient.up(t, 2).Sub(healed)
		l.up.heard()
		l.down.heard()
		r.Note("%d and %d messages waited", l.up.Accepted(), l.down.Accepted())
		l.close()
	})
}

// heap is what is in use, and what a pool keeps for its next user is not.
func heap() int64 {
	row.Hold()
	return row.Hold().Heap
}

// offline takes the link away, until the proxy is resumed.
func (l *line) offline() {
	l.t.Helper()
	fault := time.Now()
	require.NoError(l.t, l.proxy.Pause())
	for _, end := range []*links{l.atClient, l.atServer} {
		l.detected = max(l.detected, end.down(l.t, 1).Sub(fault))
	}
}

// fill sends until nothing more is accepted, and says why.
func (w *way) fill(t *testing.T, size int) {
	t.Helper()
	for {
		err := w.from.TrySend(w.Offer(size))
		w.Answer(err == nil)
		if err != nil {
			require.ErrorIs(t, err, conn.ErrFull)
			return
		}
	}
}

// Row 28, for messages of any length: the buffer's cap is one on memory.
func TestOfflineMemory(t *testing.T) {
	const buffer = 2 << 20
	stage.Each(t, 28, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		worst := int64(0)
		for _, size := range []int{30, 1000, 50_000} {
			l := open(t, over, nil, setup{client: conn.Config{SendBuffer: buffer}, idle: true})
			l.offline()
			before := heap()
			msg := make([]byte, size)
			sent := uint64(0)
			for {
				binary.BigEndian.PutUint64(msg, sent)
				if err := l.client.TrySend(msg); err != nil {
					require.ErrorIs(t, err, conn.ErrFull)
					break
				}
				sent++
			}
			grown := heap() - before
			require.LessOrEqual(t, grown, int64(buffer*11/10), "messages of %d bytes", size)
			require.Greater(t, grown, int64(buffer*8/10), "messages of %d bytes", size)
			worst = max(worst, grown)
			require.NoError(t, l.proxy.Resume())
			ctx, cancel := context.WithTimeout(t.Context(), patience)
			for n := range sent {
				msg, err := l.server.Receive(ctx)
				if err != nil || len(msg) != size || binary.BigEndian.Uint64(msg) != n {
					require.FailNow(t, "not what was sent", "message %d: %d bytes, %v", n, len(msg), err)
				}
			}
			require.NoError(t, l.server.Shutdown(ctx, conn.CodeNormal, ""))
			cancel()
			<-l.client.Done()
		}
		r.Memory(worst)
		r.Note("of a buffer of %d", buffer)
	})
}

// Row 28, where nobody comes back in time: the session is lost, and what it held is
// reported, all of it, once.
func TestOfflineOverflowIsLost(t *testing.T) {
	stage.Each(t, 28, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		lost, doubled := 0, 0
		settle := func(l *line) {
			lo, d := l.books()
			lost, doubled = lost+lo, doubled+d
		}

		// The server makes room.
		l := open(t, over, nil, setup{
			server: conn.Config{SendBuffer: 4 << 20, MaxDetachedBytes: 1 << 20},
			client: conn.Config{SendBuffer: 1 << 20},
		})
		l.up.send(20)
		l.up.settle()
		l.link().Stall(faultproxy.ToClient)
		for range 2000 {
			l.down.send(1000)
		}
		l.offline()
		l.up.fill(t, 1000)
		l.down.isLost(t, conn.LostEvicted)
		require.NoError(t, l.proxy.Resume())
		l.up.isLost(t, conn.LostUnknown)
		settle(l)

		// The client gives up.
		l = open(t, over, nil, setup{
			server: conn.Config{SessionTTL: 200 * time.Millisecond},
			client: conn.Config{Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxAttempts: 5, StableAfter: -1}},
		})
		l.down.send(20)
		l.down.settle()
		l.link().Stall(faultproxy.Both)
		l.up.send(20, 1000, 30)
		l.down.send(300)
		l.offline()
		l.up.isLost(t, conn.LostGaveUp)
		l.down.isLost(t, conn.LostExpired)
		settle(l)
		r.Messages(lost, doubled)
		assert.Zero(t, lost+doubled)
	})
}

// isLost waits until the sender's end of the session is lost, and enters in the books
// what that reports.
func (w *way) isLost(t *testing.T, reason conn.LostReason) {
	t.Helper()
	select {
	case <-w.from.Done():
	case <-time.After(patience):
		require.FailNow(t, "the session is not lost")
	}
	lost := new(conn.LostError)
	require.ErrorAs(t, w.from.Err(), &lost)
	require.Equal(t, reason, lost.Reason)
	w.Report(lost.Unknown, lost.Undelivered)
	require.NoError(t, w.Err())
}
