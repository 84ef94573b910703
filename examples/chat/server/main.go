// Server is a chat server: rooms, private messages and who is there, for
// clients over TCP, TLS and WebSocket, and a web page for browsers. A restart,
// even kill -9, loses no line that anybody was shown.
//
//	go run ./examples/chat/server
//	go run ./examples/chat/server -h                  # all settings
//	go run ./examples/chat/server -issue-token ann    # so that ann can log in from elsewhere
//
// To read the program, begin with session.go, which is what a user can do, and
// rooms.go. login.go says whose a name is, server.go puts everything together.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

	"github.com/longsplice/longsplice/examples/chat/internal/layered"
	"github.com/longsplice/longsplice/examples/chat/internal/token"
)

func main() {
	// The first signal drains, a second one ends the process at once: from the
	// moment when anybody can see that it drains.
	ctx, drain := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() {
		<-signals
		signal.Stop(signals)
		drain()
	}()
	err := run(ctx, os.Args[1:], os.Getenv, os.Stdout, os.Stderr)
	if err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

// run is the program without the process around it.
func run(ctx context.Context, args []string, getenv func(string) string, stdout, stderr io.Writer) error {
	cfg, flags, err := load(args, getenv, stderr)
	if err != nil {
		return err
	}
	if cfg.issue != "" {
		t, err := token.ByOperator(cfg.data, cfg.issue, cfg.tokenLife)
		if err == nil {
			_, err = fmt.Fprintln(stdout, t)
		}
		return err
	}
	level := new(slog.LevelVar)
	level.Set(cfg.level())
	s, err := start(cfg, logger(cfg, stderr, level))
	if err != nil {
		return err
	}
	r := reloader{
		load:    func(usage io.Writer) (*settings, *flag.FlagSet, error) { return load(args, getenv, usage) },
		inForce: layered.Values(flags), level: level, server: s,
	}
	hangup := make(chan os.Signal, 1)
	signal.Notify(hangup, syscall.SIGHUP)
	defer signal.Stop(hangup)
	for {
		select {
		case <-hangup:
			r.reload()
			continue
		case err = <-s.failed:
			s.log.Error("a listener has failed", "err", err)
		case <-ctx.Done():
			s.log.Info("draining", "sessions", s.count())
		}
		drain, cancel := context.WithTimeout(context.Background(), cfg.drain)
		defer cancel()
		err = errors.Join(err, s.stop(drain))
		s.log.Info("ended", "err", err)
		return err
	}
}

func logger(cfg *settings, w io.Writer, level slog.Leveler) *slog.Logger {
	if cfg.logFormat == "json" {
		return slog.New(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
	}
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: level}))
}
