package compare

import (
	"context"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/coder/websocket"
	"github.com/gobwas/ws/wsutil"
	gorilla "github.com/gorilla/websocket"
	"github.com/stretchr/testify/require"

	"github.com/gobwas/ws"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// TestRepeatedRead is the property on which the choice hung: a read that timed
// out within a frame is repeated, and no byte is missing. gws has no read that
// could time out: it calls back, from a goroutine of each connection.
func TestRepeatedRead(t *testing.T) {
	for name, lib := range map[string]struct {
		read  func(w http.ResponseWriter, r *http.Request) (read func(d time.Duration) ([]byte, error), err error)
		holds bool
	}{
		"wsconn":  {repeatOwn, true},
		"gobwas":  {repeatGobwas, false},
		"gorilla": {repeatGorilla, false},
		"coder":   {repeatCoder, false},
	} {
		t.Run(name, func(t *testing.T) {
			reads := make(chan func(time.Duration) ([]byte, error), 1)
			target := endpoint(t, library{name: name, accept: func(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
				read, err := lib.read(w, r)
				reads <- read
				return nil, err
			}}, func(net.Conn) {})
			c, err := new(wsconn.Dialer).Dial(context.Background(), target)
			require.NoError(t, err)
			defer c.Close()
			sock := c.Socket()
			read := <-reads

			frame := ws.MustCompileFrame(ws.MaskFrame(ws.NewBinaryFrame([]byte("kept"))))
			_, err = sock.Write(frame[:7]) // a header and one byte
			require.NoError(t, err)
			var got []byte
			msg, err := read(50 * time.Millisecond)
			got = append(got, msg...)
			for err == nil {
				msg, err = read(50 * time.Millisecond)
				got = append(got, msg...)
			}
			_, err = sock.Write(frame[7:])
			require.NoError(t, err)
			msg, err = read(time.Second)
			got = append(got, msg...)
			require.Equal(t, lib.holds, err == nil && string(got) == "kept", "%q, %v", got, err)
			t.Logf("after a read that timed out: %q, %v", got, err)
		})
	}
}

func repeatOwn(w http.ResponseWriter, r *http.Request) (func(time.Duration) ([]byte, error), error) {
	c, err := wsconn.Upgrade(w, r, nil)
	return func(d time.Duration) ([]byte, error) {
		p := make([]byte, 100)
		_ = c.SetReadDeadline(time.Now().Add(d))
		n, err := c.Read(p)
		return p[:n], err
	}, err
}

func repeatGobwas(w http.ResponseWriter, r *http.Request) (func(time.Duration) ([]byte, error), error) {
	u := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == wsconn.Subprotocol }}
	sock, _, _, err := u.Upgrade(r, w)
	return func(d time.Duration) ([]byte, error) {
		_ = sock.SetReadDeadline(time.Now().Add(d))
		return wsutil.ReadClientBinary(sock)
	}, err
}

func repeatGorilla(w http.ResponseWriter, r *http.Request) (func(time.Duration) ([]byte, error), error) {
	u := gorilla.Upgrader{Subprotocols: protocols}
	c, err := u.Upgrade(w, r, nil)
	return func(d time.Duration) ([]byte, error) {
		_ = c.SetReadDeadline(time.Now().Add(d))
		_, msg, err := c.ReadMessage()
		return msg, err
	}, err
}

func repeatCoder(w http.ResponseWriter, r *http.Request) (func(time.Duration) ([]byte, error), error) {
	c, err := websocket.Accept(w, r, &websocket.AcceptOptions{Subprotocols: protocols})
	return func(d time.Duration) ([]byte, error) {
		ctx, cancel := context.WithTimeout(context.Background(), d)
		defer cancel()
		_, msg, err := c.Read(ctx)
		return msg, err
	}, err
}
