package hubconn_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// rooms are their names in messages; "p" stands for a user's own room.
var rooms = []byte("abp")

// nameOf is the name of a room.
func nameOf(room byte, user string) string {
	if room == 'p' {
		return hub.Personal(user)
	}
	return string(room)
}

// A station is a server with a hub.
type station struct {
	*stressed
	n      int
	hub    *hub.Hub[*conn.Batch]
	srv    *conn.Server
	served chan error
	stop   func()
}

func (w *stressed) at(i int) *station {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stations[i]
}

// open starts a station, perhaps in another's place.
func (w *stressed) open(i int) {
	cfg := hubconn.Config()
	cfg.Rooms, cfg.Personal = w.room, w.room
	cfg.MaxRun = 300
	cfg.Notice = func(n hub.Notice) *conn.Batch {
		text, err := json.Marshal(n)
		assert.NoError(w, err)
		return encode(append([]byte("n"), text...))
	}
	cfg.Key = func(b *conn.Batch) string {
		for msg := range b.All() {
			return string(msg[6:7])
		}
		return ""
	}
	if w.broker != nil {
		cfg.Broker = w.broker
	}
	st := &station{stressed: w, n: i, hub: hub.New(cfg), served: make(chan error, 1)}
	scfg := &conn.Config{
		MinPing: -1, SendBuffer: w.buffer, MaxMessage: 400, Heartbeat: watch, WriteTimeout: 2 * time.Second, Linger: -1,
		Authenticate: func(_ context.Context, p conn.Peer) (string, error) { return string(p.Credential), nil },
		MaxDetached:  -1, MaxFailedResumes: -1,
		ComeBackMin: time.Millisecond, ComeBackMax: 50 * time.Millisecond,
	}
	st.srv = conn.NewServer(conn.HandlerFunc(st.handle), scfg)
	ln, err := w.net.Listen(fmt.Sprint("server", i))
	require.NoError(w, err)
	ctx, cancel := context.WithCancel(context.Background())
	st.stop = cancel
	go func() { st.served <- st.srv.Serve(ctx, ln) }()
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.stations) <= i {
		w.stations = append(w.stations, nil)
	}
	w.stations[i] = st
}

var watch = &heartbeat.Config{Interval: 200 * time.Millisecond, Timeout: 600 * time.Millisecond}

// close ends a station and all that it knows.
func (w *stressed) close(i int) {
	st := w.at(i)
	st.stop()
	<-st.served
	if w.seed%2 == 0 {
		require.NoError(w, st.hub.Close())
	}
	w.net.Cut(conntest.RST)
	_ = st.srv.Close()
	require.NoError(w, st.hub.Close())
}

func encode(msg []byte) *conn.Batch {
	b, err := conn.Encode(msg)
	if err != nil {
		panic(err)
	}
	return b
}

// publish publishes a value, and enters what came of it.
func (st *station) publish(ctx context.Context, room byte, number uint32, key byte, size int) {
	msg := binary.BigEndian.AppendUint32([]byte{'v', room}, number)
	msg = append(append(msg, key), make([]byte, size)...)
	began := time.Now()
	p, err := st.hub.Publish(ctx, nameOf(room, "ann"), encode(msg))
	if st.known(err); st.broker == nil && st.plan.policy != hub.Block {
		assert.Zero(st, time.Since(began), "seed %d: publishing waits for a member", st.seed)
	} else if st.broker == nil {
		assert.LessOrEqual(st, time.Since(began), st.room.Block, "seed %d: publishing waits for a member", st.seed)
	}
	st.books.published(nameOf(room, "ann"), number, key, p, err, st.broker != nil)
}

// known checks that an error is one that may come.
func (w *stressed) known(err error) {
	limit := new(hub.LimitError)
	switch {
	case err == nil, errors.Is(err, hub.ErrClosed), errors.Is(err, hub.ErrAbsent), errors.As(err, &limit),
		errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
	default:
		assert.Fail(w, "an error that nobody has heard of", "%T %v", err, err)
	}
}

// A visit is one session at a station.
type visit struct {
	*station
	*conn.Conn
	subs   map[byte]*hub.Sub[*conn.Batch]
	direct [2]*ledger.Stream // from the client, and to it
}

// handle serves a session.
func (st *station) handle(ctx context.Context, c *conn.Conn) error {
	v := &visit{station: st, Conn: c, subs: map[byte]*hub.Sub[*conn.Batch]{}}
	defer func() {
		for _, s := range v.subs {
			s.Leave()
		}
	}()
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := v.do(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

// do does what a client asks for.
func (v *visit) do(ctx context.Context, msg []byte) error {
	switch room := msg[1]; msg[0] {
	case 'b': // it begins
		v.mu.Lock()
		v.direct[0], v.direct[1] = v.streams[binary.BigEndian.Uint32(msg[1:])], v.streams[binary.BigEndian.Uint32(msg[5:])]
		v.mu.Unlock()
	case 'd':
		v.direct[0].Deliver(msg[1:])
		back := v.direct[1].Offer(len(msg))
		err := v.Send(ctx, append([]byte("d"), back...))
		v.direct[1].Answer(err == nil)
		return err
	case 'p':
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		v.publish(ctx, room, binary.BigEndian.Uint32(msg[2:]), msg[6], len(msg)-7)
	case 's':
		signal := append([]byte(nil), msg[:7]...)
		err := error(nil)
		ctx, cancel := context.WithTimeout(ctx, time.Second)
		defer cancel()
		if to := users[msg[6]]; to != "" {
			err = v.hub.SendTo(ctx, nameOf(room, "ann"), to, encode(signal))
		} else {
			err = v.hub.Signal(ctx, nameOf(room, "ann"), encode(signal))
		}
		v.known(err)
	case 'j':
		return v.join(ctx, room, msg[2:])
	case 'l', 'q':
		s := v.subs[room]
		if s == nil {
			return nil // it has been ended
		}
		if delete(v.subs, room); msg[0] == 'q' {
			s.Quit()
		} else {
			s.Leave()
		}
		if s.Err() == nil {
			return v.left(ctx, room, s)
		}
	}
	return nil
}

func (v *visit) join(ctx context.Context, room byte, how []byte) error {
	n := binary.BigEndian.Uint64(how[9:])
	options := []hub.JoinOption{hub.As(v.Identity())}
	switch how[0] {
	case 'f':
		options = append(options, hub.From(hub.Position{Epoch: binary.BigEndian.Uint64(how[1:]), Offset: n}))
	case 'n':
		options = append(options, hub.Last(int(n)))
	}
	joined := make(chan *hub.Sub[*conn.Batch], 1)
	options = append(options, hub.OnEnd(func(err error) {
		if errors.Is(err, hub.ErrClosed) {
			return
		}
		assert.ErrorIs(v, err, hub.ErrBehind)
		_ = v.left(ctx, room, <-joined)
	}))
	s, err := v.hub.Join(ctx, nameOf(room, v.Identity()), hubconn.Member(v.Conn), options...)
	if err != nil {
		v.known(err)
		return err
	}
	v.subs[room] = s
	joined <- s
	return nil
}

// left tells a client that it is in a room no more, and where it was by the hub's
// count.
func (v *visit) left(ctx context.Context, room byte, s *hub.Sub[*conn.Batch]) error {
	p := s.Position()
	msg := binary.BigEndian.AppendUint64([]byte{'l', room}, p.Epoch)
	return v.Send(ctx, binary.BigEndian.AppendUint64(msg, p.Offset))
}
