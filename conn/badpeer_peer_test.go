package conn

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/wire"
)

// A rawPeer is the other end of a link, played by hand: it sends what a correct
// implementation never would, and sees every byte of the answer.
type rawPeer struct {
	t   testing.TB
	nc  net.Conn
	buf []byte
	sum wire.Ack // where a peer that counts correctly would stand
}

type rawFrame struct {
	kind wire.Kind
	body []byte
}

func newRawPeer(t testing.TB, nc net.Conn) *rawPeer {
	t.Cleanup(func() { _ = nc.Close() })
	// In a bubble this is virtual time; elsewhere it ends a test that would hang.
	require.NoError(t, nc.SetReadDeadline(time.Now().Add(20*time.Second)))
	return &rawPeer{t: t, nc: nc}
}

func (p *rawPeer) write(frames ...[]byte) {
	p.t.Helper()
	for _, f := range frames {
		_, err := p.nc.Write(f)
		require.NoError(p.t, err)
	}
}

// data sends messages as DATA, counting them.
func (p *rawPeer) data(msgs ...string) {
	p.t.Helper()
	for _, m := range msgs {
		p.write(wire.AppendData(nil, []byte(m)))
		p.sum.Sent += uint64(wire.HeaderSize + len(m))
	}
}

// ack acknowledges all that was received.
func (p *rawPeer) ack() {
	p.t.Helper()
	p.sum.Consumed = p.sum.Received
	p.write(p.sum.Append(nil))
}

func (p *rawPeer) read() (f rawFrame, err error) {
	for {
		kind, body, size, ok, err := wire.Cut(p.buf, 1<<20)
		if err != nil {
			return f, err
		}
		if ok {
			p.buf = p.buf[size:]
			if kind == wire.KindData {
				p.sum.Received += uint64(size)
			}
			return rawFrame{kind, append([]byte(nil), body...)}, nil
		}
		b := make([]byte, 64<<10)
		n, err := p.nc.Read(b)
		p.buf = append(p.buf, b[:n]...)
		if n == 0 && err != nil {
			return f, err
		}
	}
}

// until returns the next frame of a kind, passing over others.
func (p *rawPeer) until(kind wire.Kind) []byte {
	p.t.Helper()
	for {
		f, err := p.read()
		require.NoError(p.t, err, "waiting for kind %#x", byte(kind))
		if f.kind == kind {
			return f.body
		}
	}
}

// message returns the next message.
func (p *rawPeer) message() string {
	p.t.Helper()
	return string(p.until(wire.KindData))
}

// rest returns what comes until the link ends, which it has to.
func (p *rawPeer) rest() (frames []rawFrame) {
	p.t.Helper()
	for {
		f, err := p.read()
		if err != nil {
			var timeout net.Error
			require.False(p.t, isTimeout(err, &timeout), "the link was not closed")
			return frames
		}
		frames = append(frames, f)
	}
}

func isTimeout(err error, as *net.Error) bool {
	e, ok := err.(net.Error)
	*as = e
	return ok && e.Timeout()
}

// closed reads up to the end of the link and returns the CLOSE that it was told
// of, behind which there is no message.
func (p *rawPeer) closed() (c wire.Close) {
	p.t.Helper()
	frames := p.rest()
	for len(frames) > 0 && frames[0].kind != wire.KindClose {
		frames = frames[1:]
	}
	require.NotEmpty(p.t, frames, "the link ended without CLOSE")
	for _, f := range frames {
		require.NotEqual(p.t, wire.KindData, f.kind)
	}
	c, err := wire.ParseClose(frames[0].body)
	require.NoError(p.t, err)
	return c
}

func rawHello() wire.Hello {
	return wire.Hello{Attempt: 1, Window: 1 << 20, MaxMessage: 1 << 20}
}

// greet sends HELLO and returns WELCOME.
func (p *rawPeer) greet(h wire.Hello) wire.Welcome {
	p.t.Helper()
	p.write(h.Append(nil))
	f, err := p.read()
	require.NoError(p.t, err)
	require.Equal(p.t, wire.KindWelcome, f.kind)
	w, err := wire.ParseWelcome(f.body)
	require.NoError(p.t, err)
	p.sum = wire.Ack{Received: h.Received, Consumed: h.Consumed, Sent: w.Received}
	return w
}

// refused sends HELLO and returns the answer, which has to be REFUSE and the end.
func (p *rawPeer) refused(h wire.Hello) wire.Refuse {
	p.t.Helper()
	p.write(h.Append(nil))
	frames := p.rest()
	require.Len(p.t, frames, 1)
	require.Equal(p.t, wire.KindRefuse, frames[0].kind)
	r, err := wire.ParseRefuse(frames[0].body)
	require.NoError(p.t, err)
	return r
}

// resumption is the HELLO that resumes the session of w, from where p stands.
func (p *rawPeer) resumption(w wire.Welcome, attempt uint64) wire.Hello {
	h := rawHello()
	h.Epoch, h.Token, h.Attempt = w.Epoch, w.Token, attempt
	h.Received, h.Consumed = p.sum.Received, p.sum.Received
	return h
}

// rawServer serves one link after another with a script, for clients to dial.
// It returns the configuration with which they do, for the target "raw://".
func rawServer(t testing.TB, script func(n int, p *rawPeer)) *Config {
	n := 0
	var wg sync.WaitGroup
	t.Cleanup(wg.Wait)
	return &Config{Dialers: map[string]DialFunc{"raw": func(context.Context, string) (net.Conn, error) {
		client, server := conntest.Pipe()
		n++
		attempt := n
		wg.Go(func() {
			p := &rawPeer{t: t, nc: server}
			script(attempt, p)
			_, _ = io.Copy(io.Discard, server) // until the client lets go
			_ = server.Close()
		})
		return client, nil
	}}}
}

// accept reads HELLO.
func (p *rawPeer) accept() wire.Hello {
	f, err := p.read()
	if err != nil || f.kind != wire.KindHello {
		p.t.Errorf("in place of HELLO: kind %#x, %v", byte(f.kind), err)
		return wire.Hello{}
	}
	h, err := wire.ParseHello(f.body)
	if err != nil {
		p.t.Errorf("HELLO: %v", err)
	}
	return h
}

func rawWelcome(resumed bool) *wire.Welcome {
	return &wire.Welcome{Resumed: resumed, Epoch: 7, ID: wire.ID{1}, Window: 1 << 20,
		MaxMessage: 1 << 20, TTL: time.Minute, Token: wire.Token{9}}
}
