package conn_test

import (
	"context"
	"fmt"
	"net"

	"github.com/longsplice/longsplice/conn"
)

// A server that echoes, and a client that uses it.
func Example() {
	ctx := context.Background()
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Send(ctx, msg); err != nil {
				return err
			}
		}
		return nil // the peer closed
	}), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, ln)
	defer srv.Close()

	c, err := conn.Dial(ctx, ln.Addr().String(), nil)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	if err := c.Send(ctx, []byte("hello")); err != nil {
		panic(err)
	}
	msg, err := c.Receive(ctx)
	if err != nil {
		panic(err)
	}
	fmt.Printf("%s\n", msg)
	// Output: hello
}

// In push style a function is called with each message.
func ExampleOnMessage() {
	ctx := context.Background()
	srv := conn.NewServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		fmt.Printf("received %s\n", msg)
		return nil
	}), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, ln)
	defer srv.Close()

	c, err := conn.Dial(ctx, ln.Addr().String(), nil)
	if err != nil {
		panic(err)
	}
	for _, word := range []string{"one", "two", "three"} {
		if err := c.Send(ctx, []byte(word)); err != nil {
			panic(err)
		}
	}
	// Shutdown returns when the handler has dealt with all of it.
	fmt.Println(c.Shutdown(ctx, conn.CodeNormal, ""))
	// Output:
	// received one
	// received two
	// received three
	// <nil>
}

// Shutdown asks clients to leave, and returns when everything that either end
// had accepted is delivered.
func ExampleServer_Shutdown() {
	ctx := context.Background()
	srv := conn.NewServer(conn.OnMessage(func(ctx context.Context, _ *conn.Conn, msg []byte) error {
		fmt.Printf("received %s\n", msg)
		return nil
	}), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, ln)

	c, err := conn.Dial(ctx, ln.Addr().String(), nil)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	if err := c.Send(ctx, []byte("last words")); err != nil {
		panic(err)
	}
	fmt.Println(srv.Shutdown(ctx))
	// Output:
	// received last words
	// <nil>
}
