package conn

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/wire"
)

func TestEmptyFramesAreAViolation(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		p.write(make([]byte, 40_000))
		require.ErrorContains(t, requireViolation(t, p, c), "length zero")
	})
}

// Empty messages are messages: each costs its header, and the window counts it.
func TestFloodOfEmptyMessagesEndsAtTheWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Window: smallWindow})
		p, _, c := r.session()
		p.write(bytes.Repeat(wire.AppendData(nil, nil), smallWindow/wire.HeaderSize+1))
		requireViolation(t, p, c)
		require.LessOrEqual(t, c.Stats().Unread, smallWindow/wire.HeaderSize)
	})
}

// Pings that come much too often are answered up to a burst, and then cut off.
func TestPingBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, w, c := r.session()
		require.Equal(t, time.Second, w.MinPing)
		const burst, strikes = 16, 2
		for i := range uint64(burst + strikes) {
			p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
			nonce, err := wire.ParseNonce(p.until(wire.KindPong))
			require.NoError(t, err)
			require.Equal(t, i+1, nonce)
		}
		p.write(wire.AppendNonce(nil, wire.KindPing, 99))
		require.ErrorContains(t, requireViolation(t, p, c), "pings more frequent than one in 1s")
	})
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		for i := range uint64(500) { // as often as is allowed, for ever
			p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
			p.until(wire.KindPong)
			require.NoError(t, p.nc.SetReadDeadline(time.Now().Add(time.Minute)))
			time.Sleep(time.Second) // of the bubble
		}
		require.NoError(t, c.Err())
	})
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{MinPing: -1})
		p, w, c := r.session()
		require.Zero(t, w.MinPing)
		for i := range uint64(1000) {
			p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
			p.until(wire.KindPong)
		}
		require.NoError(t, c.Err())
	})
}

// stalledPinger has a session on a link that takes a thousand bytes towards the
// peer and no more, and sends ten thousand pings on it within a second.
func stalledPinger(t *testing.T) (*rig, *rawPeer, *Conn) {
	r := newRig(t, nil, &Config{MinPing: -1})
	network := conntest.New(&conntest.Config{Buffer: 1000})
	ln, err := network.Listen("server")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	nc, err := network.Dial(t.Context(), "server")
	require.NoError(t, err)
	p := newRawPeer(t, nc)
	p.greet(rawHello())
	conntest.LinkOf(nc).Stall(conntest.ToClient)
	for i := range uint64(10_000) {
		p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
		if i%100 == 0 {
			time.Sleep(10 * time.Millisecond) // of the bubble
		}
	}
	synctest.Wait()
	return r, p, <-r.conns
}

// A peer that pings and does not read is owed one PONG, however often it asked.
func TestUnreadPongsDoNotGather(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, p, _ := stalledPinger(t)
		conntest.LinkOf(p.nc).Heal(conntest.ToClient)
		pongs, last := 0, uint64(0)
		for ; last < 10_000; pongs++ {
			nonce, err := wire.ParseNonce(p.until(wire.KindPong))
			require.NoError(t, err)
			last = nonce
		}
		const frame = wire.HeaderSize + 8
		require.LessOrEqual(t, pongs, 1000/frame+2, "what the link had taken, what was being written, and one")
	})
}

// And it is dropped when it has taken nothing for the write timeout.
func TestPingerThatDoesNotReadIsDropped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, _, c := stalledPinger(t)
		require.True(t, c.Stats().Connected)
		time.Sleep(12500 * time.Millisecond) // of the bubble
		require.False(t, c.Stats().Connected)
		require.NoError(t, c.Err(), "the link is dead, not the session")
		require.Len(t, traced(r, &r.downs), 1)
	})
}

