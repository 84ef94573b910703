package main

import (
	"context"
	"net"
	"net/http"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// Longsplice's sessions over WebSocket, for a comparison with those who speak it
// bare.
var wsPeer = &peer{
	name:     "longsplice/ws",
	ours:     true,
	promises: true,
	tuned:    "the zero Config over wsconn, with its defaults; fan-out as longsplice",
	serve:    serveWS,
	dial: func(ctx context.Context, to target) (client, error) {
		to.addr = "ws://" + to.addr
		return dialLongsplice(ctx, to, &conn.Config{Dialers: wsconn.Dialers(nil)})
	},
	keep: func(_ context.Context, to target, k keeping) (client, error) {
		to.addr = "ws://" + to.addr
		return keepLongsplice(to, k, &conn.Config{Dialers: wsconn.Dialers(&wsconn.Dialer{NetDial: k.netDial})})
	},
}

type wsServer struct {
	*longspliceServer
	tcp  net.Listener
	web  *http.Server
	done chan struct{}
}

func serveWS(addr string, a app) (server, error) {
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	ln := wsconn.NewListener(nil)
	s := &wsServer{serveLongspliceOn(ln, a), tcp, &http.Server{Handler: ln}, make(chan struct{})}
	go func() {
		defer close(s.done)
		_ = s.web.Serve(tcp) // it ends with Close
	}()
	return s, nil
}

func (s *wsServer) Addr() string { return s.tcp.Addr().String() }

func (s *wsServer) Close() error {
	err := s.longspliceServer.Close()
	s.web.Close()
	<-s.done
	return err
}
