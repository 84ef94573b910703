package wsconn

import (
	"crypto/tls"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gobwas/ws"
)

// A Conn is a stream of bytes both ways over a WebSocket. It is a [net.Conn]
// whose Read and Write can both be repeated after a timeout without losing a
// byte, unless TLS lies under it: then, as with every [tls.Conn], a Write that
// timed out ends the connection. All methods may be called from any goroutine.
type Conn struct {
	sock  net.Conn // what the upgrade took place on: TCP, TLS
	value any

	reading turn // covers what follows
	dec     decoder
	pre     []byte // came with the handshake

	writing turn // covers what follows
	enc     encoder
	werr    error // why nothing can be written any more

	pong atomic.Pointer[[]byte] // owed to the peer

	mu      sync.Mutex // covers what follows, and the socket's write deadline
	writeBy time.Time  // as the user has set it

	closing turn // covers what follows
	closed  bool

	abrupt atomic.Bool // Close says nothing
}

// newConn takes over a socket after its handshake, and what has already been
// read from it.
func newConn(sock net.Conn, side ws.State, maxMessage int64, pre []byte) *Conn {
	return &Conn{
		sock: sock,
		dec:  decoder{state: side, max: maxMessage},
		pre:  pre,
		enc:  encoder{masks: side.ClientSide()},
	}
}

// LocalAddr is the address of the socket.
func (c *Conn) LocalAddr() net.Addr { return c.sock.LocalAddr() }

// RemoteAddr is the address of the socket's other end. Behind a proxy that is
// the proxy, whatever a header says.
func (c *Conn) RemoteAddr() net.Addr { return c.sock.RemoteAddr() }

// Value is what [Config.Admit] returned, nil on a client.
func (c *Conn) Value() any { return c.value }

// Socket is what lies at the very bottom, under TLS if there is any. It is for
// options, and for cutting the connection.
func (c *Conn) Socket() net.Conn {
	if over, ok := c.sock.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return c.sock
}

// ConnectionState is the state of TLS. Without TLS it is the zero value, whose
// HandshakeComplete is false.
func (c *Conn) ConnectionState() tls.ConnectionState {
	if over, ok := c.sock.(interface{ ConnectionState() tls.ConnectionState }); ok {
		return over.ConnectionState()
	}
	return tls.ConnectionState{}
}

// SetDeadline is SetReadDeadline and SetWriteDeadline.
func (c *Conn) SetDeadline(t time.Time) error {
	if err := c.SetReadDeadline(t); err != nil {
		return err
	}
	return c.SetWriteDeadline(t)
}

// SetReadDeadline makes reads fail from t on, one that waits included; zero
// means never.
func (c *Conn) SetReadDeadline(t time.Time) error { return c.sock.SetReadDeadline(t) }

// SetWriteDeadline makes writes fail from t on, one that waits included; zero
// means never.
func (c *Conn) SetWriteDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.writeBy = t
	return c.sock.SetWriteDeadline(t)
}
