package hubtest

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/hub"
)

// A broken broker changes what goes through it.
type broken struct {
	hub.Broker[string]
	published func(n int, p hub.Position) hub.Position
	publish   func(b hub.Broker[string], room string, m hub.Message[string]) (string, hub.Message[string])
	history   func(int) int
	sink      func(hub.Sink[string]) hub.Sink[string]
	tired     time.Duration // how long it goes on for a context that has ended
	opened    func(b hub.Broker[string], f hub.Feed, room string, sink hub.Sink[string]) hub.Feed

	mu sync.Mutex
	n  int
}

func (b *broken) Publish(ctx context.Context, room string, m hub.Message[string]) (hub.Position, error) {
	if b.publish != nil {
		room, m = b.publish(b.Broker, room, m)
	}
	p, err := b.Broker.Publish(ctx, room, m)
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n++; b.published != nil && err == nil {
		p = b.published(b.n, p)
	}
	return p, err
}

func (b *broken) Open(ctx context.Context, room string, history int, sink hub.Sink[string]) (hub.Feed, error) {
	if ctx.Err() != nil {
		time.Sleep(b.tired)
	}
	if b.history != nil {
		history = b.history(history)
	}
	if b.sink != nil {
		sink = b.sink(sink)
	}
	if b.publish != nil {
		room, _ = b.publish(b.Broker, room, hub.Message[string]{})
	}
	f, err := b.Broker.Open(ctx, room, history, sink)
	if err == nil && b.opened != nil {
		f = b.opened(b.Broker, f, room, sink)
	}
	return f, err
}

// A meddler is a broken sink.
type meddler struct {
	hub.Sink[string]
	seek    func(s hub.Sink[string], p hub.Position)
	deliver func(s hub.Sink[string], n int, m hub.Message[string])
	n       int
}

func (s *meddler) Seek(p hub.Position) {
	if s.seek == nil {
		s.Sink.Seek(p)
		return
	}
	s.seek(s.Sink, p)
}

func (s *meddler) Deliver(m hub.Message[string]) {
	if s.n++; s.deliver == nil {
		s.Sink.Deliver(m)
		return
	}
	s.deliver(s.Sink, s.n, m)
}

func delivering(f func(s hub.Sink[string], n int, m hub.Message[string])) func(hub.Sink[string]) hub.Sink[string] {
	return func(s hub.Sink[string]) hub.Sink[string] { return &meddler{Sink: s, deliver: f} }
}

type deaf struct{ hub.Feed }

func (deaf) Close() {}

