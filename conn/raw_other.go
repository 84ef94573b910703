//go:build !unix

package conn

import (
	"net"
	"syscall"
)

// Non-blocking IO on sockets is for Unix. Here every write goes through a writer,
// and every read has its memory ready.

func socketOf(net.Conn) (rc syscall.RawConn, framed Framed, direct bool) { return nil, nil, false }

func (*link) readRaw(bool) (int, error)    { panic("unreachable") }
func (*link) tryWrite([]byte) (int, error) { panic("unreachable") }
