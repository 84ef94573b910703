//go:build linux

package netns

import (
	"bytes"
	"context"
	"encoding/binary"
	"io"
	"net"
	"net/netip"
	"sync"
)

// hostName is what a names server knows of. It is absolute, so that it is asked
// for under no other.
const hostName = "server.test."

// names is a DNS server within a process: what it answers can be changed.
type names struct {
	mu    sync.Mutex
	addr  netip.Addr // of hostName; the zero Addr means that there is no such name
	asked int        // for that address
}

// install makes it the only one that the process asks.
func (n *names) install() {
	net.DefaultResolver = &net.Resolver{PreferGo: true, Dial: n.dial}
}

func (n *names) dial(context.Context, string, string) (net.Conn, error) {
	theirs, ours := net.Pipe()
	go n.serve(ours) // until the resolver hangs up
	return theirs, nil
}

func (n *names) set(addr string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.addr, _ = netip.ParseAddr(addr) // empty is no such name
}

func (n *names) count() int {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.asked
}

// serve answers as over TCP: each message goes behind its length.
func (n *names) serve(nc net.Conn) {
	defer nc.Close()
	for {
		var size [2]byte
		if _, err := io.ReadFull(nc, size[:]); err != nil {
			return
		}
		query := make([]byte, binary.BigEndian.Uint16(size[:]))
		if _, err := io.ReadFull(nc, query); err != nil {
			return
		}
		answer := n.answer(query)
		if _, err := nc.Write(append(binary.BigEndian.AppendUint16(nil, uint16(len(answer))), answer...)); err != nil {
			return
		}
	}
}

// answer is a reply in the format of RFC 1035, section 4.1, to a query for one
// name.
func (n *names) answer(query []byte) []byte {
	const header, typeA, noSuchName, seconds = 12, 1, 3, 300
	end := header + bytes.IndexByte(query[header:], 0) + 1 // of the name
	name, kind := query[header:end], binary.BigEndian.Uint16(query[end:])
	n.mu.Lock()
	defer n.mu.Unlock()
	ours := string(name) == "\x06server\x04test\x00"
	if ours && kind == typeA {
		n.asked++
	}
	answers, code := uint16(0), uint16(0)
	switch {
	case !ours || !n.addr.IsValid():
		code = noSuchName
	case kind == typeA:
		answers = 1
	}
	reply := append([]byte(nil), query[:2]...)
	for _, field := range []uint16{0x8180 | code, 1, answers, 0, 0} {
		reply = binary.BigEndian.AppendUint16(reply, field)
	}
	reply = append(reply, query[header:end+4]...) // the question
	if answers == 0 {
		return reply
	}
	reply = append(reply, 0xc0, header) // the name, again
	reply = append(reply, query[end:end+4]...)
	reply = binary.BigEndian.AppendUint32(reply, seconds) // a resolver that remembered would be noticed
	return append(append(reply, 0, 4), n.addr.AsSlice()...)
}
