package main

import (
	"fmt"
	"io"
	"net/http"

	"github.com/longsplice/longsplice/examples/chat/server/web"
)

// public is what everybody may ask for.
func (s *server) public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /chat", s.ws)
	mux.Handle("GET /healthz", web.Safe(http.HandlerFunc(s.health)))
	mux.Handle("GET /", web.Page())
	return mux
}

// health is for a load balancer: who drains is to get no new clients.
func (s *server) health(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if s.draining.Load() {
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, "draining\n")
		return
	}
	_, _ = fmt.Fprintf(w, "ok\nsessions %d\n", s.count())
}
