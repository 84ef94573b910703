package wsconn_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// shout sends back what it receives, louder.
func shout(ctx context.Context, c *conn.Conn) error {
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Send(ctx, bytes.ToUpper(msg)); err != nil {
			return err
		}
	}
	return nil
}

// A server and a client.
func Example() {
	ctx := context.Background()

	srv := conn.NewServer(conn.HandlerFunc(shout), nil)
	ln := wsconn.NewListener(nil)
	go srv.Serve(ctx, ln)

	mux := http.NewServeMux()
	mux.Handle("/longsplice", ln)
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 4 << 10}
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go web.Serve(tcp)

	target := "ws://" + tcp.Addr().String() + "/longsplice"
	c, err := conn.Dial(ctx, target, &conn.Config{Dialers: wsconn.Dialers(nil)})
	if err != nil {
		log.Fatal(err)
	}
	if err := c.Send(ctx, []byte("hello")); err != nil {
		log.Fatal(err)
	}
	msg, err := c.Receive(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s\n", msg)

	err = errors.Join(c.Close(), srv.Shutdown(ctx), web.Shutdown(ctx))
	fmt.Println(err)
	// Output:
	// HELLO
	// <nil>
}

// A page shows a cookie, which no other client has; other clients show a
// credential. Either way the session belongs to a user.
func ExampleConfig_admit() {
	ln := wsconn.NewListener(&wsconn.Config{
		Origins: []string{"https://app.example.org"},
		Admit: func(r *http.Request) (any, error) {
			cookie, err := r.Cookie("login")
			if err != nil {
				return nil, nil // Authenticate decides
			}
			return userOf(cookie.Value)
		},
	})
	srv := conn.NewServer(conn.HandlerFunc(shout), &conn.Config{
		Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
			if ws, ok := p.Transport.(*wsconn.Conn); ok && ws.Value() != nil {
				return ws.Value().(string), nil
			}
			return userOf(string(p.Credential))
		},
	})
	defer srv.Close()
	go srv.Serve(context.Background(), ln)
	http.Handle("/longsplice", ln)
}

func userOf(token string) (string, error) { return "", errors.New("not logged in") }

// A Dialer for targets behind a proxy, with a header that a gateway wants to see.
func ExampleDialers() {
	dialers := wsconn.Dialers(&wsconn.Dialer{
		Header: http.Header{"X-Tenant": {"blue"}},
	})
	c, err := conn.Dial(context.Background(), "wss://example.org/longsplice?region=eu", &conn.Config{
		Dialers: dialers,
		Targets: []string{"tls://example.org:7777"}, // if the first does not get through
	})
	if err != nil {
		log.Fatal(err)
	}
	defer c.Close()
}
