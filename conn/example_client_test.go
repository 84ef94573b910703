package conn_test

import (
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"net"

	"github.com/longsplice/longsplice/codec"
	"github.com/longsplice/longsplice/conn"
)

// exampleServer serves h on a port of its own until stop is called.
func exampleServer(h conn.Handler) (address string, stop func() error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	srv := conn.NewServer(h, nil)
	go srv.Serve(context.Background(), ln)
	return ln.Addr().String(), srv.Close
}

// A client that tells what it is doing. The Conn stays good while links come
// and go.
func ExampleDial() {
	ctx := context.Background()
	address, stop := exampleServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		return c.Send(ctx, msg)
	}))
	defer stop()

	c, err := conn.Dial(ctx, "tcp://"+address, &conn.Config{
		OnState: func(s conn.State) { log.Println(s) },
	})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	if err := c.Send(ctx, []byte("ping")); err != nil {
		panic(err)
	}
	msg, err := c.Receive(ctx)
	fmt.Printf("%s %v\n", msg, err)
	// Output: ping <nil>
}

// TLS needs the target's scheme, and a configuration where the system's roots
// are not what is wanted.
func ExampleDial_tLS() {
	ctx := context.Background()
	c, err := conn.Dial(ctx, "tls://chat.example.com:7443", &conn.Config{
		TLS: &tls.Config{ServerName: "chat.example.com"},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
}

// Run calls the handler for one session after another: again when the server
// has forgotten the one before.
func ExampleRun() {
	ctx := context.Background()
	address, stop := exampleServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		return c.Send(ctx, append([]byte("welcome, "), msg...))
	}))
	defer stop()

	err := conn.Run(ctx, address, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		if err := c.Send(ctx, []byte("gopher")); err != nil {
			return err
		}
		msg, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", msg)
		return nil // done
	}), nil)
	fmt.Println(err)
	// Output:
	// welcome, gopher
	// <nil>
}

// Typed puts a codec over a connection, on one end or on both.
func ExampleTyped() {
	type message struct{ From, Text string }
	ctx := context.Background()
	address, stop := exampleServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		chat := conn.Typed(c, codec.JSON[message]())
		for m, err := range chat.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := chat.Send(ctx, message{From: "server", Text: "hello, " + m.From}); err != nil {
				return err
			}
		}
		return nil
	}))
	defer stop()

	c, err := conn.Dial(ctx, address, nil)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	chat := conn.Typed(c, codec.JSON[message]())
	if err := chat.Send(ctx, message{From: "gopher", Text: "hi"}); err != nil {
		panic(err)
	}
	m, err := chat.Receive(ctx)
	fmt.Println(m.From, "says:", m.Text, err)
	// Output: server says: hello, gopher <nil>
}

// A batch is encoded once, and sent to any number of connections without a copy
// each.
func ExampleConn_TrySendBatch() {
	ctx := context.Background()
	news, err := conn.Encode([]byte("first"), []byte("second"))
	if err != nil {
		panic(err)
	}
	address, stop := exampleServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		return c.TrySendBatch(news)
	}))
	defer stop()

	for range 2 {
		c, err := conn.Dial(ctx, address, nil)
		if err != nil {
			panic(err)
		}
		for msg, err := range c.Messages(ctx) {
			fmt.Printf("%s %v\n", msg, err)
		}
		c.Close()
	}
	// Output:
	// first <nil>
	// second <nil>
	// first <nil>
	// second <nil>
}
