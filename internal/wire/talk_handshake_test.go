package wire_test

import (
	"errors"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

const (
	talkMinPing = time.Second
	talkTTL     = 2 * time.Minute
)

// sayHello carries HELLO across.
func (t *talk) sayHello(comment string) {
	frame := t.hello.Append(nil)
	t.noteFrame(clientEnd, frame, len(frame), comment)
}

// newToken is the next of the server's tokens: 32 times its number.
func (t *talk) newToken() (token wire.Token) {
	for i := range token {
		token[i] = t.token[0] + 1
	}
	t.token = token
	return token
}

// answer is what the server says to HELLO. A REFUSE is what package conn
// makes of the error.
func (t *talk) answer() []byte {
	var w wire.Welcome
	var err error
	switch {
	case t.hello.Token.IsZero():
		limits := t.limits
		limits.MinPing = talkMinPing
		id := wire.ID{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15}
		t.server = session.New(limits, session.Pool{})
		t.entry, w, t.gens[serverEnd], err = session.NewEntry(t.server, id, "", &t.hello, t.newToken())
	case t.hello.Epoch != t.epoch:
		return (&wire.Refuse{Code: wire.RefuseEpoch, Epoch: t.epoch}).Append(nil)
	default:
		key := session.KeyOf(t.hello.Token)
		w, t.gens[serverEnd], err = t.entry.Resume(&t.hello, key, "", t.newToken())
	}
	var tomb *session.Tomb
	if errors.As(err, &tomb) {
		return tomb.Close.Append(nil)
	}
	require.NoError(t, err)
	w.Epoch, w.TTL = t.epoch, talkTTL
	return w.Append(nil)
}

// welcome carries the answer across.
func (t *talk) welcome(comment string) {
	frame := t.answer()
	kind, body, _, _, err := wire.Cut(frame, 0)
	require.NoError(t, err)
	switch kind {
	case wire.KindWelcome:
		w, err := wire.ParseWelcome(body)
		require.NoError(t, err)
		t.gens[clientEnd], err = t.client.Welcome(t.hello.Attempt, &w)
		require.NoError(t, err)
	case wire.KindClose:
		require.NoError(t, t.client.Closed(t.hello.Attempt, body))
	}
	t.noteFrame(serverEnd, frame, len(frame), comment)
}

// lostWelcome has only n bytes of the answer arrive.
func (t *talk) lostWelcome(n int, comment string) {
	t.noteFrame(serverEnd, t.answer(), n, comment)
}

// begin is the handshake of a new session.
func (t *talk) begin() {
	t.connect("")
	t.sayHello("a new session: no token, no positions")
	t.welcome("accepted: the token resumes the session")
}

// violate has the client send a frame that no client may send.
func (t *talk) violate(frame []byte, comment string) {
	err := t.apply(serverEnd, frame)
	var violation *wire.Error
	require.ErrorAs(t, err, &violation)
	t.server.Abort(2, "conn: "+violation.Error())
	t.noteFrame(clientEnd, frame, len(frame), comment)
}
