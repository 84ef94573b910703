package hub

import (
	"context"
	"strings"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// Publish appends a value to a room, which comes into being if need be, and
// returns its position. The order of values is the same for all members.
//
// It waits for no member, except under the policy Block. It does wait, for as
// long as ctx allows, for the hub itself, when values are published faster than
// they can be offered; where it is called by an Offer it returns ErrBusy
// instead. It may call Offers of the room itself; see the package's comment.
//
// It fails with a *LimitError, ErrBusy, ErrClosed, ctx's error, or an error of the
// Broker. Whatever the error, nothing was published; only with a Broker may that
// be unknown.
func (h *Hub[T]) Publish(ctx context.Context, name string, v T) (Position, error) {
	return h.publish(ctx, name, Message[T]{Value: v})
}

// Signal offers a value to all who are in the room, at its place among the
// others, without making it history: that somebody is typing. It takes no
// position, and members who are behind may not get it. Nobody's being there is no
// error.
func (h *Hub[T]) Signal(ctx context.Context, name string, v T) error {
	_, err := h.publish(ctx, name, Message[T]{Value: v, Volatile: true})
	return err
}

// SendTo is Signal to one user, by all of its members in the room. With a
// Broker they may be at another node, and nobody learns of it if there are
// none; else that is ErrAbsent. For what must not be missed publish to the
// user's Personal room.
func (h *Hub[T]) SendTo(ctx context.Context, name, user string, v T) error {
	_, err := h.publish(ctx, name, Message[T]{Value: v, Volatile: true, To: user})
	return err
}

func (h *Hub[T]) publish(ctx context.Context, name string, m Message[T]) (Position, error) {
	if err := h.checkName("MaxName", strings.TrimPrefix(name, personal)); err != nil {
		return Position{}, err
	}
	if h.closed.Load() {
		return Position{}, ErrClosed
	}
	if h.cfg.Broker != nil {
		return h.cfg.Broker.Publish(ctx, name, m)
	}
	e := h.entry(m)
	var patience time.Time // until when members are waited for
	for {
		if m.Volatile && h.find(name) == nil {
			return Position{}, m.unheard()
		}
		r, err := h.lock(name)
		if err != nil {
			return Position{}, err
		}
		if m.To != "" && !r.core.Has(m.To) || m.Volatile && r.core.Members() == 0 {
			r.unlock()
			return Position{}, m.unheard()
		}
		var timeout <-chan time.Time
		switch clogged := r.core.Clogged(e.Size); {
		case clogged:
		case r.cfg.Policy != Block || !r.core.Blocked(e.Size):
			p, err := r.appendLocked(e)
			r.unlock()
			return p, err
		case patience.IsZero():
			patience = time.Now().Add(r.cfg.block())
			timeout = time.After(r.cfg.block())
		default:
			if timeout = time.After(time.Until(patience)); !time.Now().Before(patience) {
				r.core.PassOver(e.Size)
				r.unlock()
				continue
			}
		}
		changed := r.changedLocked()
		r.unlock()
		if withinOffer() {
			return Position{}, ErrBusy
		}
		select {
		case <-changed:
		case <-timeout:
		case <-ctx.Done():
			return Position{}, ctx.Err()
		}
	}
}

// unheard is the error for a message that nobody would hear.
func (m *Message[T]) unheard() error {
	if m.To != "" {
		return ErrAbsent
	}
	return nil
}

// entry is the message as the room's log has it.
func (h *Hub[T]) entry(m Message[T]) room.Entry[T] {
	e := room.Entry[T]{Value: m.Value, User: m.To, Size: 1}
	if h.cfg.Size != nil {
		e.Size = max(0, h.cfg.Size(m.Value))
	}
	if m.Volatile {
		e.Kind = room.Signal
	} else if h.cfg.Key != nil {
		e.Key = h.cfg.Key(m.Value)
	}
	return e
}

// appendLocked appends e where there is room for it.
func (r *live[T]) appendLocked(e room.Entry[T]) (Position, error) {
	if r.cfg.Policy != Latest {
		e.Key = ""
	}
	if most := r.cfg.bytes(); e.Size > most {
		return Position{}, &LimitError{Limit: "Bytes", Got: e.Size, Max: most}
	}
	if err := r.reserveLocked(e.Size); err != nil {
		return Position{}, err
	}
	now := r.hub.clock()
	if r.core.Members() == 0 {
		r.since = now
	}
	return Position(r.core.Append(e, now)), nil
}

// reserveLocked counts bytes before they are appended, so that rooms that do
// so at once do not exceed the limit together. If need be the room gives up
// what it has kept longest.
func (r *live[T]) reserveLocked(n int) error {
	r.countLocked()
	all, most := &r.hub.bytes, int64(r.hub.cfg.maxBytes())
	over := all.Add(int64(n)) - most
	if over > 0 && over <= int64(r.core.Bytes()) {
		r.core.Forget(int(over), r.hub.clock())
		r.countLocked()
	}
	if got := all.Load(); over > 0 && got > most {
		all.Add(int64(-n))
		return &LimitError{Limit: "MaxBytes", Got: int(got), Max: int(most)}
	}
	r.bytes += n
	return nil
}
