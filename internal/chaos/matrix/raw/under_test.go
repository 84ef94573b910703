package raw

import (
	"encoding/binary"
	"net"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// What a peer says below the protocol: on the socket, and in WebSocket frames that
// are made by hand.

// socket is what lies at the bottom of a transport.
func socket(nc net.Conn) *net.TCPConn {
	switch over := nc.(type) {
	case interface{ NetConn() net.Conn }:
		nc = over.NetConn()
	case *wsconn.Conn:
		nc = over.Socket()
	}
	return nc.(*net.TCPConn)
}

// The first byte of a WebSocket frame: opcodes, and the bits beside them.
const (
	wsCont, wsText, wsBinary = 0x0, 0x1, 0x2
	wsClose, wsPing, wsPong  = 0x8, 0x9, 0xa
	wsFin, wsCompressed      = 0x80, 0x40
)

// wsFrame is a client's frame. Its mask is four zeros, which changes nothing.
func wsFrame(first byte, payload []byte) []byte {
	return append(wsHeader(first, uint64(len(payload))), payload...)
}

// wsHeader is the beginning of a client's frame that claims to be of n bytes.
func wsHeader(first byte, n uint64) []byte {
	b := []byte{first}
	switch {
	case n > 0xffff:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), n)
	case n > 125:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(n))
	default:
		b = append(b, 0x80|byte(n))
	}
	return append(b, 0, 0, 0, 0)
}
