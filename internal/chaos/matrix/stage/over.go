package stage

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Over is what a session's links run over.
type Over string

const (
	TCP       Over = "TCP"
	TLS       Over = "TLS"
	WebSocket Over = "WebSocket"
)

// Transports are all of them.
var Transports = []Over{TCP, TLS, WebSocket}

// Each plays a case of a row over each transport, one after the other. A case may
// call t.Parallel.
func Each(t *testing.T, number int, play func(t *testing.T, over Over, r *row.Row)) {
	t.Helper()
	for _, over := range Transports {
		t.Run(string(over), func(t *testing.T) { play(t, over, row.Of(t, number, string(over))) })
	}
}

// A Listener accepts the links of one transport.
type Listener struct {
	net.Listener
	addr net.Addr
	web  *http.Server // of a WebSocket
}

// Listen listens on a TCP address. The conn.Server that serves the Listener closes
// it.
func (o Over) Listen(address string) (*Listener, error) {
	ln, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	return o.On(ln), nil
}

// On puts the transport on a listener, which it takes over.
func (o Over) On(ln net.Listener) *Listener {
	switch o {
	case TLS:
		return &Listener{Listener: tls.NewListener(ln, serverTLS()), addr: ln.Addr()}
	case WebSocket:
		ws := wsconn.NewListener(nil)
		web := &http.Server{Handler: ws, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 4 << 10}
		go web.Serve(ln) // ends with Close
		return &Listener{Listener: ws, addr: ln.Addr(), web: web}
	}
	return &Listener{Listener: ln, addr: ln.Addr()}
}

// Address is the "host:port" that is listened on.
func (l *Listener) Address() string { return l.addr.String() }

// Close ends accepting. Links that have been accepted live on.
func (l *Listener) Close() error {
	err := l.Listener.Close()
	if l.web != nil {
		err = l.web.Close() // which closes the socket
	}
	return err
}

// Target is what to dial for the server, or the proxy, at an address.
func (o Over) Target(address string) string {
	switch o {
	case TLS:
		return "tls://" + address
	case WebSocket:
		return "ws://" + address + "/"
	}
	return "tcp://" + address
}

// Client sets in cfg, and returns it, what a client of the transport needs.
func (o Over) Client(cfg *conn.Config) *conn.Config {
	switch o {
	case TLS:
		cfg.TLS = clientTLS()
	case WebSocket:
		cfg.Dialers = wsconn.Dialers(nil)
	}
	return cfg
}

// Dial opens a bare link, for what speaks the wire by hand.
func (o Over) Dial(ctx context.Context, address string) (net.Conn, error) {
	return o.DialFrom(ctx, new(net.Dialer), address)
}

// DialFrom is Dial from a socket that is opened in another way than by default.
func (o Over) DialFrom(ctx context.Context, d *net.Dialer, address string) (net.Conn, error) {
	switch o {
	case TCP:
		return d.DialContext(ctx, "tcp", address)
	case TLS:
		return (&tls.Dialer{NetDialer: d, Config: clientTLS()}).DialContext(ctx, "tcp", address)
	case WebSocket:
		return (&wsconn.Dialer{NetDial: d.DialContext}).Dial(ctx, o.Target(address))
	}
	return nil, fmt.Errorf("no transport %q", o)
}
