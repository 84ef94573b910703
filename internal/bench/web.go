package main

import (
	"errors"
	"net"
	"net/http"
	"strconv"
	"strings"
)

// Servers that are reached through HTTP name the room in the path: /17.

// A web server serves HTTP until Close, and knows nothing of the connections
// that were upgraded: their peer has to end them.
type web struct {
	ln   net.Listener
	srv  *http.Server
	done chan struct{}
}

func serveWeb(addr string, handle func(w http.ResponseWriter, r *http.Request, room uint32)) (*web, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	w := &web{ln: ln, done: make(chan struct{})}
	w.srv = &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		room, err := strconv.ParseUint(strings.TrimPrefix(r.URL.Path, "/"), 10, 32)
		if err != nil {
			http.Error(w, "no such room", http.StatusNotFound)
			return
		}
		handle(w, r, uint32(room))
	})}
	go func() {
		defer close(w.done)
		_ = w.srv.Serve(ln) // it ends with Close
	}()
	return w, nil
}

func (w *web) Addr() string { return w.ln.Addr().String() }

func (w *web) Close() error {
	err := w.srv.Close()
	<-w.done
	return err
}

// wsURL is where a WebSocket client finds its room.
func wsURL(to target) string {
	return "ws://" + to.addr + "/" + strconv.FormatUint(uint64(to.room), 10)
}

// welcome is what a server says to a connection that has joined.
var welcome = []byte("welcome")

// end closes what has to be closed and waits for the reader.
func end(done <-chan struct{}, closers ...func() error) error {
	var errs []error
	for _, c := range closers {
		errs = append(errs, c())
	}
	<-done
	return errors.Join(errs...)
}
