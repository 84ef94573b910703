package main

import (
	"math/rand/v2"
	"sync"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// A way is one proxy, from one process of clients to one listener of one server.
type way struct {
	*faultproxy.Proxy
	clients, server int // indices of the processes
	over            stage.Over
	push            bool

	mu   sync.Mutex // covers what follows
	rng  *rand.Rand
	calm bool
}

// proxyHost is where proxies listen. Links come from 127.0.0.1, so that none of them
// takes the port of a proxy that refuses dials for a while.
const proxyHost = "127.0.0.2"

// newWays puts a proxy before every listener that there will be, for every
// process of clients.
func (r *run) newWays() error {
	for c := range r.clients {
		for s := range r.servers {
			for _, over := range stage.Transports {
				for _, push := range []bool{false, true} {
					w := &way{clients: c, server: s, over: over, push: push, rng: rand.New(rand.NewPCG(r.seed, uint64(len(r.ways))))}
					var err error
					// The target is known when the server serves.
					if w.Proxy, err = faultproxy.Listen("127.0.0.1:1", &faultproxy.Config{Listen: proxyHost + ":0", Seed: w.rng.Uint64(), OnLink: w.onLink}); err != nil {
						return err
					}
					r.ways = append(r.ways, w)
					p := r.clients[c]
					if p.set.Targets == nil {
						p.set.Targets = make([][]address, len(r.servers))
					}
					p.set.Targets[s] = append(p.set.Targets[s], address{string(over), push, w.Addr().String()})
				}
			}
		}
	}
	return nil
}

// direct has the ways to a server lead to its present addresses.
func (r *run) direct(server int, to []address) {
	for _, w := range r.ways {
		for _, a := range to {
			if w.server == server && string(w.over) == a.Over && w.push == a.Push {
				w.SetTarget(a.At)
			}
		}
	}
}

// onLink decides how a new link will end by itself, if it will: at a byte, which
// may be within its handshake.
func (w *way) onLink(l *faultproxy.Link) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.calm || w.rng.IntN(3) > 0 {
		return
	}
	l.CutAfter(drawWay(w.rng), drawByte(w.rng), faultproxy.Ending(w.rng.IntN(2)))
}

func drawWay(rng *rand.Rand) faultproxy.Direction { return faultproxy.Direction(1 + rng.IntN(3)) }

// drawByte draws the byte at which to strike: often within the handshake.
func drawByte(rng *rand.Rand) int64 {
	if rng.IntN(3) == 0 {
		return rng.Int64N(300)
	}
	return rng.Int64N(1 + rng.Int64N(1+rng.Int64N(1<<19)))
}

// heal ends all faults of the way, and those to come.
func (w *way) heal() error {
	w.mu.Lock()
	w.calm = true
	w.mu.Unlock()
	err := w.clear()
	for _, l := range w.Links() {
		l.CutAfter(faultproxy.Both, 1<<60, faultproxy.RST)
	}
	return err
}

// clear ends what was done to the way. It fails if the proxy cannot listen again.
func (w *way) clear() error {
	w.SetDelay(faultproxy.Both, 0, 0)
	w.SetBandwidth(faultproxy.Both, 0)
	w.SetSlice(faultproxy.Both, 0)
	w.SetCoalesce(faultproxy.Both, 0)
	w.Heal(faultproxy.Both)
	return w.SetMode(faultproxy.Forward)
}

// heal ends all faults of all ways.
func (r *run) heal() {
	for _, w := range r.ways {
		r.broken(w.heal())
	}
}

// broken notes that the soak itself has failed. Nil is that it has not.
func (r *run) broken(err error) {
	if err != nil {
		r.auditor.finding("the soak itself: %v", err)
	}
}
