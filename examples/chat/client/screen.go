package main

import (
	"context"
	"errors"
	"os"
	"time"

	tea "charm.land/bubbletea/v2"
	"github.com/charmbracelet/x/term"

	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/client/internal/screen"
)

// terminal reports whether there is a screen to fill.
func terminal() bool {
	return term.IsTerminal(os.Stdin.Fd()) && term.IsTerminal(os.Stdout.Fd()) && os.Getenv("TERM") != "dumb"
}

// screen is the client that fills a terminal.
func (c *client) screen(ctx context.Context) error {
	var program *tea.Program
	s := c.session(func(e chat.Event) { program.Send(e) })
	m := c.model(false, 50)
	program = tea.NewProgram(
		&screen.Screen{Model: m, Session: s, Keep: c.keep, Now: time.Now, Zone: time.Local},
		tea.WithContext(ctx), tea.WithoutSignalHandler(), // main has one
	)
	limited, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- s.Run(limited)
		program.Send(screen.Over{})
	}()
	_, err := program.Run()
	s.Quit()
	defer time.AfterFunc(patience, cancel).Stop() // what was said last may still arrive
	sent := <-done
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && !errors.Is(err, tea.ErrProgramKilled):
		return err
	}
	return c.outcome(sent, m, os.Stderr)
}
