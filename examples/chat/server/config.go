package main

import (
	"errors"
	"flag"
	"io"
	"log/slog"
	"time"

	"github.com/longsplice/longsplice/examples/chat/internal/layered"
	"github.com/longsplice/longsplice/examples/chat/internal/quota"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
)

// settings are what can be set. Each has one name: of the flag, in the file
// ("max-rooms = 20") and, with CHAT_ before it, in the environment
// (CHAT_MAX_ROOMS). Flags come before the environment, that before the file.
type settings struct {
	config, data, issue             string
	tcp, tls, http, admin           string
	cert, key                       string
	selfSigned                      bool
	logFormat, logLevel, motd       string
	drain, comeBackMin, comeBackMax time.Duration
	sessionTTL, grace               time.Duration
	rate                            float64
	sendBuffer                      int
	burst, maxText                  int
	maxRooms, maxConnections        int
	keepLines, memory               int
	keepAge, tokenLife              time.Duration
}

func (s *settings) flags() *flag.FlagSet {
	f := flag.NewFlagSet("server", flag.ContinueOnError)
	f.StringVar(&s.config, "config", "", "read settings from this `file`, again on SIGHUP")
	f.StringVar(&s.data, "data", "chat-data", "keep lines, names and the key of tokens in this `directory`")
	f.StringVar(&s.issue, "issue-token", "", "print a token for this `name`, and end")
	f.StringVar(&s.tcp, "tcp", ":7777", "`address` for clients over TCP, empty for none")
	f.StringVar(&s.tls, "tls", ":7778", "`address` for clients over TLS, if there is a certificate")
	f.StringVar(&s.http, "http", ":8080", "`address` of the page, of WebSockets at /chat, and of /healthz")
	f.StringVar(&s.admin, "admin", "127.0.0.1:6060", "`address` of /metrics and /debug/pprof, empty for none")
	f.BoolVar(&s.selfSigned, "tls-self-signed", false, "make a certificate for this run, for trying")
	f.StringVar(&s.logFormat, "log-format", "text", "text or json")
	f.DurationVar(&s.drain, "drain", 20*time.Second, "on SIGTERM wait so long for what is under way")
	f.DurationVar(&s.comeBackMin, "come-back-min", 500*time.Millisecond, "earliest that clients return after that")
	f.DurationVar(&s.comeBackMax, "come-back-max", 5*time.Second, "and latest")
	f.DurationVar(&s.sessionTTL, "session-ttl", 2*time.Minute, "how long one whose link is cut is still there")
	f.IntVar(&s.sendBuffer, "send-buffer", 256<<10, "bytes that wait for one client; a slower one is behind in its rooms")
	// These change on SIGHUP.
	f.StringVar(&s.cert, "tls-cert", "", "certificate, a PEM `file`, read again each time")
	f.StringVar(&s.key, "tls-key", "", "its key, a PEM `file`")
	f.StringVar(&s.logLevel, "log-level", "info", "debug, info, warn or error")
	f.StringVar(&s.motd, "motd", "", "`text` to welcome users with")
	f.Float64Var(&s.rate, "rate", 10, "messages of one user each second")
	f.IntVar(&s.burst, "burst", 60, "and at once")
	f.IntVar(&s.maxText, "max-text", 2000, "bytes of a text, at most 6000")
	f.IntVar(&s.maxRooms, "max-rooms", 50, "rooms of one user, over all connections")
	f.IntVar(&s.maxConnections, "max-connections", 8, "connections of one user")
	f.DurationVar(&s.grace, "grace", 5*time.Second, "how long one who has left is still shown")
	f.IntVar(&s.keepLines, "keep-lines", 10_000, "lines that are kept of each room")
	f.IntVar(&s.memory, "memory-lines", 1000, "of those, how many one who joins again can catch up on; for others there is history")
	f.DurationVar(&s.keepAge, "keep-age", 30*24*time.Hour, "and for how long, 0 for ever")
	f.DurationVar(&s.tokenLife, "token-life", 90*24*time.Hour, "how long a name stays with one who does not come back")
	return f
}

// load gathers the settings.
func load(args []string, getenv func(string) string, usage io.Writer) (*settings, *flag.FlagSet, error) {
	var s settings
	f := s.flags()
	f.SetOutput(usage)
	if err := layered.Parse(f, args, "config", "CHAT_", getenv); err != nil {
		return nil, nil, err
	}
	return &s, f, s.check()
}

func (s *settings) check() error {
	switch {
	case (s.cert == "") != (s.key == ""):
		return errors.New("tls-cert and tls-key belong together")
	case s.logFormat != "text" && s.logFormat != "json":
		return errors.New("log-format is text or json")
	case s.maxText < 1 || s.maxText > 6000:
		return errors.New("max-text is from 1 to 6000")
	case s.rate <= 0 || min(s.burst, s.maxRooms, s.maxConnections, s.keepLines, s.memory, s.sendBuffer) < 1:
		return errors.New("rate, burst, max-rooms, max-connections, keep-lines, memory-lines and send-buffer are above zero")
	case s.keepAge < 0 || s.grace < 0 || min(s.tokenLife, s.drain, s.sessionTTL, s.comeBackMin) <= 0 || s.comeBackMax < s.comeBackMin:
		return errors.New("a duration is too short, or come-back-max below come-back-min")
	}
	return new(slog.Level).UnmarshalText([]byte(s.logLevel))
}

// level is the log's. It has been checked.
func (s *settings) level() (l slog.Level) {
	_ = l.UnmarshalText([]byte(s.logLevel))
	return l
}

// room is how the hub keeps a room. It forgets one without members soon, because
// the store does not.
func (s *settings) room() hub.Room {
	r := hub.Room{History: s.memory, Backlog: s.memory, Age: s.keepAge, Grace: s.grace, Keep: time.Minute}
	if r.Grace == 0 {
		r.Grace = -1 // to the hub, zero is its default
	}
	return r
}

func (s *settings) limits() boltbroker.Limits {
	return boltbroker.Limits{Values: s.keepLines, Age: s.keepAge}
}

func (s *settings) quota() quota.Limits {
	return quota.Limits{Rate: s.rate, Burst: s.burst, Connections: s.maxConnections, Rooms: s.maxRooms}
}
