package wsconn

import (
	"net"
	"net/http"
	"sync"
	"time"
)

// A Listener is an HTTP handler whose requests become connections to accept: it
// stands between an http.Server and a conn.Server.
//
//	ln := wsconn.NewListener(nil)
//	http.Handle("/longsplice", ln)
//	go srv.Serve(ctx, ln)
//
// A request is upgraded only when somebody accepts it. Once the Listener is
// closed, and where nobody accepts for 5 seconds because the conn.Server has as
// many links as it takes, it is answered with 503.
type Listener struct {
	cfg    *Config
	turns  chan chan<- *Conn
	closed chan struct{}
	once   sync.Once
}

// NewListener returns a Listener.
func NewListener(cfg *Config) *Listener {
	return &Listener{cfg: cfg.orZero(), turns: make(chan chan<- *Conn), closed: make(chan struct{})}
}

// patience is how long a request waits for somebody to accept it.
const patience = 5 * time.Second

// ServeHTTP upgrades a request, and returns when the connection has been handed
// over.
func (l *Listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	value, refused := l.cfg.check(w.Header(), r)
	if refused != nil {
		http.Error(w, refused.Text, refused.Code)
		return
	}
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case turn := <-l.turns:
		c, _ := l.cfg.upgrade(w, r, value) // nil if that failed, which it has answered
		turn <- c
		return
	case <-l.closed:
	case <-late.C:
	case <-r.Context().Done():
		return
	}
	w.Header().Set("Retry-After", "1")
	http.Error(w, "no connection is accepted at present", http.StatusServiceUnavailable)
}

// Accept waits for a request and returns its connection, a *Conn.
func (l *Listener) Accept() (net.Conn, error) {
	for {
		turn := make(chan *Conn, 1)
		select {
		case l.turns <- turn:
		case <-l.closed:
			return nil, errClosed
		}
		if c := <-turn; c != nil {
			return c, nil
		}
	}
}

// Close ends accepting. Connections that have been accepted live on.
func (l *Listener) Close() error {
	l.once.Do(func() { close(l.closed) })
	return nil
}

// Addr is a placeholder: where requests come from is the http.Server's concern.
func (l *Listener) Addr() net.Addr { return addr{} }

type addr struct{}

func (addr) Network() string { return "websocket" }
func (addr) String() string  { return "websocket" }
