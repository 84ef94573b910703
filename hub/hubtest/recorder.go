package hubtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"

	"github.com/longsplice/longsplice/hub"
)

// A record is a message that a sink was given, and its position.
type record struct {
	at hub.Position // zero if it is volatile
	hub.Message[string]
}

// A recorder is a sink that keeps what it is given, and holds the broker to how
// sinks are called.
type recorder struct {
	mu      sync.Mutex
	next    hub.Position
	seeks   int
	records []record
	inside  bool
	closed  bool
	hold    chan struct{} // if not nil, calls wait for it
	held    bool          // one does
	err     error
	changed chan struct{}
}

func newRecorder() *recorder { return &recorder{changed: make(chan struct{})} }

func (s *recorder) fail(err error) { s.err = errors.Join(s.err, err) }

// enter and leave enclose a call.
func (s *recorder) enter() {
	s.mu.Lock()
	if s.inside {
		s.fail(errors.New("the sink was called concurrently"))
	}
	if s.closed {
		s.fail(errors.New("the sink was called after Close had returned"))
	}
	s.inside = true
	hold := s.hold
	if hold != nil {
		s.held = true
		s.signal()
	}
	s.mu.Unlock()
	if hold != nil {
		<-hold
	}
	s.mu.Lock()
}

func (s *recorder) leave() {
	s.inside = false
	s.signal()
	s.mu.Unlock()
}

func (s *recorder) signal() {
	close(s.changed)
	s.changed = make(chan struct{})
}

func (s *recorder) Seek(p hub.Position) {
	s.enter()
	defer s.leave()
	if p.Epoch == 0 || p.Offset == 0 {
		s.fail(fmt.Errorf("seek to %v, which is no position", p))
	}
	if p.Epoch == s.next.Epoch && p.Offset < s.next.Offset {
		s.fail(fmt.Errorf("seek from %v back to %v", s.next, p))
	}
	s.next = p
	s.seeks++
}

func (s *recorder) Deliver(m hub.Message[string]) {
	s.enter()
	defer s.leave()
	if s.seeks == 0 {
		s.fail(errors.New("a message came before Seek"))
	}
	r := record{Message: m}
	if !m.Volatile {
		r.at = s.next
		s.next.Offset++
	}
	s.records = append(s.records, r)
}

// until waits until f is true of the records, or the recorder has failed.
func (s *recorder) until(ctx context.Context, what string, f func([]record) bool) error {
	for {
		s.mu.Lock()
		err, ok, changed := s.err, f(s.records), s.changed
		s.mu.Unlock()
		if err != nil || ok {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("waited in vain for %s; there are %v", what, s.values())
		}
	}
}

// has waits for n values, and fails if they are not these.
func (s *recorder) has(ctx context.Context, want ...string) error {
	err := s.until(ctx, fmt.Sprintf("%d values", len(want)), func([]record) bool { return len(s.list()) >= len(want) })
	if got := s.values(); err == nil && !slices.Equal(got, want) {
		err = fmt.Errorf("delivered %v, published %v", got, want)
	}
	return err
}

// list are the values that are not volatile; s.mu is held.
func (s *recorder) list() (values []string) {
	for _, r := range s.records {
		if !r.Volatile {
			values = append(values, r.Value)
		}
	}
	return values
}

func (s *recorder) values() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.list()
}

// position is that of a value, zero if there is none.
func (s *recorder) position(value string) hub.Position {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, r := range s.records {
		if r.Value == value {
			return r.at
		}
	}
	return hub.Position{}
}

// over says that Close has returned.
func (s *recorder) over() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
}

func (s *recorder) failure() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}
