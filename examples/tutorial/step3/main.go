// Step 3: everybody has a name.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"regexp"

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

func chat(ctx context.Context, c *conn.Conn) error {
	sub, err := rooms.Join(ctx, "lobby", hubconn.Member(c))
	if err != nil {
		return err
	}
	defer sub.Leave()
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		line, err := conn.Encode(fmt.Appendf(nil, "%s: %s", c.Identity(), msg))
		if err != nil {
			return err
		}
		if _, err := rooms.Publish(ctx, "lobby", line); err != nil {
			return err
		}
	}
	return nil
}
