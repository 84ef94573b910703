package main

import (
	"context"
	"io"
)

// take receives the next message, nil at the end.
func (s *served) take(ctx context.Context) ([]byte, error) {
	s.up.Ask()
	msg, err := s.c.Receive(ctx)
	s.up.Consume()
	switch {
	case err == io.EOF:
		return nil, nil
	case err != nil:
		if !documented(err) {
			s.fault(s.record, err)
		}
		return nil, err
	case len(msg) == 1 && msg[0] == tagEnd:
		return nil, nil
	}
	return msg, s.heard(msg)
}

// heard takes a message into account.
func (s *served) heard(msg []byte) error {
	if len(msg) == 0 || msg[0] != tagMessage {
		s.fault(s.record, errStray)
		return errStray
	}
	s.books.heard(msg[1:], false)
	s.fault(s.record, s.up.Deliver(msg[1:]))
	switch s.Breach {
	case leaksGoroutines:
		go func() { select {} }()
	case leaksMemory:
		leak(32 << 10)
	}
	return nil
}

// give sends a message to the client.
func (s *served) give(ctx context.Context, size int) error {
	msg := tagged(tagMessage, s.down.Offer(size)[0])
	s.sent++
	err := s.transmit(ctx, msg, s.sent%breachEvery == 0)
	s.fault(s.record, s.down.Answer(err == nil))
	return err
}

// transmit sends a message as its breach has it.
func (s *served) transmit(ctx context.Context, msg []byte, now bool) error {
	switch {
	case s.Breach == drops && now:
		return nil
	case s.Breach == doubles && now:
		if err := s.c.Send(ctx, msg); err != nil {
			return err
		}
	case s.Breach == swaps && now:
		s.held = msg
		return nil
	case s.held != nil:
		if err := s.c.Send(ctx, msg); err != nil {
			return err
		}
		msg, s.held = s.held, nil
	}
	return s.c.Send(ctx, msg)
}
