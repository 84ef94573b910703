package conn

import (
	"container/list"
	"sync"
	"time"

	"github.com/longsplice/longsplice/internal/session"
)

// registry holds a server's sessions by the keys that resume them, those that
// wait for their clients in the order in which they began to, and what is left
// of those that are over.
type registry struct {
	cfg *Config

	mu     sync.Mutex // covers what follows; never held while a Conn's is taken
	byKey  map[session.Key]*seat
	seats  map[*Conn]*seat
	parked *list.List            // of *seat, longest first
	byWho  map[string]*list.List // the same for each identity but the empty one
	bytes  int64                 // that the parked take up
	tombs  *list.List            // of *seat, oldest first
	sweep  *time.Timer
	idle   chan struct{} // closed when there is no session; nil unless asked for
	closed bool
}

// A seat is a session's place in the registry. When the session is over, c is
// nil and entry is what remains of it.
type seat struct {
	c      *Conn
	entry  *session.Entry
	who    string
	keys   [2]session.Key
	gen    uint64        // of the link that keys go with
	parked *list.Element // in registry.parked; nil while there is a link
	own    *list.Element // in registry.byWho
	lost   uint64        // generation of the link that it was last parked after
	bytes  int64
	until  time.Duration // of a tomb
}

func (r *registry) init(cfg *Config) {
	r.cfg = cfg
	r.byKey = map[session.Key]*seat{}
	r.seats = map[*Conn]*seat{}
	r.byWho = map[string]*list.List{}
	r.parked, r.tombs = list.New(), list.New()
}

// add takes in a new session.
func (r *registry) add(c *Conn, e *session.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &seat{c: c, entry: e, who: c.who}
	confirmed, _ := e.Keys()
	r.seats[c] = s
	r.setKeys(s, [2]session.Key{confirmed})
}

// setKeys makes keys those that resume s.
func (r *registry) setKeys(s *seat, keys [2]session.Key) {
	for _, k := range s.keys {
		if r.byKey[k] == s {
			delete(r.byKey, k)
		}
	}
	s.keys = keys
	for _, k := range keys {
		if k != (session.Key{}) {
			r.byKey[k] = s
		}
	}
}

func (r *registry) find(k session.Key) *seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byKey[k]
	if s == nil {
		return nil
	}
	found := *s
	return &found
}

// rekey follows a resumption, on the link of generation gen. Two resumptions of
// one session may come here in either order; the later one counts.
func (r *registry) rekey(c *Conn, gen uint64, confirmed, issued session.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.seats[c]; s != nil && gen > s.gen {
		s.gen = gen
		r.setKeys(s, [2]session.Key{confirmed, issued})
	}
}

// retire drops a key that a newer one has replaced for good.
func (r *registry) retire(k session.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byKey[k]
	if s == nil {
		return
	}
	delete(r.byKey, k)
	for i := range s.keys {
		if s.keys[i] == k {
			s.keys[i] = session.Key{}
		}
	}
}

func (r *registry) all() []*Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	conns := make([]*Conn, 0, len(r.seats))
	for c := range r.seats {
		conns = append(conns, c)
	}
	return conns
}

func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seats)
}

// drained returns a channel that is closed once there is no session.
func (r *registry) drained() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle == nil {
		r.idle = make(chan struct{})
		r.checkIdle()
	}
	return r.idle
}

func (r *registry) checkIdle() {
	if r.idle != nil && len(r.seats) == 0 {
		select {
		case <-r.idle:
		default:
			close(r.idle)
		}
	}
}

func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.sweep != nil {
		r.sweep.Stop()
		r.sweep = nil
	}
	clear(r.byKey)
	r.tombs.Init()
}
