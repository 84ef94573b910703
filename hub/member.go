package hub

import (
	"sync/atomic"

	"github.com/longsplice/longsplice/internal/room"
)

// A Member takes what is published in a room: a connection, most of the time.
//
// Offer is called with one value, or with several merged into one. It must not
// block, nor change v, which other members are offered as well. It is not
// called concurrently for one Sub, and without locks held. What it answers is
// final: the hub regards v as delivered once it was Taken.
type Member[T any] interface {
	Offer(s *Sub[T], v T) Answer
}

// MemberFunc makes a function a Member.
type MemberFunc[T any] func(s *Sub[T], v T) Answer

// Offer calls f.
func (f MemberFunc[T]) Offer(s *Sub[T], v T) Answer { return f(s, v) }

// An Answer is what a Member makes of an offer. It is taken whole or refused.
type Answer uint8

const (
	// Taken: the member has it.
	Taken = Answer(room.Taken)
	// Busy: not now. The hub offers it again, or part of it, or more, when
	// Sub.Ready has been called, be that before Offer has returned.
	Busy = Answer(room.Busy)
	// TooLarge: not in one piece. The hub offers less at once. A single value
	// that is too large is reported as a Gap.
	TooLarge = Answer(room.TooLarge)
	// Gone: not ever. The membership ends, as with Leave.
	Gone = Answer(room.Gone)
)

// A Sub is one membership in one room. Its methods may be called concurrently,
// also by Offer.
type Sub[T any] struct {
	at     room.Member[T, *Sub[T]] // covered by the lock of in
	in     *live[T]
	member Member[T]
	onEnd  func(error)

	left  atomic.Bool   // no offer may begin
	done  chan struct{} // if somebody asked for it; covered likewise
	err   error         // likewise
	ended bool          // likewise
}

// Room is the name of the room.
func (s *Sub[T]) Room() string { return s.in.name }

// User is whom the member is there for, empty without As.
func (s *Sub[T]) User() string { return s.at.User }

// Ready says that the member can take something again, after it was Busy.
func (s *Sub[T]) Ready() {
	r := s.in
	r.mu.Lock()
	r.core.Ready(&s.at)
	r.unlock()
}

// Lag is how many values, notices and signals the member is behind.
func (s *Sub[T]) Lag() int {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	return s.in.core.Lag(&s.at)
}

// Position is that of the next value that the member has not taken. One that
// joins From there misses nothing, and is given nothing twice.
func (s *Sub[T]) Position() Position {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	return Position(s.in.core.Position(&s.at))
}

// Done is closed when the membership has ended. Err says why.
func (s *Sub[T]) Done() <-chan struct{} {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	if s.done == nil {
		s.done = make(chan struct{})
		if s.ended {
			close(s.done)
		}
	}
	return s.done
}

// Err is nil during the membership and after Leave; else why the hub ended it:
// ErrBehind, ErrClosed, a *PanicError.
func (s *Sub[T]) Err() error {
	s.in.mu.Lock()
	defer s.in.mu.Unlock()
	return s.err
}

// Leave ends the membership. No Offer begins once it has returned, and none is
// under way then. It is idempotent. Called by an Offer, of this or another
// member, it cannot wait: an Offer that is under way elsewhere, or about to begin,
// may still be made.
func (s *Sub[T]) Leave() {
	s.leave(nil)
	s.settle()
}

// Quit is Leave for a user who says goodbye: unless other members of the user are
// left, the user is gone at once, without [Room.Grace].
// It does nothing if the membership has ended already.
func (s *Sub[T]) Quit() {
	if s.leave(nil) {
		r := s.in
		r.mu.Lock()
		r.core.Dismiss(s.at.User, r.hub.clock())
		r.unlock()
	}
	s.settle()
}

// leave ends the membership with an error, and reports whether it had not ended
// before.
func (s *Sub[T]) leave(err error) bool {
	r := s.in
	s.left.Store(true)
	r.mu.Lock()
	was := r.leaveLocked(s, err)
	r.unlock()
	return was
}

// settle waits while the member is among those that the pump is offering
// something to.
func (s *Sub[T]) settle() {
	r := s.in
	r.mu.Lock()
	for r.core.Served(&s.at) {
		changed := r.changedLocked()
		r.mu.Unlock()
		if withinOffer() {
			return
		}
		<-changed
		r.mu.Lock()
	}
	r.mu.Unlock()
}

// endLocked takes note of the end.
func (s *Sub[T]) endLocked(err error) {
	s.ended, s.err = true, err
	if s.done != nil {
		close(s.done)
	}
}
