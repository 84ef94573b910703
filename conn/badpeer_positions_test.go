package conn

import (
	"math"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// requireViolation: the session ends on both sides, and each says why.
func requireViolation(t *testing.T, p *rawPeer, c *Conn) *LostError {
	t.Helper()
	got := p.closed()
	require.Equal(t, uint16(CodeProtocol), got.Code, "%q", got.Reason)
	<-c.Done()
	var lost *LostError
	require.ErrorAs(t, c.Err(), &lost)
	require.Equal(t, LostProtocol, lost.Reason)
	require.ErrorAs(t, lost, new(*ProtocolError))
	return lost
}

func send(t *testing.T, c *Conn, msgs ...string) {
	t.Helper()
	for _, m := range msgs {
		require.NoError(t, c.TrySend([]byte(m)))
	}
}

func TestLostAckCausesNoDuplicate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		send(t, c, "one", "two")
		require.Equal(t, "one", p.message())
		require.Equal(t, "two", p.message())
		_ = p.nc.Close() // the acknowledgement died with the link

		q := r.peer()
		w = q.greet(p.resumption(w, 2))
		require.True(t, w.Resumed)
		send(t, c, "three")
		require.Equal(t, "three", q.message())
		require.Equal(t, uint64(2*8+10), q.sum.Received)
		q.ack()
		require.NoError(t, c.Flush(t.Context()))
	})
}

func TestResumptionReplaysWhatDidNotArrive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		send(t, c, "one", "two", "three")
		require.Equal(t, "one", p.message())
		_ = p.nc.Close()
		q := r.peer()
		q.greet(p.resumption(w, 2))
		require.Equal(t, "two", q.message())
		require.Equal(t, "three", q.message())
	})
}

func TestImpossibleAckEndsTheSession(t *testing.T) {
	for name, ack := range map[string]wire.Ack{
		"received ahead of sent": {Received: 9, Consumed: 8},
		"consumed ahead of sent": {Received: 9, Consumed: 9},
		"far ahead":              {Received: math.MaxUint64, Consumed: math.MaxUint64},
		"consumed over received": {Received: 0, Consumed: 8},
		"another sent position":  {Received: 8, Consumed: 8, Sent: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, nil)
				p, _, c := r.session()
				send(t, c, "one")
				require.Equal(t, "one", p.message())
				p.write(ack.Append(nil))
				lost := requireViolation(t, p, c)
				// Nothing was evicted on such a peer's word.
				require.Equal(t, [][]byte{[]byte("one")}, lost.Unknown)
			})
		})
	}
}

func TestAckBackwardOrRepeatedIsIgnored(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		send(t, c, "one", "two")
		require.Equal(t, "one", p.message())
		require.Equal(t, "two", p.message())
		p.write(wire.Ack{Received: 16, Consumed: 16}.Append(nil))
		require.NoError(t, c.Flush(t.Context()))
		p.write(
			wire.Ack{Received: 16, Consumed: 16}.Append(nil),
			wire.Ack{Received: 8, Consumed: 8}.Append(nil),
			wire.Ack{}.Append(nil),
		)
		send(t, c, "three")
		require.Equal(t, "three", p.message())
		require.Equal(t, 10, c.Stats().Unacked, "what was acknowledged stays so")
		require.NoError(t, c.Err())
	})
}

func TestResumeAtImpossiblePositionsEndsTheSession(t *testing.T) {
	for name, change := range map[string]func(*wire.Hello){
		"received more than was sent": func(h *wire.Hello) { h.Received = 17 },
		"within a message":            func(h *wire.Hello) { h.Received, h.Consumed = 9, 8 },
		"received less than before":   func(h *wire.Hello) { h.Received, h.Consumed = 0, 0 },
		"consumed less than before":   func(h *wire.Hello) { h.Consumed = 0 },
		"a smaller window":            func(h *wire.Hello) { h.Window-- },
		"a smaller message":           func(h *wire.Hello) { h.MaxMessage-- },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, nil)
				p, w, c := r.session()
				send(t, c, "one")
				require.Equal(t, "one", p.message())
				p.ack()
				require.NoError(t, c.Flush(t.Context()))
				send(t, c, "two")
				require.Equal(t, "two", p.message())
				_ = p.nc.Close()

				h := p.resumption(w, 2)
				change(&h)
				got := r.peer().refused(h)
				require.Equal(t, wire.RefuseProtocol, got.Code)
				<-c.Done()
				var lost *LostError
				require.ErrorAs(t, c.Err(), &lost)
				require.Equal(t, LostProtocol, lost.Reason)
				require.Equal(t, [][]byte{[]byte("two")}, lost.Unknown, "never a skip")
			})
		})
	}
}

func TestClientLeavesAServerWithImpossiblePositions(t *testing.T) {
	for name, change := range map[string]func(*wire.Welcome){
		"received more than was sent": func(w *wire.Welcome) { w.Received = 9 },
		"within a message":            func(w *wire.Welcome) { w.Received = 7 },
		"another session":             func(w *wire.Welcome) { w.ID[0]++ },
		"another epoch":               func(w *wire.Welcome) { w.Epoch++ },
		"not resumed":                 func(w *wire.Welcome) { w.Resumed = false },
		"a smaller window":            func(w *wire.Welcome) { w.Window-- },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				cfg := rawServer(t, func(n int, p *rawPeer) {
					p.accept()
					w := rawWelcome(n > 1)
					if n > 1 {
						change(w)
					}
					p.write(w.Append(nil))
					if n == 1 {
						p.message()
						_ = p.nc.Close()
					}
				})
				c, err := Dial(t.Context(), "raw://", cfg)
				require.NoError(t, err)
				defer c.Close()
				send(t, c, "one")
				_, err = c.Receive(t.Context())
				var lost *LostError
				require.ErrorAs(t, err, &lost)
				require.Equal(t, LostProtocol, lost.Reason)
				require.Equal(t, [][]byte{[]byte("one")}, lost.Unknown)
			})
		})
	}
}

// Row 27 of the fault matrix.
func TestPositionsNeverWrap(t *testing.T) {
	row.Of(t, 27, "")
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		c.mu.Lock()
		c.s.Preset(math.MaxUint64-20, math.MaxUint64-20)
		c.mu.Unlock()
		p.sum = wire.Ack{Received: math.MaxUint64 - 20, Sent: math.MaxUint64 - 20}
		send(t, c, "one")
		require.Equal(t, "one", p.message())
		p.data("one")
		p.ack() // counts both ways, and is right
		require.NoError(t, c.Flush(t.Context()))
		p.data("1234567")
		requireViolation(t, p, c)
	})
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		c.mu.Lock()
		c.s.Preset(math.MaxUint64-20, 0)
		c.mu.Unlock()
		p.sum.Received = math.MaxUint64 - 20
		send(t, c, "one")
		require.Equal(t, "one", p.message())
		require.Error(t, c.TrySend([]byte("12345678")))
		got := p.closed()
		require.NotEqual(t, uint16(CodeNormal), got.Code)
		require.Equal(t, uint64(math.MaxUint64-12), got.Final)
		<-c.Done()
		var lost *LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Equal(t, [][]byte{[]byte("one")}, lost.Unknown)
	})
}
