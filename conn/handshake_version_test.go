package conn

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// withExtensions appends type-length-value fields to a handshake frame.
func withExtensions(frame []byte, fields ...string) []byte {
	out := append([]byte(nil), frame...)
	for i, f := range fields {
		out = append(out, 0xe0, byte(i), 0, byte(len(f)))
		out = append(out, f...)
	}
	n := len(out) - 4
	out[2], out[3] = byte(n>>8), byte(n)
	return out
}

func TestOtherVersionIsRefusedByName(t *testing.T) {
	for _, version := range []byte{0, 2, 255} {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, nil)
			p := r.peer()
			f := append(wire.AppendHeader(nil, wire.KindHello, 5), wire.Magic...)
			p.write(append(f, version)) // and nothing that this version would know
			frames := p.rest()
			require.Len(t, frames, 1)
			require.Equal(t, wire.KindRefuse, frames[0].kind)
			got, err := wire.ParseRefuse(frames[0].body)
			require.NoError(t, err)
			require.Equal(t, wire.RefuseVersion, got.Code)
			refused := traced(r, &r.refused)
			require.Len(t, refused, 1)
			var why *RefusedError
			require.ErrorAs(t, refused[0], &why)
			require.Equal(t, RefusedVersion, why.Code)
		})
	}
}

func TestClientGivesUpOnAnotherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(n int, p *rawPeer) {
			if p.accept(); n > 1 {
				t.Error("dialled again")
			}
			refuse := wire.Refuse{Code: wire.RefuseVersion}
			p.write(refuse.Append(nil))
		})
		_, err := Dial(t.Context(), "raw://", cfg)
		var why *RefusedError
		require.ErrorAs(t, err, &why)
		require.Equal(t, RefusedVersion, why.Code)
	})
}

func TestClientRejectsAWelcomeOfAnotherVersion(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(_ int, p *rawPeer) {
			p.accept()
			f := rawWelcome(false).Append(nil)
			f[wire.HeaderSize]++
			p.write(f)
		})
		cfg.Retry = reconnect.Policy{MaxAttempts: 1}
		_, err := Dial(t.Context(), "raw://", cfg)
		require.ErrorContains(t, err, "version")
	})
}

func TestExtensionsAreSkipped(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		p := r.peer()
		h := rawHello()
		p.write(withExtensions(h.Append(nil), "", "some", "more of it"))
		p.until(wire.KindWelcome)
		c := <-r.conns
		p.data("hello")
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello", string(msg))
	})
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(_ int, p *rawPeer) {
			p.accept()
			p.write(withExtensions(rawWelcome(false).Append(nil), "something", ""))
			p.data("hello")
		})
		c, err := Dial(t.Context(), "raw://", cfg)
		require.NoError(t, err)
		defer c.Close()
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, "hello", string(msg))
	})
}

func TestTruncatedExtensionIsMalformed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		h := rawHello()
		f := withExtensions(h.Append(nil), "some")
		f = f[:len(f)-1]
		f[3]--
		p := r.peer()
		p.write(f)
		require.Empty(t, p.rest())
		require.Len(t, traced(r, &r.refused), 1)
		require.ErrorContains(t, traced(r, &r.refused)[0], "malformed")
	})
}

func TestUnknownKinds(t *testing.T) {
	optional := []byte{0x80, 0x81, 0xff}
	for _, kind := range optional {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, nil)
			p, _, c := r.session()
			p.data("one")
			p.write(append(wire.AppendHeader(nil, wire.Kind(kind), 7), "skip me"...))
			p.data("two")
			for _, want := range []string{"one", "two"} {
				msg, err := c.Receive(t.Context())
				require.NoError(t, err)
				require.Equal(t, want, string(msg))
			}
			p.write(wire.AppendNonce(nil, wire.KindPing, 1))
			p.until(wire.KindPong)
		})
	}
	for _, kind := range []byte{0x00, 0x01, 0x02, 0x03, 0x0f, 0x17, 0x7f} {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, nil)
			p, _, c := r.session()
			p.write(wire.AppendHeader(nil, wire.Kind(kind), 0))
			requireViolation(t, p, c)
		})
	}
}

func TestControlFramesOfTheWrongShapeAreViolations(t *testing.T) {
	for name, frame := range map[string][]byte{
		"a short ACK":          wire.AppendHeader(nil, wire.KindAck, 23),
		"a long ACK":           wire.AppendHeader(nil, wire.KindAck, 25),
		"an ACKREQ with more":  wire.AppendHeader(nil, wire.KindAckReq, 1),
		"a short PING":         wire.AppendHeader(nil, wire.KindPing, 7),
		"a long PONG":          wire.AppendHeader(nil, wire.KindPong, 9),
		"GOAWAY from a client": wire.GoAway{}.Append(nil),
		"a short CLOSE":        wire.AppendHeader(nil, wire.KindClose, 17),
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, nil)
				p, _, c := r.session()
				p.write(append(frame, make([]byte, 25)...)[:4+int(frame[3])])
				requireViolation(t, p, c)
			})
		})
	}
}
