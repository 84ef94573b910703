package proxy

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/wire"
)

// A peer is a link whose client speaks the wire by hand. Its methods return errors,
// for they are called from goroutines.
type peer struct {
	net.Conn
	read *bufio.Reader
}

func dialPeer(over stage.Over, address string) (*peer, error) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	nc, err := over.Dial(ctx, address)
	if err != nil {
		return nil, err
	}
	if tcp, ok := nc.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0) // thousands of closed sockets shall not keep their ports
	}
	return &peer{nc, bufio.NewReader(nc)}, nc.SetDeadline(time.Now().Add(patience))
}

// frame reads a frame.
func (p *peer) frame() (wire.Kind, []byte, error) {
	var head [wire.HeaderSize]byte
	if _, err := io.ReadFull(p.read, head[:]); err != nil {
		return 0, nil, err
	}
	n := binary.BigEndian.Uint32(head[:])
	if n == 0 || n > wire.MaxControl {
		return 0, nil, fmt.Errorf("a frame of %d bytes", n)
	}
	body := make([]byte, n-1)
	_, err := io.ReadFull(p.read, body)
	return wire.Kind(head[4]), body, err
}

// message reads up to the next message.
func (p *peer) message() ([]byte, error) {
	for {
		if kind, body, err := p.frame(); err != nil || kind == wire.KindData {
			return body, err
		}
	}
}

// errRefused is what greet returns for REFUSE.
var errRefused = errors.New("refused")

// greet says HELLO and reads the answer.
func (p *peer) greet(h wire.Hello) (wire.Welcome, error) {
	h.Window, h.MaxMessage = 1<<20, 1<<20
	if _, err := p.Write(h.Append(nil)); err != nil {
		return wire.Welcome{}, err
	}
	kind, body, err := p.frame()
	switch {
	case err != nil:
		return wire.Welcome{}, err
	case kind == wire.KindRefuse:
		r, err := wire.ParseRefuse(body)
		return wire.Welcome{}, errors.Join(fmt.Errorf("%w: %d", errRefused, r.Code), err)
	case kind != wire.KindWelcome:
		return wire.Welcome{}, fmt.Errorf("kind %#x in answer to HELLO", byte(kind))
	}
	return wire.ParseWelcome(body)
}
