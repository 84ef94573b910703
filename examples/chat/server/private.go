package main

import (
	"context"
	"encoding/json"
	"errors"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/internal/claims"
	"github.com/longsplice/longsplice/examples/chat/internal/names"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
)

// tell puts a line into two mailboxes, or none. There has to be a user of the
// name, who may be away: else whoever takes it one day would read the line.
func (s *session) tell(ctx context.Context, m protocol.Message) error {
	folded, err := names.Fold(m.To)
	if err != nil {
		return &failure{protocol.BadName, err.Error()}
	}
	to, err := s.claims.Get(folded)
	if err != nil {
		return failed(err)
	}
	if !to.Held() {
		return &failure{protocol.BadName, "there is no user of this name"}
	}
	line, err := s.line(m)
	if err != nil {
		return err
	}
	line.To, line.Room = to.Name, protocol.Mailbox(to.Name)
	lines := []boltbroker.Entry[*conn.Batch]{{Room: line.Room, Value: encode(line)}}
	if to.Name != s.claim.Name {
		line.Room = s.mailbox()
		lines = append(lines, boltbroker.Entry[*conn.Batch]{Room: line.Room, Value: encode(line)})
	}
	return failed(s.store.Append(ctx, lines...))
}

// seen is how far the user has read the mailbox, for the next time.
func (s *session) seen(ctx context.Context, m protocol.Message) error {
	if m.Next == nil {
		return &failure{protocol.BadRequest, "next is missing"}
	}
	return failed(s.claims.SetSeen(ctx, fold(s.claim.Name), s.mailbox(), *m.Next))
}

// most lines in one answer about history, if they fit.
const most = 100

func (s *session) history(ctx context.Context, m protocol.Message) error {
	room, err := s.present(m)
	if err != nil {
		return err
	}
	if m.Last < 1 || m.Last > most {
		m.Last = most
	}
	values, first, err := s.store.Before(room, m.Before, m.Last)
	if err != nil {
		return failed(err)
	}
	page := protocol.Message{Op: protocol.History, Room: room, Before: first}
	for _, v := range values {
		for raw := range v.All() {
			var line protocol.Message
			if err := json.Unmarshal(raw, &line); err != nil {
				return failed(err)
			}
			page.Lines = append(page.Lines, line)
		}
	}
	return s.send(ctx, page)
}

// nick gives the user another name, here and in all rooms. The old one stays
// the user's, and its mailbox is left.
func (s *session) nick(ctx context.Context, m protocol.Message) error {
	claim, err := s.admit(m.Name, m.Token)
	if err != nil {
		return &failure{protocol.BadName, err.Error()}
	}
	user := s.users.Enter(fold(claim.Name), s.settings.Load().quota())
	if user == nil {
		return &failure{protocol.TooMany, "there are too many connections of this user"}
	}
	if err := s.keep(ctx, claim); err != nil {
		user.Leave()
		if errors.Is(err, claims.ErrTaken) {
			return &failure{protocol.BadName, err.Error()}
		}
		return failed(err)
	}
	s.drop(s.mailbox())
	from := map[string]hub.JoinOption{}
	for room, sub := range s.subs {
		sub.Quit() // by the old name
		s.drop(room)
		from[room] = hub.From(sub.Position())
	}
	user.Inherit(s.user)
	s.user.Leave()
	s.claim, s.user = claim, user
	if err := s.welcome(ctx); err != nil {
		return err
	}
	for room, start := range from {
		if err := s.answer(ctx, protocol.Message{Room: room}, s.enter(ctx, room, start)); err != nil {
			return err
		}
	}
	return nil
}
