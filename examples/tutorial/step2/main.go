// Step 2: what one says, all hear.
package main

import (
	"context"
	"log"
	"net"

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
	srv := conn.NewServer(conn.HandlerFunc(chat), nil)
	log.Fatal(srv.Serve(context.Background(), ln))
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
		line, err := conn.Encode(msg)
		if err != nil {
			return err
		}
		if _, err := rooms.Publish(ctx, "lobby", line); err != nil {
			return err
		}
	}
	return nil
}
