// Command echo serves WebSocket clients a session in which each message comes
// back. It is for trying out clients in other languages:
//
//	go run ./conn/wsconn/internal/echo -listen 127.0.0.1:8080
//
// The endpoint is ws://127.0.0.1:8080/longsplice. With -pages it also serves the
// files of a directory, so that pages can be of the same origin. With -cut each
// link is cut after about that time, and clients resume.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

func main() {
	listen := flag.String("listen", "127.0.0.1:8080", "address to listen on")
	pages := flag.String("pages", "", "directory with files to serve beside the endpoint")
	cut := flag.Duration("cut", 0, "cut each link after about this time; 0 for never")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *listen, *pages, *cut); err != nil {
		fmt.Fprintln(os.Stderr, "echo:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, listen, pages string, cut time.Duration) error {
	srv := conn.NewServer(conn.HandlerFunc(echo), &conn.Config{
		Logger: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug})),
		Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
			if cut > 0 {
				time.AfterFunc(cut/2+rand.N(cut), func() { _ = p.Transport.(*wsconn.Conn).Socket().Close() })
			}
			return string(p.Credential), nil
		},
	})
	ln := wsconn.NewListener(&wsconn.Config{Origins: []string{"*"}})
	go srv.Serve(context.Background(), ln) // ends with srv

	mux := http.NewServeMux()
	mux.Handle("/longsplice", ln)
	if pages != "" {
		mux.Handle("/", http.FileServer(http.Dir(pages)))
	}
	tcp, err := net.Listen("tcp", listen)
	if err != nil {
		return err
	}
	fmt.Printf("ws://%s/longsplice\n", tcp.Addr())
	web := &http.Server{Handler: mux, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 10 * time.Second, MaxHeaderBytes: 4 << 10}
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(late)
		_ = web.Shutdown(late)
	}()
	if err := web.Serve(tcp); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
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
