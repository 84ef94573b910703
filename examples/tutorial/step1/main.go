// Step 1: a server that says back what it is told.
package main

import (
	"context"
	"log"
	"net"

	"github.com/longsplice/longsplice/conn"
)

func main() {
	ln, err := net.Listen("tcp", "127.0.0.1:7777")
	if err != nil {
		log.Fatal(err)
	}
	srv := conn.NewServer(conn.HandlerFunc(echo), nil)
	log.Fatal(srv.Serve(context.Background(), ln))
}

func echo(ctx context.Context, c *conn.Conn) error {
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}
