package conn

import (
	"bytes"
	"context"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/wire"
)

// What SECURITY.md says that a peer can make a server hold. Sizes are those of
// the configuration that the tests use.
const (
	strangerCost = 32 << 10 // a link in its handshake, goroutine included
	liveCost     = 32 << 10 // a session beside its messages, goroutines included
	waitingCost  = 24 << 10 // one that waits without a message; about half of it without -race
)

// receivedBound is for what has come in and is not consumed, and for a message
// that has only begun. It takes malice to come near it: of what is read, control
// frames are most at first, and then just under half.
func receivedBound(c *Config) int64 {
	return int64(4*c.limits().Window + 4*maxRead + c.limits().MaxMessage)
}

// sentBound is for what has been sent and is not acknowledged.
func sentBound(c *Config) int64 {
	return int64(max(c.limits().SendBuffer, c.limits().MaxMessage) + maxRead)
}

// memory is how much memory is in use.
func memory() int64 {
	for range 3 { // pools keep what they hold over one collection
		runtime.GC()
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc + m.StackInuse)
}

// A peer decides how its bytes fall into reads: over TLS by its records, over a
// WebSocket by its frames. However they fall, what waits for the application
// stays within the bound, and comes out as it went in.
func TestHowBytesFallIntoReadsDoesNotInflateTheInbox(t *testing.T) {
	cfg := &Config{Window: 128 << 10, MaxMessage: 16 << 10}
	skipped := wire.AppendHeader(nil, wire.KindOptional, 0)
	for name, flood := range map[string]struct{ slice, message int }{
		"a read for each frame": {wire.HeaderSize, 0},
		"a read for each byte":  {1, 0},
		"long reads":            {0, 0},
		"odd sizes":             {777, 1000},
	} {
		t.Run(name, func(t *testing.T) {
			frame := wire.AppendData(nil, bytes.Repeat([]byte{'m'}, flood.message))
			n := cfg.Window / len(frame)
			r := inMemory(t, nil, cfg)
			p, _, c := r.session()
			conntest.LinkOf(p.nc).SetSlice(conntest.ToServer, flood.slice)
			before := memory()
			p.write(bytes.Repeat(append(skipped[:len(skipped):len(skipped)], frame...), n))
			require.Eventually(t, func() bool { return c.Stats().Unread == n }, 60*time.Second, time.Millisecond)
			grew := memory() - before
			t.Logf("window %d: %d bytes", cfg.Window, grew)
			require.LessOrEqual(t, grew, receivedBound(cfg)+liveCost)
			for range n {
				msg, err := c.Receive(t.Context())
				require.NoError(t, err)
				require.Equal(t, frame[wire.HeaderSize:], msg)
			}
			runtime.KeepAlive(p)
		})
	}
}

// Control frames are what may waste memory, since the window does not count them.
// Here they are nearly all of what is read as long as the inbox does not mind, and
// then just so much that copying the messages apart is not worth it.
func TestControlFramesBetweenMessagesStayWithinTheBound(t *testing.T) {
	cfg := &Config{Window: 512 << 10, MaxMessage: 16 << 10}
	r := inMemory(t, nil, cfg)
	p, _, c := r.session()
	junk := append(wire.AppendHeader(nil, wire.KindOptional, 4000), make([]byte, 4000)...)
	n, room := 0, cfg.Window
	burst := func(messages, size, junks int) {
		msg := wire.AppendData(nil, make([]byte, size))
		p.write(bytes.Repeat(msg, messages), bytes.Repeat(junk, junks), wire.AppendAckReq(nil))
		p.until(wire.KindAck) // the reader keeps pace
		n, room = n+messages, room-messages*len(msg)
	}
	before := memory()
	for range 24 {
		burst(1, 0, 16)
	}
	for room > 32<<10 {
		burst(2, 16000, 7)
	}
	require.Eventually(t, func() bool { return c.Stats().Unread == n }, 30*time.Second, time.Millisecond)
	grew := memory() - before
	t.Logf("window %d: %d bytes", cfg.Window, grew)
	require.LessOrEqual(t, grew, receivedBound(cfg)+liveCost)
	require.NoError(t, c.Err())
	runtime.KeepAlive(p)
}

