package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// room returns the one form of a room's name. A mailbox is its owner's alone.
func (s *session) room(name string) (string, error) {
	user, private := strings.CutPrefix(name, protocol.Mailbox(""))
	folded, err := names.Fold(user)
	if err != nil {
		return "", &failure{protocol.BadRequest, err.Error()}
	}
	if !private {
		return folded, nil
	}
	if own, _ := names.Fold(s.name); folded != own {
		return "", &failure{protocol.BadRequest, "this is somebody else's mailbox"}
	}
	return protocol.Mailbox(s.name), nil
}

func (s *session) join(ctx context.Context, m protocol.Message) error {
	room, err := s.room(m.Room)
	if err != nil {
		return err
	}
	options := []hub.JoinOption{hub.As(s.name), hub.OnEnd(s.end)}
	switch {
	case m.From != nil:
		options = append(options, hub.From(*m.From))
	case m.Last > 0:
		options = append(options, hub.Last(m.Last))
	}
	s.drop(room) // to join again is to begin again, with no time between
	sub, err := s.hub.Join(ctx, room, hubconn.Member(s.c), options...)
	if err != nil {
		return failed(err)
	}
	s.subs[room] = sub
	return nil // the hub says joined, in its place before the first line
}

func (s *session) leave(ctx context.Context, m protocol.Message) error {
	room, err := s.room(m.Room)
	if err != nil {
		return err
	}
	if !s.drop(room) {
		return &failure{protocol.NotThere, "you are not in this room"}
	}
	return s.send(ctx, protocol.Message{Op: protocol.Left, Room: room})
}

// drop ends a membership. Nothing of the room is offered once it has returned.
func (s *session) drop(room string) bool {
	sub := s.subs[room]
	if sub != nil {
		sub.Leave()
		delete(s.subs, room)
	}
	return sub != nil
}

func (s *session) leaveAll() {
	for room := range s.subs {
		s.drop(room)
	}
}

// present returns the room that m is about, if the user is in it.
func (s *session) present(m protocol.Message) (string, error) {
	room, err := s.room(m.Room)
	if err == nil && s.subs[room] == nil {
		err = &failure{protocol.NotThere, "join the room first"}
	}
	return room, err
}

func (s *session) say(ctx context.Context, m protocol.Message) error {
	room, err := s.present(m)
	if err != nil {
		return err
	}
	line, err := s.line(m)
	if err != nil {
		return err
	}
	line.Room = room
	_, err = s.hub.Publish(ctx, room, encode(line))
	return failed(err)
}

// line is what the user says, fit for others to see.
func (s *session) line(m protocol.Message) (protocol.Message, error) {
	text := names.Text(m.Text)
	if text == "" || len(text) > 4<<10 || len(m.ID) > 64 {
		return m, &failure{protocol.BadRequest, "the text is empty or too long"}
	}
	return protocol.Message{
		Op: protocol.Line, Name: s.name, Text: text, Action: m.Action, ID: m.ID, At: time.Now().UnixMilli(),
	}, nil
}

func (s *session) typing(ctx context.Context, m protocol.Message) error {
	room, err := s.present(m)
	if err != nil {
		return err
	}
	return failed(s.hub.Signal(ctx, room, encode(protocol.Message{Op: protocol.Typing, Room: room, Name: s.name})))
}

func (s *session) tell(ctx context.Context, m protocol.Message) error {
	line, err := s.line(m)
	if err != nil {
		return err
	}
	line.To = m.To
	for _, user := range []string{m.To, s.name} {
		line.Room = protocol.Mailbox(user)
		if _, err := s.hub.Publish(ctx, line.Room, encode(line)); err != nil || m.To == s.name {
			return failed(err)
		}
	}
	return nil
}

func (s *session) who(ctx context.Context, m protocol.Message) error {
	room, err := s.room(m.Room)
	if err != nil {
		return err
	}
	return s.send(ctx, protocol.Message{Op: protocol.Who, Room: room, Users: s.hub.Users(room)})
}

func (s *session) rooms(ctx context.Context) error {
	list := protocol.Message{Op: protocol.Rooms}
	for _, room := range s.hub.Rooms() {
		if !strings.HasPrefix(room, protocol.Mailbox("")) {
			list.Rooms = append(list.Rooms, protocol.Room{Name: room, Users: len(s.hub.Users(room))})
		}
	}
	return s.send(ctx, list)
}

// failed makes of the hub's errors what the user is told.
func failed(err error) error {
	switch limit := new(hub.LimitError); {
	case err == nil, errors.Is(err, context.Canceled), errors.Is(err, conn.ErrClosed):
		return err
	case errors.As(err, &limit):
		return &failure{protocol.TooMany, "there is no room for more"}
	}
	return &failure{protocol.Internal, "the server could not do it"}
}
