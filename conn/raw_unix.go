//go:build unix

package conn

import (
	"io"
	"net"
	"os"
	"syscall"
)

// rawConn does non-blocking IO on a socket: it writes what the kernel takes at
// once, and waits for input without holding memory for it.
//
// Only the net package's own types are used so, and what says of itself that it
// is framed on one of them. A type that embeds one of these may count or change
// what passes, and has to be asked.
type rawConn struct {
	rc     syscall.RawConn
	framed Framed // nil for a bare socket
	ended  error  // there will be nothing more to unframe

	// One closure each, made once: a closure for each call would be an
	// allocation for each call. Their arguments and results are below; reads
	// belong to the holder of the lease, writes to the writer.
	onRead  func(fd uintptr) bool
	onWrite func(fd uintptr)
	write   func(p []byte) (int, error)

	l    *link
	got  int
	gerr error

	put  []byte
	n    int
	perr error
}

func rawOf(nc net.Conn) *rawConn {
	var framed Framed
	if f, ok := nc.(interface{ Framed() Framed }); ok {
		if framed = f.Framed(); framed == nil || framed.Transport() != nc {
			return nil
		}
		nc = framed.Socket()
	}
	var sc syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		sc = nc
	case *net.UnixConn:
		sc = nc
	default:
		return nil
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil
	}
	r := &rawConn{rc: rc, framed: framed}
	r.onRead, r.onWrite = r.readable, r.tryOnce
	if framed != nil {
		r.write = r.writeSocket
	}
	return r
}

// read reads input behind l's, for which it waits if it is to.
func (r *rawConn) read(l *link, wait bool) (int, error) {
	if r.framed == nil {
		return r.readSocket(l, wait)
	}
	for r.ended == nil {
		n, err := r.readSocket(l, wait)
		if err != nil && err != io.EOF {
			return 0, err
		}
		n, r.ended = r.framed.Unframe(l.in.buf[l.w : l.w+n])
		if r.ended == nil {
			r.ended = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.ended
}

func (r *rawConn) readSocket(l *link, wait bool) (int, error) {
	r.l, r.got, r.gerr = l, 0, nil
	if !wait {
		r.gerr = errQuiet
		err := r.rc.Control(func(fd uintptr) {
			if r.gerr = nil; !r.readable(fd) {
				r.gerr = errQuiet
			}
		})
		if err != nil {
			return 0, err
		}
	} else if err := r.rc.Read(r.onRead); err != nil {
		return 0, err
	}
	return r.got, r.gerr
}

func (r *rawConn) readable(fd uintptr) bool {
	r.l.makeRoom()
	for {
		n, err := sysRead(int(fd), r.l.in.buf[r.l.w:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			r.l.letGo()
			return false
		case err != nil:
			r.gerr = os.NewSyscallError("read", err)
		case n == 0:
			r.gerr = io.EOF
		default:
			r.got = n
		}
		return true
	}
}

// tryWrite writes what the kernel takes of p without waiting.
func (r *rawConn) tryWrite(p []byte) (int, error) {
	if r.framed != nil {
		return r.framed.Frame(p, r.write)
	}
	return r.writeSocket(p)
}

func (r *rawConn) writeSocket(p []byte) (int, error) {
	r.put, r.n, r.perr = p, 0, nil
	// Unlike Write, Control asks neither for a deadline, which a writer may have
	// left, nor for the write lock, which belongs to this link's one writer.
	err := r.rc.Control(r.onWrite)
	r.put = nil
	if err != nil {
		return 0, err
	}
	return r.n, r.perr
}

func (r *rawConn) tryOnce(fd uintptr) {
	for {
		// Some systems refuse to write 2 GiB at once.
		n, err := sysWrite(int(fd), r.put[:min(len(r.put), 1<<30)])
		switch err {
		case nil:
			r.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			r.perr = os.NewSyscallError("write", err)
		}
		return
	}
}
