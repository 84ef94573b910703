package raw

import (
	"errors"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// Row 25 of the fault matrix, towards a server.
func TestPositionOfAClientMismatched(t *testing.T) {
	stage.Each(t, 25, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		var all []*dialogue
		var slowest time.Duration
		for name, change := range map[string]func(*wire.Hello){
			"received more than was sent": func(h *wire.Hello) { h.Received++ },
			"within a message":            func(h *wire.Hello) { h.Received--; h.Consumed = 0 },
			"received less than before":   func(h *wire.Hello) { h.Received, h.Consumed = 0, 0 },
			"consumed less than before":   func(h *wire.Hello) { h.Consumed = 0 },
			"skips a message":             func(h *wire.Hello) { h.Received += frame; h.Consumed = h.Received },
			"a smaller window":            func(h *wire.Hello) { h.Window-- },
			"a smaller message":           func(h *wire.Hello) { h.MaxMessage-- },
		} {
			d := begin(s, "")
			d.exchange(3)
			d.say(2)
			d.hear(2)
			d.cut()
			h := d.resumption()
			change(&h)
			began := time.Now()
			code, _ := s.dial().refused(h)
			require.Equal(t, wire.RefuseProtocol, code, name)
			slowest = max(slowest, d.lost(began))
			all = append(all, d)
		}
		r.Detected(slowest)
		books(t, r, all...)
	})
}

// impostor is a server that speaks by hand: it takes a session's first message,
// cuts the link, and answers the resumption with what change makes of the right
// answer.
func impostor(t *testing.T, ln net.Listener, down *ledger.Stream, change func(*wire.Welcome)) {
	for n := 0; ; n++ {
		nc, err := ln.Accept()
		if err != nil {
			return // the test is over
		}
		p := newPeer(t, nc)
		if _, _, err := p.read(); err != nil {
			t.Errorf("in place of HELLO: %v", err)
		}
		w := wire.Welcome{Resumed: n > 0, Epoch: 7, ID: wire.ID{1}, Window: 1 << 20, MaxMessage: 1 << 20,
			TTL: time.Minute, Token: wire.Token{9}}
		if n == 0 {
			_, _ = nc.Write(w.Append(nil))
			_, msg, err := p.read()
			if err != nil {
				t.Errorf("in place of a message: %v", err)
			}
			down.Deliver(msg)
			p.cut()
			continue
		}
		w.Received = frame
		change(&w)
		_, _ = nc.Write(w.Append(nil))
		p.last(0)
		_ = nc.Close()
	}
}

// Row 25 of the fault matrix, towards a client.
func TestPositionOfAServerMismatched(t *testing.T) {
	stage.Each(t, 25, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		var slowest time.Duration
		lost, doubled := 0, 0
		for name, change := range map[string]func(*wire.Welcome){
			"received more than was sent": func(w *wire.Welcome) { w.Received++ },
			"within a message":            func(w *wire.Welcome) { w.Received-- },
			"consumed over received":      func(w *wire.Welcome) { w.Consumed = w.Received + 1 },
			"another session":             func(w *wire.Welcome) { w.ID[0]++ },
			"another epoch":               func(w *wire.Welcome) { w.Epoch++ },
			"not resumed":                 func(w *wire.Welcome) { w.Resumed = false },
			"a smaller window":            func(w *wire.Welcome) { w.Window-- },
		} {
			t.Run(name, func(t *testing.T) {
				ln, err := over.Listen("127.0.0.1:0")
				require.NoError(t, err)
				up := ledger.New(streams.Add(1))
				served := make(chan struct{})
				go func() {
					defer close(served)
					impostor(t, ln, up, change)
				}()
				var resuming time.Time
				c, err := conn.Dial(until(t), over.Target(ln.Address()), over.Client(&conn.Config{
					OnState: func(s conn.State) {
						if s.Phase == conn.Reconnecting {
							resuming = time.Now().Add(s.Delay)
						}
					}}))
				require.NoError(t, err)
				for range 2 {
					err := c.TrySend(up.Offer(size))
					up.Answer(err == nil)
					require.NoError(t, err)
				}
				_, err = c.Receive(until(t))
				var report *conn.LostError
				require.True(t, errors.As(err, &report), "%v", err)
				require.Equal(t, conn.LostProtocol, report.Reason)
				_ = c.Close() // it is lost already
				slowest = max(slowest, time.Since(resuming))
				up.Report(report.Unknown, report.Undelivered)
				require.NoError(t, up.Err())
				l, again := up.Tally()
				lost, doubled = lost+l, doubled+again
				require.NoError(t, ln.Close())
				<-served
			})
		}
		r.Detected(slowest)
		r.Messages(lost, doubled)
		require.Zero(t, lost+doubled)
	})
}

// Row 26 of the fault matrix. The session ends at the first byte that is too many, and what came
// before it is not lost.
func TestDataBeyondTheWindow(t *testing.T) {
	const window = 10 * frame
	stage.Each(t, 26, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{Window: window}, nil)
		var all []*dialogue
		var slowest time.Duration
		for _, again := range []bool{false, true} {
			d := begin(s, "")
			require.Equal(t, uint32(window), d.welcome.Window)
			d.exchange(3)
			// What is told opens the window again, and no more of it than is told.
			d.write(wire.AppendAckReq(nil))
			for told := uint64(0); told < d.at.Sent-frame; {
				a, err := wire.ParseAck(d.await(wire.KindAck))
				require.NoError(t, err)
				told = a.Consumed
			}
			d.say(2)
			d.hear(2)
			d.send(9) // the message in hand is not consumed, so this is all
			if again {
				d.cut() // a resumption opens nothing
				d.resume()
			}
			began := time.Now()
			d.write(wire.AppendData(nil, nil))
			slowest = max(slowest, d.violated(began))
			all = append(all, d)
		}
		r.Detected(slowest)
		books(t, r, all...)
	})
}
