package conn

import (
	"context"
	"crypto/tls"
	"log/slog"
	"math"
	"net"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// Config configures a client or a server. A nil Config and the zero Config
// mean the defaults. It must not be changed while it is in use; one Config may
// serve any number of connections.
type Config struct {
	// MaxMessage is the longest message that this end takes, in bytes.
	// Messages in either direction are held to the smaller of both ends'
	// limits. Zero means 1 MiB; negative means the format's own limit of
	// 4 GiB - 2.
	MaxMessage int

	// SendBuffer is how many bytes of messages that the peer has not yet
	// acknowledged a session holds, headers included. It is the send queue,
	// the replay buffer and the offline buffer in one. An empty buffer takes
	// one message of any permitted length. Messages lie in pieces of memory of
	// up to 64 KiB; where long ones fill those badly, what they leave free counts
	// too. Zero means 1 MiB, negative no limit.
	SendBuffer int

	// Window is how many bytes of messages this end takes before its
	// application has consumed the first of them. Zero or negative means
	// 1 MiB. The most is 4 GiB - 1.
	Window int

	// Heartbeat says how links are watched. Nil means the defaults of
	// [heartbeat.Config]: ping after 30 s of silence, dead after 60 s.
	Heartbeat *heartbeat.Config

	// WriteTimeout is how long a link may take none of the bytes written to it
	// before it is given up; it is dropped within a quarter of that after. On
	// transports other than TCP and unix sockets, which do not say how much of
	// a write they have taken, it bounds each write, which is of 64 KiB or one
	// longer message. Zero means 10 s, negative no limit.
	WriteTimeout time.Duration

	// HandshakeTimeout bounds a link's handshake from the moment that it was
	// accepted or dialled. Zero or negative means 5 s.
	HandshakeTimeout time.Duration

	// Linger is how long Close waits for what was accepted to be delivered.
	// Zero means 500 ms, negative not at all.
	Linger time.Duration

	// NoResume switches resumption off: a session ends with its first link.
	// It is off if either end says so.
	NoResume bool

	// Logger, if set, is told what an operator wants to know: links that come
	// and go, refused peers, handlers that panic. Nothing that a peer sent is
	// logged but a reason of at most 128 bytes, quoted.
	Logger *slog.Logger

	// Trace, if set, is called at the same points.
	Trace *Trace

	// The following are for clients.

	// Targets are tried after the target of [Dial] when that fails: other
	// ways to the same server, or other servers. A session lives in one server.
	// While it may still be there, another server's word that it does not know
	// it counts as a failed attempt; only after the session's time to live has
	// passed, or when the server that it was last on says so, is it lost.
	Targets []string

	// Dialers maps a scheme to the function that dials it, beside and before
	// the built-in tcp, tls and unix. The address is what follows "scheme://".
	Dialers map[string]DialFunc

	// TLS configures tls:// targets. Nil means the system's roots and the
	// target's host name. Versions below TLS 1.2 are never spoken.
	TLS *tls.Config

	// Credential, if set, gives what the server's Authenticate is shown. It is
	// called for each link, so it may renew an expiring token. At most 3 KiB.
	// An error counts as a failed attempt; mark it with [reconnect.Permanent]
	// to end the session instead.
	Credential func(ctx context.Context) ([]byte, error)

	// Retry is the policy of redialling. The zero Policy never gives up. A link
	// that dies before Retry.StableAfter does not end an outage, though the
	// session went on: who sets MaxAttempts or MaxElapsed may want a shorter
	// StableAfter.
	Retry reconnect.Policy

	// DialTimeout limits one attempt, handshake included. Zero means 10 s,
	// negative no limit but that of the handshake.
	DialTimeout time.Duration

	// OnState, if set, is told what the connection is doing, in order and
	// never concurrently, with no lock held. While it runs, reconnecting waits.
	OnState func(State)

	// The following are for servers.

	// Authenticate, if set, judges each link before anything else is looked
	// at. Only the same identity can resume a session. An error refuses the
	// link for good; the client is told no more than that, unless it is a
	// *RefusedError, whose Reason is passed on. With RefusedBusy the client
	// tries again later.
	Authenticate func(ctx context.Context, p Peer) (identity string, err error)

	// SessionTTL is how long a session outlives its last link, and how long a
	// closed one is remembered. Zero or negative means 2 minutes.
	SessionTTL time.Duration

	// MinPing is the shortest interval between pings that clients may use; they
	// are told, and keep to it. One that does not is cut off. Zero means
	// 1 s, negative no limit.
	MinPing time.Duration

	// MaxConns is how many links a server accepts in Serve at once; further
	// ones wait, one for each listener and the rest in the kernel's queue.
	// Those of ServeConn are not counted. Zero means 65,536, negative no limit.
	// Either is lowered to 90 % of the process's limit of open files where
	// there is one.
	MaxConns int

	// MaxHandshakes is how many links may be in their handshake at once, and
	// MaxHandshakesPerIP how many of one address (a /64 for IPv6). Further
	// ones wait their turn within their HandshakeTimeout, of one address as many
	// as an eighth of MaxConns. Zero means 1,024 and
	// 16, negative no limit.
	MaxHandshakes, MaxHandshakesPerIP int

	// MaxDetached is how many sessions of one identity wait for their clients
	// at once; one more ends the one that waits longest. It does not concern
	// sessions without an identity. Zero means 8, negative no limit.
	MaxDetached int

	// MaxDetachedBytes is how many bytes all waiting sessions take up: what is
	// received and not consumed, what is in their send buffers, and 16 KiB for
	// each session. More ends those that wait longest. Zero means 256 MiB, negative no limit.
	MaxDetachedBytes int64

	// MaxFailedResumes is how many refused resumptions a second one address may
	// cause, ten at once, before its links are refused unseen. A client that
	// knows an earlier epoch of the server does not count. Zero means 1,
	// negative no limit.
	MaxFailedResumes float64

	// ComeBackMin and ComeBackMax are the span from which clients draw the time
	// of their return when the server shuts down. Zero for both means from
	// 500 ms to 5 s.
	ComeBackMin, ComeBackMax time.Duration
}

// A DialFunc opens a transport to an address.
type DialFunc func(ctx context.Context, address string) (net.Conn, error)

// Peer is who asks for a link, as [Config.Authenticate] sees it.
type Peer struct {
	RemoteAddr net.Addr
	Credential []byte               // borrowed; empty if the client sent none
	TLS        *tls.ConnectionState // nil unless the transport is TLS, or has a ConnectionState of its own
	Transport  net.Conn             // the transport, to ask for its type; not to be used

	value *any
}

// SetValue has [Conn.Value] return v at the server's end of the session, if this
// link is accepted, until a later link sets another value: what a login has
// proved beside the identity. It is for the time of Authenticate.
func (p Peer) SetValue(v any) { *p.value = v }

// pick is the accessor of a setting: def for zero, off for a negative value.
func pick[T int | int64 | float64 | time.Duration](v, def, off T) T {
	switch {
	case v == 0:
		return def
	case v < 0:
		return off
	}
	return v
}

var zeroConfig Config

func (c *Config) orZero() *Config {
	if c == nil {
		return &zeroConfig
	}
	return c
}

func (c *Config) limits() session.Limits {
	return session.Limits{
		MaxMessage: min(pick(c.MaxMessage, 1<<20, maxMessage), maxMessage),
		SendBuffer: pick(c.SendBuffer, 1<<20, math.MaxInt),
		Window:     min(pick(c.Window, 1<<20, 1<<20), maxWindow),
		MinPing:    0,
	}
}

// The format's own limits, also where int has 32 bits.
var (
	maxMessage = int(min(uint64(wire.MaxMessage), math.MaxInt-64))
	maxWindow  = int(min(uint64(math.MaxUint32), math.MaxInt-64))
)

func (c *Config) writeTimeout() time.Duration { return pick(c.WriteTimeout, 10*time.Second, 0) }
func (c *Config) handshakeTimeout() time.Duration {
	return pick(c.HandshakeTimeout, 5*time.Second, 5*time.Second)
}
func (c *Config) linger() time.Duration     { return pick(c.Linger, 500*time.Millisecond, 0) }
func (c *Config) sessionTTL() time.Duration { return pick(c.SessionTTL, 2*time.Minute, 2*time.Minute) }

func (c *Config) minPing() time.Duration { return pick(c.MinPing, time.Second, 0) }

// A limit of 0 is none.
func (c *Config) maxHandshakes() int        { return pick(c.MaxHandshakes, 1024, 0) }
func (c *Config) maxHandshakesPerIP() int   { return pick(c.MaxHandshakesPerIP, 16, 0) }
func (c *Config) maxDetached() int          { return pick(c.MaxDetached, 8, 0) }
func (c *Config) maxDetachedBytes() int64   { return pick(c.MaxDetachedBytes, 256<<20, 0) }
func (c *Config) maxFailedResumes() float64 { return pick(c.MaxFailedResumes, 1, 0) }

func (c *Config) maxConns() int {
	n := pick(c.MaxConns, 1<<16, 0)
	if files := maxFiles(); files > 0 && (n == 0 || n > files-files/10) {
		n = files - files/10
	}
	return n
}

func (c *Config) comeBack() wire.GoAway {
	if c.ComeBackMin <= 0 && c.ComeBackMax <= 0 {
		return wire.GoAway{Min: 500 * time.Millisecond, Max: 5 * time.Second}
	}
	lo := max(c.ComeBackMin, 0)
	return wire.GoAway{Min: lo, Max: max(lo, c.ComeBackMax)}
}

func (c *Config) log() *slog.Logger {
	if c.Logger == nil {
		return slog.New(slog.DiscardHandler)
	}
	return c.Logger
}
