package compare

import (
	"context"
	"net"
	"net/http"
	"sync"

	"github.com/coder/websocket"
	"github.com/gobwas/ws"
	gorilla "github.com/gorilla/websocket"
	"github.com/lxzan/gws"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// A library is one way to have WebSockets on a server.
type library struct {
	name string

	// accept upgrades a request and makes a transport for package conn of it, in
	// the leanest way that the library has.
	accept func(w http.ResponseWriter, r *http.Request) (net.Conn, error)

	// fanOut returns the write of one message, encoded once if the library can,
	// to a connection that accept has returned.
	fanOut func(msg []byte) func(net.Conn) error
}

var (
	protocols      = []string{wsconn.Subprotocol}
	gorillaBuffers = new(sync.Pool)
	gwsOption      = &gws.ServerOption{SubProtocols: protocols}
)

var libraries = []library{
	{"wsconn", acceptOwn, writeOwn},
	{"gobwas", acceptGobwas, writeGobwas},
	{"gws", acceptGws, writeGws},
	{"gorilla", acceptGorilla, writeGorilla},
	{"coder", acceptCoder, writeCoder},
}

func acceptOwn(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	return wsconn.Upgrade(w, r, nil)
}

func writeOwn(msg []byte) func(net.Conn) error {
	return func(c net.Conn) error {
		_, err := c.Write(msg)
		return err
	}
}

// gobwas alone gives the socket back after the upgrade. What reads frames from it
// is not the library's: here it is wsutil's reader, in a pump.
func acceptGobwas(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	u := ws.HTTPUpgrader{Protocol: func(p string) bool { return p == wsconn.Subprotocol }}
	sock, _, _, err := u.Upgrade(r, w)
	if err != nil {
		return nil, err
	}
	return newPump(sock, gobwasReader(sock), func(p []byte) error {
		return ws.WriteFrame(sock, ws.NewBinaryFrame(p))
	}), nil
}

func writeGobwas(msg []byte) func(net.Conn) error {
	frame := ws.MustCompileFrame(ws.NewBinaryFrame(msg))
	return func(c net.Conn) error {
		_, err := c.(*pump).Conn.Write(frame)
		return err
	}
}

func acceptGorilla(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	u := gorilla.Upgrader{
		Subprotocols:    protocols,
		WriteBufferPool: gorillaBuffers,
		ReadBufferSize:  1024, // 0 would keep net/http's 4 KiB
	}
	c, err := u.Upgrade(w, r, nil)
	if err != nil {
		return nil, err
	}
	p := newPump(c.NetConn(), func() ([]byte, error) {
		_, msg, err := c.ReadMessage()
		return msg, err
	}, func(p []byte) error {
		return c.WriteMessage(gorilla.BinaryMessage, p)
	})
	p.lib = c
	return p, nil
}

func writeGorilla(msg []byte) func(net.Conn) error {
	m, err := gorilla.NewPreparedMessage(gorilla.BinaryMessage, msg)
	return func(c net.Conn) error {
		if err != nil {
			return err
		}
		return c.(*pump).lib.(*gorilla.Conn).WritePreparedMessage(m)
	}
}

func acceptGws(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	h := &gwsHandler{}
	c, err := gws.NewUpgrader(h, gwsOption).Upgrade(w, r)
	if err != nil {
		return nil, err
	}
	p := newPumpOf(c.NetConn(), func(p []byte) error {
		return c.WriteMessage(gws.OpcodeBinary, p)
	})
	p.lib = c
	h.p = p
	go c.ReadLoop()
	return p, nil
}

// writeGws writes in the caller's goroutine, as the others do: the library's
// Broadcaster encodes once, but hands each write to a goroutine.
func writeGws(msg []byte) func(net.Conn) error {
	return func(c net.Conn) error {
		return c.(*pump).lib.(*gws.Conn).WriteMessage(gws.OpcodeBinary, msg)
	}
}

func acceptCoder(w http.ResponseWriter, r *http.Request) (net.Conn, error) {
	seen := &captured{ResponseWriter: w}
	c, err := websocket.Accept(seen, r, &websocket.AcceptOptions{Subprotocols: protocols})
	if err != nil {
		return nil, err
	}
	p := newPump(seen.sock, func() ([]byte, error) {
		_, msg, err := c.Read(context.Background())
		return msg, err
	}, func(p []byte) error {
		return c.Write(context.Background(), websocket.MessageBinary, p)
	})
	p.lib = c
	return p, nil
}

func writeCoder(msg []byte) func(net.Conn) error {
	return func(c net.Conn) error {
		return c.(*pump).lib.(*websocket.Conn).Write(context.Background(), websocket.MessageBinary, msg)
	}
}