// Strangers that have said almost all of the longest HELLO, and no more.
func TestStrangersTakeLittleMemory(t *testing.T) {
	const n = 500
	r := newRig(t, nil, &Config{HandshakeTimeout: time.Minute})
	begun := append([]byte{0, 0, 0x10, 0, byte(wire.KindHello)}, make([]byte, wire.MaxControl-2)...)
	before := memory()
	for range n {
		client, server := net.Pipe() // which holds nothing itself
		t.Cleanup(func() { _ = client.Close() })
		go func() { _ = r.srv.ServeConn(context.Background(), server) }() // ends with the pipe
		_, err := client.Write(begun)
		require.NoError(t, err)
	}
	each := (memory() - before) / n
	t.Logf("%d bytes for each stranger", each)
	require.LessOrEqual(t, each, int64(strangerCost))
}

// Peers that do all of it at once: they fill the window of an application that
// does not receive, begin the longest message behind it, and read nothing of
// what the application sends.
func TestHostilePeersTakeNoMoreMemoryThanStated(t *testing.T) {
	const n = 16
	cfg := &Config{Window: 64 << 10, SendBuffer: 128 << 10, MaxMessage: 64 << 10, WriteTimeout: -1}
	r := newRig(t, nil, cfg)
	network := conntest.New(&conntest.Config{Buffer: 4 << 10})
	ln, err := network.Listen("server")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	var peers []*rawPeer
	before := memory()
	for range n {
		nc, err := network.DialFrom(t.Context(), "", "server")
		require.NoError(t, err)
		p := newRawPeer(t, nc)
		h := rawHello()
		h.MaxMessage = 64 << 10
		p.greet(h)
		c := <-r.conns
		conntest.LinkOf(nc).SetSlice(conntest.ToServer, 1000)
		pair := wire.AppendData(wire.AppendHeader(nil, wire.KindOptional, 0), make([]byte, 20))
		messages := cfg.Window / (len(pair) - wire.HeaderSize)
		p.write(bytes.Repeat(pair, messages))
		require.Eventually(t, func() bool { return c.Stats().Unread == messages }, 30*time.Second, time.Millisecond)
		p.write(wire.AppendHeader(nil, wire.KindData, 64<<10), make([]byte, 60<<10))
		for c.TrySend(make([]byte, 100)) == nil {
		}
		peers = append(peers, p)
	}
	require.Eventually(t, func() bool {
		for _, l := range network.Links() {
			if l.Delivered(conntest.ToServer) < l.Written(conntest.ToServer) {
				return false
			}
		}
		return true
	}, 30*time.Second, time.Millisecond)
	each := (memory() - before) / n
	bound := sentBound(cfg) + receivedBound(cfg) + liveCost
	t.Logf("%d bytes for each peer, bound %d", each, bound)
	require.LessOrEqual(t, each, bound)
	require.Greater(t, each, int64(cfg.SendBuffer+cfg.Window), "else nothing was attacked")
	runtime.KeepAlive(peers)
}

// Strangers who begin session after session and leave: what the server keeps of
// those that wait is bounded in all, without identities too.
func TestAbandonedSessionsAreBoundedInAll(t *testing.T) {
	const n, most = 2000, 4 << 20
	for name, h := range map[string]Handler{
		"OnMessage":   OnMessage(func(context.Context, *Conn, []byte) error { return nil }),
		"HandlerFunc": HandlerFunc(func(ctx context.Context, c *Conn) error { _, err := c.Receive(ctx); return err }),
	} {
		t.Run(name, func(t *testing.T) {
			r := inMemory(t, h, &Config{MaxDetachedBytes: most})
			before := memory()
			for range n {
				p := r.peer()
				p.greet(rawHello())
				p.write(wire.AppendNonce(nil, wire.KindPing, 1))
				p.until(wire.KindPong)
				_ = p.nc.Close()
			}
			require.Eventually(t, func() bool { return r.srv.sessions.len() <= most/sessionCost }, 30*time.Second, time.Millisecond)
			grew := memory() - before
			t.Logf("%d sessions waiting, %d bytes in all", r.srv.sessions.len(), grew)
			require.LessOrEqual(t, grew, int64(most/sessionCost*waitingCost))
		})
	}
}
