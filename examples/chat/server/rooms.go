package main

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// room returns the one form of a room's name. A mailbox is its owner's alone.
func (s *session) room(name string) (string, error) {
	user, private := strings.CutPrefix(name, protocol.Mailbox(""))
	folded, err := names.Fold(user)
	switch {
	case err != nil:
		return "", &failure{protocol.BadRequest, err.Error()}
	case !private:
		return folded, nil
	case folded != fold(s.claim.Name):
		return "", &failure{protocol.BadRequest, "this is somebody else's mailbox"}
	}
	return s.mailbox(), nil
}

func (s *session) mailbox() string { return protocol.Mailbox(s.claim.Name) }

// fold is for names that have been accepted before.
func fold(name string) string {
	folded, _ := names.Fold(name)
	return folded
}

func (s *session) join(ctx context.Context, m protocol.Message) error {
	room, err := s.room(m.Room)
	if err != nil {
		return err
	}
	start := hub.Last(max(m.Last, 0))
	switch {
	case m.From != nil:
		start = hub.From(*m.From)
	case m.Last == 0 && room == s.mailbox():
		seen, err := s.claims.Seen(fold(s.claim.Name))
		if err != nil {
			return failed(err)
		}
		start = hub.From(seen)
	}
	s.drop(room) // to join again is to begin again, with no time between
	return s.enter(ctx, room, start)
}

// enter makes the user a member of a room. The hub then says joined, in its
// place before the first line.
func (s *session) enter(ctx context.Context, room string, start hub.JoinOption) error {
	if !s.user.Join(s.settings.Load().quota()) {
		return &failure{protocol.TooMany, "you are in too many rooms"}
	}
	sub, err := s.hub.Join(ctx, room, hubconn.Member(s.c), start, hub.As(s.claim.Name), hub.OnEnd(s.end))
	if err != nil {
		s.user.Part()
		return failed(err)
	}
	s.subs[room] = sub
	return nil
}

// drop ends a membership. Nothing of the room is offered once it has returned.
func (s *session) drop(room string) bool {
	sub := s.subs[room]
	if sub != nil {
		sub.Leave()
		delete(s.subs, room)
		s.user.Part()
	}
	return sub != nil
}

func (s *session) leave(ctx context.Context, m protocol.Message) error {
	room, err := s.present(m)
	if err != nil {
		return err
	}
	s.subs[room].Quit()
	s.drop(room)
	return s.send(ctx, protocol.Message{Op: protocol.Left, Room: room})
}

// present returns the room that m is about, if the user is in it.
func (s *session) present(m protocol.Message) (string, error) {
	room, err := s.room(m.Room)
	if err == nil && s.subs[room] == nil {
		err = &failure{protocol.NotThere, "you are not in this room"}
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
	_, err = s.hub.Publish(ctx, room, encode(line)) // which keeps it, and then shows it
	return failed(err)
}

// line is what the user says, fit for others to see.
func (s *session) line(m protocol.Message) (protocol.Message, error) {
	text := names.Text(m.Text)
	switch {
	case text == "":
		return m, &failure{protocol.BadRequest, "the text is empty"}
	case len(text) > s.settings.Load().maxText:
		return m, &failure{protocol.TooMany, "the text is too long"}
	case len(m.ID) > maxID:
		return m, &failure{protocol.BadRequest, "the id is longer than 64 bytes"}
	}
	return protocol.Message{
		Op: protocol.Line, Name: s.claim.Name, Text: text, Action: m.Action, ID: m.ID, At: time.Now().UnixMilli(),
	}, nil
}

func (s *session) typing(ctx context.Context, m protocol.Message) error {
	room, err := s.present(m)
	if err != nil {
		return err
	}
	return failed(s.hub.Signal(ctx, room, encode(protocol.Message{Op: protocol.Typing, Room: room, Name: s.claim.Name})))
}

func (s *session) who(ctx context.Context, m protocol.Message) error {
	room, err := s.room(m.Room)
	if err != nil {
		return err
	}
	users := s.hub.Users(room)
	return s.send(ctx, protocol.Message{Op: protocol.Who, Room: room, Users: users, Count: len(users)})
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

// failed makes of what the hub and the store say what the user is told.
func failed(err error) error {
	switch {
	case err == nil:
		return nil
	case errors.As(err, new(*hub.LimitError)):
		return &failure{protocol.TooMany, "the server has no room for more"}
	}
	return &failure{protocol.Internal, "the server could not do it"}
}