// A PONG that nobody asked for, or with another nonce, answers nothing: there
// is no round-trip time from it.
func TestUnsolicitedPongProvesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p, _, c := r.session()
		for i := range uint64(100) {
			p.write(wire.AppendNonce(nil, wire.KindPong, i))
		}
		synctest.Wait()
		require.Zero(t, c.Stats().RTT)
		require.NoError(t, p.nc.SetReadDeadline(time.Now().Add(time.Hour)))
		nonce, err := wire.ParseNonce(p.until(wire.KindPing)) // after 30 s of silence
		require.NoError(t, err)
		time.Sleep(50 * time.Millisecond) // of the bubble
		p.write(wire.AppendNonce(nil, wire.KindPong, nonce+1))
		synctest.Wait()
		require.Zero(t, c.Stats().RTT)
		p.write(wire.AppendNonce(nil, wire.KindPong, nonce))
		synctest.Wait()
		require.NotZero(t, c.Stats().RTT)
	})
}

// What waits in an inbox is held to the window also in memory: control frames
// between the messages, which no window counts, are not kept with them.
func TestControlFramesDoNotInflateTheInbox(t *testing.T) {
	r := onTCP(t, nil, nil)
	p, _, c := r.session()
	junk := append(wire.AppendHeader(nil, wire.KindOptional, 4000), make([]byte, 4000)...)
	burst := append(wire.AppendData(nil, nil), bytes.Repeat(junk, 16)...)
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	const n = 1000
	for i := range n {
		p.write(burst)
		if i%50 == 0 { // the pace that the reader keeps
			p.write(wire.AppendAckReq(nil))
			p.until(wire.KindAck)
		}
	}
	require.Eventually(t, func() bool { return c.Stats().Unread == n }, 10*time.Second, time.Millisecond)
	runtime.GC()
	runtime.ReadMemStats(&after)
	require.NoError(t, c.Err())
	require.Less(t, int64(after.HeapAlloc)-int64(before.HeapAlloc), int64(8<<20),
		"64 MB of control frames around 5 kB of messages")
	for range n {
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Empty(t, msg)
	}
}

// A peer that reads nothing at all is dropped at the write timeout, although
// the application keeps sending, and the session waits for another link.
func TestPeerThatNeverReadsIsDropped(t *testing.T) {
	r := newRig(t, nil, &Config{WriteTimeout: 200 * time.Millisecond})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), &smallBuffers{ln}) }() // ends with the server
	nc, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, nc.(*net.TCPConn).SetReadBuffer(4<<10))
	p := newRawPeer(t, nc)
	p.greet(rawHello())
	c := <-r.conns
	for c.TrySend(make([]byte, 8000)) == nil {
	}
	require.Eventually(t, func() bool { return !c.Stats().Connected }, 5*time.Second, 5*time.Millisecond)
	require.NoError(t, c.Err())
	require.ErrorIs(t, c.TrySend(make([]byte, 8000)), ErrFull)
}

// smallBuffers makes the server's sockets hold little.
type smallBuffers struct{ net.Listener }

func (l *smallBuffers) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		err = nc.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return nc, err
}

// A peer that reads a little of what waits, and then nothing, has as much time as
// one that reads nothing, and no more.
func TestWriteTimeoutCountsFromTheLastByte(t *testing.T) {
	const timeout = time.Second
	r := newRig(t, nil, &Config{WriteTimeout: timeout})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), &smallBuffers{ln}) }() // ends with the server
	nc, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	require.NoError(t, nc.(*net.TCPConn).SetReadBuffer(4<<10))
	p := newRawPeer(t, nc)
	p.greet(rawHello())
	c := <-r.conns
	for c.TrySend(make([]byte, 8000)) == nil {
	}
	unsent, since := 0, time.Time{}
	require.Eventually(t, func() bool {
		if now := c.Stats().Unsent; now != unsent {
			unsent, since = now, time.Now()
		}
		return time.Since(since) > timeout/10
	}, 10*timeout, time.Millisecond)
	for range 3 { // the write that waits takes a part
		_, err = nc.Read(make([]byte, 16<<10))
		require.NoError(t, err)
	}
	last := time.Now()
	require.Eventually(t, func() bool { return !c.Stats().Connected }, 10*timeout, time.Millisecond)
	require.GreaterOrEqual(t, time.Since(last), timeout*9/10)
	require.Less(t, time.Since(last), 9*timeout/4)
}
