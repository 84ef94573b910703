// Package conn keeps message connections alive. A [Conn] is a stream of messages
// each way between a client and a server that survives the links under it: when
// a TCP connection dies, the client dials again, both ends agree on where they
// stood, and the stream goes on where it was.
//
// # A program
//
// A server that numbers what it is told, and a client that closes in good order:
//
//	package main
//
//	import (
//		"context"
//		"fmt"
//		"log"
//		"net"
//
//		"github.com/longsplice/longsplice/conn"
//	)
//
//	func main() {
//		ctx := context.Background()
//		srv := conn.NewServer(conn.HandlerFunc(number), nil)
//		ln, err := net.Listen("tcp", "127.0.0.1:0")
//		if err != nil {
//			log.Fatal(err)
//		}
//		go srv.Serve(ctx, ln)
//
//		c, err := conn.Dial(ctx, "tcp://"+ln.Addr().String(), nil)
//		if err != nil {
//			log.Fatal(err)
//		}
//		for _, word := range []string{"apple", "pear"} {
//			if err := c.Send(ctx, []byte(word)); err != nil {
//				log.Fatal(err)
//			}
//			msg, err := c.Receive(ctx)
//			if err != nil {
//				log.Fatal(err)
//			}
//			fmt.Printf("%s\n", msg)
//		}
//		if err := c.Shutdown(ctx, conn.CodeNormal, "done"); err != nil {
//			log.Fatal(err) // not everything was delivered
//		}
//		if err := srv.Shutdown(ctx); err != nil {
//			log.Fatal(err)
//		}
//	}
//
//	func number(ctx context.Context, c *conn.Conn) error {
//		n := 0
//		for msg, err := range c.Messages(ctx) {
//			if err != nil {
//				return err
//			}
//			n++
//			if err := c.Send(ctx, fmt.Appendf(nil, "%d %s", n, msg)); err != nil {
//				return err
//			}
//		}
//		return nil // the client has closed
//	}
//
// # Sessions and links
//
// A session is what two applications share: two streams of messages, and who
// the client is. A link is one physical connection under it. A session has one
// link at a time, or none for a while, and over its life any number. A Conn is
// one end of one session; it never becomes another one.
//
// What is promised: while both processes live and the session is not reported
// lost, every message that [Conn.Send] accepted is delivered to the peer's
// application exactly once and in order, across any number of links, over any
// mix of transports.
//
// Sessions live in memory. When the server process ends, its sessions end with
// it; the client is told when it comes back, and nothing is carried over into
// another session. When the client process ends, the server's end of the session
// is lost after [Config.SessionTTL].
//
// # Servers
//
// [NewServer] takes a [Handler], which is called once for each session, in a
// goroutine of its own. [Server.Serve] accepts links from a listener;
// [Server.ServeConn] takes one that was accepted by other means. A server may
// serve many listeners at once, and a session that began on one may resume on
// another. [OnMessage] makes a handler of a function that is called with each
// message.
//
// [Server.Shutdown] ends the server in good order and [Server.Close] at once.
// Neither is done by Serve's return: when its context ends, sessions live on.
//
// # Clients
//
// [Dial] begins a session and returns a Conn that keeps its link by itself. It
// retries while the server cannot be reached, so give it a context that ends.
// [Run] does more: when the session is lost, or the server asks to come back, it
// begins another one and calls the handler again, which so knows that the
// server has forgotten what was said. [Config.OnState] tells what the
// connection is doing, as a [State] that prints as a line for people.
//
// # Sending
//
// [Conn.Send] copies the message into the send buffer and returns; while the
// buffer is full it waits. [Conn.TrySend] returns [ErrFull] instead, and
// [Conn.NotifyWritable] tells once when there is room. With no link, messages
// gather for the next one under the same limit. On a quiet link a message is
// written at once, by the goroutine that sends it if the link is TCP, a unix
// socket or [Framed] on one; in a burst, messages are gathered into larger writes.
// No timer delays them.
//
// An error from these calls means that nothing of the message was accepted. Nil
// means that the library has it, not that the peer has. [Conn.Flush] waits until
// the peer's application has consumed all that was accepted before the call. If
// its context ends first, the outcome is unknown rather than failed
// ([UnknownError]), the messages are still on their way, and Flush may be called
// again.
//
// A [Batch] is messages that are encoded once, to be sent by many connections
// without a copy for each. [Conn.TrySendBatch] accepts all of it or nothing.
// [Typed] puts a codec over a connection.
//
// # Receiving
//
// [Conn.Receive] returns the next message, [Conn.Messages] is a range loop over
// it. A message is borrowed: it stays good until the next call, which may reuse
// its memory. In programs built with -race it is overwritten with 0xDB at that
// moment, so that a slice that was kept by mistake shows in the tests.
//
// The next call also says that the message has been consumed, and only that
// acknowledges it to the peer: what was received and not yet looked at is not
// acknowledged. A handler that returns nil has consumed the message in hand, one
// that returns an error or panics has not. The end of a Receive's context harms
// nothing; the next call goes on.
//
// A Conn has one receiver at a time; a second one gets [ErrBusy].
//
// # Ending
//
// [Conn.Shutdown] ends a session in good order: nothing more is accepted, all
// that was accepted is delivered, across further links if need be, and the peer
// learns a [Code] and a reason. [Conn.Close] is the same with CodeNormal and no
// more patience than [Config.Linger]; it returns an *[UnknownError] if that was
// not enough. A handler's return does the same as Shutdown on its behalf.
// Closing ends both directions: what the peer still sends is not delivered.
//
// When the peer has closed, Receive returns what was sent before and then
// [io.EOF], or a *[CloseError] for a code other than CodeNormal.
//
// [Conn.Done] is closed when the session has ended, and [Conn.Err] says why:
//
//   - [ErrClosed]: this end closed, and everything was delivered.
//   - *[CloseError]: the peer closed.
//   - *[LostError]: the session ended, and what is not known to have been
//     consumed is in it. Undelivered has certainly not been consumed by the
//     peer's application, and can be sent again in another session. (A message
//     over which a handler failed counts as not consumed.) Unknown may have been:
//     sending it again risks doubling it, which only an application can decide.
//     The server loses a session without a client for
//     SessionTTL, both ends when the peer breaks the protocol, the client when
//     the server has restarted or [Config.Retry] gives up.
//
// Errors of one call ([ErrFull], [ErrBusy], *[LimitError], *[CodecError], the
// error of a context) leave the connection as it was.
//
// # When a link dies
//
// A link is dead when a read or a write on it fails, when a write makes no
// progress for [Config.WriteTimeout], or when the heartbeat says so. Nothing is
// returned to the application. The client dials again as [Config.Retry] says,
// shows the session's token, and each end tells what it has received and
// consumed. Both then carry on behind that: what was on its way when the link
// died is written once more, what had arrived is not.
//
// The newest link wins. When a client comes back before the server has noticed
// that the old link is dead, the old one is cut off, and nothing that still
// arrives on it counts.
//
// The session is lost if the client stays away for longer than SessionTTL, if
// the server must make room ([Config.MaxDetached], [Config.MaxDetachedBytes]),
// or if the server is another process than before.
//
// # Flow control
//
// Each end takes [Config.Window] bytes of messages that its application has not
// consumed; the peer does not send more, and then its own send buffer fills, and
// its Send waits. A slow application so slows down its peer's, while heartbeats,
// acknowledgements and closing go on. A single message always fits an empty
// window and an empty buffer.
//
// Two applications that both send and never receive fill both windows and wait
// for each other for ever. The library does not detect this. Receive in one
// goroutine and send in another where both ends send without being asked.
//
// # Heartbeats
//
// Each end watches its link as [Config.Heartbeat] says: by default it pings
// after 30 seconds in which nothing has come in, and takes the link for dead
// after 60. What has been sent and not reported as received is asked for after 5
// seconds, or the path's retransmission timeout if that is longer; a peer that
// then stays silent for 10 seconds, or four of those timeouts, is dead. What goes
// out never counts as life. An application that is busy or blocked does not keep its end from
// answering. The server tells the shortest interval that it tolerates
// ([Config.MinPing]), and clients keep to it.
//
// # Authentication and identity
//
// [Config.Authenticate] judges each link, the first and all later ones, by the
// credential that [Config.Credential] gives, the address and the TLS state,
// before any session is looked up. What it returns is the session's identity,
// and only links of the same identity can resume it. The right to resume is a
// random token of 256 bits that changes with each link; the server keeps its
// hash. Token, credential and messages pass as they are: use TLS where somebody
// may listen.
//
// # Limits
//
// Everything that a peer can make grow has a limit, and each field of [Config]
// gives its default. A claimed length is judged before memory is allocated for
// it, and memory follows what has arrived. A session takes at most SendBuffer
// bytes for what it sends, and memory of about twice Window (four times, if the
// peer means harm) for what it has received and not consumed; one message always
// has room. When all is consumed and acknowledged it holds neither. While a Receive
// waits there is a read buffer of 2 to 64 KiB on transports other than TCP, unix
// sockets and what is [Framed] on them. A server's session whose handler is made by
// [OnMessage] gives up that and its goroutine when its link has been quiet for a
// while; see there.
//
// # Draining and coming back
//
// Server.Shutdown asks each client to send what it has accepted and to come back
// later, at an instant that each draws for itself from [Config.ComeBackMin] to
// [Config.ComeBackMax], so that they do not come all at once. The client's Send
// then returns a *CloseError with [CodeGoingAway]; handlers on the server
// receive what was on its way and then io.EOF, and what they have sent is
// delivered. Run comes back by itself. A Conn from Dial ends; its owner finds the
// span in the *CloseError.
//
// # Transports
//
// A transport is a [net.Conn] whose deadlines work and whose Read can be
// repeated after a timeout without losing a byte: TCP, TLS, unix sockets,
// net.Pipe, or a stream of something else behind an adapter. Clients get one
// from [Config.Dialers], servers from a listener or through ServeConn. The two
// links of one session need not be of the same kind.
// conntest.TestTransport checks an adapter.
//
// On TCP and unix sockets, and on what is [Framed] on them, WriteTimeout counts from
// the last byte that the link took. Another transport's Write, that of TLS among
// them, is given that time as a whole.
//
// # Concurrency
//
// All methods may be called from any goroutine. Callbacks run without locks held,
// so they may call any method but those that wait for them. Those of [Trace] and
// [Conn.NotifyWritable] must not block; while [Config.OnState] does, reconnecting
// waits. A
// Conn whose application waits in Receive runs no goroutine of its own on a
// server, and one on a client.
//
// # Limitations
//
//   - Nothing is stored on disk, and nothing survives a process. Exactly once
//     holds between two processes, not between two databases: an application
//     that crashes after it acted on a message and before it told anyone has to
//     find out by its own means.
//   - One session is two streams. There are no channels within it, and a large
//     message delays those behind it by the time it takes on the wire.
//   - A session belongs to one server process. [Config.Targets] are other ways
//     to that process, or other servers for a new session; a session does not
//     move between servers.
//   - There is no compression and no encryption but that of the transport.
//   - The wire format is this library's own; both ends must speak it.
//
// # Sources
//
// Round-trip times and retransmission timeouts follow RFC 6298. Counting what
// was received on both ends and resuming by the counts is the idea of XMPP's
// XEP-0198, Stream Management; here bytes are counted instead of stanzas, and
// the counts are checked against each other. That only what the application has
// consumed opens the window is the flow control of RFC 9293 carried from hosts
// to applications.
package conn
