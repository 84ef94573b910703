package hubconn_test

import (
	"context"
	"fmt"
	"net"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// A chat room: what a client sends goes to all.
func Example() {
	ctx := context.Background()
	cfg := hubconn.Config()
	cfg.Notice = func(n hub.Notice) *conn.Batch {
		text := "you are in " + n.Room
		if n.Kind != hub.Joined {
			text = "something else happened"
		}
		b, _ := conn.Encode([]byte(text)) // fails only for messages of gigabytes
		return b
	}
	rooms := hub.New(cfg)
	defer rooms.Close()

	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
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
	}), nil)
	defer srv.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		fmt.Println(err)
		return
	}
	go srv.Serve(ctx, ln)

	receive := func(c *conn.Conn, name string) {
		msg, err := c.Receive(ctx)
		if err != nil {
			fmt.Println(err)
		}
		fmt.Printf("%s: %s\n", name, msg)
	}
	ann, err := conn.Dial(ctx, "tcp://"+ln.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer ann.Close()
	receive(ann, "ann")
	bob, err := conn.Dial(ctx, "tcp://"+ln.Addr().String(), nil)
	if err != nil {
		fmt.Println(err)
		return
	}
	defer bob.Close()
	receive(bob, "bob")
	if err := ann.Send(ctx, []byte("hello")); err != nil {
		fmt.Println(err)
	}
	receive(ann, "ann")
	receive(bob, "bob")
	// Output:
	// ann: you are in lobby
	// bob: you are in lobby
	// ann: hello
	// bob: hello
}
