package main

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"sync"
	"sync/atomic"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/examples/chat/internal/certificate"
	"github.com/longsplice/longsplice/examples/chat/internal/ops"
)

// A server is the chat and where it listens.
type server struct {
	*chat
	cert     certificate.Holder
	conns    *conn.Server // of all transports: a session may go on over another one
	ws       *wsconn.Listener
	https    []*http.Server
	addrs    map[string]net.Addr // where it listens, by setting
	draining atomic.Bool
	tasks    sync.WaitGroup
	failed   chan error // a listener's
	quit     context.CancelFunc
}

// start opens all that the settings name and begins to serve.
func start(cfg *settings, log *slog.Logger) (*server, error) {
	ch, err := newChat(cfg, log)
	if err != nil {
		return nil, err
	}
	ctx, quit := context.WithCancel(context.Background())
	s := &server{chat: ch, ws: wsconn.NewListener(nil), addrs: map[string]net.Addr{}, failed: make(chan error, 8), quit: quit}
	s.conns = conn.NewServer(ch, &conn.Config{
		MaxMessage: maxMessage, SendBuffer: cfg.sendBuffer, Window: 64 << 10, SessionTTL: cfg.sessionTTL,
		ComeBackMin: cfg.comeBackMin, ComeBackMax: cfg.comeBackMax,
		Authenticate: ch.authenticate, Logger: log, Trace: ch.metrics.Trace(),
	})
	if err := s.listen(ctx, cfg); err != nil {
		return nil, errors.Join(err, s.stop(ctx))
	}
	return s, nil
}

func (s *server) listen(ctx context.Context, cfg *settings) error {
	if err := s.cert.Load(cfg.cert, cfg.key, cfg.selfSigned); err != nil {
		return err
	}
	for _, l := range []struct {
		name, addr string
		serve      func(net.Listener) error
	}{
		{"tcp", cfg.tcp, func(ln net.Listener) error { return s.conns.Serve(ctx, ln) }},
		{"tls", cfg.tls, func(ln net.Listener) error { return s.conns.Serve(ctx, tls.NewListener(ln, s.cert.Config())) }},
		{"http", cfg.http, s.web(s.public())},
		{"admin", cfg.admin, s.web(ops.Private(s.metrics, s.health))},
	} {
		if l.addr == "" || l.name == "tls" && s.cert.Empty() {
			continue
		}
		ln, err := net.Listen("tcp", l.addr)
		if err != nil {
			return err
		}
		s.addrs[l.name] = ln.Addr()
		s.log.Info("listening", "for", l.name, "on", ln.Addr())
		s.run(func() error { return l.serve(ln) })
	}
	s.run(func() error { return s.conns.Serve(ctx, s.ws) })
	return nil
}

func (s *server) web(h http.Handler) func(net.Listener) error {
	hs := ops.Server(h, s.log)
	s.https = append(s.https, hs)
	return hs.Serve
}

// run calls f in a goroutine. Where it ends unasked, so does the server.
func (s *server) run(f func() error) {
	s.tasks.Go(func() {
		if err := f(); !errors.Is(err, http.ErrServerClosed) && !errors.Is(err, conn.ErrServerClosed) {
			select {
			case s.failed <- err:
			default:
			}
		}
	})
}

// stop ends the server in good order: clients are told to come back, what they
// have sent is taken, kept and shown, and then everything is closed, what the
// sessions use last. Links may still come until ctx ends, for those whose link
// is cut at that moment.
func (s *server) stop(ctx context.Context) error {
	s.draining.Store(true)
	s.tellAll("The server restarts. It will be back in a moment.")
	err := s.conns.Shutdown(ctx)
	s.quit()
	for _, hs := range s.https {
		err = errors.Join(err, hs.Close())
	}
	s.tasks.Wait()
	return errors.Join(err, s.close())
}
