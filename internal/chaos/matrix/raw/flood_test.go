package raw

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// H and D of the matrix.
const (
	interval = 200 * time.Millisecond
	timeout  = 3 * interval
)

// What SECURITY.md allows a session beside its messages, and one that is read from
// beside what has been read.
const (
	liveCost = 32 << 10
	reading  = 64 << 10
)

func watched() *heartbeat.Config { return &heartbeat.Config{Interval: interval, Timeout: timeout} }

// flood writes the same over and over, until the link is closed or the test ends.
// It returns how often it has, once it ends.
func flood(t *testing.T, nc net.Conn, what []byte) (sent func() int) {
	n := 0
	var wg sync.WaitGroup
	wg.Go(func() {
		for ; ; n++ {
			if _, err := nc.Write(what); err != nil {
				return
			}
		}
	})
	t.Cleanup(func() { _ = nc.Close(); wg.Wait() })
	return func() int { wg.Wait(); return n }
}

// Row 41 of the fault matrix.
func TestZeroLengthFlood(t *testing.T) {
	const window = 64 << 10
	stage.Each(t, 41, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{Window: window}, nil)
		victim := begin(s, "")
		var slowest time.Duration

		// An empty message is one, and costs its header.
		e := begin(s, "")
		before := held()
		const n = window / wire.HeaderSize
		e.write(bytes.Repeat(wire.AppendData(nil, nil), n))
		settled(t, func() bool { return e.c.Stats().Unread == n }, "all is taken")
		grown := held() - before
		require.LessOrEqual(t, grown, int64(4*window+256<<10+liveCost))
		began := time.Now()
		flood(t, e.nc, bytes.Repeat(wire.AppendData(nil, nil), 1000))
		require.Equal(t, uint16(conn.CodeProtocol), e.closed().Code)
		<-e.c.Done()
		slowest = max(slowest, time.Since(began))

		// A frame of length zero is none.
		d := begin(s, "")
		d.exchange(3)
		began = time.Now()
		flood(t, d.nc, make([]byte, 40_000))
		slowest = max(slowest, d.violated(began))

		r.Detected(slowest)
		r.Memory(grown)
		victim.exchange(3)
		books(t, r, victim)
	})
}

// Row 41 of the fault matrix, in WebSocket frames: what carries nothing is no sign of life.
func TestEmptyFramesOfWebSocket(t *testing.T) {
	for name, what := range map[string][]byte{
		"messages":  wsFrame(wsFin|wsBinary, nil),
		"fragments": wsFrame(wsBinary, nil),
		"pings":     wsFrame(wsFin|wsPing, nil),
		"pongs":     wsFrame(wsFin|wsPong, []byte("nobody asked")),
	} {
		t.Run(name, func(t *testing.T) {
			r := row.Of(t, 41, string(stage.WebSocket))
			r.Alone(t)
			s := serve(t, stage.WebSocket, conn.Config{Heartbeat: watched()}, nil)
			d := begin(s, "")
			d.exchange(3)
			busy := watch(t)
			before := held()
			began := time.Now()
			sock := socket(d.nc)
			what := what
			if name == "fragments" {
				what = append(what, bytes.Repeat(wsFrame(wsCont, nil), 1000)...)
				_, err := sock.Write(what)
				require.NoError(t, err)
				what = wsFrame(wsCont, nil)
			}
			sent := flood(t, sock, bytes.Repeat(what, 1000))
			// Some of what has just been made counts as held: the least is what counts,
			// while the flood goes on.
			grown := held() - before
			for n := 0; s.linksDown() == 0 && (n < 5 || grown >= liveCost+reading); n++ {
				grown = min(grown, held()-before)
			}
			settled(t, func() bool { return s.linksDown() == 1 }, "taken for dead")
			took := time.Since(began)
			require.LessOrEqual(t, took, timeout+interval+busy.ofHeartbeat())
			require.NoError(t, d.c.Err(), "the link is dead, not the session")
			r.Detected(took)
			require.Less(t, grown, int64(liveCost+reading))
			r.Memory(grown)
			r.Note("%d thousand frames", sent())
			d.resume()
			d.exchange(3)
			books(t, r, d)
		})
	}
}

// Row 42 of the fault matrix: pings that come too often end the session.
func TestPingFlood(t *testing.T) {
	stage.Each(t, 42, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		victim, d := begin(s, ""), begin(s, "")
		d.exchange(3)
		began := time.Now()
		flood(t, d.nc, bytes.Repeat(wire.AppendNonce(nil, wire.KindPing, 7), 1000))
		pongs := 0
		for {
			kind, body, err := d.read()
			require.NoError(t, err)
			if kind == wire.KindPong {
				pongs++
			}
			if kind == wire.KindClose {
				c, err := wire.ParseClose(body)
				require.NoError(t, err)
				require.Equal(t, uint16(conn.CodeProtocol), c.Code)
				break
			}
		}
		const burst, strikes = 16, 2
		require.LessOrEqual(t, pongs, burst+strikes)
		<-d.c.Done()
		r.Detected(time.Since(began))
		r.Note("%d pongs", pongs)
		victim.exchange(3)
		books(t, r, victim)
	})
}

// Row 43 of the fault matrix. A pong that nobody asked for, or of another ping, answers nothing.
// Like any other bytes it shows that somebody is there.
func TestUnsolicitedPong(t *testing.T) {
	stage.Each(t, 43, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{Heartbeat: &heartbeat.Config{Interval: interval, Timeout: time.Hour}}, nil)
		d := begin(s, "")
		d.send(3)
		d.take(3)
		for i := range uint64(1000) {
			d.write(wire.AppendNonce(nil, wire.KindPong, i))
		}
		var nonce uint64
		for range 3 {
			var err error
			nonce, err = wire.ParseNonce(d.await(wire.KindPing))
			require.NoError(t, err)
			d.write(wire.AppendNonce(nil, wire.KindPong, nonce+1), wire.AppendNonce(nil, wire.KindPong, ^nonce))
		}
		d.send(1)
		d.take(1) // behind the pongs
		require.Zero(t, d.c.Stats().RTT)
		nonce, err := wire.ParseNonce(d.await(wire.KindPing))
		require.NoError(t, err)
		d.write(wire.AppendNonce(nil, wire.KindPong, nonce))
		d.send(1)
		d.take(1)
		rtt := d.c.Stats().RTT
		require.NotZero(t, rtt)
		d.write(bytes.Repeat(wire.AppendNonce(nil, wire.KindPong, nonce), 100))
		d.send(1)
		d.take(1)
		require.Equal(t, rtt, d.c.Stats().RTT, "an answer is one")
		d.exchange(3)
		books(t, r, d)
	})
}
