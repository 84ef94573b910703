//go:build unix

package conn

import (
	"crypto/tls"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
)

// socketOf returns the socket under a transport, and whether it is used directly,
// with or without frames. TLS may not be passed by, but what is under it tells
// when there is something to read.
//
// Only the types of packages net and crypto/tls are used so, and what says of
// itself that it is framed on one of them. A type that embeds one of these may
// count or change what passes, and has to be asked.
func socketOf(nc net.Conn) (rc syscall.RawConn, framed Framed, direct bool) {
	if f, ok := nc.(interface{ Framed() Framed }); ok {
		if framed = f.Framed(); framed == nil || framed.Transport() != nc {
			return nil, nil, false
		}
		nc = framed.Socket()
	}
	direct = true
	if over, ok := nc.(*tls.Conn); ok {
		nc, framed, direct = over.NetConn(), nil, false
	}
	var sc syscall.Conn
	switch nc := nc.(type) {
	case *net.TCPConn:
		sc = nc
	case *net.UnixConn:
		sc = nc
	default:
		return nil, nil, false
	}
	rc, err := sc.SyscallConn()
	if err != nil {
		return nil, nil, false
	}
	return rc, framed, direct
}

// A rawIO is what one non-blocking read or write on a socket needs: a closure for
// each of net's calls, made once, with their arguments and results. A link that is
// quiet has none.
type rawIO struct {
	onRead  func(fd uintptr) bool
	onTry   func(fd uintptr)
	onWrite func(fd uintptr)
	write   func(p []byte) (int, error)

	l   *link
	p   []byte
	n   int
	err error
}

var rawIOs = sync.Pool{New: func() any {
	r := new(rawIO)
	r.onRead, r.onTry, r.onWrite, r.write = r.readable, r.tryRead, r.tryOnce, r.writeSocket
	return r
}}

func rawOn(l *link) *rawIO {
	r := rawIOs.Get().(*rawIO)
	r.l = l
	return r
}

func (r *rawIO) free() {
	r.l, r.p, r.err = nil, nil, nil
	rawIOs.Put(r)
}

// readRaw reads input behind what is there, for which it waits if it is to. It
// holds no memory for input while there is none.
func (l *link) readRaw(wait bool) (int, error) {
	r := rawOn(l)
	defer r.free()
	if l.framed == nil {
		return r.readSocket(wait)
	}
	for l.unframed == nil {
		n, err := r.readSocket(wait)
		if err != nil && err != io.EOF {
			return 0, err
		}
		n, l.unframed = l.framed.Unframe(l.in.buf[l.w : l.w+n])
		if l.unframed == nil {
			l.unframed = err
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, l.unframed
}

func (r *rawIO) readSocket(wait bool) (int, error) {
	var err error
	r.n, r.err = 0, nil
	if wait {
		err = r.l.sock.Read(r.onRead)
	} else {
		err = r.l.sock.Control(r.onTry)
	}
	if err != nil {
		return 0, err
	}
	return r.n, r.err
}

func (r *rawIO) tryRead(fd uintptr) {
	if !r.readable(fd) {
		r.err = errQuiet
	}
}

func (r *rawIO) readable(fd uintptr) bool {
	l := r.l
	l.makeRoom()
	for {
		n, err := sysRead(int(fd), l.in.buf[l.w:])
		switch {
		case err == syscall.EINTR:
			continue
		case err == syscall.EAGAIN:
			l.letGo()
			return false
		case err != nil:
			r.err = os.NewSyscallError("read", err)
		case n == 0:
			r.err = io.EOF
		default:
			r.n = n
		}
		return true
	}
}

// tryWrite writes what the kernel takes of p without waiting.
func (l *link) tryWrite(p []byte) (int, error) {
	r := rawOn(l)
	defer r.free()
	if l.framed != nil {
		return l.framed.Frame(p, r.write)
	}
	return r.writeSocket(p)
}

func (r *rawIO) writeSocket(p []byte) (int, error) {
	r.p, r.n, r.err = p, 0, nil
	// Unlike Write, Control asks neither for a deadline, which a writer may have
	// left, nor for the write lock, which belongs to this link's one writer.
	if err := r.l.sock.Control(r.onWrite); err != nil {
		return 0, err
	}
	return r.n, r.err
}

func (r *rawIO) tryOnce(fd uintptr) {
	for {
		// Some systems refuse to write 2 GiB at once.
		n, err := sysWrite(int(fd), r.p[:min(len(r.p), 1<<30)])
		switch err {
		case nil:
			r.n = n
		case syscall.EINTR:
			continue
		case syscall.EAGAIN:
		default:
			r.err = os.NewSyscallError("write", err)
		}
		return
	}
}
