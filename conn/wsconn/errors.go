package wsconn

import (
	"errors"
	"fmt"
	"io"
	"net"
)

// A CloseError says that a WebSocket was closed for another reason than that
// its owner had finished: the peer sent a close frame with such a code, or this
// end did because of what the peer had sent. It concerns one link.
type CloseError struct {
	Code   int    // as in RFC 6455, section 7.4
	Reason string // at most 123 bytes; a peer's may hold control characters
	Remote bool   // the peer closed
}

func (e *CloseError) Error() string {
	if e.Remote {
		return fmt.Sprintf("wsconn: peer closed with code %d %q", e.Code, e.Reason)
	}
	return fmt.Sprintf("wsconn: closed with code %d: %s", e.Code, e.Reason)
}

// A StatusError is an answer to the upgrade other than 101: what a server, or a
// proxy on the way to it, has answered to Dial, or what [Config.Admit] wants to
// be answered.
type StatusError struct {
	Code int    // the HTTP status
	Text string // the answer's body; of one that Dial has received the first 128 bytes
}

func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("wsconn: upgrade refused with HTTP status %d", e.Code)
	}
	return fmt.Sprintf("wsconn: upgrade refused with HTTP status %d: %q", e.Code, e.Text)
}

var (
	// errCut: the socket ended, but not the WebSocket.
	errCut = fmt.Errorf("wsconn: connection ended without a close frame: %w", io.ErrUnexpectedEOF)
	// errClosed: this end has closed.
	errClosed = fmt.Errorf("wsconn: %w", net.ErrClosed)
	// errWithin: a close frame would stand within a message.
	errWithin = errors.New("wsconn: a message is half written")
)
