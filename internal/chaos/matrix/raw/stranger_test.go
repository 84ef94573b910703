package raw

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// marker is in all that strangers say, and in no answer.
const marker = "marker-of-a-stranger"

// clientHello is what a TLS client says first.
func clientHello(t testing.TB) []byte {
	near, far := net.Pipe()
	defer far.Close()
	go func() {
		_ = tls.Client(near, &tls.Config{ServerName: marker + ".example"}).Handshake() // cut off below
		_ = near.Close()
	}()
	p := make([]byte, 4096)
	n, err := far.Read(p)
	require.NoError(t, err)
	return p[:n]
}

// sayings are other protocols, and none.
func sayings(t testing.TB) map[string][]byte {
	h := hello()
	h.Credential = []byte(marker)
	return map[string][]byte{
		"HTTP":                []byte("GET /" + marker + " HTTP/1.1\r\nHost: " + marker + "\r\nConnection: close\r\n\r\n"),
		"HTTP/2":              []byte("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + marker),
		"HTTP of no version":  []byte("GET /" + marker + " HTTP/9." + marker + "\r\n\r\n"),
		"HTTP without a host": []byte("GET / HTTP/1.1\r\n" + marker + ": " + marker + "\r\n\r\n"),
		"broken HTTP":         []byte("GET / HTTP/1.1\r\nHost: x\r\n" + marker + "\r\n: " + marker + "\x01\r\n\r\n"),
		"another method":      []byte(marker + " / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"),
		"TLS":                 clientHello(t),
		"SSH":                 []byte("SSH-2.0-" + marker + "\r\n"),
		"SMTP":                []byte("EHLO " + marker + "\r\n"),
		"garbage":             bytes.Repeat([]byte("\xa5"+marker), 20),
		"zeros":               append(make([]byte, 64), marker...),
		"ones":                append(bytes.Repeat([]byte{0xff}, 64), marker...),
		"DATA":                wire.AppendData(nil, []byte(marker)),
		"CLOSE":               wire.Close{Reason: marker}.Append(nil),
		"REFUSE":              (&wire.Refuse{Code: 3, Reason: marker}).Append(nil),
		"an extension":        append(wire.AppendHeader(nil, wire.KindOptional, len(marker)), marker...),
		"HELLO of no magic":   bytes.Replace(h.Append(nil), []byte(wire.Magic), []byte("LSPX"), 1),
		"HELLO of one byte":   append(wire.AppendHeader(nil, wire.KindHello, 1), 'L'),
		"HELLO, and more":     append(h.Append(nil), marker...),
	}
}

// A layer is where in a transport a stranger speaks.
type layer struct {
	name string
	// say opens a link and says something on it.
	say func(s *server, what []byte) net.Conn
	// fair is whether an answer is of those that this layer has for everybody.
	fair  func(answer []byte) bool
	knows []string // sayings that are right in this layer
}

// layersOf are those of a transport.
func layersOf(t *testing.T, over stage.Over) []layer {
	bare := func(end string) func(*server, []byte) net.Conn {
		return func(s *server, what []byte) net.Conn {
			nc, err := net.Dial("tcp", s.addr)
			require.NoError(t, err)
			_, err = nc.Write(append(what[:len(what):len(what)], end...))
			require.NoError(t, err)
			return nc
		}
	}
	within := func(frame func([]byte) []byte) func(*server, []byte) net.Conn {
		return func(s *server, what []byte) net.Conn {
			nc := s.dial().nc
			if frame == nil {
				_, err := nc.Write(what)
				require.NoError(t, err)
				return nc
			}
			_, err := socket(nc).Write(frame(what))
			require.NoError(t, err)
			return socket(nc)
		}
	}
	silence := func(answer []byte) bool { return len(answer) == 0 }
	switch over {
	case stage.TLS:
		return []layer{
			{"beside TLS", bare(""), func(answer []byte) bool { // an alert, or nothing
				return len(answer) == 0 || answer[0] == 21 && len(answer) <= 7
			}, []string{"TLS"}},
			{"within TLS", within(nil), silence, nil},
		}
	case stage.WebSocket:
		goodbye := func(answer []byte) bool { // a close frame, or nothing
			return len(answer) == 0 || answer[0] == wsFin|wsClose && len(answer) <= 127
		}
		return []layer{
			{"before the upgrade", bare("\r\n\r\n"), func(answer []byte) bool {
				return len(answer) == 0 || strings.HasPrefix(string(answer), "HTTP/1.1 ") && answer[9] != '1' && answer[9] != '2'
			}, nil},
			{"in place of frames", within(func(what []byte) []byte { return what }), goodbye, nil},
			{"in frames", within(func(what []byte) []byte { return wsFrame(wsFin|wsBinary, what) }), goodbye, nil},
			{"in text frames", within(func(what []byte) []byte { return wsFrame(wsFin|wsText, what) }), goodbye, nil},
		}
	}
	return []layer{{"", bare(""), silence, nil}}
}

// Row 39 of the fault matrix. Whoever speaks something else is let go at once, and learns
// nothing: not from an answer, nor from hearing its own words.
func TestStranger(t *testing.T) {
	stage.Each(t, 39, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		// No time but that of http.Server ends a link here.
		s := serve(t, over, conn.Config{HandshakeTimeout: time.Hour}, nil)
		victim := begin(s, "")
		victim.exchange(3)
		var slowest time.Duration
		n := 0
		for _, layer := range layersOf(t, over) {
			for name, what := range sayings(t) {
				if strings.Contains(strings.Join(layer.knows, " "), name) {
					continue
				}
				n++
				nc := layer.say(s, what)
				began := time.Now()
				require.NoError(t, nc.SetReadDeadline(began.Add(patience)))
				answer, err := io.ReadAll(nc)
				took := time.Since(began)
				require.False(t, errors.Is(err, os.ErrDeadlineExceeded), "%s, %s: not closed", layer.name, name)
				require.Less(t, took, 5*time.Second, "%s, %s: closed by a timeout", layer.name, name)
				require.True(t, layer.fair(answer), "%s, %s: answered with %q", layer.name, name, answer)
				require.NotContains(t, string(answer), marker, "%s, %s", layer.name, name)
				slowest = max(slowest, took)
				_ = nc.Close() // the server is gone, and TLS may say so
			}
		}
		r.Detected(slowest)
		r.Note("%d kinds of strangers", n)
		victim.exchange(3)
		require.Empty(t, s.sessions)
		require.NotContains(t, s.logged(), marker)
		books(t, r, victim)
	})
}
