package wsconn

import (
	"net"

	"github.com/gobwas/ws"
)

// NewServerConn and NewClientConn make a Conn of a socket whose handshake is done.
func NewServerConn(sock net.Conn, maxMessage int64) *Conn {
	return newConn(sock, ws.StateServerSide, limit(maxMessage), nil)
}

func NewClientConn(sock net.Conn, maxMessage int64) *Conn {
	return newConn(sock, ws.StateClientSide, limit(maxMessage), nil)
}

// A Decoder is a decoder for tests from outside.
type Decoder struct{ d decoder }

func NewDecoder(server bool, maxMessage int64) *Decoder {
	side := ws.StateClientSide
	if server {
		side = ws.StateServerSide
	}
	return &Decoder{decoder{state: side, max: maxMessage}}
}

func (d *Decoder) Decode(p []byte) int { return d.d.decode(p) }
func (d *Decoder) Ended() error        { return d.d.ended }
func (d *Decoder) Held() int           { return len(d.d.ctl) + len(d.Ping()) }

func (d *Decoder) Ping() []byte {
	if d.d.ping == nil {
		return nil
	}
	return append([]byte{}, *d.d.ping...)
}

// Sock is what a Conn's frames go over.
func Sock(c *Conn) net.Conn { return c.sock }
