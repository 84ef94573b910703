package main

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/pprof"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// httpServer bounds what a stranger can take up before anything is known of
// him. Requests that are answered at once need no more.
func httpServer(h http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       10 * time.Second,
		IdleTimeout:       time.Minute,
		MaxHeaderBytes:    4 << 10, // net/http takes 4 KiB more: 8 KiB in all
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// public is what everybody may ask for.
func (s *server) public() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /chat", s.ws)
	mux.Handle("GET /healthz", safe(http.HandlerFunc(s.health)))
	mux.Handle("GET /", page())
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

// private is what only the operator may see: profiles hold names and texts, and
// a profile costs time. Hence it is on an address of its own, which others do
// not reach unless somebody says so.
func (s *server) private() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", promhttp.HandlerFor(s.metrics, promhttp.HandlerOpts{Timeout: 5 * time.Second}))
	mux.HandleFunc("GET /healthz", s.health)
	mux.HandleFunc("GET /debug/pprof/", pprof.Index)
	mux.HandleFunc("GET /debug/pprof/cmdline", pprof.Cmdline)
	mux.HandleFunc("GET /debug/pprof/profile", pprof.Profile)
	mux.HandleFunc("GET /debug/pprof/symbol", pprof.Symbol)
	mux.HandleFunc("GET /debug/pprof/trace", pprof.Trace)
	return mux
}
