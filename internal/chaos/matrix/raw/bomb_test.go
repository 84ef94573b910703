package raw

import (
	"bufio"
	"bytes"
	"compress/flate"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// bomb is some KiB that inflate to a thousand times as much.
var bomb = sync.OnceValue(func() []byte {
	var b bytes.Buffer
	w, err := flate.NewWriter(&b, flate.BestCompression)
	if err != nil {
		panic(err)
	}
	_, err = w.Write(make([]byte, 8<<20))
	if err = errors.Join(err, w.Close()); err != nil {
		panic(err)
	}
	return b.Bytes()
})

// Row 44 of the fault matrix. Nothing in the protocol is inflated: what a peer has compressed is
// a message like another, as long as it is.
func TestBombIsAMessage(t *testing.T) {
	stage.Each(t, 44, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		s := serve(t, over, conn.Config{}, nil)
		d := begin(s, "")
		what := bomb()
		var got []byte
		frame := wire.AppendData(nil, what)
		grown := allocated(func() {
			_, err := d.nc.Write(frame)
			require.NoError(t, err)
			msg, err := d.c.Receive(until(t))
			require.NoError(t, err)
			got = msg
		})
		require.Equal(t, what, got)
		require.Less(t, grown, int64(4*len(frame)+64<<10), "a bomb of %d bytes", len(what))
		r.Memory(grown)
		r.Note("a bomb of %d bytes", len(what))
		require.NoError(t, d.c.Err())
	})
}

// Row 44 of the fault matrix, over WebSocket, which has compression as an extension. It is not
// negotiated with those who offer it, and a compressed message all the same ends
// the link before anything is inflated.
func TestBombInWebSocket(t *testing.T) {
	const key = "dGhlIHNhbXBsZSBub25jZQ=="
	for _, offer := range []string{
		"permessage-deflate",
		"permessage-deflate; client_max_window_bits; server_no_context_takeover",
		"x-webkit-deflate-frame",
		"permessage-bzip2, permessage-deflate",
	} {
		t.Run(offer, func(t *testing.T) {
			r := row.Of(t, 44, string(stage.WebSocket))
			r.Alone(t)
			s := serve(t, stage.WebSocket, conn.Config{}, nil)
			victim := begin(s, "")
			nc, err := net.Dial("tcp", s.addr)
			require.NoError(t, err)
			defer nc.Close()
			_, err = fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: %s\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"+
				"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: %s\r\nSec-WebSocket-Protocol: %s\r\n"+
				"Sec-WebSocket-Extensions: %s\r\n\r\n", s.addr, key, wsconn.Subprotocol, offer)
			require.NoError(t, err)
			in := bufio.NewReader(nc)
			answer, err := http.ReadResponse(in, nil)
			require.NoError(t, err)
			require.Equal(t, http.StatusSwitchingProtocols, answer.StatusCode)
			require.Empty(t, answer.Header.Values("Sec-WebSocket-Extensions"))

			what := wsFrame(wsFin|wsCompressed|wsBinary, bomb())
			var goodbye []byte
			grown := allocated(func() {
				_, _ = nc.Write(what) // the server may be gone before its end
				goodbye, _ = io.ReadAll(in)
			})
			require.GreaterOrEqual(t, len(goodbye), 4, "no close frame: %q", goodbye)
			require.EqualValues(t, wsFin|wsClose, goodbye[0])
			require.EqualValues(t, 1002, int(goodbye[2])<<8|int(goodbye[3]))
			require.Less(t, grown, int64(64<<10))
			r.Memory(grown)
			victim.exchange(3)
			books(t, r, victim)
		})
	}
}
