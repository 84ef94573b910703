package conn_test

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"io"
	"net"
	"os"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// script is a conversation of testdata/vectors.json. Here one end of it is the
// package, and the other one says what the script has it say.
type script struct {
	Name       string
	Test       []string
	Window     int
	MaxMessage int `json:"max_message"`
	Steps      []struct {
		Do, From, Kind, Hex, End, Comment string
		Arrives                           int
		Messages                          []string
		Code                              conn.Code
	}
}

func scripts(t *testing.T, end string, play func(*testing.T, *stage)) {
	text, err := os.ReadFile("testdata/vectors.json")
	require.NoError(t, err)
	var v struct{ Conversations []script }
	require.NoError(t, json.Unmarshal(text, &v))
	played := 0
	for _, s := range v.Conversations {
		if slices.Contains(s.Test, end) {
			played++
			t.Run(s.Name, func(t *testing.T) { play(t, newStage(t, &s)) })
		}
	}
	require.GreaterOrEqual(t, played, 4)
}

// stage is one performance of a script.
type stage struct {
	*testing.T
	*script
	ctx  context.Context
	nc   net.Conn   // the scripted end's
	app  *conn.Conn // the package's
	asks []chan error

	// What the server chose, by what the script says that it is.
	epochs map[uint64]uint64
	tokens map[wire.Token]wire.Token
}

func newStage(t *testing.T, s *script) *stage {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	t.Cleanup(cancel)
	return &stage{
		T: t, script: s, ctx: ctx,
		epochs: map[uint64]uint64{}, tokens: map[wire.Token]wire.Token{},
	}
}

func (s *stage) config() *conn.Config {
	return &conn.Config{
		Window: s.Window, MaxMessage: s.MaxMessage,
		Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond},
	}
}

// read reads the scripted frame. An ACK or ACKREQ that is not in the script
// may come at any time.
func (s *stage) read(want []byte) []byte {
	for {
		header := make([]byte, wire.HeaderSize)
		_, err := io.ReadFull(s.nc, header)
		require.NoError(s, err)
		_, _, size, _, err := wire.Cut(header, 1<<20)
		require.NoError(s, err)
		frame := append(header, make([]byte, size-len(header))...)
		_, err = io.ReadFull(s.nc, frame[len(header):])
		require.NoError(s, err)
		kind := wire.Kind(frame[4])
		if byte(kind) == want[4] || kind != wire.KindAck && kind != wire.KindAckReq {
			return frame
		}
	}
}

// act has the application of the package's end do something.
func (s *stage) act(do string, messages []string, code conn.Code) {
	switch do {
	case "send":
		var batches []*conn.Batch
		for _, m := range messages {
			b, err := conn.Encode([]byte(m))
			require.NoError(s, err)
			batches = append(batches, b)
		}
		require.NoError(s, s.app.TrySendBatch(conn.Concat(batches...)))
	case "consume":
		for _, m := range messages {
			msg, err := s.app.Receive(s.ctx)
			require.NoError(s, err)
			require.Equal(s, m, string(msg))
		}
		over, cancel := context.WithCancel(s.ctx)
		cancel()
		_, err := s.app.Receive(over) // consumes the last one
		require.Error(s, err)
	case "flush":
		s.ask(s.app.Flush)
	case "close":
		s.ask(func(ctx context.Context) error { return s.app.Shutdown(ctx, code, "") })
	case "ended":
		<-s.app.Done()
	}
}

func (s *stage) ask(f func(context.Context) error) {
	answer := make(chan error, 1)
	go func() { answer <- f(s.ctx) }()
	s.asks = append(s.asks, answer)
}

func (s *stage) answered() {
	for _, a := range s.asks {
		// Whoever shuts down after the end learns how it ended.
		if err := <-a; err != nil {
			require.IsType(s, &conn.CloseError{}, err)
		}
	}
}

func TestVectorsAgainstDial(t *testing.T) {
	scripts(t, "client", func(t *testing.T, s *stage) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		defer ln.Close()
		dialled := make(chan error, 1)
		go func() {
			var err error
			s.app, err = conn.Dial(s.ctx, ln.Addr().String(), s.config())
			dialled <- err
		}()
		up := false
		for _, step := range s.Steps {
			t.Log(step.Do, step.From, step.Kind, step.End, step.Comment)
			frame, err := hex.DecodeString(step.Hex)
			require.NoError(t, err)
			switch {
			case step.Do == "connect":
				s.nc, err = ln.Accept()
				require.NoError(t, err)
				defer s.nc.Close()
				require.NoError(t, s.nc.SetDeadline(time.Now().Add(10*time.Second)))
			case step.Do == "cut":
				require.NoError(t, s.nc.Close())
			case step.Do == "part" && step.From == "client":
				got := make([]byte, step.Arrives)
				_, err := io.ReadFull(s.nc, got)
				require.NoError(t, err)
				require.Equal(t, frame[:step.Arrives], got)
			case step.Do == "frame" && step.From == "client":
				require.Equal(t, step.Hex, hex.EncodeToString(s.read(frame)))
			case step.Do == "part":
				_, err = s.nc.Write(frame[:step.Arrives])
				require.NoError(t, err)
			case step.Do == "frame":
				_, err = s.nc.Write(frame)
				require.NoError(t, err)
				if !up {
					require.NoError(t, <-dialled)
					up = true
					defer s.app.Close()
				}
			case step.End == "client":
				s.act(step.Do, step.Messages, step.Code)
			}
		}
		if s.Name == "restart" {
			<-s.app.Done()
			var lost *conn.LostError
			require.ErrorAs(t, s.app.Err(), &lost)
			require.Equal(t, conn.LostRestarted, lost.Reason)
		}
		s.answered()
	})
}

