package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"sync"

	"github.com/longsplice/longsplice/codec"
)

// A TypedConn sends and receives values instead of bytes. See [Typed].
type TypedConn[T any] struct {
	*Conn
	codec codec.Codec[T]
}

// Typed puts a codec over a connection. The methods that it does not replace
// are the connection's own; both may be used side by side.
func Typed[T any](c *Conn, codec codec.Codec[T]) TypedConn[T] {
	return TypedConn[T]{Conn: c, codec: codec}
}

// A CodecError says that a value could not be encoded or a message not
// decoded. It concerns the message alone: the connection is as good as before.
type CodecError struct {
	Decoding bool // the message that came was bad, not the value to send
	Err      error
}

func (e *CodecError) Error() string {
	if e.Decoding {
		return fmt.Sprintf("conn: message from the peer: %v", e.Err)
	}
	return fmt.Sprintf("conn: value to send: %v", e.Err)
}

func (e *CodecError) Unwrap() error { return e.Err }

var encodings = sync.Pool{New: func() any { return new([]byte) }}

// Send encodes v and sends it as [Conn.Send] does.
func (t TypedConn[T]) Send(ctx context.Context, v T) error {
	return t.encode(v, func(p []byte) error { return t.Conn.Send(ctx, p) })
}

// TrySend encodes v and sends it as [Conn.TrySend] does.
func (t TypedConn[T]) TrySend(v T) error {
	return t.encode(v, t.Conn.TrySend)
}

func (t TypedConn[T]) encode(v T, send func([]byte) error) error {
	buf := encodings.Get().(*[]byte)
	defer encodings.Put(buf)
	p, err := t.codec.Append((*buf)[:0], v)
	if err != nil {
		return &CodecError{Err: err}
	}
	if cap(p) <= maxRead { // one huge value shall not be kept for ever
		*buf = p
	}
	return send(p)
}

// Receive returns the next message's value, as [Conn.Receive] returns messages.
// A message that cannot be decoded is a *CodecError; the next call goes on
// behind it.
func (t TypedConn[T]) Receive(ctx context.Context) (v T, err error) {
	msg, err := t.Conn.Receive(ctx)
	if err != nil {
		return v, err
	}
	if err := t.codec.Decode(msg, &v); err != nil {
		return v, &CodecError{Decoding: true, Err: err}
	}
	return v, nil
}

// Messages ranges over the values that come, as [Conn.Messages] does over
// messages. It goes on behind a message that cannot be decoded, which it yields
// as a *CodecError.
func (t TypedConn[T]) Messages(ctx context.Context) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for {
			v, err := t.Receive(ctx)
			if err == io.EOF { // and not what may lie within another error
				return
			}
			if !yield(v, err) || err != nil && !errors.As(err, new(*CodecError)) {
				return
			}
		}
	}
}
