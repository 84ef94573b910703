package raw

import (
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// A peer is the client's end of a link, played by hand.
type peer struct {
	t   testing.TB
	nc  net.Conn
	buf []byte
	at  wire.Ack // where a peer that counts correctly stands

	onAck func(wire.Ack) // if set, is shown what arrives
}

// newPeer plays the client's end of a link that is open.
func newPeer(t testing.TB, nc net.Conn) *peer {
	t.Cleanup(func() { _ = nc.Close() })
	require.NoError(t, nc.SetReadDeadline(time.Now().Add(patience)))
	return &peer{t: t, nc: nc}
}

// dial opens a link to the server.
func (s *server) dial() *peer {
	s.t.Helper()
	nc, err := s.over.Dial(until(s.t), s.addr)
	require.NoError(s.t, err)
	return newPeer(s.t, nc)
}

func (p *peer) write(frames ...[]byte) {
	p.t.Helper()
	for _, f := range frames {
		_, err := p.nc.Write(f)
		require.NoError(p.t, err)
	}
}

// data sends messages, and counts them.
func (p *peer) data(msgs ...[]byte) {
	p.t.Helper()
	var frames []byte
	for _, msg := range msgs {
		frames = wire.AppendData(frames, msg)
	}
	p.at.Sent += uint64(len(frames))
	p.write(frames)
}

// read returns the next frame.
func (p *peer) read() (kind wire.Kind, body []byte, err error) {
	for {
		kind, body, size, ok, err := wire.Cut(p.buf, wire.MaxMessage)
		if err != nil {
			return 0, nil, err
		}
		if ok {
			p.buf = p.buf[size:]
			switch kind {
			case wire.KindData:
				p.at.Received += uint64(size)
			case wire.KindAck:
				ack, err := wire.ParseAck(body)
				require.NoError(p.t, err)
				require.Equal(p.t, p.at.Received, ack.Sent, "the server counts otherwise than its peer")
				if p.onAck != nil {
					p.onAck(ack)
				}
			}
			return kind, body, nil
		}
		chunk := make([]byte, 32<<10)
		n, err := p.nc.Read(chunk)
		p.buf = append(p.buf, chunk[:n]...)
		if n == 0 && err != nil {
			return 0, nil, err
		}
	}
}

// await returns the next frame of a kind, and passes over others.
func (p *peer) await(kind wire.Kind) []byte {
	p.t.Helper()
	for {
		got, body, err := p.read()
		require.NoError(p.t, err, "waiting for kind %#x", byte(kind))
		if got == kind {
			return body
		}
	}
}

// last returns the first frame of a kind among those that come before the link
// ends, which it has to. The zero kind stands for any.
func (p *peer) last(kind wire.Kind) (body []byte) {
	p.t.Helper()
	for {
		got, b, err := p.read()
		if err != nil {
			require.False(p.t, errors.Is(err, os.ErrDeadlineExceeded), "the link was not closed")
			return body
		}
		if got == kind && body == nil {
			body = b
		}
	}
}

// closed reads to the end of the link and returns the CLOSE before it.
func (p *peer) closed() wire.Close {
	p.t.Helper()
	body := p.last(wire.KindClose)
	require.NotNil(p.t, body, "the link ended without CLOSE")
	c, err := wire.ParseClose(body)
	require.NoError(p.t, err)
	return c
}

// hello asks for a session. Its limits are small, for tests that go beyond them.
func hello() wire.Hello {
	return wire.Hello{Attempt: 1, Window: 1 << 20, MaxMessage: 1 << 20}
}

// greet sends HELLO and returns WELCOME.
func (p *peer) greet(h wire.Hello) wire.Welcome {
	p.t.Helper()
	p.write(h.Append(nil))
	kind, body, err := p.read()
	require.NoError(p.t, err)
	require.Equal(p.t, wire.KindWelcome, kind)
	w, err := wire.ParseWelcome(body)
	require.NoError(p.t, err)
	p.at = wire.Ack{Received: h.Received, Consumed: h.Consumed, Sent: w.Received}
	return w
}

// refused sends HELLO and returns the whole answer, which has to be REFUSE.
func (p *peer) refused(h wire.Hello) (code wire.RefuseCode, answer string) {
	p.t.Helper()
	p.write(h.Append(nil))
	body := p.last(wire.KindRefuse)
	require.NotNil(p.t, body, "the link ended without REFUSE")
	r, err := wire.ParseRefuse(body)
	require.NoError(p.t, err)
	return r.Code, string(body)
}
