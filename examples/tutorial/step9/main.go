// Step 9: nothing is forgotten.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"regexp"
	"strings"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

var rooms = open()

// open makes the hub. What it has to tell members is text as well.
func open() *hub.Hub[*conn.Batch] {
	cfg := hubconn.Config()
	cfg.Rooms.History = 1000
	cfg.Notice = notice
	journal, err := openJournal("chat.journal")
	if err != nil {
		log.Fatal(err)
	}
	cfg.Broker = journal
	return hub.New(cfg)
}

func notice(n hub.Notice) *conn.Batch {
	switch n.Kind {
	case hub.Joined:
		return encode("%s * next %v here: %s", n.Room, n.Next, strings.Join(n.Users, " "))
	case hub.Gap:
		return encode("%s * gap %v next %v here: %s", n.Room, n.From, n.Next, strings.Join(n.Users, " "))
	case hub.Present:
		return encode("%s * %s has come", n.Room, n.User)
	default: // hub.Absent
		return encode("%s * %s has gone", n.Room, n.User)
	}
}

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:7777")
	if err != nil {
		log.Fatal(err)
	}
	srv := conn.NewServer(conn.HandlerFunc(chat), &conn.Config{Authenticate: login})
	log.Fatal(srv.Serve(context.Background(), ln))
}

// login is asked for each link. What it returns is whose session it is.
func login(_ context.Context, p conn.Peer) (string, error) {
	name := string(p.Credential)
	if !regexp.MustCompile(`^[a-z]{1,20}$`).MatchString(name) {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: "a name has 1 to 20 small letters"}
	}
	return name, nil
}

// A session is what one connection has joined. Only its handler touches it.
type session struct {
	c    *conn.Conn
	subs map[string]*hub.Sub[*conn.Batch]
}

func chat(ctx context.Context, c *conn.Conn) error {
	s := &session{c: c, subs: map[string]*hub.Sub[*conn.Batch]{}}
	defer func() {
		for _, sub := range s.subs {
			sub.Leave()
		}
	}()
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := s.handle(ctx, string(msg)); err != nil {
			return err
		}
	}
	return nil
}

// handle understands "/join room", "/leave room" and "room text".
func (s *session) handle(ctx context.Context, msg string) error {
	first, rest, _ := strings.Cut(msg, " ")
	switch sub := s.subs[first]; {
	case first == "/join":
		return s.join(ctx, rest)
	case first == "/leave" && s.subs[rest] != nil:
		s.subs[rest].Leave()
		delete(s.subs, rest)
		return nil
	case sub == nil:
		return s.c.Send(ctx, []byte("? you are not there"))
	}
	_, err := rooms.Publish(ctx, first, encode("%s %s: %s", first, s.c.Identity(), rest))
	return err
}

// join understands "room", for what comes and the last ten lines, and "room
// position", for all from there on.
func (s *session) join(ctx context.Context, what string) error {
	room, from, given := strings.Cut(what, " ")
	start := hub.Last(10)
	if given {
		var p hub.Position
		if _, err := fmt.Sscanf(from, "%x/%d", &p.Epoch, &p.Offset); err != nil {
			return s.c.Send(ctx, []byte("? that is no position"))
		}
		start = hub.From(p)
	}
	if s.subs[room] != nil {
		return nil
	}
	sub, err := rooms.Join(ctx, room, hubconn.Member(s.c), start, hub.As(s.c.Identity()))
	if err != nil {
		return err
	}
	s.subs[room] = sub
	return nil
}

func encode(format string, args ...any) *conn.Batch {
	b, err := conn.Encode(fmt.Appendf(nil, format, args...))
	if err != nil {
		panic(err) // a message is far from 4 GiB
	}
	return b
}
