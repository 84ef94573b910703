package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// A session is one connection of a user. It outlives the links under it. All of
// it belongs to the goroutine of serve.
type session struct {
	*chat
	c    *conn.Conn
	name string
	subs map[string]*hub.Sub[*conn.Batch] // memberships, by room
	end  context.CancelCauseFunc
}

// ServeConn serves a user from login to the end.
func (ch *chat) ServeConn(ctx context.Context, c *conn.Conn) error {
	ctx, end := context.WithCancelCause(ctx)
	defer end(nil)
	s := &session{chat: ch, c: c, name: c.Identity(), subs: map[string]*hub.Sub[*conn.Batch]{}, end: end}
	if err := s.send(ctx, protocol.Message{Op: protocol.Welcome, Name: s.name}); err != nil {
		return err
	}
	defer s.leaveAll()
	for raw, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		var m protocol.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			err = s.answer(ctx, m, &failure{protocol.BadRequest, "this is not a message"})
		} else {
			err = s.answer(ctx, m, s.handle(ctx, m))
		}
		if err != nil {
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
	case protocol.Who:
		return s.who(ctx, m)
	case protocol.Rooms:
		return s.rooms(ctx)
	}
	return nil // a newer client's; to be ignored
}

// answer tells the user what has failed. What it returns ends the session.
func (s *session) answer(ctx context.Context, m protocol.Message, err error) error {
	var f *failure
	if !errors.As(err, &f) {
		return err
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
