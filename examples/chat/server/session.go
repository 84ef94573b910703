package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/claims"
	"github.com/longsplice/longsplice/examples/chat/internal/quota"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// A session is one connection of a user. It outlives the links under it. All of
// it belongs to the goroutine of ServeConn.
type session struct {
	*chat
	c     *conn.Conn
	claim claims.Claim // on the name
	user  *quota.User
	subs  map[string]*hub.Sub[*conn.Batch] // memberships, by room
	end   context.CancelCauseFunc
}

// ServeConn serves a user from login to the end.
func (ch *chat) ServeConn(ctx context.Context, c *conn.Conn) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s := &session{
		chat: ch, c: c, end: end, subs: map[string]*hub.Sub[*conn.Batch]{},
		claim: claims.Claim{Name: c.Identity(), Owner: c.Value().(string)},
	}
	if s.user = ch.users.Enter(fold(s.claim.Name), ch.settings.Load().quota()); s.user == nil {
		return &conn.CloseError{Code: codeTooMany, Reason: "there are too many connections of this user"}
	}
	defer func() { s.user.Leave() }()
	if err := s.begin(ctx); err != nil {
		return err
	}
	ch.sessions.Store(s, nil)
	ch.metrics.Sessions.Inc()
	defer func() {
		ch.sessions.Delete(s)
		ch.metrics.Sessions.Dec()
	}()
	defer s.finish(context.WithoutCancel(ctx))
	return s.serve(ctx)
}

// begin makes the name the user's own, once the token is in the user's hands:
// claimed before that, a name would be lost to one who never got its token.
func (s *session) begin(ctx context.Context) error {
	if err := s.welcome(ctx); err != nil {
		return err
	}
	if err := s.c.Flush(ctx); err != nil {
		return err
	}
	err := s.keep(ctx, s.claim)
	if errors.Is(err, claims.ErrTaken) {
		return &conn.CloseError{Code: codeTaken, Reason: "somebody else was faster to take the name"}
	}
	if err != nil {
		s.log.Error("a name could not be kept", "user", s.claim.Name, "err", err)
		err = s.answer(ctx, protocol.Message{}, failed(err))
	}
	s.log.Info("user logged in", "user", s.claim.Name, "session", s.c.ID())
	return err
}

// finish leaves all rooms. From now on it counts how long the name is kept.
func (s *session) finish(ctx context.Context) {
	for room := range s.subs {
		s.drop(room)
	}
	if err := s.keep(ctx, s.claim); err != nil {
		s.log.Warn("a name could not be kept", "user", s.claim.Name, "err", err)
	}
	s.log.Info("user gone", "user", s.claim.Name, "session", s.c.ID())
}

// serve does what the user asks for. Now and then it makes sure of the name: one
// who stays for long must not lose it while here.
func (s *session) serve(ctx context.Context) error {
	for {
		turn, cancel := context.WithTimeout(ctx, s.settings.Load().tokenLife/3)
		err := s.listen(ctx, turn)
		late := turn.Err() != nil && ctx.Err() == nil
		cancel()
		if !late {
			return err
		}
		if err := errors.Join(s.keep(ctx, s.claim), s.welcome(ctx)); err != nil {
			return err
		}
	}
}

func (s *session) listen(ctx, turn context.Context) error {
	for raw, err := range s.c.Messages(turn) {
		if err != nil {
			return err
		}
		var m protocol.Message
		switch err = json.Unmarshal(raw, &m); {
		case !s.user.Allow():
			err = s.user.Refuse(ctx, &failure{protocol.TooFast, "not so fast"})
		case err != nil:
			err = &failure{protocol.BadRequest, "this is not a message of the chat"}
		default:
			err = s.handle(ctx, m)
		}
		if err = s.answer(ctx, m, err); err != nil {
			return err
		}
	}
	return nil
}

func (s *session) handle(ctx context.Context, m protocol.Message) error {
	switch m.Op {
	case protocol.Join:
		return s.join(ctx, m)
	case protocol.Leave:
		return s.leave(ctx, m)
	case protocol.Say:
		return s.say(ctx, m)
	case protocol.Typing:
		return s.typing(ctx, m)
	case protocol.Tell:
		return s.tell(ctx, m)
	case protocol.Seen:
		return s.seen(ctx, m)
	case protocol.History:
		return s.history(ctx, m)
	case protocol.Who:
		return s.who(ctx, m)
	case protocol.Rooms:
		return s.rooms(ctx)
	case protocol.Nick:
		return s.nick(ctx, m)
	}
	return nil // a newer client's; to be ignored
}

// answer tells the user what has failed. What it returns ends the session.
func (s *session) answer(ctx context.Context, m protocol.Message, err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
	}
	s.metrics.Failures.WithLabelValues(string(f.code)).Inc()
	if m.Op == protocol.Typing {
		return nil // nobody needs to know
	}
	if len(m.Room) > maxMessage/4 {
		m.Room = "" // the answer must not be too long
	}
	if len(m.ID) > maxID {
		m.ID = ""
	}
	return s.send(ctx, protocol.Message{Op: protocol.Failed, Code: f.code, Text: f.text, Room: m.Room, ID: m.ID})
}

func (s *session) send(ctx context.Context, m protocol.Message) error {
	for msg := range encode(m).All() {
		if err := s.c.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}
