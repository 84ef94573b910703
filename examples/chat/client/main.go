package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/clean"
	"github.com/longsplice/longsplice/examples/chat/client/internal/session"
)

// The exit statuses, as the package's documentation describes them.
const (
	statusHere        = 1
	statusUsage       = 2
	statusRefused     = 3
	statusInterrupted = 130
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:])
	stop()
	switch {
	case err == nil, errors.Is(err, flag.ErrHelp):
		return
	case errors.Is(err, context.Canceled):
		os.Exit(statusInterrupted)
	}
	fmt.Fprintln(os.Stderr, "client:", clean.Text(err.Error()))
	var wrong *usageError
	var refused *conn.RefusedError
	var closed *session.ClosedError
	switch {
	case errors.As(err, &wrong):
		os.Exit(statusUsage)
	case errors.As(err, &refused), errors.As(err, &closed):
		os.Exit(statusRefused)
	}
	os.Exit(statusHere)
}

func run(ctx context.Context, args []string) error {
	o, err := parse(args, os.Getenv)
	if err != nil {
		return err
	}
	c, err := newClient(o)
	if err != nil {
		return err
	}
	if o.plain || !terminal() {
		return c.plain(ctx, os.Stdin, os.Stdout, os.Stderr)
	}
	return c.screen(ctx)
}
