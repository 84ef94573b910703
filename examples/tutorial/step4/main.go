// Step 4: rooms.
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

var rooms = hub.New(hubconn.Config())

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

func (s *session) join(ctx context.Context, room string) error {
	if s.subs[room] != nil {
		return nil
	}
	sub, err := rooms.Join(ctx, room, hubconn.Member(s.c))
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
