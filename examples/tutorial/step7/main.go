// Step 7: a client that survives cut links and a server that restarts.
//
//	go run ./examples/tutorial/step7 ann
//	go run ./examples/tutorial/step7 ann tls://127.0.0.1:7778
package main

import (
	"bufio"
	"context"
	"crypto/tls"
	"fmt"
	"log"
	"os"
	"strings"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/hub"
)

// A client is what outlives sessions.
type client struct {
	typed chan string
	next  map[string]hub.Position // by room, the position of its next line
}

func main() {
	if len(os.Args) < 2 {
		log.Fatal("usage: step7 name [target]")
	}
	name, target := os.Args[1], "tcp://127.0.0.1:7777"
	if len(os.Args) > 2 {
		target = os.Args[2]
	}
	c := &client{typed: make(chan string), next: map[string]hub.Position{}}
	go c.read()
	err := conn.Run(context.Background(), target, conn.HandlerFunc(c.talk), &conn.Config{
		Credential: func(context.Context) ([]byte, error) { return []byte(name), nil },
		OnState:    func(s conn.State) { log.Print(s) },
		Dialers:    wsconn.Dialers(nil),
		TLS:        &tls.Config{InsecureSkipVerify: true}, // step 8 makes up its certificate
	})
	if err != nil {
		log.Fatal(err)
	}
}

func (c *client) read() {
	defer close(c.typed)
	for lines := bufio.NewScanner(os.Stdin); lines.Scan(); {
		c.typed <- lines.Text()
	}
}

// talk is called once for each session. If it is called again, the server has
// forgotten in which rooms the client was.
func (c *client) talk(ctx context.Context, conn *conn.Conn) error {
	for room, p := range c.next {
		if err := conn.Send(ctx, fmt.Appendf(nil, "/join %s %v", room, p)); err != nil {
			return err
		}
	}
	received := make(chan error, 1)
	go func() { received <- c.show(ctx, conn) }()
	for {
		select {
		case line, ok := <-c.typed:
			if !ok {
				return nil
			}
			if err := conn.Send(ctx, []byte(line)); err != nil {
				return err
			}
		case err := <-received:
			return err
		}
	}
}

// show prints what comes, and counts.
func (c *client) show(ctx context.Context, conn *conn.Conn) error {
	for msg, err := range conn.Messages(ctx) {
		if err != nil {
			return err
		}
		fmt.Printf("%s\n", msg)
		c.count(string(msg))
	}
	return nil
}

// count keeps the positions: a notice of the hub says where a room stands, and
// each line moves that on by one.
func (c *client) count(msg string) {
	room, rest, _ := strings.Cut(msg, " ")
	if notice, ok := strings.CutPrefix(rest, "* "); ok {
		if _, after, ok := strings.Cut(notice, "next "); ok {
			var p hub.Position
			if _, err := fmt.Sscanf(after, "%x/%d", &p.Epoch, &p.Offset); err == nil {
				c.next[room] = p
			}
		}
	} else if p, ok := c.next[room]; ok {
		p.Offset++
		c.next[room] = p
	}
}
