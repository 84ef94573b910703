//go:build !unix

package conn

import "net"

// rawConn is for systems with non-blocking IO on sockets. Here every write
// goes through a writer, and every read has its memory ready.
type rawConn struct{}

func rawOf(net.Conn) *rawConn { return nil }

func (*rawConn) read(*link, bool) (int, error) { panic("unreachable") }
func (*rawConn) tryWrite([]byte) (int, error)  { panic("unreachable") }