// breakages are brokers that do one thing wrong, and the check that notices.
var breakages = []struct {
	name   string
	caught string
	broken func() *broken
}{
	{"skips positions", "values have consecutive positions", func() *broken {
		return &broken{published: func(n int, p hub.Position) hub.Position { p.Offset *= 2; return p }}
	}},
	{"has an epoch for each value", "values have consecutive positions", func() *broken {
		return &broken{published: func(n int, p hub.Position) hub.Position { p.Epoch += uint64(n); return p }}
	}},
	{"returns the next position", "a value is delivered at the position that was returned", func() *broken {
		return &broken{published: func(n int, p hub.Position) hub.Position { p.Offset++; return p }}
	}},
	{"loses a message and does not say so", "a value is delivered at the position that was returned", func() *broken {
		return &broken{sink: delivering(func(s hub.Sink[string], n int, m hub.Message[string]) {
			if n != 5 {
				s.Deliver(m)
			}
		})}
	}},
	{"repeats a message", "all nodes get the same order", func() *broken {
		return &broken{sink: delivering(func(s hub.Sink[string], n int, m hub.Message[string]) {
			if s.Deliver(m); n == 5 {
				s.Deliver(m)
			}
		})}
	}},
	{"swaps two messages for one node", "all nodes get the same order", func() *broken {
		var held hub.Message[string]
		return &broken{sink: delivering(func(s hub.Sink[string], n int, m hub.Message[string]) {
			switch n {
			case 5:
				held = m
			case 6:
				s.Deliver(m)
				s.Deliver(held)
			default:
				s.Deliver(m)
			}
		})}
	}},
	{"does not say where a room stands", "an empty room is opened where the next value will be", func() *broken {
		return &broken{sink: func(s hub.Sink[string]) hub.Sink[string] {
			return &meddler{Sink: s, seek: func(hub.Sink[string], hub.Position) {}}
		}}
	}},
	{"says it wrong", "an empty room is opened where the next value will be", func() *broken {
		return &broken{sink: func(s hub.Sink[string]) hub.Sink[string] {
			return &meddler{Sink: s, seek: func(s hub.Sink[string], p hub.Position) { p.Offset++; s.Seek(p) }}
		}}
	}},
	{"hands over one value too few", "opening hands over the last values", func() *broken {
		return &broken{history: func(n int) int { return max(n-1, 0) }}
	}},
	{"hands over what it keeps", "opening hands over the last values", func() *broken {
		return &broken{history: func(n int) int { return n + 1 }}
	}},
	{"opens before it has handed over the history", "opening hands over the last values", func() *broken {
		return &broken{sink: func(s hub.Sink[string]) hub.Sink[string] { return &late{Sink: s} }}
	}},
	{"seeks for no reason", "opening while others publish misses nothing", func() *broken {
		return &broken{sink: func(s hub.Sink[string]) hub.Sink[string] {
			var at hub.Position
			return &meddler{Sink: s, seek: func(s hub.Sink[string], p hub.Position) { at = p; s.Seek(p) },
				deliver: func(s hub.Sink[string], n int, m hub.Message[string]) {
					s.Seek(at)
					s.Deliver(m)
					at.Offset++
				}}
		}}
	}},
	{"gives volatile messages a position", "volatile messages take no position", func() *broken {
		return &broken{publish: func(_ hub.Broker[string], room string, m hub.Message[string]) (string, hub.Message[string]) {
			m.Volatile = false
			return room, m
		}}
	}},
	{"takes volatile messages for others", "volatile messages take no position", func() *broken {
		return &broken{sink: delivering(func(s hub.Sink[string], n int, m hub.Message[string]) {
			m.Volatile = false
			s.Deliver(m)
		})}
	}},
	{"forgets whom a message is for", "who a message is for arrives", func() *broken {
		return &broken{sink: delivering(func(s hub.Sink[string], n int, m hub.Message[string]) {
			m.To = ""
			s.Deliver(m)
		})}
	}},
	{"has rooms of one letter", "rooms are apart", func() *broken {
		return &broken{publish: func(_ hub.Broker[string], room string, m hub.Message[string]) (string, hub.Message[string]) {
			return (room + " ")[:1], m
		}}
	}},
	{"delivers to closed feeds", "a closed feed is silent", func() *broken {
		return &broken{opened: func(_ hub.Broker[string], f hub.Feed, _ string, _ hub.Sink[string]) hub.Feed { return deaf{f} }}
	}},
	{"forgets rooms that nobody has open", "a room that is opened again goes on", func() *broken {
		n := uint64(0)
		return &broken{sink: func(s hub.Sink[string]) hub.Sink[string] {
			n++
			return &meddler{Sink: s, seek: func(s hub.Sink[string], p hub.Position) { p.Epoch += n; s.Seek(p) }}
		}}
	}},
	{"calls sinks concurrently", "a sink is not called concurrently", func() *broken {
		return &broken{sink: delivering(func(s hub.Sink[string], _ int, m hub.Message[string]) { go s.Deliver(m) })}
	}},
	{"has one lock for all nodes", "a slow sink delays no other node", func() *broken {
		var mu sync.Mutex
		return &broken{sink: delivering(func(s hub.Sink[string], _ int, m hub.Message[string]) {
			mu.Lock()
			defer mu.Unlock()
			s.Deliver(m)
		})}
	}},
	{"does not hear that somebody gives up", "opening ends with its context", func() *broken {
		return &broken{tired: 3500 * time.Millisecond}
	}},
}

// late calls the sink a little later, in the right order.
type late struct {
	hub.Sink[string]
	calls chan func()
	once  sync.Once
}

func (s *late) later(f func()) {
	s.once.Do(func() {
		s.calls = make(chan func(), 1000)
		go func() {
			for {
				select {
				case f := <-s.calls:
					time.Sleep(50 * time.Millisecond)
					f()
				case <-time.After(time.Second):
					return
				}
			}
		}()
	})
	s.calls <- f
}

func (s *late) Seek(p hub.Position)           { s.later(func() { s.Sink.Seek(p) }) }
func (s *late) Deliver(m hub.Message[string]) { s.later(func() { s.Sink.Deliver(m) }) }

func TestTheSuiteCatchesBrokenBrokers(t *testing.T) {
	for _, b := range breakages {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			var err error
			for n := 0; n < 9 && err == nil; n++ { // a defect of timing may not show at once
				well, x := local(t)[0], b.broken()
				x.Broker = well
				ways := [][]hub.Broker[string]{{x, well}, {well, x}, {x, x}}[n%3]
				err = runCheck(checkNamed(t, b.caught), ways, 2*time.Second)
			}
			require.ErrorContains(t, err, b.caught)
			t.Log(err)
		})
	}
}

func TestEveryCheckHasABrokenBroker(t *testing.T) {
	for _, c := range checks {
		caught := false
		for _, b := range breakages {
			caught = caught || b.caught == c.name
		}
		require.True(t, caught, "nothing shows that %q can fail", c.name)
	}
}

func checkNamed(t *testing.T, name string) check {
	for _, c := range checks {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no check is named %q", name)
	return check{}
}
