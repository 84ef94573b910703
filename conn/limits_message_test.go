package conn

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// A message that is too long for either end is the caller's mistake: it is
// refused here, and nothing else is harmed.
func TestLongMessageIsALimitError(t *testing.T) {
	for name, limit := range map[string]struct{ here, there uint32 }{
		"of this end": {1000, 2000},
		"of the peer": {2000, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, &Config{MaxMessage: int(limit.here)})
				p := r.peer()
				h := rawHello()
				h.MaxMessage = limit.there
				w := p.greet(h)
				require.Equal(t, limit.here, w.MaxMessage)
				c := <-r.conns
				want := &LimitError{Limit: "MaxMessage", Got: 1001, Max: 1000}
				long := make([]byte, 1001)
				require.Equal(t, want, c.TrySend(long))
				require.Equal(t, want, c.Send(t.Context(), long))
				b, err := Encode([]byte("short"), long)
				require.NoError(t, err)
				require.Equal(t, want, c.TrySendBatch(b))
				require.ErrorContains(t, want, "1001 is over the limit MaxMessage of 1000")
				require.Zero(t, c.Stats().Sent)
				require.NoError(t, c.TrySend(long[:1000]))
				require.Len(t, p.message(), 1000)
				require.NoError(t, c.Err())
			})
		})
	}
}

// From a peer it is a violation, even if it is told in the header alone.
func TestLongMessageFromAPeerIsAViolation(t *testing.T) {
	for _, limit := range []int{100, 10_000} { // control frames may be up to 4 KiB
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, &Config{MaxMessage: limit})
			p, _, c := r.session()
			p.data(strings.Repeat("x", limit))
			msg, err := c.Receive(t.Context())
			require.NoError(t, err)
			require.Len(t, msg, limit)
			p.write(wire.AppendHeader(nil, wire.KindData, limit+1))
			require.ErrorContains(t, requireViolation(t, p, c), "limit")
		})
	}
}

func TestEmptyMessagesAreMessages(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		require.NoError(t, c.TrySend(nil))
		require.Equal(t, "", p.message())
		p.data("")
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.NotNil(t, msg)
		require.Empty(t, msg)
	})
}

func TestFullSendBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{SendBuffer: smallWindow})
		p, _, c := r.session()
		msg := make([]byte, 95)
		for range 10 {
			require.NoError(t, c.TrySend(msg))
		}
		require.Equal(t, ErrFull, c.TrySend(nil))
		b, err := Encode(nil, nil)
		require.NoError(t, err)
		require.Equal(t, ErrFull, c.TrySendBatch(b))
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		require.ErrorIs(t, c.Send(ctx, msg), context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		require.Equal(t, 1000, c.Stats().Unacked, "memory is held to the limit")

		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), msg) }()
		synctest.Wait()
		require.Empty(t, sent)
		for range 10 {
			p.message()
		}
		p.write(wire.Ack{Received: 1000, Consumed: 99}.Append(nil))
		synctest.Wait()
		require.Empty(t, sent, "a byte short")
		p.write(wire.Ack{Received: 1000, Consumed: 100}.Append(nil))
		require.NoError(t, <-sent)
		require.Equal(t, 1000, c.Stats().Unacked)
	})
}

func TestSendBufferWithoutALinkIsTheSame(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{SendBuffer: smallWindow})
		p, w, c := r.session()
		_ = p.nc.Close()
		n := 0
		for c.TrySend(make([]byte, 95)) == nil {
			n++
		}
		require.Equal(t, 10, n)
		q := r.peer()
		q.greet(p.resumption(w, 2))
		for range n {
			require.Len(t, q.message(), 95)
		}
	})
}

func TestOneMessageAlwaysFitsAnEmptySendBuffer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{SendBuffer: smallWindow})
		p, _, c := r.session()
		long := strings.Repeat("x", 100*smallWindow)
		require.NoError(t, c.TrySend([]byte(long)))
		require.Equal(t, ErrFull, c.TrySend(nil))
		require.Equal(t, long, p.message())
		p.ack()
		require.NoError(t, c.Flush(t.Context()))
		b, err := Encode([]byte(long), nil)
		require.NoError(t, err)
		require.Equal(t, &LimitError{Limit: "SendBuffer", Got: len(long) + 10, Max: smallWindow}, c.TrySendBatch(b),
			"but two never do")
	})
}

// A session that was lost takes no more messages: nobody would report them.
func TestLostSessionAcceptsNothing(t *testing.T) {
	srv := newRegistry(t, nil)
	c := waiting(t, srv, "")
	c.lose(LostExpired, nil)
	require.ErrorIs(t, c.TrySend([]byte("late")), c.Err())
	require.ErrorIs(t, c.Send(t.Context(), []byte("late")), c.Err())
	b, err := Encode([]byte("late"))
	require.NoError(t, err)
	require.ErrorIs(t, c.TrySendBatch(b), c.Err())
	require.ErrorIs(t, c.Flush(t.Context()), nil, "nothing is outstanding")
	require.Zero(t, c.Stats().Sent)
}
