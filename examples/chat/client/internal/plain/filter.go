// Package plain is the client without a screen: lines in, lines out.
package plain

import (
	"context"
	"io"
	"time"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/client/internal/session"
)

// patience is how long the end waits for what is on its way.
const patience = 3 * time.Second

// A Filter says each line of In, and writes what it hears to Out.
type Filter struct {
	Model   *chat.Model // made with Config.Script
	Session *session.Session
	Keep    func(name, token string) error
	In      io.Reader
	Out     io.Writer
	State   io.Writer // for everything that is not a line of the chat

	status string             // that was last told
	err    error              // of Out
	cancel context.CancelFunc // ends the Session at once
}

// Run works until In has ended and all of it has come back from the server, the
// server refuses, or ctx ends. The events are those of the Session.
//
// One line is on its way at a time: should the server refuse one because it came
// too fast, it can be said again without changing the order.
func (f *Filter) Run(ctx context.Context, events <-chan chat.Event) error {
	done := make(chan error, 1)
	limited, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	f.cancel = cancel
	go func() { done <- f.Session.Run(limited) }()
	defer context.AfterFunc(ctx, f.end)()
	entered := f.read(limited)
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	for {
		ready := entered
		if !f.Model.Idle() {
			ready = nil
		}
		select {
		case e := <-events:
			f.handle(e)
		case line, more := <-ready:
			if !more {
				f.quit()
				entered = nil
				break
			}
			f.handle(&chat.Entered{Line: line})
		case <-tick.C:
			f.handle(&chat.Pulse{RTT: f.Session.RTT()})
		case err := <-done:
			return f.outcome(ctx, err)
		}
	}
}

// end ends the session in good order, or after a while at once.
func (f *Filter) end() {
	f.Session.Quit()
	time.AfterFunc(patience, f.cancel)
}

// outcome is what Run returns when the session has.
func (f *Filter) outcome(ctx context.Context, err error) error {
	switch {
	case f.err != nil:
		return f.err
	case ctx.Err() != nil:
		return ctx.Err()
	}
	return err
}
