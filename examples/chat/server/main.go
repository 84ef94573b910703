// Server is a chat server: rooms, private messages and who is there, for
// clients over TCP, TLS and WebSocket, and a web page for browsers.
//
//	go run ./examples/chat/server
package main

import (
	"context"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

func main() {
	tcp := flag.String("tcp", ":7777", "listen for clients on this `address`")
	web := flag.String("http", ":8080", "serve the page and WebSockets on this `address`")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, *tcp, *web, slog.Default()); err != nil {
		fmt.Fprintln(os.Stderr, "server:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, tcp, web string, log *slog.Logger) error {
	ch := newChat(log)
	srv := conn.NewServer(ch, &conn.Config{Authenticate: ch.authenticate, MaxMessage: maxMessage, Logger: log})
	ln, err := net.Listen("tcp", tcp)
	if err != nil {
		return err
	}
	ws := wsconn.NewListener(nil)
	mux := http.NewServeMux()
	mux.Handle("/chat", ws)
	mux.Handle("/", page())
	hs := &http.Server{Addr: web, Handler: mux, ReadHeaderTimeout: 5 * time.Second, MaxHeaderBytes: 4 << 10}
	go srv.Serve(context.WithoutCancel(ctx), ln)
	go srv.Serve(context.WithoutCancel(ctx), ws)
	failed := make(chan error, 1)
	go func() { failed <- hs.ListenAndServe() }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	drain, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	err = srv.Shutdown(drain)
	ch.hub.Close()
	hs.Close()
	return err
}
