package main

import (
	"context"
	"fmt"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

func roomName(n int) string { return fmt.Sprintf("room %d", n) }

// roomConfig is for rooms that keep little, so that who is slow misses something.
func roomConfig(place int) hub.Config[*conn.Batch] {
	cfg := hubconn.Config()
	cfg.Rooms = hub.Room{History: 50, Backlog: 100, Keep: 24 * time.Hour}
	cfg.Notice = func(n hub.Notice) *conn.Batch {
		batch, err := conn.Encode(numbers(tagNotice, uint64(n.Kind), uint64(place), n.From.Offset, n.Next.Offset))
		if err != nil {
			panic(err) // it is far from too long
		}
		return batch
	}
	return cfg
}

// inRoom is a member's session: what it says is for all.
func (s *served) inRoom(ctx context.Context) error {
	name := roomName(s.plan.Room)
	sub, err := s.rooms.Join(ctx, name, hubconn.Member(s.c), hub.Last(s.rng.IntN(20)))
	if err != nil {
		return err
	}
	defer sub.Leave()
	s.books.joined.Add(1)
	order := s.books.ring(s.place, s.plan.Room)
	for {
		msg, err := s.take(ctx)
		if err != nil {
			return err
		}
		if msg == nil {
			break
		}
		batch, err := conn.Encode(tagged(tagValue, msg[1:]))
		if err != nil {
			return err
		}
		at, err := s.rooms.Publish(ctx, name, batch)
		if err != nil {
			return err
		}
		s.books.agree(order, at.Offset, msg[1:])
	}
	sub.Leave()
	if sub.Err() == nil {
		s.up.Ask()
		err = s.c.Send(ctx, numbers(tagBye, sub.Position().Offset))
	}
	if !documented(err) {
		s.fault(s.record, err)
	}
	return nil
}
