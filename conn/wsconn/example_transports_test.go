package wsconn_test

import (
	"context"
	"crypto/tls"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// One server whose sessions come by TCP, by TLS and by WebSocket, and may change
// between them. Pages and WebSockets have one port.
func Example_transports() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	cert, err := tls.LoadX509KeyPair("cert.pem", "key.pem")
	if err != nil {
		log.Fatal(err)
	}
	secured := &tls.Config{Certificates: []tls.Certificate{cert}}

	plain, err := net.Listen("tcp", ":7777")
	if err != nil {
		log.Fatal(err)
	}
	secure, err := tls.Listen("tcp", ":7778", secured)
	if err != nil {
		log.Fatal(err)
	}
	web := wsconn.NewListener(nil)

	srv := conn.NewServer(conn.HandlerFunc(shout), nil)
	for _, ln := range []net.Listener{plain, secure, web} {
		go srv.Serve(context.Background(), ln)
	}

	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir("pages")))
	mux.Handle("/longsplice", web)
	pages := &http.Server{
		Addr:              ":443",
		Handler:           mux,
		TLSConfig:         secured,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		MaxHeaderBytes:    4 << 10,
	}
	go pages.ListenAndServeTLS("", "")

	<-ctx.Done()
	late, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	// Sessions first: an http.Server knows nothing of connections it has upgraded.
	if err := errors.Join(srv.Shutdown(late), pages.Shutdown(late)); err != nil {
		log.Print(err)
	}
}