// house is the package's server: its handler lends the Conn to the stage.
type house struct {
	srv    *conn.Server
	addr   string
	joined chan *conn.Conn
	leave  chan error
}

func (s *stage) open() *house {
	h := &house{joined: make(chan *conn.Conn, 1), leave: make(chan error, 1)}
	h.srv = conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		h.joined <- c
		select {
		case err := <-h.leave:
			return err
		case <-ctx.Done():
			return ctx.Err()
		}
	}), s.config())
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(s, err)
	h.addr = ln.Addr().String()
	go h.srv.Serve(s.ctx, ln)
	return h
}

// said turns what the script has the client say into what it has to say to
// this server.
func (s *stage) said(frame []byte) []byte {
	if wire.Kind(frame[4]) != wire.KindHello {
		return frame
	}
	h, err := wire.ParseHello(frame[wire.HeaderSize:])
	require.NoError(s, err)
	h.Epoch, h.Token = s.epochs[h.Epoch], s.tokens[h.Token]
	return h.Append(nil)
}

// heard checks what the server said, and takes note of what it chose.
func (s *stage) heard(want, got []byte) {
	require.Equal(s, want[4], got[4], "kind")
	wantBody, gotBody := want[wire.HeaderSize:], got[wire.HeaderSize:]
	switch wire.Kind(want[4]) {
	case wire.KindWelcome:
		w, err := wire.ParseWelcome(wantBody)
		require.NoError(s, err)
		g, err := wire.ParseWelcome(gotBody)
		require.NoError(s, err)
		require.NotContains(s, s.tokens, w.Token)
		s.epochs[w.Epoch], s.tokens[w.Token] = g.Epoch, g.Token
		w.Epoch, w.ID, w.Token = g.Epoch, g.ID, g.Token
		require.Equal(s, w, g)
		return
	case wire.KindRefuse:
		g, err := wire.ParseRefuse(gotBody)
		require.NoError(s, err)
		for _, old := range s.epochs {
			require.NotEqual(s, old, g.Epoch)
		}
		copy(got[wire.HeaderSize+2:], want[wire.HeaderSize+2:][:8])
	case wire.KindClose:
		w, err := wire.ParseClose(wantBody)
		require.NoError(s, err)
		g, err := wire.ParseClose(gotBody)
		require.NoError(s, err)
		if w.Code == uint16(conn.CodeProtocol) {
			require.NotEmpty(s, g.Reason)
			w.Reason = g.Reason
		}
		require.Equal(s, w, g)
		return
	}
	require.Equal(s, hex.EncodeToString(want), hex.EncodeToString(got))
}

func TestVectorsAgainstServer(t *testing.T) {
	scripts(t, "server", func(t *testing.T, s *stage) {
		h := s.open()
		defer func() { h.srv.Close() }()
		for _, step := range s.Steps {
			t.Log(step.Do, step.From, step.Kind, step.End, step.Comment)
			frame, err := hex.DecodeString(step.Hex)
			require.NoError(t, err)
			switch {
			case step.Do == "connect":
				s.nc, err = net.Dial("tcp", h.addr)
				require.NoError(t, err)
				defer s.nc.Close()
				require.NoError(t, s.nc.SetDeadline(time.Now().Add(10*time.Second)))
			case step.Do == "cut":
				require.NoError(t, s.nc.Close())
			case step.Do == "restart":
				require.NoError(t, h.srv.Close())
				h = s.open()
			case step.Do == "part" && step.From == "server":
				_, err := io.ReadFull(s.nc, frame[:step.Arrives])
				require.NoError(t, err)
			case step.Do == "frame" && step.From == "server":
				s.heard(frame, s.read(frame))
				if s.app == nil {
					s.app = <-h.joined
				}
			case step.Do == "part":
				_, err = s.nc.Write(frame[:step.Arrives])
				require.NoError(t, err)
			case step.Do == "frame":
				_, err = s.nc.Write(s.said(frame))
				require.NoError(t, err)
			case step.End == "server" && step.Do == "leave":
				s.ask(h.srv.Shutdown)
			case step.End == "server" && step.Do == "close":
				_, err := s.app.Receive(s.ctx)
				require.ErrorIs(t, err, io.EOF)
				h.leave <- nil
			case step.End == "server":
				s.act(step.Do, step.Messages, step.Code)
			}
		}
		switch s.Steps[len(s.Steps)-1].Do {
		case "ended", "frame":
			if s.Name != "window" { // the session is over
				_, err := s.nc.Read(make([]byte, 1))
				require.ErrorIs(t, err, io.EOF)
			}
		}
		s.answered()
	})
}
