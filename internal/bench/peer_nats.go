package main

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	natsd "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

// NATS is a broker, which the race embeds so that its process can be watched. The
// application that others have in their server is a client within that process
// here: at the other end of a pipe, which is sooner with an answer, or of a TCP
// connection, which is faster with a stream.
var natsPeer = &peer{
	name:    "nats",
	without: "resume, ack: at most once",
	tuned:   "the defaults of the embedded nats-server and of nats.go, without logs and without limits on what waits for the application, which is a client in the server's process, by a pipe and for streams by TCP",
	serve:   serveNats,
	dial: func(_ context.Context, to target) (client, error) {
		return dialNats(to, nats.NoReconnect())
	},
	keep: func(_ context.Context, to target, k keeping) (client, error) {
		return dialNats(to, nats.MaxReconnects(-1), nats.SetCustomDialer(natsDialer{k.dialled}),
			nats.ReconnectHandler(func(*nats.Conn) { k.connected() }))
	},
}

// The subjects of what clients send to the application.
const (
	natsIn     = "in"
	natsStream = "stream"
)

func natsRoom(room uint32) string { return "room." + strconv.FormatUint(uint64(room), 10) }

type natsServer struct {
	srv      *natsd.Server
	app, tcp *nats.Conn
}

func serveNats(addr string, a app) (server, error) {
	host, port, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	opts := &natsd.Options{Host: host, NoLog: true, NoSigs: true}
	if opts.Port, err = strconv.Atoi(port); err != nil {
		return nil, err
	}
	if opts.Port == 0 {
		opts.Port = natsd.RANDOM_PORT
	}
	srv, err := natsd.NewServer(opts)
	if err != nil {
		return nil, err
	}
	srv.Start()
	s := &natsServer{srv: srv}
	if !srv.ReadyForConnections(10 * time.Second) {
		srv.Shutdown()
		return nil, errors.New("nats-server does not come up")
	}
	if err := s.connect(a); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// connect connects the application.
func (s *natsServer) connect(a app) (err error) {
	if s.app, err = nats.Connect("", nats.InProcessServer(s.srv)); err != nil {
		return err
	}
	if s.tcp, err = nats.Connect(s.srv.ClientURL()); err != nil {
		return err
	}
	deliver := func(m *nats.Msg) { _ = a(m.Data, natsReply{m}) } // there is no connection to end
	return errors.Join(natsSubscribe(s.app, natsIn, deliver), natsSubscribe(s.tcp, natsStream, deliver),
		s.app.Flush(), s.tcp.Flush())
}

type natsReply struct{ *nats.Msg }

func (r natsReply) Send(msg []byte) error { return r.Respond(msg) }

func natsSubscribe(nc *nats.Conn, subject string, deliver nats.MsgHandler) error {
	sub, err := nc.Subscribe(subject, deliver)
	if err != nil {
		return err
	}
	return sub.SetPendingLimits(-1, -1)
}

func (s *natsServer) Addr() string { return s.srv.Addr().String() }

func (s *natsServer) Publish(room uint32, msgs [][]byte) error {
	subject := natsRoom(room)
	for _, m := range msgs {
		if err := s.app.Publish(subject, m); err != nil {
			return err
		}
	}
	return nil
}

func (s *natsServer) Close() error {
	for _, nc := range []*nats.Conn{s.app, s.tcp} {
		if nc != nil {
			nc.Close()
		}
	}
	s.srv.Shutdown()
	s.srv.WaitForShutdown()
	return nil
}

type natsClient struct {
	nc     *nats.Conn
	stream bool
	inbox  func() (string, error) // where answers go
	done   chan struct{}
}

// dialNats subscribes to the room, and to answers when there is a first question.
func dialNats(to target, opts ...nats.Option) (client, error) {
	c := &natsClient{stream: to.stream, done: make(chan struct{})}
	opts = append(opts, nats.ClosedHandler(func(*nats.Conn) { close(c.done) }))
	var err error
	if c.nc, err = nats.Connect("nats://"+to.addr, opts...); err != nil {
		return nil, err
	}
	deliver := func(m *nats.Msg) { to.receive(c, m.Data) }
	c.inbox = sync.OnceValues(func() (string, error) {
		inbox := c.nc.NewInbox()
		return inbox, natsSubscribe(c.nc, inbox, deliver)
	})
	if err := errors.Join(natsSubscribe(c.nc, natsRoom(to.room), deliver), c.nc.Flush()); err != nil {
		c.nc.Close()
		return nil, err
	}
	return c, nil
}

func (c *natsClient) Send(msg []byte) error {
	if c.stream {
		return c.nc.Publish(natsStream, msg)
	}
	inbox, err := c.inbox()
	if err != nil {
		return err
	}
	return c.nc.PublishRequest(natsIn, inbox, msg)
}

func (c *natsClient) Flush() error          { return nil } // its flusher does that
func (c *natsClient) Done() <-chan struct{} { return c.done }

func (c *natsClient) Close() error {
	c.nc.Close()
	<-c.done
	return nil
}

// A natsDialer counts.
type natsDialer struct{ dialled func() }

func (d natsDialer) Dial(network, addr string) (net.Conn, error) {
	d.dialled()
	return net.DialTimeout(network, addr, 2*time.Second) // as nats.go does by default
}
