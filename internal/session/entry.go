package session

import (
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// ErrUnknown says that a token resumes no session, whatever the reason.
var ErrUnknown = errors.New("no such session")

// A Key is what a server keeps of a token: its hash.
type Key [sha256.Size]byte

// KeyOf returns the key of a token.
func KeyOf(t wire.Token) Key { return sha256.Sum256(t[:]) }

// Entry is what a server knows of a session beyond the session itself: who may
// resume it, until when, and how it ended. Whoever uses Session or Entry holds
// the same lock.
type Entry struct {
	Session  *Session
	ID       wire.ID
	Identity string

	attempt uint64
	// The client holds the confirmed token for certain. It holds the issued
	// one if the last WELCOME arrived, and then either using it or any frame
	// on that link confirms it.
	confirmed, issued Key
	confirmedAt       uint64 // generation whose link carries the confirmed token

	state      entryState
	tomb       wire.Close
	detachedAt time.Duration
}

type entryState uint8

const (
	entryLive entryState = iota
	entryClosed
	entryLost
)

// NewEntry begins a session on its first link. The zero token makes one that
// cannot be resumed.
func NewEntry(s *Session, id wire.ID, identity string, h *wire.Hello, token wire.Token) (*Entry, wire.Welcome, uint64, error) {
	e := &Entry{Session: s, ID: id, Identity: identity, attempt: h.Attempt}
	if !token.IsZero() {
		e.confirmed = KeyOf(token)
	}
	w, gen, err := e.welcome(h, token)
	return e, w, gen, err
}

// Resume puts the session on a new link, or says why not: ErrUnknown, ErrStale,
// a *Tomb, or a *wire.Error that ends the session. See Keys for what resumes it
// from then on.
func (e *Entry) Resume(h *wire.Hello, key Key, identity string, next wire.Token) (w wire.Welcome, gen uint64, err error) {
	byIssued := subtle.ConstantTimeCompare(key[:], e.issued[:]) == 1
	byConfirmed := subtle.ConstantTimeCompare(key[:], e.confirmed[:]) == 1
	if e.state == entryLost || identity != e.Identity && broken != RuleBindIdentity || !byIssued && !byConfirmed {
		return w, 0, ErrUnknown
	}
	if e.state == entryClosed {
		return w, 0, &Tomb{Close: e.tomb}
	}
	if h.Attempt <= e.attempt && broken != RuleRisingAttempt {
		return w, 0, ErrStale
	}
	at := Positions{Received: h.Received, Consumed: h.Consumed}
	if err := e.Session.checkPeer(at, intOf(h.Window), intOf(h.MaxMessage)); err != nil {
		return w, 0, err
	}
	e.attempt = h.Attempt
	if byIssued {
		e.confirmed = e.issued
	}
	e.issued = KeyOf(next)
	if broken == RuleTwoPhaseToken {
		e.confirmed = e.issued
	}
	w, gen, err = e.welcome(h, next)
	w.Resumed = true
	return w, gen, err
}

// welcome fences the old link and attaches the new one in one step.
func (e *Entry) welcome(h *wire.Hello, token wire.Token) (wire.Welcome, uint64, error) {
	gen, at := e.Session.fence(RuleFenceServer)
	peer := Positions{Received: h.Received, Consumed: h.Consumed}
	err := e.Session.Attach(gen, peer, intOf(h.Window), intOf(h.MaxMessage))
	return wire.Welcome{
		ID:         e.ID,
		Received:   at.Received,
		Consumed:   at.Consumed,
		Window:     uint32(e.Session.limits.Window),
		MaxMessage: uint32(e.Session.limits.MaxMessage),
		MinPing:    e.Session.limits.MinPing,
		Token:      token,
	}, gen, err
}

// Confirm says that a frame came on the link of generation gen, so that its
// WELCOME has arrived. It reports whether that retired a key.
func (e *Entry) Confirm(gen uint64) (retired Key, ok bool) {
	if gen != e.Session.gen && broken != RuleConfirmNewest || e.confirmedAt == gen {
		return Key{}, false
	}
	e.confirmedAt = gen
	if e.issued == (Key{}) || e.issued == e.confirmed || broken == RuleRetireToken {
		return Key{}, false
	}
	retired = e.confirmed
	e.confirmed, e.issued = e.issued, Key{}
	return retired, true
}

// Keys returns the keys that resume the session.
func (e *Entry) Keys() (confirmed, issued Key) { return e.confirmed, e.issued }

// Resumable reports whether the session outlives its link.
func (e *Entry) Resumable() bool { return e.confirmed != (Key{}) && e.state == entryLive }

// Detach says that the link of generation gen died. It reports whether that
// was the session's link; then the caller arranges for Expire(gen) after the
// session's time to live.
func (e *Entry) Detach(gen uint64, now time.Duration) bool {
	if !e.Session.Detach(gen) {
		return false
	}
	e.detachedAt = now
	return true
}

// Expire ends the session if it is still without the link that it lost, of
// generation gen, and reports whether it did.
func (e *Entry) Expire(gen uint64, now, ttl time.Duration) bool {
	if e.state != entryLive || now-e.detachedAt < ttl {
		return false
	}
	if (gen != e.Session.gen || e.Session.attached) && broken != RuleExpireDetached {
		return false
	}
	e.state = entryLost
	return true
}

// Bury ends the session. If it has closed, its CLOSE is kept for a client that
// comes back because it missed it. One that has closed its outgoing direction
// alone is lost: its application may go on to consume what has come in, and
// there is no CLOSE that tells how far.
func (e *Entry) Bury() {
	e.state = entryLost
	l := e.Session.local
	if l == nil || l.Consumed == wire.Open && broken != RuleTombOfClosed || broken == RuleTombstone {
		return
	}
	e.state, e.tomb = entryClosed, *l
	if broken == RuleTombOfClosed {
		e.tomb.Consumed = e.Session.consumed
	}
}

// Buried reports whether there is a CLOSE to tell.
func (e *Entry) Buried() bool { return e.state == entryClosed }

// Remains returns what has to be kept of a session that is over.
func (e *Entry) Remains() *Entry {
	rest := *e
	rest.Session = nil
	return &rest
}

// Tomb is the answer to a client whose session has been closed.
type Tomb struct{ Close wire.Close }

func (t *Tomb) Error() string { return "session was closed" }
