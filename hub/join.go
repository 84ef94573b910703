package hub

import (
	"context"
	"math"
	"strings"

	"github.com/longsplice/longsplice/internal/room"
)

// A JoinOption says how a member joins.
type JoinOption func(*joining)

type joining struct {
	start room.Start
	user  string
	onEnd func(error)
}

// As has the member count as one of a user's: who is present in a room is users.
// Members without it are seen by nobody. A user who joins with several members
// has come once, and is gone when the last of them has left and Room.Grace has
// passed.
func As(user string) JoinOption { return func(j *joining) { j.user = user } }

// From has the member be given all from a position on, as far as it is kept:
// what is missing is told as a Gap. The zero Position means all that is kept, and
// an Offset of 0 is 1.
func From(p Position) JoinOption {
	return func(j *joining) {
		if j.start = (room.Start{From: room.Position(p)}); p.Epoch == 0 {
			j.start = room.Start{Last: math.MaxInt}
		}
	}
}

// Last has the member be given the last n values as well, or as many as are kept.
func Last(n int) JoinOption { return func(j *joining) { j.start = room.Start{Last: n} } }

// OnEnd has f called once if the hub ends the membership, with what Sub.Err
// returns. It is not called for Leave. It is called in a goroutine of its own, and
// may call anything; Close calls it itself, and waits for it.
func OnEnd(f func(error)) JoinOption { return func(j *joining) { j.onEnd = f } }

// Personal is the name of a user's own room, in which only members of that user
// can be: "user:" and the name. What is published there while the user is away
// is kept as Config.Personal says, and offered to a member that joins From where
// the last one was.
func Personal(user string) string { return personal + user }

const personal = "user:"

func isPersonal(name string) bool { return strings.HasPrefix(name, personal) }

// Join makes m a member of a room, which comes into being if need be. What is
// offered begins with what is published from now on, unless an option says
// otherwise, and may be offered before Join has returned. One member may join
// several rooms, and one room several times: each Sub stands for itself.
//
// It fails with a *LimitError, ErrNotOwner, ErrClosed, or an error of the Broker.
//
// ctx is for the Broker, if there is one; it does not concern the membership.
func (h *Hub[T]) Join(ctx context.Context, name string, m Member[T], options ...JoinOption) (*Sub[T], error) {
	var j joining
	for _, o := range options {
		o(&j)
	}
	if err := h.checkName("MaxName", strings.TrimPrefix(name, personal)); err != nil {
		return nil, err
	}
	if err := h.checkName("MaxName", j.user); err != nil {
		return nil, err
	}
	if isPersonal(name) && name != Personal(j.user) {
		return nil, ErrNotOwner
	}
	r, err := h.lock(name)
	if err != nil {
		return nil, err
	}
	if h.cfg.Broker != nil {
		if err := r.openLocked(ctx, j.start.From); err != nil {
			r.unlock()
			return nil, err
		}
	}
	if n, most := r.core.Members()+1, h.cfg.maxMembers(); n > most {
		r.unlock()
		return nil, &LimitError{Limit: "MaxMembers", Got: n, Max: most}
	}
	s := &Sub[T]{in: r, member: m, onEnd: j.onEnd}
	s.at.Handle, s.at.User = s, j.user
	r.core.Join(&s.at, j.start, h.clock())
	r.unlock()
	return s, nil
}
