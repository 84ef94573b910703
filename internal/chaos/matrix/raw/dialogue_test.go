package raw

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// size is that of a message of a dialogue.
const size = 100

var streams atomic.Uint32

// A dialogue is a session of a peer that keeps to the rules, for as long as a test
// has it do so, with the books of both directions.
type dialogue struct {
	*peer
	s       *server
	c       *conn.Conn // the server's end
	welcome wire.Welcome
	attempt uint64
	cred    string

	up, down *ledger.Stream // to the server, and from it
	sent     [][]byte       // the messages of up
	acked    uint64         // of them, in bytes on the wire
}

// frame is the size of a message on the wire.
const frame = size + wire.HeaderSize

// begin begins a session.
func begin(s *server, credential string) *dialogue {
	s.t.Helper()
	d := &dialogue{peer: s.dial(), s: s, attempt: 1, cred: credential,
		up: ledger.New(streams.Add(1)), down: ledger.New(streams.Add(1))}
	h := hello()
	h.Credential = []byte(credential)
	d.welcome = d.greet(h)
	d.onAck = d.acknowledged
	d.c = <-s.sessions
	return d
}

// send has the peer send n messages.
func (d *dialogue) send(n int) {
	d.t.Helper()
	for range n {
		msg := d.up.Offer(size)
		d.data(msg)
		d.up.Answer(true)
		d.sent = append(d.sent, msg)
	}
}

// take has the server's application receive n messages of the peer's.
func (d *dialogue) take(n int) {
	d.t.Helper()
	for range n {
		d.up.Ask()
		msg, err := d.c.Receive(until(d.t))
		require.NoError(d.t, err)
		d.up.Consume()
		d.up.Deliver(msg)
	}
}

// say has the server's application send n messages.
func (d *dialogue) say(n int) {
	d.t.Helper()
	for range n {
		msg := d.down.Offer(size)
		err := d.c.TrySend(msg)
		d.down.Answer(err == nil)
		require.NoError(d.t, err)
	}
}

// hear has the peer receive n messages of the server's, and consume none.
func (d *dialogue) hear(n int) {
	d.t.Helper()
	for range n {
		d.down.Deliver(d.await(wire.KindData))
	}
}

// ack acknowledges all that the peer has heard.
func (d *dialogue) ack() {
	d.t.Helper()
	d.at.Consumed = d.at.Received
	d.down.Ask()
	d.down.Consume()
	d.write(d.at.Append(nil))
}

// acknowledged: the server says that its application has consumed so much.
func (d *dialogue) acknowledged(a wire.Ack) {
	d.acked = max(d.acked, a.Consumed)
	d.up.Acknowledged(int(d.acked / frame))
}

// exchange sends n messages each way, and waits for all that comes of it.
func (d *dialogue) exchange(n int) {
	d.t.Helper()
	d.send(n)
	d.take(n)
	d.say(n)
	d.hear(n)
	d.ack()
	require.NoError(d.t, d.c.Flush(until(d.t)))
	d.down.Acknowledged(d.down.Accepted())
}

// resumption is the HELLO that goes on from where the peer stands.
func (d *dialogue) resumption() wire.Hello {
	d.attempt++
	h := hello()
	h.Epoch, h.Token, h.Attempt, h.Credential = d.welcome.Epoch, d.welcome.Token, d.attempt, []byte(d.cred)
	h.Received, h.Consumed = d.at.Received, d.at.Consumed
	return h
}

// resume goes on, on another link, and sends again what has not arrived.
func (d *dialogue) resume() {
	d.t.Helper()
	h := d.resumption()
	d.peer = d.s.dial()
	d.onAck = d.acknowledged
	d.welcome = d.greet(h)
	require.True(d.t, d.welcome.Resumed)
	d.data(d.sent[d.welcome.Received/frame:]...)
}

// violated: what the peer has just sent ends the session, and both ends are told
// why. It returns how long that took; nothing that was under way is forgotten.
func (d *dialogue) violated(since time.Time) time.Duration {
	d.t.Helper()
	d.up.Loosen() // an end that closes has consumed what it has in hand
	got := d.closed()
	require.Equal(d.t, uint16(conn.CodeProtocol), got.Code, "%q", got.Reason)
	took := d.lost(since)
	d.up.Report(nil, d.sent[got.Consumed/frame:])
	return took
}

// lost: the server's end takes the peer for one that breaks the protocol, which
// the peer may have been told in a refusal alone.
func (d *dialogue) lost(since time.Time) time.Duration {
	d.t.Helper()
	d.up.Report(d.sent[d.acked/frame:], nil)
	select {
	case <-d.c.Done():
	case <-time.After(patience):
		require.Fail(d.t, "the session lives")
	}
	took := time.Since(since)
	var lost *conn.LostError
	require.ErrorAs(d.t, d.c.Err(), &lost)
	require.Equal(d.t, conn.LostProtocol, lost.Reason)
	d.down.Report(lost.Unknown, lost.Undelivered)
	for { // what had arrived can be received
		d.up.Ask()
		msg, err := d.c.Receive(until(d.t))
		if err != nil {
			require.True(d.t, errors.As(err, &lost), "%v", err)
			return took
		}
		d.up.Consume()
		d.up.Deliver(msg)
	}
}

// books closes those of several dialogues: everything that was sent has arrived
// or has been reported, once.
func books(t *testing.T, r *row.Row, ds ...*dialogue) {
	t.Helper()
	lost, doubled := 0, 0
	for _, d := range ds {
		for _, s := range []*ledger.Stream{d.up, d.down} {
			require.NoError(t, s.Err())
			l, again := s.Tally()
			lost, doubled = lost+l, doubled+again
		}
	}
	r.Messages(lost, doubled)
	require.Zero(t, lost, "messages lost")
	require.Zero(t, doubled, "messages doubled")
}
