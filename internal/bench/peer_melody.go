package main

import (
	"net/http"

	"github.com/olahol/melody"
)

var melodyPeer = &peer{
	name:    "melody",
	without: "resume, ack; more than 256 messages behind are dropped",
	tuned:   "BroadcastBinaryFilter by the path, as in its multichat example; MaxMessageSize raised, MessageBufferSize as by default; gorilla's client",
	serve:   serveMelody,
	dial:    dialGorilla,
}

type melodyServer struct {
	*web
	m *melody.Melody
}

func serveMelody(addr string, a app) (s server, err error) {
	m := melody.New()
	m.Config.MaxMessageSize = maxFrame
	m.HandleConnect(func(s *melody.Session) { _ = s.WriteBinary(welcome) })
	m.HandleMessageBinary(func(s *melody.Session, msg []byte) {
		if a(msg, sendFunc(s.WriteBinary)) != nil {
			s.Close()
		}
	})
	w, err := serveWeb(addr, func(w http.ResponseWriter, r *http.Request, room uint32) {
		_ = m.HandleRequestWithKeys(w, r, map[string]any{"room": room})
	})
	return &melodyServer{w, m}, err
}

func (s *melodyServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		// Its hub sends m later, in goroutines of its own.
		own := append([]byte(nil), m...)
		err := s.m.BroadcastBinaryFilter(own, func(s *melody.Session) bool { return s.Keys["room"] == room })
		if err != nil {
			return err
		}
	}
	return nil
}

func (s *melodyServer) Close() error {
	s.m.Close()
	return s.web.Close()
}
