//go:build linux

package netns

import (
	"syscall"
	"time"
	"unsafe"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// What a test and its processes say to each other: one JSON value a line.

// settings make a child what it is.
type settings struct {
	Role       string // server, client, dial, proxy, silent, crowd or echo
	Over       stage.Over
	Addr       string
	Conns      int // of a client
	Interval   time.Duration
	Timeout    time.Duration
	ProbeAfter time.Duration
	TTL        time.Duration

	DialTimeout   time.Duration // 400 ms, if it is zero
	Handshake     time.Duration // timeout of it
	Files         uint64        // descriptors, at most
	Sockets       bool          // client: they are kept, to be closed half
	Names         bool          // client: it has a DNS server of its own
	Deep          bool          // silent: from the session's handshake on; otherwise from the beginning
	To            string        // of a proxy
	Delay, Jitter time.Duration // likewise
}

// A command goes to a child's standard input. Its end means quit too.
type command struct {
	Do       string // send, talk, expect, flush, report, heap, dial, name, halfclose, exhaust, relieve, gone, quit
	Addr     string // name: what it now stands for
	N        uint64
	Every    time.Duration // send, talk: between two messages
	Since    time.Duration // report, to a crowd: of dials
	Cancel   time.Duration // dial: after which the context is cancelled
	Attempts int           // dial: after which the policy gives up
	Limit    time.Duration // dial: of one attempt
}

// What an event says has happened.
const (
	evListening = "listening"
	evState     = "state"    // client: Conn is in Phase
	evSession   = "session"  // a handler was called
	evUp        = "up"       // a link
	evDown      = "down"     // a link, of Err; Dead by the heartbeat's verdict
	evRefused   = "refused"  // server: a link, with Err
	evEnded     = "ended"    // a session, with Err; From and To if it was lost
	evHandled   = "handled"  // a handler has returned, Peers has its account
	evSent      = "sent"     // answers send: all was accepted, by one peer
	evReceived  = "received" // answers expect: N messages have come, at one peer
	evFlushed   = "flushed"  // answers flush, for one peer
	evDone      = "done"     // answers halfclose, exhaust, relieve
	evHeap      = "heap"     // answers heap: N bytes are in use
	evReport    = "report"   // answers report
	evDialled   = "dialled"  // answers dial: it took Took, counted from the cancellation if there was one
	evStall     = "stall"    // the process did not run for Took longer than it should
	evBad       = "bad"      // something that must not happen, in Err
	evReady     = "ready"    // crowd: all have said something and been answered
	evBack      = "back"     // crowd: all have said again what was lost, and been answered
	evDrained   = "drained"  // server: Shutdown has returned, with Err
	evBye       = "bye"      // answers quit: Goroutines and Files were left behind, Err says which
)

// An event comes from a child's standard output.
type event struct {
	Ev     string
	At     time.Duration // on the machine's clock
	Conn   int           `json:",omitempty"` // of a client's events
	ID     string        `json:",omitempty"` // of the session
	Phase  string        `json:",omitempty"`
	Err    string        `json:",omitempty"`
	Dead   bool          `json:",omitempty"`
	Reason string        `json:",omitempty"` // of a *LostError
	N      uint64        `json:",omitempty"`
	From   uint64        `json:",omitempty"` // the first message that a *LostError names
	To     uint64        `json:",omitempty"` // and the one behind the last
	Took   time.Duration `json:",omitempty"`
	Peers  []account     `json:",omitempty"`

	Instants []time.Duration `json:",omitempty"` // relieve: when Accept failed; report of a crowd: when each first dialled, of N dials
	Asked    int             `json:",omitempty"` // report: how often the DNS server was
	Resident int64           `json:",omitempty"` // heap: bytes of memory of the process

	// report of a crowd: sessions that were said to be lost, messages that were or
	// came twice.
	Told, Lost, Doubled int64 `json:",omitempty"`

	Goroutines, Files int `json:",omitempty"`
}

// An account is where one peer stands.
type account struct {
	ID        string
	Sent, Got uint64
	Lost      uint64 // messages that were passed over
	Doubled   uint64 // messages that had come before
	Links     uint64
	Replayed  uint64
	Connected bool
	RTT       time.Duration
}

// machineClock reads CLOCK_MONOTONIC, which unlike Go's instants can be compared
// between processes, and unlike the wall clock is never set.
func machineClock() time.Duration {
	const monotonic = 1
	var ts syscall.Timespec
	if _, _, errno := syscall.Syscall(syscall.SYS_CLOCK_GETTIME, monotonic, uintptr(unsafe.Pointer(&ts)), 0); errno != 0 {
		panic(errno)
	}
	return time.Duration(ts.Nano())
}
