package main

import (
	"errors"
	"flag"
	"fmt"
	"net/url"
	"os"
	"os/user"
	"slices"
	"strings"
	"time"

	"github.com/longsplice/longsplice/examples/chat/internal/names"
)

type options struct {
	server   string
	name     string
	token    string
	rooms    []string
	last     int
	ca       string
	insecure bool
	plain    bool
	cut      time.Duration
}

// A usageError is a mistake on the command line.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// parse reads the command line and the environment.
func parse(args []string, env func(string) string) (options, error) {
	o := options{token: env("CHAT_TOKEN")}
	flags := flag.NewFlagSet("client", flag.ContinueOnError)
	flags.StringVar(&o.server, "server", "tcp://127.0.0.1:7777", "`target` of the server: tcp://, tls://, ws:// or wss://")
	flags.StringVar(&o.name, "name", "", "your `name` (default: that of the system's user)")
	flags.StringVar(&o.token, "token", o.token, "the `token` that keeps your name (default: $CHAT_TOKEN, or what the last login has kept)")
	flags.Func("room", "a `room` to be in, any number of times (default: lobby)", func(s string) error {
		o.rooms = append(o.rooms, strings.TrimPrefix(s, "#"))
		return nil
	})
	flags.IntVar(&o.last, "last", -1, "how many old `lines` to begin with (default: 50, plain: none)")
	flags.StringVar(&o.ca, "ca", "", "trust the certificate authorities in this `file` (PEM) alone")
	flags.BoolVar(&o.insecure, "insecure", false, "trust any certificate: whoever is between can read and write everything")
	flags.BoolVar(&o.plain, "plain", false, "lines instead of a screen")
	flags.DurationVar(&o.cut, "cut", 0, "cut the own connection about this often, to see what happens")
	if err := flags.Parse(args); errors.Is(err, flag.ErrHelp) {
		return o, err
	} else if err != nil {
		return o, &usageError{err}
	}
	if err := o.complete(flags.Args()); err != nil {
		return o, &usageError{err}
	}
	return o, nil
}

// complete checks the options, and fills in what was left out.
func (o *options) complete(rest []string) error {
	if len(rest) > 0 {
		return fmt.Errorf("%q is not expected here", rest[0])
	}
	if !strings.Contains(o.server, "://") {
		o.server = "tcp://" + o.server
	}
	if u, err := url.Parse(o.server); err != nil || !slices.Contains([]string{"tcp", "tls", "ws", "wss"}, u.Scheme) || u.Host == "" {
		return fmt.Errorf("%q is not a server, as tcp://host:port is", o.server)
	}
	if o.name == "" {
		o.name = userName()
	}
	if _, err := names.Fold(o.name); err != nil {
		return fmt.Errorf("-name %q: %w", o.name, err)
	}
	if len(o.rooms) == 0 {
		o.rooms = []string{"lobby"}
	}
	for _, room := range o.rooms {
		if _, err := names.Fold(room); err != nil {
			return fmt.Errorf("-room %q: %w", room, err)
		}
	}
	if o.ca != "" && o.insecure {
		return errors.New("-ca and -insecure exclude each other")
	}
	if o.cut < 0 {
		return errors.New("-cut must not be negative")
	}
	return nil
}

// userName is a name to begin with, if the system's user has one that will do.
func userName() string {
	name := os.Getenv("USER")
	if u, err := user.Current(); err == nil {
		name = u.Username[strings.LastIndexByte(u.Username, '\\')+1:]
	}
	if _, err := names.Fold(name); err != nil {
		return "guest"
	}
	return name
}
