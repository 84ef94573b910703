package compare

import (
	"bufio"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/gobwas/ws/wsutil"
	"github.com/lxzan/gws"
)

// A pump makes a net.Conn whose Read can be repeated after a timeout of a
// library whose read cannot: a goroutine reads messages, and waits until they
// have been taken.
type pump struct {
	net.Conn     // the socket, for all that is not below
	lib      any // the library's own type
	write    func([]byte) error

	mu     sync.Mutex // covers what follows
	left   []byte     // of the message at hand
	err    error
	readBy time.Time
	timer  *time.Timer

	wake  chan struct{} // something has come, or the deadline has moved
	taken chan struct{} // the message at hand has been taken
}

func newPumpOf(sock net.Conn, write func([]byte) error) *pump {
	return &pump{Conn: sock, write: write, wake: make(chan struct{}, 1), taken: make(chan struct{}, 1)}
}

// newPump begins to read messages with next.
func newPump(sock net.Conn, next func() ([]byte, error), write func([]byte) error) *pump {
	p := newPumpOf(sock, write)
	go func() {
		for {
			msg, err := next()
			if !p.push(msg, err) {
				return
			}
		}
	}()
	return p
}

// push hands over a message, and waits until it has been taken.
func (p *pump) push(msg []byte, err error) bool {
	p.mu.Lock()
	p.left, p.err = msg, err
	p.mu.Unlock()
	p.ring()
	if err == nil && len(msg) > 0 {
		<-p.taken
	}
	return err == nil
}

func (p *pump) ring() {
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

func (p *pump) Read(b []byte) (int, error) {
	for {
		p.mu.Lock()
		n := copy(b, p.left)
		p.left = p.left[n:]
		err, empty := p.err, len(p.left) == 0
		late := !p.readBy.IsZero() && !time.Now().Before(p.readBy)
		p.mu.Unlock()
		switch {
		case n > 0:
			if empty {
				p.taken <- struct{}{}
			}
			return n, nil
		case err != nil:
			return 0, err
		case late:
			return 0, os.ErrDeadlineExceeded
		}
		<-p.wake
	}
}

func (p *pump) Write(b []byte) (int, error) {
	if err := p.write(b); err != nil {
		return 0, err
	}
	return len(b), nil
}

func (p *pump) SetDeadline(t time.Time) error {
	_ = p.SetReadDeadline(t)
	return p.Conn.SetWriteDeadline(t)
}

func (p *pump) SetReadDeadline(t time.Time) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.readBy = t
	if p.timer != nil {
		p.timer.Stop()
		p.timer = nil
	}
	if !t.IsZero() {
		p.timer = time.AfterFunc(time.Until(t), p.ring)
	}
	return nil
}

func (p *pump) Close() error {
	err := p.Conn.Close()
	select {
	case p.taken <- struct{}{}:
	default:
	}
	return err
}

// gwsHandler is the library's events, as a pump.
type gwsHandler struct {
	gws.BuiltinEventHandler
	p *pump
}

func (h *gwsHandler) OnMessage(_ *gws.Conn, m *gws.Message) {
	h.p.push(m.Bytes(), nil)
	_ = m.Close() // back to its pool
}

func (h *gwsHandler) OnClose(_ *gws.Conn, err error) { h.p.push(nil, err) }

func gobwasReader(sock net.Conn) func() ([]byte, error) {
	return func() ([]byte, error) { return wsutil.ReadClientBinary(sock) }
}

// A captured response remembers the socket that a library hijacks and hides.
type captured struct {
	http.ResponseWriter
	sock net.Conn
}

func (c *captured) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	sock, rw, err := c.ResponseWriter.(http.Hijacker).Hijack()
	c.sock = sock
	return sock, rw, err
}
