package raw

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// fill has the application send until its buffer is full and the link has taken
// nothing more for a moment.
func (d *silent) fill() (sent int) {
	for d.c.TrySend(make([]byte, 8000)) == nil {
		sent++
	}
	settled(d.s.t, func() bool { d.gone(); return time.Since(d.since) > 50*time.Millisecond }, "full")
	return sent
}

// owed asks n times with questions, none of whose answers is read, over a link that
// takes nothing more, and returns the answers that there are when all of them have
// been heard, and by how much memory grew.
func owed(t *testing.T, s *server, n int, ask func(i int) []byte, answer wire.Kind) (bodies [][]byte, grown int64) {
	p, _ := deaf(until(t), t, s)
	c := <-s.sessions
	sent := (&silent{s: s, c: c, sock: socket(p.nc), since: time.Now()}).fill()
	before := held()
	var asked []byte
	for i := range n {
		asked = append(asked, ask(i)...)
	}
	p.write(asked)
	p.data([]byte("behind all of them"))
	settled(t, func() bool { return c.Stats().Received == 1 }, "heard")
	grown = held() - before
	for got := 0; got < sent; {
		kind, body, err := p.read()
		require.NoError(t, err)
		switch kind {
		case wire.KindData:
			got++
		case answer:
			bodies = append(bodies, bytes.Clone(body))
		}
	}
	require.NoError(t, c.Err())
	return bodies, grown
}

// Row 42 of the fault matrix: pongs that nobody reads do not gather, however many pings there
// are, and a peer that reads nothing is dropped.
func TestPongsUnread(t *testing.T) {
	const n = 20_000
	stage.Each(t, 42, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serveOn(t, over, listen(t, 16<<10), conn.Config{MinPing: -1, SendBuffer: 256 << 10}, nil)
		ping := func(i int) []byte { return wire.AppendNonce(nil, wire.KindPing, uint64(i)) }
		pongs, grown := owed(t, s, n, ping, wire.KindPong)
		require.Len(t, pongs, 1)
		nonce, err := wire.ParseNonce(pongs[0])
		require.NoError(t, err)
		require.Equal(t, uint64(n-1), nonce, "the latest")
		require.Less(t, grown, int64(liveCost+reading))
		r.Memory(grown)
		r.Note("%d pings, %d pong", n, len(pongs))
	})
}

// Nor do acknowledgements, however often they are asked for.
func TestAcksUnread(t *testing.T) {
	const n = 20_000
	for _, over := range stage.Transports {
		t.Run(string(over), func(t *testing.T) {
			s := serveOn(t, over, listen(t, 16<<10), conn.Config{SendBuffer: 256 << 10}, nil)
			ask := func(int) []byte { return wire.AppendAckReq(wire.Ack{}.Append(nil)) }
			acks, grown := owed(t, s, n, ask, wire.KindAck)
			require.LessOrEqual(t, len(acks), 2, "the latest, and what was written before")
			require.Less(t, grown, int64(liveCost+reading))
			t.Logf("%d bytes for %d acknowledgements and questions, %d answers", grown, n, len(acks))
		})
	}
}

// Row 42 of the fault matrix, to its end.
func TestPingerThatDoesNotRead(t *testing.T) {
	const deadline = 400 * time.Millisecond
	stage.Each(t, 42, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serveOn(t, over, listen(t, 16<<10), conn.Config{MinPing: -1, SendBuffer: 256 << 10, WriteTimeout: deadline}, nil)
		busy := watchFor(t, time.Millisecond, time.Millisecond) // the verdict takes several looks, each as late as that
		p, _ := deaf(until(t), t, s)
		d := &silent{s: s, c: <-s.sessions, sock: socket(p.nc), since: time.Now()}
		d.fill()
		flood(t, p.nc, bytes.Repeat(wire.AppendNonce(nil, wire.KindPing, 1), 1000))
		await(t, d)
		// The row names no time. A pong of which the kernel takes a part begins it anew.
		require.LessOrEqual(t, d.took, 2*deadline+busy.excuse())
		require.NoError(t, d.c.Err(), "the link is dead, not the session")
		r.Detected(d.took)
	})
}
