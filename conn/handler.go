package conn

import (
	"context"
	"io"
)

// A Handler serves sessions. ServeConn is called once for each session, in a
// goroutine of its own, and may take as long as the session lives; ctx ends
// with the session.
//
// A session begins before its client knows of it: should the answer to the
// client be lost, the client begins another one, and this one expires unused. A
// handler that speaks first, or that holds something for its client, may want to
// wait for the first message.
//
// When ServeConn returns, the session is closed in good order, with what was
// accepted delivered first. Nil means CodeNormal, and counts the message in
// hand as consumed. A *CloseError of this end's making says what the peer is
// told; any other error, and a panic, mean CodeError, and the peer is told
// nothing of it. With an error the message in hand is not consumed.
type Handler interface {
	ServeConn(ctx context.Context, c *Conn) error
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(ctx context.Context, c *Conn) error

// ServeConn calls f.
func (f HandlerFunc) ServeConn(ctx context.Context, c *Conn) error { return f(ctx, c) }

// OnMessage makes a handler of a function that is called with each message, in
// order and never concurrently within a session. ctx ends with the session. A
// message is consumed when f returns nil; msg is borrowed until then. An error or a panic ends the session
// as it does for [Handler].
//
// A server that is given such a handler as it is needs neither a goroutine nor a
// read buffer for a session whose link has been quiet for two seconds, or less
// while the session is young. That is so on Linux, over TCP and unix sockets, what
// is [Framed] on them, and TLS over any of these, as listeners of package
// crypto/tls and http.Server make it.
func OnMessage(f func(ctx context.Context, c *Conn, msg []byte) error) Handler {
	return messageHandler(f)
}

type messageHandler func(ctx context.Context, c *Conn, msg []byte) error

// ServeConn is for those who wrap the handler. It may not be parked.
func (f messageHandler) ServeConn(ctx context.Context, c *Conn) error {
	_, err := f.serve(ctx, c, false)
	return err
}

// serve handles messages until the session ends or, if it may, is parked.
func (f messageHandler) serve(ctx context.Context, c *Conn, park bool) (parked bool, err error) {
	for {
		msg, err := c.receive(ctx, park)
		switch err {
		case nil:
		case io.EOF:
			return false, nil
		case errParked:
			return true, nil
		default:
			return false, err
		}
		if err := f(ctx, c, msg); err != nil {
			return false, err
		}
	}
}
