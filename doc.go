// Package longsplice is the map of the Longsplice module, which keeps message
// connections alive across the links that fail under them. There is no code
// here; import the packages.
//
// # The house
//
//	codec       heartbeat       reconnect       hub
//	    \           |            /              ├── hubtest
//	     \          |           /               ├── boltbroker
//	                conn ─────────────────────── └── hubconn
//	                ├── wsconn
//	                └── conntest
//	                    └── faultproxy
//
// From the top:
//
//   - [github.com/longsplice/longsplice/codec] cuts byte streams into messages,
//     in the framings of others too, and turns messages into values.
//   - [github.com/longsplice/longsplice/heartbeat] tells whether the other end
//     of anything that can be pinged is still there.
//   - [github.com/longsplice/longsplice/reconnect] keeps anything that can be
//     dialled and closed alive, with a backoff that does not make a herd.
//   - [github.com/longsplice/longsplice/conn] has the client and the server: a
//     Conn is one end of a session, a stream of messages each way that survives
//     cut links without losing, doubling or reordering a message.
//   - [github.com/longsplice/longsplice/hub] has rooms: what is published in one
//     reaches all its members in the same order, whether they are fast, slow or
//     away for a while.
//   - [github.com/longsplice/longsplice/hub/hubconn] makes a Conn a member.
//   - github.com/longsplice/longsplice/hub/boltbroker keeps what rooms say in a
//     file, and github.com/longsplice/longsplice/conn/wsconn makes a WebSocket a
//     transport. They are modules of their own.
//   - [github.com/longsplice/longsplice/conn/conntest] is an in-memory network
//     that fails on command, and a conformance suite for transports.
//   - [github.com/longsplice/longsplice/conn/conntest/faultproxy] injects the
//     same faults on real TCP.
//
// codec, heartbeat, reconnect and hub are useful alone and know nothing of each
// other; conn puts the first three together, and hubconn a hub on top. Nothing is global, and a nil configuration
// works.
//
// # A program
//
// A server that answers in capitals, and a client of it:
//
//	package main
//
//	import (
//		"bytes"
//		"context"
//		"fmt"
//		"log"
//		"net"
//
//		"github.com/longsplice/longsplice/conn"
//	)
//
//	func main() {
//		ctx := context.Background()
//		ln, err := net.Listen("tcp", "127.0.0.1:0")
//		if err != nil {
//			log.Fatal(err)
//		}
//		srv := conn.NewServer(conn.HandlerFunc(answer), nil)
//		go srv.Serve(ctx, ln)
//		defer srv.Close()
//
//		c, err := conn.Dial(ctx, "tcp://"+ln.Addr().String(), nil)
//		if err != nil {
//			log.Fatal(err)
//		}
//		defer c.Close()
//		for _, word := range []string{"long", "splice"} {
//			if err := c.Send(ctx, []byte(word)); err != nil {
//				log.Fatal(err)
//			}
//			msg, err := c.Receive(ctx)
//			if err != nil {
//				log.Fatal(err)
//			}
//			fmt.Printf("%s\n", msg)
//		}
//	}
//
//	// answer is called once for each session, however many links it takes.
//	func answer(ctx context.Context, c *conn.Conn) error {
//		for msg, err := range c.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			if err := c.Send(ctx, bytes.ToUpper(msg)); err != nil {
//				return err
//			}
//		}
//		return nil // the client has closed
//	}
//
// # Where to read on
//
// The documentation of package conn says what is promised and what is not.
// README.md in the repository compares the module with others, docs/design.md
// says how it works and why, and examples/quickstart shows it at work on a
// connection that is cut all the time.
package longsplice
